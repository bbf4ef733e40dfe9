#include "sandbox/wechat/upload.hpp"

#include "core/crypto/crypto.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMebibyte = 1024 * 1024;

constexpr UploadRule kTemporary[] = {
    {"image", 10 * kMebibyte, 40009, "png jpg gif "},
    {"voice", 2 * kMebibyte, 40010, "amr mp3 "},
    {"video", 10 * kMebibyte, 40011, "mp4 "},
    {"thumb", 64 * 1024, 40012, "jpg "},
};
constexpr UploadRule kPermanent[] = {
    {"image", 10 * kMebibyte, 40009, "bmp png jpg gif "},
    {"voice", 2 * kMebibyte, 40010, "mp3 wma wav amr "},
    {"video", 10 * kMebibyte, 40011, "mp4 "},
    {"thumb", 64 * 1024, 40012, "jpg "},
};

template <std::size_t count>
const UploadRule* rule_in(const UploadRule (&rules)[count], std::string_view type) {
  for (const UploadRule& rule : rules)
    if (rule.type == type) return &rule;
  return nullptr;
}

bool takes(const UploadRule& rule, std::string_view format) {
  return !format.empty() && rule.formats.find(std::string(format) + " ") != std::string_view::npos;
}

}  // namespace

const UploadRule* temporary_rule(std::string_view type) { return rule_in(kTemporary, type); }
const UploadRule* permanent_rule(std::string_view type) { return rule_in(kPermanent, type); }

ApiResult checked_file(const WechatCall& call, const UploadRule& rule, const FormPart*& file) {
  if (ApiResult bad = find_upload(call, file); bad.code != 0) return bad;
  if (!takes(rule, file_extension(*file->file_name))) return refuse(40005);
  if (call.twin.setting("check_media_content") != 0 && !takes(rule, file_format(file->bytes))) return refuse(40005);
  std::size_t most = rule.most_bytes;
  if (rule.type == "image") most = static_cast<std::size_t>(call.twin.setting("image_most_kb")) * 1024;
  return file->bytes.size() > most ? refuse(rule.too_large) : ApiResult();
}

Media media_of_file(const WechatCall& call, std::string_view type, const FormPart& file) {
  Media media;
  media.type = type;
  media.appid = call.account->app.appid;
  media.bytes = std::make_shared<const std::string>(file.bytes);
  media.name = *file.file_name;
  media.content_type = content_type_of(file_format(file.bytes));
  return media;
}

std::string_view content_type_of(std::string_view format) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"jpg", "image/jpeg"},     {"png", "image/png"}, {"gif", "image/gif"},
      {"bmp", "image/bmp"},      {"amr", "audio/amr"}, {"mp3", "audio/mpeg"},
      {"wma", "audio/x-ms-wma"}, {"wav", "audio/wav"}, {"mp4", "video/mp4"}};
  for (const auto& [name, type] : kTypes)
    if (name == format) return type;
  return "application/octet-stream";
}

ApiResult file_answer(const WechatCall& call, std::string_view id, const Media& media) {
  ApiResult result;
  result.body = media.bytes ? *media.bytes : sample_bytes(media.type);
  const std::string_view format = file_format(result.body);
  result.content_type = media.content_type.empty() ? std::string(content_type_of(format)) : media.content_type;
  if (call.twin.setting("media_without_disposition") == 0)
    result.headers.emplace_back("Content-disposition", "attachment; filename=\"" + std::string(id) + "." +
                                                           std::string(format.empty() ? "bin" : format) + "\"");
  return result;
}

std::string video_url(const WechatCall& call, std::string_view id) {
  const auto host = find_pair(call.request.headers, "host");
  const std::string base = host ? "http://" + std::string(*host) : "https://api.weixin.qq.com";
  return base + std::string(kVideoPath) + percent_encoded(id);
}

std::string sample_bytes(std::string_view type) {
  if (type == "voice") return std::string("#!AMR\n\x3C", 7) + std::string(31, '\x55');
  if (type == "video") return std::string("\0\0\0\x18", 4) + "ftypmp42" + std::string(12, '\0');
  // One grey point: clients look at it.
  constexpr std::string_view kPicture =
      "/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAx"
      "NDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF"
      "BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW"
      "V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi"
      "4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APn+v//Z";
  return detail::base64_decoded(kPicture, detail::Base64Mode::strict).value_or(std::string());
}

}  // namespace sandbox
KEFU_END_NAMESPACE
