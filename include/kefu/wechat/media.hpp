#pragma once

#include <kefu/channel/media.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Media of official accounts and mini programs (wechat-messages 9).
//
// Uploads go out as multipart/form-data with a length known in advance; nothing is held in memory that is not there
// already. What is sent is known by its first bytes, else by its file name; the name that the platform is told always
// has an extension that fits. Format and size are checked before anything is sent. Errors: `bad_argument` naming the
// file, its size or format, and what the platform takes.

/// What the platform made of an upload.
struct UploadedMedia {
  UploadedMedia() {}
  std::string type;      ///< "image", "voice", "video", "thumb".
  std::string media_id;  ///< Of this account alone.
  std::int64_t created_at = 0;

  /// When a temporary media id ends: three days after `created_at`; nothing if the platform did not say that.
  std::optional<WallTime> expires() const {
    if (created_at <= 0) return std::nullopt;
    return from_unix_seconds(created_at) + std::chrono::hours(72);
  }
};

/// Stores a file for three days: for messages to customers.
///
/// Limits: image 10 MB (PNG, JPEG, GIF), voice 2 MB and 60 s (AMR, MP3), video 10 MB (MP4), thumbnail 64 KB (JPEG). The
/// page says both 2 MB and 10 MB of images, and 10 MB were taken: lower it with `max_bytes`. Mini programs: an older
/// page says images only. Effect: idempotent (a repeat gives another id). Codes: 40004 to 40012, 41005, 45001, 45007.
/// Page: 上传临时素材.
struct KEFU_EXPORT UploadMedia {
  using Response = UploadedMedia;
  static const Operation& operation();

  UploadMedia(MediaKind kind_, MediaContent content_) : kind(kind_), content(std::move(content_)) {}

  MediaKind kind;
  MediaContent content;
  std::size_t max_bytes = 0;  ///< In place of the limit above; 0: as above.
};

/// Fetches a temporary file, the customer's own uploads included. Those last three days too: copy what must be kept.
///
/// A file goes to `to`. Of a video the platform tells an address instead: `DownloadedMedia::url`, which is not fetched.
/// An error or a page in the file's place is an error and never reaches `to`. Effect: read. Errors: `not_found` (40007:
/// over three days old, or another account's), `malformed_reply` (larger than `to` allows), `bad_argument` (the file of
/// `to` cannot be made), `unavailable` (it cannot be written to the end). Page: 获取临时素材.
struct KEFU_EXPORT GetMedia {
  using Response = DownloadedMedia;
  static const Operation& operation();

  explicit GetMedia(std::string media_id_, MediaTarget to_ = MediaTarget::memory())
      : media_id(std::move(media_id_)), to(std::move(to_)) {}

  std::string media_id;
  MediaTarget to;
  detail::DownloadState state;
};

/// Fetches a recording of the JS-SDK in its high quality: speex, 16 kHz (GetMedia gives AMR, 8 kHz). Official accounts.
/// As GetMedia. Page: 获取高清语音素材.
struct KEFU_EXPORT GetJssdkVoice {
  using Response = DownloadedMedia;
  static const Operation& operation();

  explicit GetJssdkVoice(std::string media_id_, MediaTarget to_ = MediaTarget::memory())
      : media_id(std::move(media_id_)), to(std::move(to_)) {}

  std::string media_id;
  MediaTarget to;
  detail::DownloadState state;
};

struct ArticleImage {
  ArticleImage() {}
  std::string url;  ///< Shown inside Tencent's domains only.
};

/// Stores a picture for the body of an article; it has an address and no media id. Limits: 1 MB, JPEG or PNG. Official
/// accounts. Page: 上传图文消息内的图片获取URL.
struct KEFU_EXPORT UploadArticleImage {
  using Response = ArticleImage;
  static const Operation& operation();

  explicit UploadArticleImage(MediaContent content_) : content(std::move(content_)) {}

  MediaContent content;
  std::size_t max_bytes = 0;  ///< In place of the limit above; 0: as above.
};

struct AddedMaterial {
  AddedMaterial() {}
  std::string media_id;
  std::string url;  ///< Of images; shown inside Tencent's domains only.
};

/// Stores a file for good, in the account's library (100,000 images, 1,000 of each other kind). Official accounts.
///
/// Limits: image 10 MB (BMP, PNG, JPEG, GIF), voice 2 MB and 60 s (MP3, WMA, WAV, AMR), video 10 MB (MP4, with a
/// title), thumbnail 64 KB (JPEG). Effect: create. Page: 新增其他类型永久素材.
struct KEFU_EXPORT AddMaterial {
  using Response = AddedMaterial;
  static const Operation& operation();

  AddMaterial(MediaKind kind_, MediaContent content_) : kind(kind_), content(std::move(content_)) {}

  MediaKind kind;
  MediaContent content;
  std::string title;          ///< Of a video, required there.
  std::string introduction;   ///< Of a video.
  std::size_t max_bytes = 0;  ///< In place of the limit above; 0: as above.
};

/// What the library holds under one id: a file, a video's address, or the articles of a picture-and-text message.
struct Material {
  Material() {}
  DownloadedMedia media;  ///< `url` is set for a video.
  std::string title;      ///< Of a video.
  std::string description;
  std::string news_item;  ///< The articles as the platform's own JSON list; empty for other kinds.
};

/// Fetches a permanent file. As GetMedia, of which the answer for videos and articles differs. Official accounts. Page:
/// 获取永久素材.
struct KEFU_EXPORT GetMaterial {
  using Response = Material;
  static const Operation& operation();

  explicit GetMaterial(std::string media_id_, MediaTarget to_ = MediaTarget::memory())
      : media_id(std::move(media_id_)), to(std::move(to_)) {}

  std::string media_id;
  MediaTarget to;
  detail::DownloadState state;
};

/// Deletes a permanent file. Messages that were sent keep it. Official accounts. Page: 删除永久素材.
struct KEFU_EXPORT DeleteMaterial {
  using Response = NoContent;
  static const Operation& operation();

  explicit DeleteMaterial(std::string media_id_) : media_id(std::move(media_id_)) {}
  std::string media_id;
};

struct MaterialCount {
  MaterialCount() {}
  std::int64_t voice_count = 0;
  std::int64_t video_count = 0;
  std::int64_t image_count = 0;
  std::int64_t news_count = 0;
};

/// How much the library holds. Official accounts. Page: 获取永久素材总数.
struct KEFU_EXPORT CountMaterials {
  using Response = MaterialCount;
  static const Operation& operation();
  CountMaterials() {}
};

struct MaterialItem {
  MaterialItem() {}
  std::string media_id;
  std::string name;
  std::int64_t update_time = 0;  ///< Unix seconds.
  std::string url;
  std::string raw;  ///< The platform's own JSON; of articles it holds their content.
};

struct MaterialPage {
  MaterialPage() {}
  std::int64_t total_count = 0;
  std::vector<MaterialItem> item;
};

/// Lists the library page by page, newest first. Limits: `count` 1 to 20. Official accounts. Page: 获取永久素材列表.
struct KEFU_EXPORT ListMaterials {
  using Response = MaterialPage;
  static const Operation& operation();

  /// `type`: "image", "voice", "video", "news".
  explicit ListMaterials(std::string type_, std::int64_t offset_ = 0, std::int64_t count_ = 20)
      : type(std::move(type_)), offset(offset_), count(count_) {}

  std::string type;
  std::int64_t offset;
  std::int64_t count;
};

/// Sets the picture of a customer-service account. Limits: 5 MB; an older page wants JPEG, 640 x 640. Official
/// accounts. Codes: 40005, 40009, 41005, 65401. Page: 设置客服账号的头像.
struct KEFU_EXPORT UploadKfPicture {
  using Response = NoContent;
  static const Operation& operation();

  UploadKfPicture(std::string kf_account_, MediaContent content_)
      : kf_account(std::move(kf_account_)), content(std::move(content_)) {}

  std::string kf_account;  ///< "name@account".
  MediaContent content;
  std::size_t max_bytes = 0;  ///< In place of the limit above; 0: as above.
};

}  // namespace wechat
KEFU_END_NAMESPACE
