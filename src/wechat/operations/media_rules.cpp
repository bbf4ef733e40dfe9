#include "wechat/operations/media_rules.hpp"

#include "channel/content/media_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

struct Format {
  std::string_view name;
  std::string_view content_type;
  std::array<std::string_view, 2> extensions;  ///< The first is the usual one.
};
constexpr Format kJpeg{"JPEG", "image/jpeg", {"jpg", "jpeg"}};
constexpr Format kPng{"PNG", "image/png", {"png", ""}};
constexpr Format kGif{"GIF", "image/gif", {"gif", ""}};
constexpr Format kBmp{"BMP", "image/bmp", {"bmp", ""}};
constexpr Format kAmr{"AMR", "audio/amr", {"amr", ""}};
constexpr Format kMp3{"MP3", "audio/mpeg", {"mp3", ""}};
constexpr Format kWma{"WMA", "audio/x-ms-wma", {"wma", ""}};
constexpr Format kWav{"WAV", "audio/wav", {"wav", ""}};
constexpr Format kMp4{"MP4", "video/mp4", {"mp4", ""}};
constexpr std::array<const Format*, 9> kFormats{&kJpeg, &kPng, &kGif, &kBmp, &kAmr, &kMp3, &kWma, &kWav, &kMp4};

constexpr std::size_t kKb = 1024;
constexpr std::size_t kMb = 1024 * kKb;

/// wechat-messages 9.1, 9.4, 9.5 and 4.5.
struct Rule {
  UploadPlace place;
  MediaKind kind;
  std::size_t max_bytes;
  std::array<const Format*, 4> formats;
};
constexpr Rule kMediaRules[] = {
    {UploadPlace::temporary, MediaKind::image, 2 * kMb, {&kPng, &kJpeg, &kGif, nullptr}},
    {UploadPlace::temporary, MediaKind::voice, 2 * kMb, {&kAmr, &kMp3, nullptr, nullptr}},
    {UploadPlace::temporary, MediaKind::video, 10 * kMb, {&kMp4, nullptr, nullptr, nullptr}},
    {UploadPlace::temporary, MediaKind::thumbnail, 64 * kKb, {&kJpeg, nullptr, nullptr, nullptr}},
    {UploadPlace::permanent, MediaKind::image, 10 * kMb, {&kBmp, &kPng, &kJpeg, &kGif}},
    {UploadPlace::permanent, MediaKind::voice, 2 * kMb, {&kMp3, &kWma, &kWav, &kAmr}},
    {UploadPlace::permanent, MediaKind::video, 10 * kMb, {&kMp4, nullptr, nullptr, nullptr}},
    {UploadPlace::permanent, MediaKind::thumbnail, 64 * kKb, {&kJpeg, nullptr, nullptr, nullptr}},
    {UploadPlace::article, MediaKind::image, 1 * kMb, {&kJpeg, &kPng, nullptr, nullptr}},
    {UploadPlace::kf_picture, MediaKind::image, 5 * kMb, {&kJpeg, &kPng, nullptr, nullptr}},
};

const Rule* rule_of(UploadPlace place, MediaKind kind) {
  for (const Rule& rule : kMediaRules)
    if (rule.place == place && rule.kind == kind) return &rule;
  return nullptr;
}

bool begins(std::string_view bytes, std::string_view with, std::size_t at = 0) {
  return bytes.size() >= at + with.size() && bytes.compare(at, with.size(), with) == 0;
}

/// What the bytes are, by their beginning.
const Format* format_of_bytes(std::string_view head) {
  if (begins(head, "\xFF\xD8\xFF")) return &kJpeg;
  if (begins(head, "\x89PNG")) return &kPng;
  if (begins(head, "GIF8")) return &kGif;
  if (begins(head, "BM")) return &kBmp;
  if (begins(head, "#!AMR")) return &kAmr;
  if (begins(head, "ID3")) return &kMp3;
  if (begins(head, "\x30\x26\xB2\x75")) return &kWma;
  if (begins(head, "RIFF") && begins(head, "WAVE", 8)) return &kWav;
  if (begins(head, "ftyp", 4)) return &kMp4;
  const bool mpeg_frame = head.size() >= 2 && head[0] == '\xFF' && (static_cast<unsigned char>(head[1]) & 0xE6) == 0xE2;
  return mpeg_frame ? &kMp3 : nullptr;
}

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string extension(name.substr(dot + 1));
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

bool has_extension(const Format& format, std::string_view extension) {
  return !extension.empty() &&
         std::find(format.extensions.begin(), format.extensions.end(), extension) != format.extensions.end();
}

const Format* format_of_name(std::string_view name) {
  const std::string extension = extension_of(name);
  for (const Format* format : kFormats)
    if (has_extension(*format, extension)) return format;
  return nullptr;
}

std::string names_of(const Rule& rule) {
  std::string names;
  for (const Format* format : rule.formats)
    if (format != nullptr) names += (names.empty() ? "" : ", ") + std::string(format->name);
  return names;
}

/// The extension is what the platform goes by (40005): it must be there and tell the truth.
std::string told_name(std::string name, const Format& format) {
  if (name.empty()) name = "media";
  const std::string extension = extension_of(name);
  if (has_extension(format, extension)) return name;
  if (format_of_name(name) != nullptr) name.resize(name.size() - extension.size() - 1);
  return name + "." + std::string(format.extensions[0]);
}

}  // namespace

std::string_view type_of(MediaKind kind) noexcept {
  constexpr std::array<std::string_view, kMediaKinds> types{"image", "voice", "video", "thumb", ""};
  return types[static_cast<std::size_t>(kind)];
}

Result<detail::MultipartFile> checked_upload(UploadPlace place, MediaKind kind, const MediaContent& content,
                                             std::size_t max_bytes) {
  const auto refuse = [](std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); };
  const Rule* rule = rule_of(place, kind);
  if (rule == nullptr)
    return refuse(fmt::format("kind {} cannot be uploaded here: send a link to it instead", to_string(kind)));
  auto opened = content.open();
  if (!opened) return opened.error();

  std::string name = detail::clean_file_name(content.name(), 120);
  const std::string shown = name.empty() ? std::string(to_string(kind)) : name;
  const std::uint64_t size = opened->source->length();
  const std::uint64_t limit = max_bytes != 0 ? max_bytes : rule->max_bytes;
  if (size == 0) return refuse(fmt::format("{} is empty", shown));
  if (size > limit)
    return refuse(fmt::format("{} has {} bytes, the limit for kind {} is {}: make it smaller", shown, size,
                              to_string(kind), limit));

  const Format* format = format_of_bytes(opened->head);
  if (format == nullptr) format = format_of_name(name);
  if (format == nullptr)
    return refuse(fmt::format("{} is of no known format and its name has no known extension; kind {} takes {}", shown,
                              to_string(kind), names_of(*rule)));
  if (std::find(rule->formats.begin(), rule->formats.end(), format) == rule->formats.end())
    return refuse(
        fmt::format("{} is {}, but kind {} takes {} here", shown, format->name, to_string(kind), names_of(*rule)));

  detail::MultipartFile file;
  file.part = "media";
  file.name = told_name(std::move(name), *format);
  file.content_type = format->content_type;
  file.source = std::move(opened->source);
  return file;
}

}  // namespace wechat
KEFU_END_NAMESPACE
