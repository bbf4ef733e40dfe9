#pragma once

#include <kefu/core/time.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace kefu_soak {

/// The machine's clock, which somebody sets: by how much it is wrong stands in a file that all processes map. Thread
/// safety: any thread.
class SharedClock final : public kefu::Clock {
 public:
  explicit SharedClock(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(Offset)) != 0) std::abort();
    void* memory = ::mmap(nullptr, sizeof(Offset), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (memory == MAP_FAILED) std::abort();
    offset_ = static_cast<Offset*>(memory);
  }
  SharedClock(const SharedClock&) = delete;
  SharedClock& operator=(const SharedClock&) = delete;
  ~SharedClock() override { ::munmap(offset_, sizeof(Offset)); }

  kefu::WallTime wall() const override { return std::chrono::system_clock::now() + kefu::Millis(offset_->load()); }
  kefu::MonoTime mono() const override { return std::chrono::steady_clock::now(); }
  void set(kefu::Millis offset) { offset_->store(offset.count()); }

 private:
  using Offset = std::atomic<std::int64_t>;
  static_assert(Offset::is_always_lock_free);
  Offset* offset_;
};

}  // namespace kefu_soak
