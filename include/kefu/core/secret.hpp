#pragma once

#include <kefu/core/export.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE

/// A credential: app secret, token, AES key. It never prints, has no implicit way out and wipes its memory.
///
/// `fingerprint()` is safe for logs. Thread safety: as std::string.
class KEFU_EXPORT Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value);
  Secret(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const noexcept { return value_.empty(); }
  std::size_t size() const noexcept { return value_.size(); }

  /// The only way out. The view ends with this object; do not store or log it.
  std::string_view expose() const noexcept { return value_; }

  /// The first 4 hex digits of the SHA-256, as in "secret:3f9a"; "secret:empty" if empty.
  std::string fingerprint() const;

  /// Compares in constant time for equal lengths.
  friend KEFU_EXPORT bool operator==(const Secret& a, const Secret& b) noexcept;
  friend bool operator!=(const Secret& a, const Secret& b) noexcept { return !(a == b); }

 private:
  void wipe() noexcept;
  std::string value_;
};

KEFU_END_NAMESPACE
