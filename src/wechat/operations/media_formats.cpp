#include "wechat/operations/media_formats.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

// Formats that the platform takes nowhere and that customers' telephones and other tools make.
constexpr MediaFormat kHeic{"HEIC", "image/heic", {"heic", "heif"}};
constexpr MediaFormat kAvif{"AVIF", "image/avif", {"avif", ""}};
constexpr MediaFormat kWebp{"WebP", "image/webp", {"webp", ""}};
constexpr MediaFormat kTiff{"TIFF", "image/tiff", {"tif", "tiff"}};
constexpr MediaFormat kSilk{"SILK", "audio/silk", {"silk", "slk"}};
constexpr MediaFormat kAac{"AAC", "audio/aac", {"aac", ""}};
constexpr MediaFormat kM4a{"M4A", "audio/mp4", {"m4a", "m4b"}};
constexpr MediaFormat kOgg{"Ogg", "audio/ogg", {"ogg", "opus"}};
constexpr MediaFormat kFlac{"FLAC", "audio/flac", {"flac", ""}};
constexpr MediaFormat kMov{"MOV", "video/quicktime", {"mov", "qt"}};
constexpr MediaFormat k3gp{"3GP", "video/3gpp", {"3gp", "3g2"}};
constexpr MediaFormat kAvi{"AVI", "video/x-msvideo", {"avi", ""}};
constexpr MediaFormat kMatroska{"Matroska", "video/x-matroska", {"mkv", "webm"}};
constexpr MediaFormat kPdf{"PDF", "application/pdf", {"pdf", ""}};

constexpr const MediaFormat* kFormats[] = {&kJpeg, &kPng,  &kGif,  &kBmp,  &kAmr,  &kMp3,      &kWma, &kWav,
                                           &kMp4,  &kHeic, &kAvif, &kWebp, &kTiff, &kSilk,     &kAac, &kM4a,
                                           &kOgg,  &kFlac, &kMov,  &k3gp,  &kAvi,  &kMatroska, &kPdf};

/// How files of a format begin: `mark` at `at`, behind `first`.
struct Mark {
  std::string_view first;
  std::size_t at;
  std::string_view mark;
  const MediaFormat* format;
};
constexpr Mark kMarks[] = {
    {"\xFF\xD8\xFF", 0, "", &kJpeg},
    {"\x89PNG", 0, "", &kPng},
    {"GIF8", 0, "", &kGif},
    {"BM", 0, "", &kBmp},
    {"#!AMR", 0, "", &kAmr},
    {"ID3", 0, "", &kMp3},
    {"\x30\x26\xB2\x75", 0, "", &kWma},
    {"RIFF", 8, "WAVE", &kWav},
    {"RIFF", 8, "WEBP", &kWebp},
    {"RIFF", 8, "AVI ", &kAvi},
    {"#!SILK", 0, "", &kSilk},
    {"\x02#!SILK", 0, "", &kSilk},
    {"ADIF", 0, "", &kAac},
    {"OggS", 0, "", &kOgg},
    {"fLaC", 0, "", &kFlac},
    {{"II*\0", 4}, 0, "", &kTiff},
    {{"MM\0*", 4}, 0, "", &kTiff},
    {"\x1A\x45\xDF\xA3", 0, "", &kMatroska},
    {"%PDF", 0, "", &kPdf},
};

/// The container of MP4 is shared: what a file is stands in the brand behind `ftyp`. A brand of none of these is left
/// to the platform, as an MP4 (wechat-messages 9.1).
struct Brand {
  std::string_view begins;
  const MediaFormat* format;
};
constexpr Brand kBrands[] = {{"hei", &kHeic},  {"hev", &kHeic}, {"mif1", &kHeic}, {"msf1", &kHeic}, {"avif", &kAvif},
                             {"avis", &kAvif}, {"qt  ", &kMov}, {"M4A", &kM4a},   {"M4B", &kM4a},   {"3gp", &k3gp},
                             {"3g2", &k3gp},   {"3ge", &k3gp},  {"3gg", &k3gp}};

bool begins(std::string_view bytes, std::string_view with, std::size_t at = 0) {
  return bytes.size() >= at + with.size() && bytes.compare(at, with.size(), with) == 0;
}

const MediaFormat* format_of_brand(std::string_view head) {
  for (const Brand& row : kBrands)
    if (begins(head, row.begins, 8)) return row.format;
  return &kMp4;
}

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

const MediaFormat* format_of_bytes(std::string_view head) {
  for (const Mark& row : kMarks)
    if (begins(head, row.first) && begins(head, row.mark, row.at)) return row.format;
  if (begins(head, "ftyp", 4)) return format_of_brand(head);
  if (head.size() < 2 || head[0] != '\xFF') return nullptr;
  // Frames without a header before them: the layer bits are 01 in MP3 and 00 in AAC.
  const unsigned second = static_cast<unsigned char>(head[1]);
  if ((second & 0xE6) == 0xE2) return &kMp3;
  return (second & 0xF6) == 0xF0 ? &kAac : nullptr;
}

std::string_view extension_in(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

bool has_extension(const MediaFormat& format, std::string_view name) {
  const std::string_view extension = extension_in(name);
  const auto same = [extension](std::string_view known) {
    return std::equal(extension.begin(), extension.end(), known.begin(), known.end(),
                      [](char a, char b) { return lowered(a) == b; });
  };
  return !extension.empty() && std::any_of(format.extensions.begin(), format.extensions.end(), same);
}

const MediaFormat* format_of_name(std::string_view name) {
  for (const MediaFormat* format : kFormats)
    if (has_extension(*format, name)) return format;
  return nullptr;
}

}  // namespace wechat
KEFU_END_NAMESPACE
