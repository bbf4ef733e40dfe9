// A C++20 host over the library built as C++17.
#include <kefu/core/coroutine.hpp>
#include <kefu/kefu.hpp>

#include <coroutine>

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

Detached await_one(kefu::Pending<int> pending, int& out) {
  auto next = std::move(pending).then([](kefu::Result<int> result) { return result ? *result + 1 : -1; });
  kefu::Result<int> result = co_await next;
  out = result ? *result : -1;
}

int main() {
  auto runtime = kefu::Runtime::create();
  return runtime ? 0 : 1;
}
