#include "core/call/fields.hpp"
#include "core/text/json_writer.hpp"
#include "wechat/operations/downloads.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/media_rules.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/media.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::UploadedMedia) {
  v.optional("type", s.type);
  v.optional("thumb_media_id", s.media_id);  // as SDKs saw it answered for thumbnails
  v.optional("media_id", s.media_id);
  v.optional("created_at", s.created_at);
}

KEFU_FIELDS(wechat::ArticleImage) { v.required("url", s.url); }

KEFU_FIELDS(wechat::AddedMaterial) {
  v.required("media_id", s.media_id);
  v.optional("url", s.url);
}

KEFU_FIELDS(wechat::DeleteMaterial) { v.required("media_id", s.media_id); }

KEFU_FIELDS(wechat::CountMaterials) { static_cast<void>(s); }

KEFU_FIELDS(wechat::MaterialCount) {
  v.required("voice_count", s.voice_count);
  v.required("video_count", s.video_count);
  v.required("image_count", s.image_count);
  v.required("news_count", s.news_count);
}

KEFU_FIELDS(wechat::ListMaterials) {
  v.required("type", s.type);
  v.value("offset", s.offset, Check().range(0, INT32_MAX));
  v.value("count", s.count, Check().range(1, 20));
}

KEFU_FIELDS(wechat::MaterialItem) {
  v.required("media_id", s.media_id);
  v.optional("name", s.name);
  v.optional("update_time", s.update_time);
  v.optional("url", s.url);
  v.whole(s.raw);
}

KEFU_FIELDS(wechat::MaterialPage) {
  v.required("total_count", s.total_count);
  v.optional("item", s.item);
}

}  // namespace detail

namespace wechat {

inline DownloadedMedia& media_in(Material& response) { return response.media; }

namespace {

constexpr Millis kTransferTime{60'000};
// Articles have no small bound: eight of over 1 MB each (wechat-messages 9.5).
constexpr std::size_t kLongestArticles = 32 * 1024 * 1024;

template <class Op>
Result<void> encode_file(const Op& op, UploadPlace place, MediaKind kind, const HttpFields& fields, HttpRequest& out) {
  auto file = checked_upload(place, kind, op.content, op.max_bytes);
  if (!file) return file.error();
  return detail::encode_multipart(*std::move(file), fields, out);
}

template <class Op>
bool sends_file(const void* request) {
  return !static_cast<const Op*>(request)->content.path().empty();
}

template <UploadPlace place>
std::vector<detail::FieldCheck> checks_of_upload(const void*) {
  return upload_checks(place);
}
std::vector<detail::FieldCheck> checks_of_material(const void*) {
  auto checks = upload_checks(UploadPlace::permanent);
  checks.push_back({"title", "must not be empty of a video, and empty of others"});
  return checks;
}
std::vector<detail::FieldCheck> checks_of_kf_picture(const void*) {
  auto checks = upload_checks(UploadPlace::kf_picture);
  checks.push_back({"kf_account", std::string(kKfAccountForm)});
  return checks;
}
std::vector<detail::FieldCheck> checks_of_download(const void*) { return {{"media_id", "must not be empty"}}; }

Result<void> encode_upload(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const UploadMedia*>(request);
  out.query.emplace_back("type", type_of(op.kind));
  return encode_file(op, UploadPlace::temporary, op.kind, {}, out);
}

Result<void> decode_upload(const detail::Reply& reply, void* response) {
  if (auto decoded = detail::decode_json<UploadedMedia>(reply, response); !decoded) return decoded;
  if (!static_cast<const UploadedMedia*>(response)->media_id.empty()) return {};
  return Error(ErrorKind::malformed_reply, "media_id is missing");
}

Result<void> encode_article_image(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const UploadArticleImage*>(request);
  return encode_file(op, UploadPlace::article, MediaKind::image, {}, out);
}

Result<void> encode_add_material(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const AddMaterial*>(request);
  const bool video = op.kind == MediaKind::video;
  if (video && op.title.empty()) return Error(ErrorKind::bad_argument, "title is empty: a permanent video needs one");
  if (!video && !(op.title.empty() && op.introduction.empty()))
    return Error(ErrorKind::bad_argument, "title and introduction belong to videos only: leave them empty");
  HttpFields fields;
  if (video) {
    std::string description;
    detail::JsonWriter json(description);
    json.begin_object().key("title").string(op.title).key("introduction").string(op.introduction).end_object();
    fields.emplace_back("description", std::move(description));
  }
  out.query.emplace_back("type", type_of(op.kind));
  return encode_file(op, UploadPlace::permanent, op.kind, fields, out);
}

Result<void> encode_kf_picture(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const UploadKfPicture*>(request);
  if (!is_kf_account(op.kf_account)) return Error(ErrorKind::bad_argument, "kf_account " + std::string(kKfAccountForm));
  out.query.emplace_back("kf_account", op.kf_account);
  return encode_file(op, UploadPlace::kf_picture, MediaKind::image, {}, out);
}

// --- downloads

template <class Op>
Result<void> encode_download(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const Op*>(request);
  if (op.media_id.empty()) return Error(ErrorKind::bad_argument, "media_id is empty");
  out.query.emplace_back("media_id", op.media_id);
  return open_target(op, kLongestAnswer, out);
}

Result<void> encode_get_material(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const GetMaterial*>(request);
  if (op.media_id.empty()) return Error(ErrorKind::bad_argument, "media_id is empty");
  detail::JsonWriter json(out.body);
  json.begin_object().key("media_id").string(op.media_id).end_object();
  out.headers.emplace_back("content-type", "application/json");
  return open_target(op, kLongestArticles, out);
}

bool has_video_url(detail::Value root) { return !root["video_url"].text().empty(); }
bool has_url_or_articles(detail::Value root) {
  return !root["down_url"].text().empty() || root["news_item"].kind() == detail::Value::Kind::array;
}

Result<void> decode_media(const detail::Reply& reply, void* response) {
  auto& media = *static_cast<DownloadedMedia*>(response);
  if (reply.streamed) return read_file_headers(reply, media), Result<void>();
  media.url = reply.document.root()["video_url"].text();
  if (!media.url.empty()) return {};
  return Error(ErrorKind::malformed_reply, "neither a file nor video_url is there");
}

Result<void> decode_material(const detail::Reply& reply, void* response) {
  auto& material = *static_cast<Material*>(response);
  if (reply.streamed) return read_file_headers(reply, material.media), Result<void>();
  const detail::Value root = reply.document.root();
  material.media.url = root["down_url"].text();
  material.title = root["title"].text();
  material.description = root["description"].text();
  detail::FieldReader(root).raw_json("news_item", material.news_item);
  if (!material.media.url.empty() || !material.news_item.empty()) return {};
  return Error(ErrorKind::malformed_reply, "neither a file nor down_url nor news_item is there");
}

}  // namespace

// clang-format off
#define KEFU_MEDIA_ROWS(ROW)                                                                                        \
  ROW(UploadMedia, post("/cgi-bin/media/upload", kIdempotent, "上传临时素材", {kYes, kYes, kYes, kMediaSets})       \
      .from("9.1")                                                                                                  \
      .limited("100,000 a day; kept 3 days").within(kTransferTime).written_by(encode_upload).checks_by(checks_of_upload<UploadPlace::temporary>)                        \
      .with_file(sends_file<UploadMedia>).read_by(decode_upload))                                                   \
  ROW(GetMedia, get("/cgi-bin/media/get", kRead, "获取临时素材", {kYes, kYes, kYes, kMediaSets}).from("9.2")        \
      .limited("200,000 a day").within(kTransferTime).written_by(encode_download<GetMedia>).checks_by(checks_of_download)                         \
      .shown_by(has_video_url).read_by(decode_media).finished_by(finish_download<GetMedia>)                                                 \
      .with_file(saves_file<GetMedia>))                                                                             \
  ROW(GetJssdkVoice, get("/cgi-bin/media/get/jssdk", kRead, "获取高清语音素材", {kYes, kYes, kNo, kMediaSets})      \
      .from("9.3")                                                                                                  \
      .within(kTransferTime).counted_in("media.get").written_by(encode_download<GetJssdkVoice>).checks_by(checks_of_download)                     \
      .shown_by(has_video_url).read_by(decode_media).finished_by(finish_download<GetJssdkVoice>)                                            \
      .with_file(saves_file<GetJssdkVoice>))                                                                        \
  ROW(UploadArticleImage, post("/cgi-bin/media/uploadimg", kIdempotent,                                             \
      "上传图文消息内的图片获取URL", {kYes, kYes, kOpen}).from("9.4")                                               \
      .within(kTransferTime).written_by(encode_article_image).checks_by(checks_of_upload<UploadPlace::article>)                                                       \
      .with_file(sends_file<UploadArticleImage>))                                                                   \
  ROW(AddMaterial, post("/cgi-bin/material/add_material", kCreate, "新增其他类型永久素材", kMaterial).from("9.5")   \
      .limited("100,000 images, 1,000 others").within(kTransferTime).written_by(encode_add_material).checks_by(checks_of_material)                \
      .with_file(sends_file<AddMaterial>))                                                                          \
  ROW(GetMaterial, post("/cgi-bin/material/get_material", kRead, "获取永久素材", kMaterial).from("9.5")             \
      .within(kTransferTime).written_by(encode_get_material).checks_by(checks_of_download).shown_by(has_url_or_articles).read_by(decode_material)                               \
      .finished_by(finish_download<GetMaterial>)                                                                    \
      .with_file(saves_file<GetMaterial>))                                                                          \
  ROW(DeleteMaterial, post("/cgi-bin/material/del_material", kIdempotent, "删除永久素材", kMaterial).from("9.5"))   \
  ROW(CountMaterials, get("/cgi-bin/material/get_materialcount", kRead, "获取永久素材总数", kMaterial).from("9.5")) \
  ROW(ListMaterials, post("/cgi-bin/material/batchget_material", kRead, "获取永久素材列表", kMaterial).from("9.5")) \
  ROW(UploadKfPicture, post("/customservice/kfaccount/uploadheadimg", kIdempotent,                                  \
      "设置客服账号的头像", kKfSessions).from("4.5").within(kTransferTime).written_by(encode_kf_picture).checks_by(checks_of_kf_picture)            \
      .with_file(sends_file<UploadKfPicture>))
// clang-format on
KEFU_WECHAT_FAMILY(media_rows, KEFU_MEDIA_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
