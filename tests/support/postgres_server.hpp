#pragma once

#include "support/server_process.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <sys/resource.h>
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

/// A PostgreSQL server of its own, over a Unix socket. Made and ended on the main thread. Thread safety: none.
class PostgresServer {
 public:
  PostgresServer() {
    process_.run(bin("initdb"), {bin("initdb"), "-D", data(), "-U", "kefu", "-A", "trust", "-E", "UTF8",
                                 "--locale=C.UTF-8", "-N", "--wal-segsize=1"});
    start();
  }

  /// `settings`: such as "max_connections=5". No file may grow past `file_limit`.
  void start(const std::vector<std::string>& settings = {}, rlim_t file_limit = RLIM_INFINITY) {
    std::vector<std::string> command{bin("postgres"),     "-D", data(),      "-k", process_.folder().path(), "-c",
                                     "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB",    "-c",
                                     "max_wal_size=8MB"};
    for (const std::string& setting : settings) {
      command.emplace_back("-c");
      command.push_back(setting);
    }
    process_.start(
        command.front(), command, [this] { return PQping(conninfo().c_str()) == PQPING_OK; }, file_limit);
  }
  /// SIGINT: it ends at once and in order; SIGQUIT: as if it crashed.
  void stop(int signal = SIGINT) { process_.stop(signal); }

  std::string conninfo() const { return "host=" + process_.folder().path() + " dbname=postgres user=kefu"; }
  std::string socket() const { return process_.folder().file(".s.PGSQL.5432"); }
  PostgresHand hand() const { return PostgresHand(conninfo()); }
  /// One that nobody used before, for a store of one test.
  std::string new_schema() { return "test_" + std::to_string(++schemas_); }

  /// The one that the tests of this program share: each has a schema of its own.
  static PostgresServer& shared() {
    static PostgresServer server;
    return server;
  }

 private:
  static std::string bin(const char* program) { return std::string(KEFU_POSTGRES_BIN) + "/" + program; }
  std::string data() const { return process_.folder().file("data"); }

  ServerProcess process_{"postgres", SIGQUIT};
  int schemas_ = 0;
};

}  // namespace kefu_test
