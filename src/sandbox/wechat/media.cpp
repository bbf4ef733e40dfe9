#include "sandbox/wechat/upload.hpp"

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::chrono::hours kMediaLife(72);
constexpr std::size_t kLargestArticleImage = 1024 * 1024;

/// Errors of downloads come as JSON under either type.
ApiResult media_refusal(const WechatCall& call, int code) {
  ApiResult result = refuse(code);
  if (call.twin.setting("media_errors_as_text") != 0) result.content_type = "text/plain";
  return result;
}

ApiResult upload_media(WechatCall& call) {
  const std::string_view type = call.query("type");
  const UploadRule* rule = temporary_rule(type);
  if (rule == nullptr) return refuse(40004);
  if (call.account->app.kind == WechatKind::mini_program && type != "image")
    if (ApiResult lacking = call.gap("mini_program_other_media_code"); lacking.code != 0) return lacking;
  const FormPart* file = nullptr;
  if (ApiResult bad = checked_file(call, *rule, file); bad.code != 0) return bad;
  Media media = media_of_file(call, type, *file);
  media.expires = call.now + kMediaLife;
  const std::string id = call.twin.keep_media(std::move(media), call.now);
  const bool own_name = type == "thumb" && call.twin.setting("thumb_media_id_name") != 0;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("type").string(type).key(own_name ? "thumb_media_id" : "media_id").string(id);
    writer.key("created_at").integer(unix_seconds(call.now));
  });
}

ApiResult get_media(WechatCall& call) {
  const std::string_view id = call.query("media_id");
  const Media* media = call.twin.find_media(id, call.now, call.account->app.appid);
  if (media == nullptr) return media_refusal(call, 40007);
  if (media->type != "video") return file_answer(call, id, *media);
  ApiResult result =
      fields_answer([&](detail::JsonWriter& writer) { writer.key("video_url").string(video_url(call, id)); });
  result.content_type = "text/plain";
  return result;
}

/// Voice in high definition; the same bytes under the type of that format.
ApiResult get_jssdk_voice(WechatCall& call) {
  const std::string_view id = call.query("media_id");
  const Media* media = call.twin.find_media(id, call.now, call.account->app.appid);
  if (media == nullptr || media->type != "voice") return media_refusal(call, 40007);
  ApiResult result = file_answer(call, id, *media);
  result.content_type = "voice/speex";
  for (auto& [name, value] : result.headers) value = "attachment; filename=\"" + std::string(id) + ".speex\"";
  return result;
}

ApiResult upload_article_image(WechatCall& call) {
  const FormPart* file = nullptr;
  if (ApiResult bad = find_upload(call, file); bad.code != 0) return bad;
  const std::string_view format = file_format(file->bytes);
  if (format != "jpg" && format != "png") return refuse(40005);
  if (file->bytes.size() > kLargestArticleImage) return refuse(40009);
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("url").string("http://mmbiz.qpic.cn/sandbox/" + random_hex(32) + "/0");
  });
}

}  // namespace

std::vector<WechatRoute> wechat_media_routes() {
  using Credential = WechatRoute::Credential;
  using Body = WechatRoute::Body;
  return {{"POST", "/cgi-bin/media/upload", Credential::token, upload_media, Body::form},
          {"GET", "/cgi-bin/media/get", Credential::token, get_media},
          {"GET", "/cgi-bin/media/get/jssdk", Credential::token, get_jssdk_voice},
          {"POST", "/cgi-bin/media/uploadimg", Credential::token, upload_article_image, Body::form}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
