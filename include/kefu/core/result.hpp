#pragma once

#include <kefu/core/error.hpp>

#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

KEFU_BEGIN_NAMESPACE

/// Either a value or an Error. Nothing throws: reading the side that is not there ends the process.
///
/// Member names follow std::expected. Thread safety: as its value.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *checked<0>(state_); }
  const T& value() const& { return *checked<0>(state_); }
  T&& value() && { return std::move(*checked<0>(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return checked<0>(state_); }
  const T* operator->() const { return checked<0>(state_); }

  const Error& error() const& { return *checked<1>(state_); }
  Error&& error() && { return std::move(*checked<1>(state_)); }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }
  T value_or(T fallback) && { return has_value() ? std::move(*this).value() : std::move(fallback); }

 private:
  template <std::size_t Index, class Variant>
  static auto* checked(Variant& state) {
    auto* held = std::get_if<Index>(&state);
    if (held == nullptr) std::abort();
    return held;
  }
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (error_) std::abort();
  }
  const Error& error() const& {
    if (!error_) std::abort();
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

KEFU_END_NAMESPACE
