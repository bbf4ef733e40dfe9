#include "wechat/operations/media_rules.hpp"

#include "channel/content/media_writer.hpp"
#include "wechat/operations/media_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kKb = 1024;
constexpr std::size_t kMb = 1024 * kKb;

/// wechat-messages 9.1, 9.4, 9.5 and 4.5. Temporary pictures: the page says both 2 and 10 MB, and 10 MB were taken.
struct Rule {
  UploadPlace place;
  MediaKind kind;
  std::size_t max_bytes;
  std::array<const MediaFormat*, 4> formats;
};
constexpr Rule kMediaRules[] = {
    {UploadPlace::temporary, MediaKind::image, 10 * kMb, {&kPng, &kJpeg, &kGif, nullptr}},
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

std::string names_of(const Rule& rule) {
  std::string names;
  for (const MediaFormat* format : rule.formats)
    if (format != nullptr) names += (names.empty() ? "" : ", ") + std::string(format->name);
  return names;
}

/// The extension is what the platform goes by (40005): it must be there and tell the truth.
std::string told_name(std::string name, const MediaFormat& format) {
  if (name.empty()) name = "media";
  if (has_extension(format, name)) return name;
  if (format_of_name(name) != nullptr) name.resize(name.size() - extension_in(name).size() - 1);
  return name + "." + std::string(format.extensions[0]);
}

}  // namespace

std::string_view type_of(MediaKind kind) noexcept {
  constexpr std::array<std::string_view, kMediaKinds> types{"image", "voice", "video", "thumb", ""};
  return types[static_cast<std::size_t>(kind)];
}

std::vector<detail::FieldCheck> upload_checks(UploadPlace place) {
  std::vector<detail::FieldCheck> checks;
  for (const Rule& rule : kMediaRules)
    if (rule.place == place)
      checks.push_back({fmt::format("file of kind {}", to_string(rule.kind)),
                        fmt::format("{}, by its first bytes; 1 to {} bytes", names_of(rule), rule.max_bytes)});
  return checks;
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
  const std::string shown = name.empty() ? "content" : "content " + name;
  const std::uint64_t size = opened->source->length();
  const std::uint64_t limit = max_bytes != 0 ? max_bytes : rule->max_bytes;
  if (size == 0) return refuse(fmt::format("{} is empty", shown));
  if (size > limit)
    return refuse(fmt::format("{} has {} bytes, the limit for kind {} is {}{}: make it smaller", shown, size,
                              to_string(kind), limit, max_bytes != 0 ? " (max_bytes)" : ""));

  const MediaFormat* format = format_of_bytes(opened->head);
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
  file.length = size;  // what was judged, whatever the source says next
  return file;
}

}  // namespace wechat
KEFU_END_NAMESPACE
