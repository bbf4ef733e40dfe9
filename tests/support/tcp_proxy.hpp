#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kefu_test {

/// A network between a client and a server that listens on a Unix socket: a port on 127.0.0.1 whose connections are
/// passed on, late, not at all, to another server, or cut. Thread safety: any thread.
class TcpProxy {
 public:
  using Clock = std::chrono::steady_clock;

  explicit TcpProxy(std::string server) : server_(std::move(server)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe(wake_) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;
  ~TcpProxy() {
    stopping_ = true;
    wake();
    thread_.join();
    for (const Pair& pair : pairs_) close_pair(pair);
    ::close(listener_);
    ::close(wake_[0]);
    ::close(wake_[1]);
  }

  int port() const { return port_; }
  int connections() const { return connections_; }
  /// What comes from the server arrives so much later.
  void delay_answers(std::chrono::milliseconds time) { delay_ms_ = time.count(); }
  /// Connections stand, those that are open and new ones, but nothing comes through any more; or again.
  void swallow(bool on) {
    swallowing_ = on;
    wake();
  }
  /// The same for what comes from the server: what is asked for is done, and nobody hears of it.
  void swallow_answers(bool on) { swallowing_answers_ = on; }
  /// New connections end at once, or are let through again.
  void refuse(bool on) { refusing_ = on; }
  /// All connections end now.
  void cut() {
    cutting_ = true;
    wake();
    while (cutting_) std::this_thread::yield();
  }
  /// Later connections go to another server.
  void switch_to(std::string server) {
    const std::lock_guard<std::mutex> lock(mutex_);
    server_ = std::move(server);
  }

 private:
  struct Late {
    Clock::time_point due;
    std::string bytes;
  };
  struct Pair {
    int client;
    int server;
    std::deque<Late> answers;
    bool over = false;
  };

  void wake() {
    const char byte = 0;
    if (::write(wake_[1], &byte, 1) != 1) std::abort();
  }
  static void close_pair(const Pair& pair) {
    ::close(pair.client);
    ::close(pair.server);
  }
  static bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    ++connections_;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      server_.copy(address.sun_path, sizeof address.sun_path - 1);
    }
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (refusing_ || ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(server);
      ::close(client);
      return;
    }
    pairs_.push_back(Pair{client, server, {}, false});
  }
  /// Takes what came from one side; nothing at its end.
  static std::string take(int from) {
    char bytes[65536];
    const ssize_t count = ::recv(from, bytes, sizeof bytes, 0);
    return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
  }
  void pass(Pair& pair, short from_client, short from_server) {
    if (from_client != 0) {
      const std::string bytes = take(pair.client);
      pair.over = bytes.empty() || !send_all(pair.server, bytes);
    }
    if (from_server != 0 && !pair.over) {
      std::string bytes = take(pair.server);
      if (bytes.empty()) {
        pair.over = true;
      } else if (!swallowing_answers_) {
        pair.answers.push_back(Late{Clock::now() + std::chrono::milliseconds(delay_ms_), std::move(bytes)});
      }
    }
    while (!pair.answers.empty() && pair.answers.front().due <= Clock::now()) {
      if (!send_all(pair.client, pair.answers.front().bytes)) pair.over = true;
      pair.answers.pop_front();
    }
  }
  void run() {
    while (!stopping_) {
      std::vector<pollfd> ready{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      bool late = false;
      for (const Pair& pair : pairs_) {
        const short events = swallowing_ ? 0 : POLLIN;
        // Without events poll() still tells of the end, which is swallowed too.
        ready.push_back({swallowing_ ? -1 : pair.client, events, 0});
        ready.push_back({swallowing_ ? -1 : pair.server, events, 0});
        late = late || !pair.answers.empty();
      }
      ::poll(ready.data(), ready.size(), late ? 1 : 1000);
      if (ready[0].revents != 0) {
        char bytes[64];
        if (::read(wake_[0], bytes, sizeof bytes) < 0) std::abort();
      }
      if (cutting_) {
        for (const Pair& pair : pairs_) close_pair(pair);
        pairs_.clear();
        cutting_ = false;
        continue;
      }
      std::size_t at = 2;
      for (Pair& pair : pairs_) {
        pass(pair, ready[at].revents, ready[at + 1].revents);
        at += 2;
      }
      pairs_.remove_if([](const Pair& pair) {
        if (pair.over) close_pair(pair);
        return pair.over;
      });
      if (ready[1].revents != 0) accept_one();
    }
  }

  int listener_ = -1;
  int wake_[2] = {-1, -1};
  int port_ = 0;
  std::mutex mutex_;
  std::string server_;
  std::list<Pair> pairs_;
  std::atomic<bool> stopping_{false}, swallowing_{false}, swallowing_answers_{false}, refusing_{false}, cutting_{false};
  std::atomic<long> delay_ms_{0};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace kefu_test
