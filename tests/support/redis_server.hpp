#pragma once

#include "support/server_process.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <hiredis/hiredis.h>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace kefu_test {

/// Another program's connection: what it cannot do ends the test program.
class RedisHand {
 public:
  explicit RedisHand(const std::string& socket) : handle_(redisConnectUnix(socket.c_str()), &redisFree) {
    if (handle_ == nullptr || handle_->err != 0) fail("no connection");
  }
  /// What it answers, on one line; "" for nothing.
  std::string run(const std::vector<std::string>& words) {
    std::vector<const char*> parts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
      parts.push_back(word.data());
      sizes.push_back(word.size());
    }
    const std::unique_ptr<redisReply, void (*)(void*)> reply(
        static_cast<redisReply*>(
            redisCommandArgv(handle_.get(), static_cast<int>(parts.size()), parts.data(), sizes.data())),
        &freeReplyObject);
    if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) {
      fail(reply == nullptr ? handle_->errstr : std::string(reply->str, reply->len));
    }
    return text_of(*reply);
  }

 private:
  static std::string text_of(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
    if (reply.type == REDIS_REPLY_NIL) return "";
    if (reply.type != REDIS_REPLY_ARRAY) return std::string(reply.str, reply.len);
    std::string all;
    for (std::size_t i = 0; i < reply.elements; ++i) all += (i > 0 ? " " : "") + text_of(*reply.element[i]);
    return all;
  }
  [[noreturn]] static void fail(const std::string& words) {
    std::fprintf(stderr, "a hand on the server failed: %s\n", words.c_str());
    std::abort();
  }
  std::unique_ptr<redisContext, void (*)(redisContext*)> handle_;
};

/// A Redis server of its own, over a Unix socket. Made and ended on the main thread. Thread safety: none.
class RedisServer {
 public:
  using Settings = std::vector<std::string>;
  /// Settings are words as on its command line: {"--appendfsync", "no"}. Without any it is durable.
  explicit RedisServer(const Settings& settings = {}) { start(settings); }

  void start(const Settings& settings = {}) {
    Settings command{"redis-server",           "--port",       "0",   "--unixsocket",  socket(), "--save", "", "--dir",
                     process_.folder().path(), "--appendonly", "yes", "--appendfsync", "always"};
    command.insert(command.end(), settings.begin(), settings.end());
    const auto asked = std::find(settings.begin(), settings.end(), "--requirepass");
    password_ = asked == settings.end() ? std::string() : *std::next(asked);
    process_.start(KEFU_REDIS_SERVER, command, [this] { return answers(); });
  }
  /// SIGTERM: it ends in order; SIGKILL: as if it crashed.
  void stop(int signal = SIGTERM) { process_.stop(signal); }
  /// Nothing moves in it any more, or again.
  void stand_still(bool on) const { process_.stand_still(on); }

  std::string socket() const { return process_.folder().file("redis.sock"); }
  RedisHand hand() const { return RedisHand(socket()); }
  /// One that nobody used before, for a store of one test.
  std::string new_prefix() { return "test-" + std::to_string(++prefixes_); }

  /// The one that the tests of this program share: each has a prefix of its own.
  static RedisServer& shared() {
    static RedisServer server;
    return server;
  }

 private:
  /// One that asks for a password says nothing of whether it still loads before it has it.
  bool answers() const {
    const std::unique_ptr<redisContext, void (*)(redisContext*)> handle(redisConnectUnix(socket().c_str()), &redisFree);
    if (handle == nullptr || handle->err != 0) return false;
    const auto is_well = [&handle](const char* words, const std::string& value) {
      const std::unique_ptr<redisReply, void (*)(void*)> reply(
          static_cast<redisReply*>(redisCommand(handle.get(), words, value.c_str())), &freeReplyObject);
      return reply != nullptr && reply->type != REDIS_REPLY_ERROR;
    };
    return (password_.empty() || is_well("AUTH %s", password_)) && is_well("PING", {});
  }

  ServerProcess process_{"nobody", SIGKILL};
  std::string password_;
  int prefixes_ = 0;
};

}  // namespace kefu_test
