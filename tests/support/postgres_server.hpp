#pragma once

#include "support/temp_folder.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <memory>
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

/// Another program's session: what it cannot do ends the test program.
class PostgresHand {
 public:
  explicit PostgresHand(const std::string& conninfo) : handle_(PQconnectdb(conninfo.c_str()), &PQfinish) {
    if (PQstatus(handle_.get()) != CONNECTION_OK) fail(PQerrorMessage(handle_.get()));
  }
  /// The first column of the first row, or nothing.
  std::string run(const std::string& sql) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(handle_.get(), sql.c_str()), &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(PQresultErrorMessage(result.get()));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  [[noreturn]] static void fail(const char* words) {
    std::fprintf(stderr, "a hand on the database failed: %s\n", words);
    std::abort();
  }
  std::unique_ptr<PGconn, void (*)(PGconn*)> handle_;
};

/// A PostgreSQL server of its own in a temporary folder, over a Unix socket, by an unprivileged user. It ends with this
/// program, however that ends. Made and ended on the main thread. Thread safety: none.
class PostgresServer {
 public:
  PostgresServer() {
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (user != nullptr) {
      uid_ = user->pw_uid;
      gid_ = user->pw_gid;
      if (::chown(folder_.path().c_str(), uid_, gid_) != 0) std::abort();
    }
    const pid_t init = spawn({bin("initdb"), "-D", data(), "-U", "kefu", "-A", "trust", "-E", "UTF8",
                              "--locale=C.UTF-8", "-N", "--wal-segsize=1"},
                             RLIM_INFINITY);
    int status = 0;
    if (::waitpid(init, &status, 0) != init || status != 0) std::abort();
    start();
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() { stop(SIGQUIT); }

  /// `settings`: such as "max_connections=5". No file may grow past `file_limit`.
  void start(const std::vector<std::string>& settings = {}, rlim_t file_limit = RLIM_INFINITY) {
    std::vector<std::string> command{bin("postgres"),     "-D", data(),      "-k", folder_.path(),        "-c",
                                     "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c",
                                     "max_wal_size=8MB"};
    for (const std::string& setting : settings) {
      command.emplace_back("-c");
      command.push_back(setting);
    }
    server_ = spawn(command, file_limit);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (PQping(conninfo().c_str()) != PQPING_OK) {
      if (std::chrono::steady_clock::now() > until) std::abort();
      ::poll(nullptr, 0, 5);
    }
  }
  /// SIGINT: it ends at once and in order; SIGQUIT: as if it crashed. PostgreSQL can miss a SIGINT that reaches it
  /// while it recovers from a crash (seen with 15.20): after ten seconds it gets what it does not miss.
  void stop(int signal = SIGINT) {
    if (server_ < 0) return;
    ::kill(server_, signal);
    if (!ends_within(std::chrono::seconds(10))) {
      ::kill(server_, SIGQUIT);
      if (!ends_within(std::chrono::seconds(10))) std::abort();
    }
    server_ = -1;
  }

  std::string conninfo() const { return "host=" + folder_.path() + " dbname=postgres user=kefu"; }
  std::string socket() const { return folder_.file(".s.PGSQL.5432"); }
  PostgresHand hand() const { return PostgresHand(conninfo()); }
  /// One that nobody used before, for a store of one test.
  std::string new_schema() { return "test_" + std::to_string(++schemas_); }

  /// The one that the tests of this program share: each has a schema of its own.
  static PostgresServer& shared() {
    static PostgresServer server;
    return server;
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
  static std::string bin(const char* program) { return std::string(KEFU_POSTGRES_BIN) + "/" + program; }
  std::string data() const { return folder_.file("data"); }

  pid_t spawn(const std::vector<std::string>& command, rlim_t file_limit) const {
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
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (file_limit != RLIM_INFINITY) {
      const rlimit limit{file_limit, file_limit};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  const TempFolder folder_{TempFolder::Place::memory};
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t server_ = -1;
  int schemas_ = 0;
};

}  // namespace kefu_test
