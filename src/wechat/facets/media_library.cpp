#include "wechat/facets/media_library.hpp"

#include "core/call/answers.hpp"

#include <kefu/wechat/media.hpp>

#include <chrono>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::chrono::hours kTemporaryLife{72};
constexpr std::chrono::minutes kMargin{15};  // a message may still wait in line when its media ends

}  // namespace

AccountMediaLibrary::AccountMediaLibrary(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                                         std::string account, std::shared_ptr<const Capabilities> capabilities)
    : runtime_(std::move(runtime)),
      client_(std::move(client)),
      account_(std::move(account)),
      capabilities_(std::move(capabilities)) {}

Pending<StoredMedia> AccountMediaLibrary::upload(MediaUpload upload, CallOptions options) {
  const MediaKind kind = upload.kind;
  if (upload.permanent) {
    if (const auto& why = capabilities_->why_not(Ability::permanent_media); !why.empty())
      return detail::answered<StoredMedia>(runtime_, Error(ErrorKind::unsupported, why));
    AddMaterial op(kind, std::move(upload.content));
    op.title = std::move(upload.title);
    op.introduction = std::move(upload.description);
    op.max_bytes = upload.max_bytes;
    return detail::mapped<StoredMedia>(runtime_, client_, std::move(op), std::move(options),
                                       [account = account_, kind](AddedMaterial added) {
                                         StoredMedia stored(account, kind, std::move(added.media_id));
                                         stored.url = std::move(added.url);
                                         return stored;
                                       });
  }
  UploadMedia op(kind, std::move(upload.content));
  op.max_bytes = upload.max_bytes;
  return detail::mapped<StoredMedia>(runtime_, client_, std::move(op), std::move(options),
                                     [account = account_, kind, clock = runtime_->clock](UploadedMedia uploaded) {
                                       StoredMedia stored(account, kind, std::move(uploaded.media_id));
                                       // Whichever clock is behind, the earlier end is the safe one.
                                       const WallTime ours = clock->wall() + kTemporaryLife;
                                       stored.expires = std::min(uploaded.expires().value_or(ours), ours) - kMargin;
                                       return stored;
                                     });
}

Pending<StoredMedia> AccountMediaLibrary::renew(StoredMedia stored, MediaUpload again, CallOptions options) {
  if (stored.usable(account_, runtime_->clock->wall()))
    return detail::answered<StoredMedia>(runtime_, std::move(stored));
  return upload(std::move(again), std::move(options));
}

Pending<DownloadedMedia> AccountMediaLibrary::download(MediaDownload download, CallOptions options) {
  if (download.permanent && download.high_quality)
    return detail::answered<DownloadedMedia>(
        runtime_, Error(ErrorKind::bad_argument, "permanent files have no second quality: choose one of the two"));
  if (download.high_quality) {
    if (const auto& why = capabilities_->why_not(Ability::high_quality_voice); !why.empty())
      return detail::answered<DownloadedMedia>(runtime_, Error(ErrorKind::unsupported, why));
    return client_.call(GetJssdkVoice(std::move(download.media_id), std::move(download.to)), std::move(options));
  }
  if (download.permanent) {
    if (const auto& why = capabilities_->why_not(Ability::permanent_media); !why.empty())
      return detail::answered<DownloadedMedia>(runtime_, Error(ErrorKind::unsupported, why));
    return detail::mapped<DownloadedMedia>(
        runtime_, client_, GetMaterial(std::move(download.media_id), std::move(download.to)), std::move(options),
        [](Material material) -> Result<DownloadedMedia> {
          if (material.news_item.empty()) return std::move(material.media);
          return Error(ErrorKind::unsupported, "this id is of articles, not of a file: read them with GetMaterial");
        });
  }
  return client_.call(GetMedia(std::move(download.media_id), std::move(download.to)), std::move(options));
}

}  // namespace wechat
KEFU_END_NAMESPACE
