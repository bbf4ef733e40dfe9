#pragma once

#include <kefu/channel/media.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Pictures that open a page of a mini program when they are scanned (wechat-messages 22). They live for ever. The
// answer is the picture; an error in its place is an error, whatever its content type says. Operations are values; any
// thread.

/// How a round mini-program code looks.
struct CodeLook {
  CodeLook() {}
  struct Color {
    Color(int red, int green, int blue) : r(red), g(green), b(blue) {}
    int r;
    int g;
    int b;
  };
  int width = 0;                    ///< Pixels, 280 to 1280; 0: the platform's 430.
  std::optional<bool> auto_color;   ///< The lines' colour by the program's own.
  std::optional<Color> line_color;  ///< Each 0 to 255.
  std::optional<bool> transparent;  ///< is_hyaline
};

struct MiniProgramCode {
  MiniProgramCode() {}
  DownloadedMedia picture;
  std::optional<std::int64_t> used;  ///< Num-Used: how many of the 100,000 there are; where the platform says it.
};

/// A code for one page with its query. Effect: create: 100,000 in all, with CreateMiniProgramQrCode (45029).
/// Checked here: 1 to 1024 characters of path, 280 to 1280 pixels. Codes: 40097, 40159. Page: 获取小程序码.
struct KEFU_EXPORT CreateMiniProgramCode {
  using Response = MiniProgramCode;
  static const Operation& operation();
  explicit CreateMiniProgramCode(std::string path_, MediaTarget to_ = MediaTarget::memory())
      : path(std::move(path_)), to(std::move(to_)) {}
  std::string path;
  CodeLook look;
  std::string version;  ///< env_version: "release" (also when empty), "trial", "develop".
  MediaTarget to;
  detail::DownloadState state;
};

/// A code with a scene, as many as are wanted; the page gets the scene in its query, percent-encoded.
///
/// Effect: idempotent. Limits: 5,000 a minute. Checked here: 1 to 32 characters of scene (digits, letters and
/// !#$&'()*+,/:;=?@-._~), 280 to 1280 pixels. Codes: 40097, 40129, 40169, 41030, 85096. Page: 获取不限制的小程序码.
struct KEFU_EXPORT GetMiniProgramCode {
  using Response = MiniProgramCode;
  static const Operation& operation();
  explicit GetMiniProgramCode(std::string scene_, MediaTarget to_ = MediaTarget::memory())
      : scene(std::move(scene_)), to(std::move(to_)) {}
  std::string scene;
  std::string page;                ///< Without '/' before it and without query; empty: the home page.
  std::optional<bool> check_path;  ///< False: the page need not be published yet (60,000 at most).
  CodeLook look;
  std::string version;  ///< env_version: "release" (also when empty), "trial", "develop".
  MediaTarget to;
  detail::DownloadState state;
};

/// A square QR code for one page with its query. Effect and limits: as CreateMiniProgramCode; 1 to 128 bytes of path: a
/// path of Chinese characters was refused with 40159 before it had 128 of them. Page: 获取小程序二维码.
struct KEFU_EXPORT CreateMiniProgramQrCode {
  using Response = MiniProgramCode;
  static const Operation& operation();
  explicit CreateMiniProgramQrCode(std::string path_, MediaTarget to_ = MediaTarget::memory())
      : path(std::move(path_)), to(std::move(to_)) {}
  std::string path;
  int width = 0;  ///< Pixels, 280 to 1280; 0: the platform's 430.
  MediaTarget to;
  detail::DownloadState state;
};

}  // namespace wechat
KEFU_END_NAMESPACE
