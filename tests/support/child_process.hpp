#pragma once

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace kefu_test {

/// Another program, started by fork and exec, whose standard output is read line by line and whose standard input is
/// written likewise. Killed at the end if it still runs. Thread safety: none.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    int ends[2];
    int input[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    output_ = ends[0];
    // A socket, so that writing to a child that is gone raises no signal.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0) return;
    input_ = input[0];
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(input[1], STDIN_FILENO);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    ::close(input[1]);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (running()) {
      kill();
      wait();
    }
    if (output_ >= 0) ::close(output_);
    if (input_ >= 0) ::close(input_);
  }

  bool running() const { return pid_ > 0; }
  /// SIGKILL: the child gets no chance to do anything more.
  void kill() { send(SIGKILL); }
  void send(int signal) {
    if (pid_ > 0) ::kill(pid_, signal);
  }
  /// It does nothing more until go_on(), wherever it is now, and keeps what it holds.
  void stop() {
    if (pid_ > 0 && ::kill(pid_, SIGSTOP) == 0) ::waitpid(pid_, nullptr, WUNTRACED);
  }
  void go_on() {
    if (pid_ > 0) ::kill(pid_, SIGCONT);
  }
  /// Waits for the end: its exit code, or minus the signal that ended it. What it wrote can still be read.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  /// Writes one line to the child's standard input. False if it is gone.
  bool write_line(const std::string& text) {
    const std::string whole = text + "\n";
    return ::send(input_, whole.data(), whole.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(whole.size());
  }
  /// The next whole line without its end; nothing at the end of the output or after `limit`.
  std::optional<std::string> line(std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const std::size_t end = read_.find('\n');
      if (end != std::string::npos) {
        std::string found = read_.substr(0, end);
        read_.erase(0, end + 1);
        return found;
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd ready{output_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
      char bytes[4096];
      const ssize_t count = ::read(output_, bytes, sizeof(bytes));
      if (count <= 0) return std::nullopt;
      read_.append(bytes, static_cast<std::size_t>(count));
    }
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  int input_ = -1;
  std::string read_;
};

}  // namespace kefu_test
