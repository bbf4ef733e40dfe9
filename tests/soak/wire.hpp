#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kefu_soak {

/// A message between the judge and a process: its first field says what it is.
using Fields = std::vector<std::string>;

/// One end of a socket pair that keeps messages whole, so that a kill leaves no half of one; what was written before it
/// can still be read. Thread safety: `send` any thread, `receive` one.
class Wire {
 public:
  explicit Wire(int file = -1) : file_(file) {}
  Wire(Wire&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Wire& operator=(Wire&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~Wire() { close(); }

  static std::pair<Wire, Wire> pair() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    return {Wire(ends[0]), Wire(ends[1])};
  }
  int file() const { return file_; }
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }
  /// False: the other end is gone, or (without `wait`) does not read.
  bool send(const Fields& fields, bool wait = false) const {
    std::string text;
    for (const std::string& field : fields) {
      const auto size = static_cast<std::uint32_t>(field.size());
      text.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(field);
    }
    const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    return ::send(file_, text.data(), text.size(), flags) == static_cast<ssize_t>(text.size());
  }
  enum class Got : unsigned char { message, nothing, end };
  Got receive(Fields& fields, std::chrono::milliseconds limit) {
    pollfd ready{file_, POLLIN, 0};
    const int found = ::poll(&ready, 1, static_cast<int>(limit.count()));
    if (found == 0 || (found < 0 && errno == EINTR)) return Got::nothing;
    if (found < 0) return Got::end;
    buffer_.resize(1 << 18);
    const ssize_t size = ::recv(file_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Got::nothing;
    if (size <= 0) return Got::end;
    fields.clear();
    std::string_view left(buffer_.data(), static_cast<std::size_t>(size));
    while (left.size() >= sizeof(std::uint32_t)) {
      std::uint32_t length = 0;
      std::memcpy(&length, left.data(), sizeof(length));
      left.remove_prefix(sizeof(length));
      fields.emplace_back(left.substr(0, length));
      left.remove_prefix(fields.back().size());
    }
    return Got::message;
  }

 private:
  int file_;
  std::string buffer_;
};

}  // namespace kefu_soak
