#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kefu_test {

/// One accepted connection of a RawServer, with nothing between the test and the bytes.
class RawConnection {
 public:
  explicit RawConnection(int fd) : fd_(fd) {}
  ~RawConnection() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ::close(fd_);
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool accept_tls(SSL_CTX* context) {
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    return SSL_accept(ssl_) == 1;
  }
  /// Head and body (by Content-Length) of the next request; empty when the peer is gone.
  std::string read_request() {
    while (true) {
      const auto end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t size = end + 4 + content_length(buffer_.substr(0, end));
        while (buffer_.size() < size)
          if (!read_more()) return {};
        std::string request = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return request;
      }
      if (!read_more()) return {};
    }
  }
  /// The head alone; what follows stays unread in the socket.
  std::string read_head() {
    while (buffer_.find("\r\n\r\n") == std::string::npos)
      if (!read_more()) return {};
    return buffer_.substr(0, buffer_.find("\r\n\r\n") + 4);
  }
  /// Whatever comes next; for protocols that are no HTTP.
  std::string read_some() {
    if (buffer_.empty()) static_cast<void>(read_more());
    return std::exchange(buffer_, {});
  }
  void write(std::string_view text) {
    while (!text.empty()) {
      const long written = ssl_ != nullptr ? SSL_write(ssl_, text.data(), static_cast<int>(text.size()))
                                           : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void reply(std::string_view body, std::string_view status = "200 OK", std::string_view headers = "") {
    write("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          std::string(headers) + "\r\n" + std::string(body));
  }
  /// Until the peer closes or the server is torn down.
  void wait_closed() {
    while (read_more()) buffer_.clear();
  }
  /// The close() that follows sends RST instead of FIN.
  void close_with_reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  void shutdown() { ::shutdown(fd_, SHUT_RDWR); }

 private:
  static std::size_t content_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : static_cast<std::size_t>(std::atoll(head.c_str() + at + 16));
  }
  bool read_more() {
    char part[16384];
    const long size = ssl_ != nullptr ? SSL_read(ssl_, part, sizeof part) : ::recv(fd_, part, sizeof part, 0);
    if (size <= 0) return false;
    buffer_.append(part, static_cast<std::size_t>(size));
    return true;
  }

  int fd_;
  SSL* ssl_ = nullptr;
  std::string buffer_;
};

/// A server on 127.0.0.1 whose every connection runs the test's own script, so that it can break the protocol at will.
class RawServer {
 public:
  /// `script(connection, n)`: n counts connections from 0. The connection closes when it returns.
  using Script = std::function<void(RawConnection&, int)>;

  explicit RawServer(Script script, int backlog = 128) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, backlog) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    if (script_) acceptor_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (acceptor_.joinable()) acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (RawConnection* connection : open_) connection->shutdown();
    }
    for (auto& thread : threads_) thread.join();
  }

  int port() const { return port_; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string base() const { return "http://" + authority(); }
  std::string tls_base() const { return "https://" + authority(); }
  int connections() const { return count_; }
  int most_open() const { return most_open_; }

  /// For scripts: what they want to check later.
  void note(std::string text) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(text));
  }
  std::vector<std::string> notes() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  void accept_all() {
    while (!stopping_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int number = count_++;
      threads_.emplace_back([this, fd, number] {
        // OpenSSL writes without MSG_NOSIGNAL; what is tested has to hold SIGPIPE back for itself.
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        RawConnection connection(fd);
        {
          const std::lock_guard lock(mutex_);
          if (stopping_) return;
          open_.push_back(&connection);
          most_open_ = std::max(most_open_.load(), static_cast<int>(open_.size()));
        }
        script_(connection, number);
        const std::lock_guard lock(mutex_);
        open_.erase(std::find(open_.begin(), open_.end(), &connection));
      });
    }
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> count_{0};
  std::atomic<int> most_open_{0};
  mutable std::mutex mutex_;
  std::vector<RawConnection*> open_;
  std::vector<std::string> notes_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace kefu_test
