#pragma once

#include <kefu/channel/media.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// QR codes with a scene (verified service accounts; wechat-messages 18). Whoever scans one comes in as Followed or
// Scanned with that scene, ids as text too. Operations are values; any thread.

struct QrCode {
  QrCode() {}
  std::string ticket;               ///< For GetQrCodePicture.
  std::string url;                  ///< What the code says, for making the picture oneself.
  std::int64_t expire_seconds = 0;  ///< 0: for ever.
};

/// Makes a QR code whose scan tells `scene`.
///
/// Effect: create. Limits: temporary ones 100,000 a day, permanent ones 100,000 in all (`quota_exhausted`, 45029).
/// Checked here: a life of 1 s to 30 days, 1 to 64 characters of text, ids from 1 on, permanent ids up to 100,000.
/// Codes: 40052, 40053, 48001. Page: 生成带参数的二维码.
struct KEFU_EXPORT CreateQrCode {
  using Response = QrCode;
  static const Operation& operation();

  static CreateQrCode temporary(std::string scene, std::chrono::seconds life = kLongestLife) {
    return {std::move(scene), 0, life};
  }
  static CreateQrCode temporary_id(std::uint32_t scene, std::chrono::seconds life = kLongestLife) {
    return {{}, scene, life};
  }
  static CreateQrCode permanent(std::string scene) { return {std::move(scene), 0, std::nullopt}; }
  static CreateQrCode permanent_id(std::uint32_t scene) { return {{}, scene, std::nullopt}; }

  static constexpr std::chrono::seconds kLongestLife{2'592'000};
  std::string scene;                         ///< Empty: `scene_id` instead.
  std::uint32_t scene_id;                    ///< 0: `scene` instead.
  std::optional<std::chrono::seconds> life;  ///< Absent: permanent.

 private:
  CreateQrCode(std::string text, std::uint32_t id, std::optional<std::chrono::seconds> l)
      : scene(std::move(text)), scene_id(id), life(l) {}
};

/// The picture of a QR code (JPEG), from a host of its own: AccountConfig::qr_code_base_url. No token is used.
///
/// Effect: read. Errors: `not_found` (no such ticket, or its code has expired). Page: 通过ticket换取二维码.
struct KEFU_EXPORT GetQrCodePicture {
  using Response = DownloadedMedia;
  static const Operation& operation();

  explicit GetQrCodePicture(std::string ticket_, MediaTarget to_ = MediaTarget::memory())
      : ticket(std::move(ticket_)), to(std::move(to_)) {}

  std::string ticket;
  MediaTarget to;
  detail::DownloadState state;
};

}  // namespace wechat
KEFU_END_NAMESPACE
