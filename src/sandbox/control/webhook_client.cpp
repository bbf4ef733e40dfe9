#include "sandbox/control/webhook_client.hpp"

#include "sandbox/http/message.hpp"
#include "sandbox/http/web_text.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

PushReply push_fault(std::string_view fault) {
  PushReply reply;
  reply.fault = fault;
  return reply;
}

std::string request_bytes(const LoopbackUrl& url, const Delivery& delivery) {
  const PushRequest& request = delivery.request;
  std::string query = url.query;
  if (!query.empty() && !request.raw_query.empty()) query += '&';
  query += request.raw_query;
  std::string out = fmt::format("{} {}?{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n",
                                request.method, url.path, query, url.host);
  if (request.method == "POST") {
    const std::size_t announced = request.body.size() + (delivery.wrong_length ? 64 : 0);
    out += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", request.content_type, announced);
  }
  out += "Connection: close\r\n\r\n";
  out += request.body;
  return out;
}

constexpr int kCallbackChunksARound = 64;  ///< Then the loop's other sockets and deadlines have their turn.
constexpr int kMostInterimAnswers = 5;

/// One exchange; kept alive by its watcher and its timer.
class CallbackExchange : public std::enable_shared_from_this<CallbackExchange> {
 public:
  CallbackExchange(EventLoop& loop, Delivery delivery, MonoTime deadline, MoveFunction<void(PushReply)> done)
      : loop_(loop), delivery_(std::move(delivery)), deadline_(deadline), done_(std::move(done)) {}
  ~CallbackExchange() {
    if (fd_ >= 0) ::close(fd_);
  }

  void start(const LoopbackUrl& url) {
    loop_.run_at(deadline_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->finish(push_fault("timeout"));
    });
    out_ = request_bytes(url, delivery_);
    // A dripping body: all but its last bytes, which follow one by one until the deadline.
    drip_from_ =
        delivery_.slow_body ? out_.size() - std::min<std::size_t>(delivery_.request.body.size(), 64) : out_.size();
    if (!connect(url)) return finish(push_fault("refused"));
    const bool watched = loop_.watch(fd_, EPOLLOUT, [self = shared_from_this()](std::uint32_t events) {
      const auto keep = self;
      keep->on_events(events);
    });
    if (!watched) finish(push_fault("refused"));
  }

 private:
  bool connect(const LoopbackUrl& url) {
    const bool is_v6 = url.address == "::1";
    fd_ = ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return false;
    int result = -1;
    const auto port = htons(static_cast<std::uint16_t>(url.port));
    if (is_v6) {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_port = port;
      address.sin6_addr = in6addr_loopback;
      result = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = port;
      if (::inet_pton(AF_INET, url.address.c_str(), &address.sin_addr) != 1) return false;
      result = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    return result == 0 || errno == EINPROGRESS;
  }

  void on_events(std::uint32_t events) {
    if (fd_ < 0) return;
    if ((events & EPOLLOUT) != 0 && !write_some()) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_some();
  }

  bool write_some() {
    while (sent_ < drip_from_) {
      const ssize_t put = ::send(fd_, out_.data() + sent_, drip_from_ - sent_, MSG_NOSIGNAL);
      if (put < 0) {
        if (errno == EAGAIN || errno == EINTR) return true;
        finish(push_fault(connected_ ? "closed" : "refused"));
        return false;
      }
      connected_ = true;
      sent_ += static_cast<std::size_t>(put);
    }
    if (delivery_.wrong_length) ::shutdown(fd_, SHUT_WR);
    loop_.rewatch(fd_, EPOLLIN);
    if (drip_from_ < out_.size()) drip();
    return true;
  }

  /// The last byte leaves only after the deadline, that is never.
  void drip() {
    if (fd_ < 0 || sent_ + 1 >= out_.size()) return;
    if (::send(fd_, out_.data() + sent_, 1, MSG_NOSIGNAL) != 1) return;
    ++sent_;
    loop_.run_at(loop_.now() + Millis(20), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->drip();
    });
  }

  void read_some() {
    std::array<char, 16 * 1024> chunk;
    for (int chunks = 0; chunks < kCallbackChunksARound; ++chunks) {
      const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got < 0) return finish(push_fault(connected_ ? "closed" : "refused"));
      if (got == 0) return reader_.finish() ? deliver() : finish(push_fault("closed"));
      reader_.append({chunk.data(), static_cast<std::size_t>(got)});
      if (!parse()) return;
    }
  }

  /// False when the exchange is over.
  bool parse() {
    for (;;) {
      const MessageReader::Part part = reader_.read();
      if (part == MessageReader::Part::more) return true;
      if (part == MessageReader::Part::whole) {
        deliver();
        return false;
      }
      const bool is_head = part == MessageReader::Part::head;
      status_ = is_head ? read_status_line(reader_.start_line()) : 0;
      if (status_ < 200 && ++interim_answers_ > kMostInterimAnswers) status_ = 0;
      if (status_ == 0) {
        finish(push_fault("bad_answer"));
        return false;
      }
      if (status_ < 200) reader_.next();  // 100 Continue: the real answer follows.
      if (status_ == 204) {
        deliver();
        return false;
      }
    }
  }

  void deliver() { finish(PushReply(status_, std::move(reader_.body()))); }

  void finish(PushReply reply) {
    if (!done_) return;
    const auto keep = shared_from_this();
    if (fd_ >= 0) {
      loop_.forget(fd_);
      ::close(fd_);
      fd_ = -1;
    }
    auto done = std::move(done_);
    done_ = nullptr;
    done(std::move(reply));
  }

  EventLoop& loop_;
  Delivery delivery_;
  MonoTime deadline_;
  MoveFunction<void(PushReply)> done_;
  MessageReader reader_{true};
  int fd_ = -1;
  bool connected_ = false;
  int status_ = 0;
  std::string out_;
  std::size_t sent_ = 0;
  std::size_t drip_from_ = 0;
  int interim_answers_ = 0;
};

}  // namespace

void post_to_callback(EventLoop& loop, const std::string& url, Delivery delivery, MonoTime deadline,
                      MoveFunction<void(PushReply)> done) {
  std::string why;
  const auto target = loopback_url(url, why);
  if (!target) return done(push_fault("refused"));
  std::make_shared<CallbackExchange>(loop, std::move(delivery), deadline, std::move(done))->start(*target);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
