#pragma once

#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>

namespace kefu_bench {

/// A platform's answer at the least cost, in a process of its own so that its time is not counted with the client's:
/// one thread, keep-alive, the same JSON for every request.
class LoopbackServer {
 public:
  LoopbackServer() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 1024) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::perror("loopback server");
      std::exit(2);
    }
    port_ = ntohs(address.sin_port);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener);
    }
    ::close(listener);
  }
  ~LoopbackServer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string base() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  /// The length of the first whole request, or 0.
  static std::size_t whole_request(const std::string& in) {
    const auto end = in.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    const auto at = in.find("Content-Length: ");
    const std::size_t body = at < end ? static_cast<std::size_t>(std::atol(in.c_str() + at + 16)) : 0;
    return in.size() >= end + 4 + body ? end + 4 + body : 0;
  }

  [[noreturn]] static void serve(int listener) {
    static const std::string reply =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\nContent-Length: 27\r\n"
        "Date: Fri, 20 Nov 2026 03:00:00 GMT\r\nConnection: keep-alive\r\n\r\n{\"errcode\":0,\"errmsg\":\"ok\"}";
    const int poll = ::epoll_create1(0);
    const auto watch = [poll](int fd) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    };
    watch(listener);
    std::unordered_map<int, std::string> connections;
    epoll_event events[64];
    char part[65536];
    for (;;) {
      const int count = ::epoll_wait(poll, events, 64, -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener) {
          const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
          const int on = 1;
          ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          watch(accepted);
          continue;
        }
        const long size = ::recv(fd, part, sizeof part, 0);
        if (size <= 0) {
          ::close(fd);
          connections.erase(fd);
          continue;
        }
        std::string& in = connections[fd];
        in.append(part, static_cast<std::size_t>(size));
        while (const std::size_t whole = whole_request(in)) {
          in.erase(0, whole);
          static_cast<void>(!::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL));
        }
      }
    }
  }

  int port_ = 0;
  pid_t child_ = -1;
};

}  // namespace kefu_bench
