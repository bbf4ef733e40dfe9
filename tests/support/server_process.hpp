#pragma once

#include "support/temp_folder.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace kefu_test {

/// A database server of a test's own in a temporary folder, by an unprivileged user. It ends with this program, however
/// that ends. Made and ended on the main thread. Thread safety: none.
class ServerProcess {
 public:
  /// `user`: who runs it where the tests run as root. `crash`: the signal by which it ends as if it crashed.
  ServerProcess(const char* user, int crash) : crash_(crash) {
    const passwd* found = ::geteuid() == 0 ? ::getpwnam(user) : nullptr;
    if (found == nullptr) return;
    uid_ = found->pw_uid;
    gid_ = found->pw_gid;
    if (::chown(folder_.path().c_str(), uid_, gid_) != 0) std::abort();
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() { stop(crash_); }

  const TempFolder& folder() const { return folder_; }

  /// Starts `program`, whose words begin with its own name, and waits until `answers()`. No file it writes may grow
  /// past `file_limit`.
  template <class Answers>
  void start(const std::string& program, const std::vector<std::string>& words, Answers answers,
             rlim_t file_limit = RLIM_INFINITY) {
    server_ = spawn(program, words, file_limit);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!answers()) {
      if (std::chrono::steady_clock::now() > until) std::abort();
      ::poll(nullptr, 0, 5);
    }
  }
  /// Runs `program` to its end, which must be a good one.
  void run(const std::string& program, const std::vector<std::string>& words) const {
    const pid_t child = spawn(program, words, RLIM_INFINITY);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) std::abort();
  }
  /// One that misses the signal (PostgreSQL 15.20 does while it recovers from a crash) crashes after ten seconds.
  void stop(int signal) {
    if (server_ < 0) return;
    ::kill(server_, signal);
    if (!ends_within(std::chrono::seconds(10))) {
      ::kill(server_, crash_);
      if (!ends_within(std::chrono::seconds(10))) std::abort();
    }
    server_ = -1;
  }
  /// Nothing moves in it any more, or again.
  void stand_still(bool on) const {
    ::kill(server_, on ? SIGSTOP : SIGCONT);
    if (on) ::waitpid(server_, nullptr, WUNTRACED);
  }

 private:
  bool ends_within(std::chrono::seconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (::waitpid(server_, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > until) return false;
      ::poll(nullptr, 0, 5);
    }
    return true;
  }
  pid_t spawn(const std::string& program, const std::vector<std::string>& words, rlim_t file_limit) const {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
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
    ::prctl(PR_SET_PDEATHSIG, crash_);
    if (file_limit != RLIM_INFINITY) {
      const rlimit limit{file_limit, file_limit};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }

  const TempFolder folder_{TempFolder::Place::memory};
  const int crash_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t server_ = -1;
};

}  // namespace kefu_test
