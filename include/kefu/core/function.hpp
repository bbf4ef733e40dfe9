#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

KEFU_BEGIN_NAMESPACE

template <class Signature>
class MoveFunction;

/// A callable that is moved, never copied, so that it may own what it answers (std::move_only_function is C++23).
/// Callables of up to six pointers are held in place.
///
/// Calling an empty one is undefined; test it with `if (f)`.
template <class R, class... Args>
class MoveFunction<R(Args...)> {
 public:
  MoveFunction() noexcept = default;
  MoveFunction(std::nullptr_t) noexcept {}

  template <
      class F, class Callable = std::decay_t<F>,
      class = std::enable_if_t<!std::is_same_v<Callable, MoveFunction> && std::is_invocable_r_v<R, Callable&, Args...>>>
  MoveFunction(F&& callable) {
    if constexpr (fits_in_place<Callable>) {
      ::new (static_cast<void*>(&storage_)) Callable(std::forward<F>(callable));
      table_ = &in_place_table<Callable>;
    } else {
      ::new (static_cast<void*>(&storage_)) Callable*(new Callable(std::forward<F>(callable)));
      table_ = &heap_table<Callable>;
    }
  }

  MoveFunction(MoveFunction&& other) noexcept { take(other); }
  MoveFunction& operator=(MoveFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~MoveFunction() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }
  R operator()(Args... args) { return table_->call(&storage_, std::forward<Args>(args)...); }

 private:
  struct Table {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };
  static constexpr std::size_t kInPlace = 6 * sizeof(void*);
  template <class C>
  static constexpr bool fits_in_place =
      sizeof(C) <= kInPlace && alignof(C) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<C>;

  template <class C>
  static constexpr Table in_place_table{
      [](void* p, Args&&... args) -> R { return (*static_cast<C*>(p))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept {
        ::new (to) C(std::move(*static_cast<C*>(from)));
        static_cast<C*>(from)->~C();
      },
      [](void* p) noexcept { static_cast<C*>(p)->~C(); }};
  template <class C>
  static constexpr Table heap_table{
      [](void* p, Args&&... args) -> R { return (**static_cast<C**>(p))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept { ::new (to) C*(*static_cast<C**>(from)); },
      [](void* p) noexcept { delete *static_cast<C**>(p); }};

  void take(MoveFunction& other) noexcept {
    if (other.table_ == nullptr) return;
    other.table_->move(&other.storage_, &storage_);
    table_ = std::exchange(other.table_, nullptr);
  }
  void reset() noexcept {
    if (table_ != nullptr) std::exchange(table_, nullptr)->destroy(&storage_);
  }

  alignas(std::max_align_t) unsigned char storage_[kInPlace];
  const Table* table_ = nullptr;
};

/// A piece of work that runs at most once.
using Task = MoveFunction<void()>;

KEFU_END_NAMESPACE
