#pragma once

#include <kefu/core/export.hpp>

#include <array>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What a file is, whatever it is called.
struct MediaFormat {
  std::string_view name;
  std::string_view content_type;
  std::array<std::string_view, 2> extensions;  ///< The first is the usual one.
};

// What the platform takes somewhere; the source has more, to call a file by what it is.
inline constexpr MediaFormat kJpeg{"JPEG", "image/jpeg", {"jpg", "jpeg"}};
inline constexpr MediaFormat kPng{"PNG", "image/png", {"png", ""}};
inline constexpr MediaFormat kGif{"GIF", "image/gif", {"gif", ""}};
inline constexpr MediaFormat kBmp{"BMP", "image/bmp", {"bmp", ""}};
inline constexpr MediaFormat kAmr{"AMR", "audio/amr", {"amr", ""}};
inline constexpr MediaFormat kMp3{"MP3", "audio/mpeg", {"mp3", ""}};
inline constexpr MediaFormat kWma{"WMA", "audio/x-ms-wma", {"wma", ""}};
inline constexpr MediaFormat kWav{"WAV", "audio/wav", {"wav", ""}};
inline constexpr MediaFormat kMp4{"MP4", "video/mp4", {"mp4", ""}};

/// By the first bytes, 16 are enough; null if they are of no known format.
const MediaFormat* format_of_bytes(std::string_view head);
/// By the extension; null if there is none that is known.
const MediaFormat* format_of_name(std::string_view name);

bool has_extension(const MediaFormat& format, std::string_view name);
/// Behind the last dot; empty if there is none.
std::string_view extension_in(std::string_view name);

}  // namespace wechat
KEFU_END_NAMESPACE
