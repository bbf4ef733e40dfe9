#pragma once

#include "support/temp_folder.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <hiredis/hiredis.h>
#include <memory>
#include <poll.h>
#include <pwd.h>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
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

/// A Redis server of its own in a temporary folder, over a Unix socket, by an unprivileged user. It ends with this
/// program, however that ends. Made and ended on the main thread. Thread safety: none.
class RedisServer {
 public:
  using Settings = std::vector<std::string>;
  /// Settings are words as on its command line: {"--appendfsync", "no"}. Without any it is durable.
  explicit RedisServer(const Settings& settings = {}) {
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr;
    if (user != nullptr) {
      uid_ = user->pw_uid;
      gid_ = user->pw_gid;
      if (::chown(folder_.path().c_str(), uid_, gid_) != 0) std::abort();
    }
    start(settings);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() { stop(SIGKILL); }

  void start(const Settings& settings = {}) {
    Settings command{"redis-server", "--port",       "0",   "--unixsocket",  socket(), "--save", "", "--dir",
                     folder_.path(), "--appendonly", "yes", "--appendfsync", "always"};
    command.insert(command.end(), settings.begin(), settings.end());
    server_ = spawn(command);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!answers()) {
      if (std::chrono::steady_clock::now() > until) std::abort();
      ::poll(nullptr, 0, 5);
    }
  }
  /// SIGTERM: it ends in order; SIGKILL: as if it crashed.
  void stop(int signal = SIGTERM) {
    if (server_ < 0) return;
    ::kill(server_, signal);
    int status = 0;
    while (::waitpid(server_, &status, 0) < 0 && errno == EINTR) {
    }
    server_ = -1;
  }
  /// Nothing moves in it any more, or again.
  void stand_still(bool on) const {
    ::kill(server_, on ? SIGSTOP : SIGCONT);
    if (on) ::waitpid(server_, nullptr, WUNTRACED);
  }

  std::string socket() const { return folder_.file("redis.sock"); }
  RedisHand hand() const { return RedisHand(socket()); }
  /// One that nobody used before, for a store of one test.
  std::string new_prefix() { return "test-" + std::to_string(++prefixes_); }

  /// The one that the tests of this program share: each has a prefix of its own.
  static RedisServer& shared() {
    static RedisServer server;
    return server;
  }

 private:
  bool answers() const {
    const std::unique_ptr<redisContext, void (*)(redisContext*)> handle(redisConnectUnix(socket().c_str()), &redisFree);
    if (handle == nullptr || handle->err != 0) return false;
    const std::unique_ptr<redisReply, void (*)(void*)> reply(
        static_cast<redisReply*>(redisCommand(handle.get(), "PING")), &freeReplyObject);
    // One that asks for a password answers too.
    return reply != nullptr && std::string(reply->str, reply->len).rfind("LOADING", 0) != 0;
  }
  pid_t spawn(const Settings& command) const {
    std::vector<char*> arguments;
    for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    const std::string log = folder_.file("log");
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::setsid();
    ::umask(077);
    if (uid_ != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(gid_) != 0 || ::setuid(uid_) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execv(KEFU_REDIS_SERVER, arguments.data());
    ::_exit(127);
  }

  const TempFolder folder_{TempFolder::Place::memory};
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t server_ = -1;
  int prefixes_ = 0;
};

}  // namespace kefu_test
