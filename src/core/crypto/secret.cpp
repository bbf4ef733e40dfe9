#include "core/crypto/crypto.hpp"

#include <kefu/core/secret.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE

Secret::Secret(std::string_view value) : value_(value) {}

Secret::Secret(const Secret& other) = default;

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_.swap(other.value_);
    other.wipe();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  detail::wipe(value_);  // up to the capacity: a short string that was moved from keeps its characters
}

std::string Secret::fingerprint() const {
  if (value_.empty()) return "secret:empty";
  return "secret:" + detail::digest(detail::DigestKind::sha256, value_).hex().substr(0, 4);
}

bool operator==(const Secret& a, const Secret& b) noexcept {
  return detail::equal_in_constant_time(a.value_, b.value_);
}

KEFU_END_NAMESPACE
