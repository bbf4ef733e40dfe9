#include "core/async/owned_thread.hpp"

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

bool OwnedThread::start(const char* name, std::function<void()> body) {
  auto whole = std::make_unique<std::function<void()>>([this, name, body = std::move(body)] {
    id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#endif
    body();  // owns the object that owns this one, until the closure is destroyed
    id_.store(std::thread::id(), std::memory_order_relaxed);
  });
  const auto main = [](void* argument) -> void* {
    const std::unique_ptr<std::function<void()>> run(static_cast<std::function<void()>*>(argument));
    (*run)();
    return nullptr;
  };
  started_ = pthread_create(&thread_, nullptr, main, whole.get()) == 0;
  if (started_) static_cast<void>(whole.release());
  return started_;
}

void OwnedThread::join_or_detach() {
  if (!started_) return;
  started_ = false;
  if (is_current()) {
    pthread_detach(thread_);
  } else {
    pthread_join(thread_, nullptr);
  }
}

void OwnedThread::detach() {
  if (std::exchange(started_, false)) pthread_detach(thread_);
}

}  // namespace detail
KEFU_END_NAMESPACE
