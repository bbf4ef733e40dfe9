#include "stores/redis/connection.hpp"

#include "stores/redis/faults.hpp"

#include <kefu/core/store.hpp>

#include <cstring>
#include <hiredis/hiredis.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// The largest answer is one to a full get_many(); each value has its head before it.
constexpr std::size_t kMostAnswered = Store::kMaxRead * (Store::kMaxValueSize + 4096);

std::size_t size_of(const std::vector<RedisCommand>& commands) {
  constexpr std::size_t kFrame = 32;
  std::size_t size = 0;
  for (const RedisCommand& command : commands) {
    size += kFrame;
    for (const std::string_view part : command) size += part.size() + kFrame;
  }
  return size;
}

void append_command(std::string& out, const RedisCommand& command) {
  out.append("*").append(std::to_string(command.size())).append("\r\n");
  for (const std::string_view part : command) {
    out.append("$").append(std::to_string(part.size())).append("\r\n").append(part).append("\r\n");
  }
}

}  // namespace

void RedisConnection::FreeReader::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

RedisConnection::RedisConnection(RedisSocket socket) : socket_(std::move(socket)), reader_(redisReaderCreate()) {}

RedisConnection::~RedisConnection() = default;

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisAddress& address, bool plain,
                                                               MonoTime deadline) {
  auto socket = RedisSocket::connect(address, plain, deadline);
  if (!socket) return socket.error();
  std::unique_ptr<RedisConnection> made(new RedisConnection(*std::move(socket)));
  if (made->reader_ == nullptr) return redis_error(ErrorKind::unavailable, "out of memory; try later");
  return made;
}

Error RedisConnection::lost(RedisSocket::End end, bool sent) {
  broken_ = true;
  return redis_lost(end == RedisSocket::End::late ? "the server did not answer within the timeout; try later"
                                                  : "the connection was lost; try later",
                    sent ? Delivery::unknown : Delivery::refused);
}

Result<RedisReply> RedisConnection::receive() {
  char buffer[16384];
  std::size_t answered = 0;
  for (;;) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK || answered > kMostAnswered) {
      broken_ = true;
      return with_redis_delivery(
          redis_error(ErrorKind::configuration, "what answers there does not speak as Redis does; check the address"),
          Delivery::unknown);
    }
    if (reply != nullptr) return RedisReply(static_cast<redisReply*>(reply));
    std::size_t count = 0;
    const auto end = socket_.receive(buffer, sizeof buffer, count, deadline_);
    if (end != RedisSocket::End::done) return lost(end, true);
    answered += count;
    if (redisReaderFeed(reader_.get(), buffer, count) != REDIS_OK) return lost(RedisSocket::End::lost, true);
  }
}

Result<std::vector<RedisReply>> RedisConnection::ask(const std::vector<RedisCommand>& commands) {
  std::string out;
  out.reserve(size_of(commands));  // Never copied by growing: a password may be in it.
  for (const RedisCommand& command : commands) append_command(out, command);
  const auto sent = socket_.send(out, deadline_);
  explicit_bzero(out.data(), out.size());
  if (sent == RedisSocket::End::late) return lost(sent, false);
  std::vector<RedisReply> replies;
  replies.reserve(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto reply = receive();
    if (!reply) return sent == RedisSocket::End::done ? reply.error() : lost(sent, false);
    replies.push_back(*std::move(reply));
    // Refused at the door: its reason is all that it says.
    if (sent != RedisSocket::End::done) {
      broken_ = true;
      const auto words = replies.front().part().text();
      return replies.front().part().is_error() ? redis_fault(*words) : lost(sent, false);
    }
  }
  return replies;
}

Result<RedisReply> RedisConnection::ask(const RedisCommand& command) {
  auto replies = ask(std::vector<RedisCommand>{command});
  if (!replies) return replies.error();
  return std::move(replies->front());
}

}  // namespace detail
KEFU_END_NAMESPACE
