#pragma once

#include "stores/postgres/address.hpp"
#include "stores/postgres/values.hpp"

#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct pg_conn;

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One session at the server. Nothing of it waits longer than the deadline set last; a connection on which something
/// took longer, or that was lost, is broken and only fit to be dropped.
///
/// Thread safety: one thread at a time.
class PostgresConnection {
 public:
  /// Tries the hosts in their order, each with its share of the time.
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresAddress& address, const Secret& password,
                                                          MonoTime deadline);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection();

  void set_deadline(MonoTime deadline) {
    deadline_ = deadline;
    asks_for_repeat_ = false;
  }
  /// Called for each row of what was asked for, until it answers false.
  using RowHandler = std::function<bool(const PostgresResult&)>;
  /// Some statements in one round trip, without arguments: what the last of them answered, as text.
  Result<PostgresResult> run(const std::string& statements);
  /// One statement, prepared at its first use and kept; answers in binary form.
  Result<PostgresResult> run(std::string_view statement, const PostgresArguments& arguments);
  /// The same, row by row as text, so that no more than one is in memory. Rows that nobody wants are dropped.
  Result<PostgresResult> run(std::string_view statement, const PostgresArguments& arguments, const RowHandler& each);

  /// False if the server closed it while nobody used it.
  bool is_alive();
  bool is_broken() const { return broken_; }
  bool in_transaction() const;
  /// Whether what was done since set_deadline() may simply be done again, as it met another transaction.
  bool asks_for_repeat() const { return asks_for_repeat_; }
  int server_version() const;
  /// As the server reports it, such as server_encoding.
  std::string_view parameter(const char* name) const;
  /// In a child of fork(): lets go of everything without touching the parent's session.
  static void leak(std::unique_ptr<PostgresConnection> connection) { static_cast<void>(connection.release()); }

 private:
  struct Finish {
    void operator()(pg_conn* handle) const noexcept;
  };
  PostgresConnection() = default;
  static Result<std::unique_ptr<PostgresConnection>> open_host(const PostgresAddress::Settings& settings,
                                                               const Secret& password, MonoTime deadline);
  Result<void> connect(MonoTime deadline);
  bool wait(bool read, bool write);
  Error lost(bool in_time);
  bool flush();
  bool receive();
  Result<PostgresResult> finish(const RowHandler* each);
  /// Its name at the server.
  Result<std::string> prepare(std::string_view statement, const PostgresArguments& arguments);
  Result<PostgresResult> execute(std::string_view statement, const PostgresArguments& arguments,
                                 const RowHandler* each);

  std::unique_ptr<pg_conn, Finish> handle_;
  MonoTime deadline_{};
  bool broken_ = false;
  bool late_ = false;
  bool asks_for_repeat_ = false;
  std::map<std::string, std::string, std::less<>> prepared_;  ///< Names by signature and text.
  unsigned names_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
