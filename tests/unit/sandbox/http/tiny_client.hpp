#pragma once

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace kefu_test {

inline int port_of(const std::string& url) { return std::atoi(url.c_str() + url.rfind(':') + 1); }

/// A blocking HTTP client that hides nothing of what the server does to the connection.
class TinyClient {
 public:
  explicit TinyClient(const std::string& base_url) : port_(port_of(base_url)) {}
  ~TinyClient() { close(); }
  TinyClient(const TinyClient&) = delete;
  TinyClient& operator=(const TinyClient&) = delete;

  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    std::string fault;  ///< "reset", "closed", "cut" (closed before Content-Length was reached), "timeout".
  };

  Answer request(std::string_view method, std::string_view target, std::string_view body = {}) {
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: sandbox\r\n";
    if (!body.empty() || method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return raw(text + "\r\n" + std::string(body));
  }

  /// Sends the bytes, says that nothing follows if `then_end`, and reads one answer.
  Answer raw(std::string_view bytes, bool then_end = false) {
    Answer answer;
    if (fd_ < 0 && !connect()) {
      answer.fault = "refused";
      return answer;
    }
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    if (then_end) ::shutdown(fd_, SHUT_WR);
    read(answer);
    if (!answer.fault.empty()) close();
    return answer;
  }

  /// Sends the bytes again and again and reads nothing, until nobody has taken any for half a second. How many left.
  std::size_t flood(std::string_view bytes, std::size_t most) {
    if (fd_ < 0 && !connect()) return 0;
    std::size_t sent = 0;
    while (sent < most) {
      const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put > 0) {
        sent += static_cast<std::size_t>(put);
        continue;
      }
      pollfd wait{fd_, POLLOUT, 0};
      if (errno != EAGAIN || ::poll(&wait, 1, 500) <= 0) break;
    }
    return sent;
  }

  /// What the connection does when nothing is asked: "closed", "reset" or "timeout" (still open).
  std::string state() {
    if (!in_.empty()) return "data";
    char byte = 0;
    const ssize_t got = ::recv(fd_, &byte, 1, 0);
    if (got == 0) return "closed";
    return got > 0 ? "data" : fault_of_errno();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    in_.clear();
  }
  void wait_at_most(int milliseconds) { limit_ms_ = milliseconds; }

 private:
  bool connect() {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{limit_ms_ / 1000, limit_ms_ % 1000 * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
    close();
    return false;
  }

  static std::string fault_of_errno() { return errno == ECONNRESET || errno == EPIPE ? "reset" : "timeout"; }

  bool more(Answer& answer) {
    char chunk[65536];
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got > 0) {
      in_.append(chunk, static_cast<std::size_t>(got));
      return true;
    }
    answer.fault = got < 0 ? fault_of_errno() : answer.head.empty() ? "closed" : "cut";
    return false;
  }

  void read(Answer& answer) {
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos)
      if (!more(answer)) return;
    answer.head = in_.substr(0, end + 4);
    in_.erase(0, end + 4);
    answer.status = std::atoi(answer.head.c_str() + 9);
    const std::size_t at = answer.head.find("Content-Length: ");
    const std::size_t size =
        at == std::string::npos ? 0 : static_cast<std::size_t>(std::atoll(answer.head.c_str() + at + 16));
    while (in_.size() < size) {
      if (!more(answer)) {
        answer.body = in_;
        return;
      }
    }
    answer.body = in_.substr(0, size);
    in_.erase(0, size);
    if (answer.status == 100) {
      answer = Answer();
      read(answer);
    }
  }

  int port_;
  int fd_ = -1;
  int limit_ms_ = 10'000;
  std::string in_;
};

/// A webhook on a socket: one request per connection, answered with whatever bytes the test gives.
class TinyWebhook {
 public:
  /// `target` and `body` of a request to the bytes of the answer.
  using Handler = std::function<std::string(const std::string& head, const std::string& body)>;

  explicit TinyWebhook(Handler handler) : handler_(std::move(handler)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(fd_, 16);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TinyWebhook() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  static std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  void serve() {
    for (;;) {
      const int connection = ::accept(fd_, nullptr, nullptr);
      if (connection < 0) return;
      serve_one(connection);
      ::close(connection);
    }
  }

  void serve_one(int connection) {
    std::string in;
    char chunk[4096];
    std::size_t end = 0, wanted = std::string::npos;
    while (in.size() < wanted) {
      const ssize_t got = ::recv(connection, chunk, sizeof chunk, 0);
      if (got <= 0) break;
      in.append(chunk, static_cast<std::size_t>(got));
      end = in.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const std::size_t at = in.find("Content-Length: ");
      wanted = end + 4 + (at < end ? static_cast<std::size_t>(std::atoll(in.c_str() + at + 16)) : 0);
    }
    if (end == 0 || end == std::string::npos) return;
    const std::string answer = handler_(in.substr(0, end), in.substr(end + 4));
    ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  Handler handler_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace kefu_test
