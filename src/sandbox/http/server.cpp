#include "sandbox/http/server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

namespace {

// One connection's turn on the loop.
constexpr int kChunksARound = 64;  ///< Of 16 KiB.
constexpr int kRequestsARound = 64;
constexpr int kMostConnections = 4096;

}  // namespace

/// One accepted socket. Kept alive by its watcher in the loop; closing forgets the watcher.
class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(EventLoop& loop, int fd, std::shared_ptr<const WebService> service,
                   std::shared_ptr<std::set<ServerConnection*>> open)
      : loop_(loop), fd_(fd), service_(std::move(service)), open_(std::move(open)), touched_(loop.now()) {
    open_->insert(this);
  }
  ~ServerConnection() {
    if (fd_ >= 0) ::close(fd_);
    open_->erase(this);
  }

  void start() {
    const bool watched =
        loop_.watch(fd_, EPOLLIN, [self = shared_from_this()](std::uint32_t events) { self->on_events(events); });
    if (!watched) close();
  }

  /// What waits for us, or stalls because a fault says so, is not idle.
  void end_if_idle(Millis longest) {
    if (waiting_ || stalled_) touch();
    if (loop_.now() - touched_ >= longest) close();
  }

  void answer(WebAnswer answer) {
    if (fd_ < 0 || !waiting_) return;
    if (answer.delay.count() > 0) {
      const MonoTime when = loop_.now() + answer.delay;
      answer.delay = Millis(0);
      loop_.run_at(when, [weak = weak_from_this(), late = std::move(answer)]() mutable {
        if (const auto self = weak.lock()) self->answer(std::move(late));
      });
      return;
    }
    waiting_ = false;
    send(answer);
    flush();
    if (!handling_) read_requests();
  }

 private:
  void on_events(std::uint32_t events) {
    const auto keep = shared_from_this();
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close();
    if ((events & EPOLLOUT) != 0) flush();
    if (fd_ >= 0 && (events & EPOLLIN) != 0) receive();
    read_requests();
  }

  void receive() {
    std::array<char, 16 * 1024> chunk;
    for (int chunks = 0; chunks < kChunksARound; ++chunks) {
      const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
      if (got == 0) {
        client_ended_ = true;
        return;
      }
      if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) close();
        return;
      }
      if (discard_ || close_after_) continue;
      touch();
      reader_.append({chunk.data(), static_cast<std::size_t>(got)});
      if (static_cast<std::size_t>(got) < chunk.size()) return;
    }
  }

  /// Reads what has arrived, as long as the answers go out; a client that does not read them is not read either.
  void read_requests() {
    if (next_round_posted_) return;
    handling_ = true;
    int left = kRequestsARound;
    while (may_read() && left > 0 && read_one())
      if (!in_request_) --left;
    handling_ = false;
    if (may_read() && left == 0 && reader_.has_unread()) return post_next_round();
    if (client_ended_ && !waiting_ && out_.empty()) return close();
    watch_again();
  }
  bool may_read() const { return fd_ >= 0 && !waiting_ && !close_after_ && !discard_ && out_.empty(); }

  void post_next_round() {
    next_round_posted_ = true;
    watch_again();
    loop_.run_at(MonoTime::min(), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->next_round_posted_ = false;
      self->read_requests();
    });
  }

  void touch() { touched_ = loop_.now(); }

  /// False when more bytes are needed.
  bool read_one() {
    const MessageReader::Part part = reader_.read();
    if (part == MessageReader::Part::more) return false;
    if (part == MessageReader::Part::bad) {
      refuse(413, "the request is no HTTP/1.1 or exceeds the sandbox's limits");
      return false;
    }
    if (part == MessageReader::Part::head) return take_head();
    request_.body.swap(reader_.body());
    waiting_ = true;
    in_request_ = false;
    reader_.next();
    service_->handle(request_, Responder(weak_from_this()));
    return true;
  }

  bool take_head() {
    in_request_ = true;
    if (!read_request_line(reader_.start_line(), request_)) {
      refuse(400, "the request line is no HTTP/1.1");
      return false;
    }
    const bool http_1_0 = reader_.start_line().back() == '0';
    request_.headers.swap(reader_.headers());
    const std::string_view wish = find_pair(request_.headers, "connection").value_or("");
    keep_alive_ = http_1_0 ? equal_ignoring_case(wish, "keep-alive") : !equal_ignoring_case(wish, "close");
    if (service_->answer_early) {
      if (auto early = service_->answer_early(request_)) {
        discard_ = true;
        keep_alive_ = false;
        send(*early);
        flush();
        return false;
      }
    }
    if (equal_ignoring_case(find_pair(request_.headers, "expect").value_or(""), "100-continue")) {
      out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      flush();
    }
    return true;
  }

  void refuse(int status, std::string_view why) {
    WebAnswer answer;
    answer.status = status;
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = why;
    keep_alive_ = false;
    discard_ = true;
    send(answer);
    flush();
  }

  void send(const WebAnswer& answer) {
    const std::size_t size = answer.body.size();
    const std::string_view body = answer.body;
    switch (answer.wire) {
      case Wire::reset_before_reply:
        return reset();
      case Wire::close_without_reply:
        return close();
      case Wire::whole:
      case Wire::reset_after_reply:
      case Wire::close_after_reply:
        close_after_ = !keep_alive_ || answer.wire != Wire::whole;
        // "close_after_reply" closes a connection that was announced as kept: what an idle time-out looks like.
        out_ += answer_head(answer, size, keep_alive_ || answer.wire != Wire::whole);
        out_ += body;
        break;
      case Wire::reset_inside_reply:
      case Wire::close_inside_reply:
      case Wire::stall_inside_reply:
        close_after_ = true;
        out_ += answer_head(answer, size, true);
        out_ += body.substr(0, size / 2);
        break;
      case Wire::half_headers:
        close_after_ = true;
        out_ += answer_head(answer, size, true).substr(0, 40);
        break;
      case Wire::length_too_long:
        close_after_ = true;
        out_ += answer_head(answer, size + 100, true);
        out_ += body;
        break;
      case Wire::length_too_short:
        close_after_ = true;
        out_ += answer_head(answer, size / 2, false);
        out_ += body;
        break;
    }
    reset_after_ = answer.wire == Wire::reset_after_reply || answer.wire == Wire::reset_inside_reply;
    stalled_ = answer.wire == Wire::stall_inside_reply;
  }

  void flush() {
    while (fd_ >= 0 && sent_ < out_.size()) {
      const ssize_t put = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
      if (put < 0) {
        if (errno != EAGAIN && errno != EINTR) return close();
        break;
      }
      sent_ += static_cast<std::size_t>(put);
      touch();
    }
    if (fd_ < 0) return;
    if (sent_ == out_.size()) {
      out_.clear();
      sent_ = 0;
      if (reset_after_) return reset();
      if (close_after_ && !stalled_ && !discard_) return close();
      if (discard_) ::shutdown(fd_, SHUT_WR);  // The client may still be sending: it closes when it has read.
    }
    if (!handling_) watch_again();
  }

  void watch_again() {
    if (fd_ < 0) return;
    // While an answer is awaited, or not read, the next request stays in the kernel; a dead client shows as EPOLLHUP
    // all the same.
    const bool reads = !client_ended_ && (discard_ || (!waiting_ && out_.empty() && !next_round_posted_));
    const std::uint32_t wanted =
        (reads ? static_cast<std::uint32_t>(EPOLLIN) : 0U) | (out_.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT));
    if (wanted == watched_) return;
    watched_ = wanted;
    loop_.rewatch(fd_, wanted);
  }

  void reset() {
    if (fd_ < 0) return;
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  void close() {
    if (fd_ < 0) return;
    const auto keep = shared_from_this();
    loop_.forget(fd_);
    ::close(fd_);
    fd_ = -1;
  }

  EventLoop& loop_;
  int fd_;
  std::shared_ptr<const WebService> service_;
  std::shared_ptr<std::set<ServerConnection*>> open_;
  MonoTime touched_;  ///< Bytes of a request came, or of an answer left.
  MessageReader reader_{false};
  WebRequest request_;
  std::string out_;
  std::size_t sent_ = 0;
  std::uint32_t watched_ = EPOLLIN;
  bool in_request_ = false;  ///< The head of a request was read, its body was not.
  bool waiting_ = false;     ///< A request is being handled.
  bool handling_ = false;    ///< Inside read_requests: an answer given at once must not recurse.
  bool keep_alive_ = true;
  bool close_after_ = false;
  bool reset_after_ = false;
  bool stalled_ = false;
  bool discard_ = false;            ///< What still arrives is thrown away.
  bool client_ended_ = false;       ///< It sends nothing more; it may still read.
  bool next_round_posted_ = false;  ///< What has arrived is read on when others had their turn.
};

void Responder::operator()(WebAnswer answer) const {
  if (const auto connection = connection_.lock()) connection->answer(std::move(answer));
}

std::optional<int> HttpServer::listen(int port, WebService service, std::string& why) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1024) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    why = "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return std::nullopt;
  }
  auto open = service.own_places > 0 ? std::make_shared<std::set<ServerConnection*>>() : sharing_;
  listeners_.push_back({fd, std::make_shared<const WebService>(std::move(service)), std::move(open)});
  return ntohs(address.sin_port);
}

void HttpServer::open() {
  for (const Listener& listener : listeners_)
    loop_.watch(listener.fd, EPOLLIN, [this, listener](std::uint32_t) { accept_all(listener); });
  loop_.run_at(loop_.now() + idle_ / 4, [this] { end_idle(); });
}

void HttpServer::end_idle() {
  std::vector<std::shared_ptr<ServerConnection>> open;
  for (const Listener& listener : listeners_)
    for (ServerConnection* const one : *listener.open) open.push_back(one->shared_from_this());
  for (const auto& one : open) one->end_if_idle(idle_);
  loop_.run_at(loop_.now() + idle_ / 4, [this] { end_idle(); });
}

/// How many connections a service, or those that share, may have. Descriptors are the process': some stay for the
/// files and sockets of others, and own places are at most a quarter of them.
int HttpServer::places_of(const Listener& listener) const {
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  const int all = static_cast<int>(std::min<rlim_t>(descriptors.rlim_cur, 1'000'000));
  if (listener.service->own_places > 0) return std::min(listener.service->own_places, all / 4);
  int shared = all - all / 8;
  for (const Listener& other : listeners_)
    if (other.service->own_places > 0) shared -= places_of(other);
  return std::clamp(shared, 1, kMostConnections);
}

void HttpServer::accept_all(const Listener& listener) {
  const auto places = static_cast<std::size_t>(places_of(listener));
  for (;;) {
    const int fd = ::accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE) pause(listener.fd);
      return;
    }
    if (listener.open->size() >= places) {
      ::close(fd);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::make_shared<ServerConnection>(loop_, fd, listener.service, listener.open)->start();
  }
}

/// Out of descriptors: the waiting client would wake the loop again and again.
void HttpServer::pause(int listener) {
  loop_.rewatch(listener, 0);
  loop_.run_at(loop_.now() + Millis(100), [this, listener] { loop_.rewatch(listener, EPOLLIN); });
}

void HttpServer::close_listeners() {
  for (const Listener& listener : listeners_) ::close(listener.fd);
  listeners_.clear();
}

}  // namespace sandbox
KEFU_END_NAMESPACE
