#pragma once

#include "stores/postgres/engine.hpp"

#include <kefu/core/sql.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One transaction on a connection that is held. After an error the server refuses everything but the end of a part, so
/// nothing more is sent until then. What asks for the whole transaction to be done again is no affair of a part.
class PostgresTransaction final : public SqlTransaction {
 public:
  PostgresTransaction(PostgresEngine& engine, PostgresConnection& connection, bool read_only)
      : engine_(engine), connection_(connection), read_only_(read_only) {}

  Result<void> begin(Durability durability, Millis timeout);
  /// Its error is `unknown` where the server may have done it all the same.
  Result<void> commit();
  const std::optional<Error>& failure() const { return failure_; }

  SqlDialect dialect() const noexcept override { return SqlDialect::postgres; }
  WallTime now() const noexcept override { return time_; }
  Result<std::int64_t> run(std::string_view statement, Arguments arguments, const RowHandler& each) override;
  Result<void> part(const std::function<Result<void>()>& work) override;
  Result<CommitOutcome> also(const std::vector<StoreWrite>& writes) override;

 private:
  Error fail(const Error& error);
  Error wrong(std::string_view what, std::string_view statement);
  Result<void> check() const;
  Error fault(const Error& error, std::string_view statement) const;

  PostgresEngine& engine_;
  PostgresConnection& connection_;
  const bool read_only_;
  WallTime time_;
  std::optional<Error> failure_;
  bool handles_row_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
