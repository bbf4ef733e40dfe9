#include "sandbox/wechat/text.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// The container is shared with HEIC, MOV, M4A and 3GP: the brand tells (wechat-messages 9.1).
constexpr std::string_view kMp4Brands[] = {"isom", "iso2", "iso3", "iso4", "iso5", "iso6",
                                           "mp41", "mp42", "avc1", "M4V ", "MSNV"};

std::string_view file_format(std::string_view bytes) {
  struct Beginning {
    std::string_view bytes;
    std::string_view format;
  };
  static constexpr Beginning kBeginnings[] = {{"\xFF\xD8\xFF", "jpg"},
                                              {"\x89PNG", "png"},
                                              {"GIF8", "gif"},
                                              {"BM", "bmp"},
                                              {"#!AMR", "amr"},
                                              {"ID3", "mp3"},
                                              {"\x30\x26\xB2\x75", "wma"},
                                              {"\xFF\xFB", "mp3"},
                                              {"\xFF\xF3", "mp3"},
                                              {"\xFF\xF2", "mp3"}};
  if (bytes.size() >= 12) {
    const std::string_view brand = bytes.substr(8, 4);
    if (starts_with(bytes, "RIFF")) return brand == "WAVE" ? "wav" : "";
    if (bytes.substr(4, 4) == "ftyp")
      return std::find(std::begin(kMp4Brands), std::end(kMp4Brands), brand) != std::end(kMp4Brands) ? "mp4" : "";
  }
  for (const Beginning& one : kBeginnings)
    if (starts_with(bytes, one.bytes)) return one.format;
  return {};
}

std::string file_extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string extension(name.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension == "jpeg" ? "jpg" : extension;
}

ApiResult find_upload(const WechatCall& call, const FormPart*& file) {
  const auto found = std::find_if(call.form.begin(), call.form.end(), [](const FormPart& part) {
    return part.name == "media" && part.file_name.has_value();
  });
  if (found == call.form.end()) return refuse(41005);
  if (file_extension(*found->file_name).empty()) return call.gap("upload_without_extension_code");
  if (found->bytes.empty()) return refuse(44001);
  file = &*found;
  return {};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
