#pragma once

#include <kefu/core/sql.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The arguments of one statement in PostgreSQL's binary form. Bytes and texts are referred to and must stay; the rest
/// is kept here.
///
/// Thread safety: none.
class PostgresArguments {
 public:
  PostgresArguments& bytes(std::string_view value);
  PostgresArguments& text(std::string_view value);
  PostgresArguments& number(std::int64_t value);
  PostgresArguments& flag(bool value);
  PostgresArguments& null();  ///< Of a type that the statement decides.
  PostgresArguments& time(std::optional<WallTime> value);
  PostgresArguments& bytes_array(const std::vector<std::optional<std::string_view>>& values);
  PostgresArguments& number_array(const std::vector<std::optional<std::int64_t>>& values);
  PostgresArguments& argument(const SqlArgument& value);

  int size() const { return static_cast<int>(values_.size()); }
  const unsigned* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }
  /// One letter for each: a statement is prepared anew for arguments of other types.
  const std::string& signature() const { return signature_; }

 private:
  PostgresArguments& add(char letter, unsigned type, std::string_view value, bool is_null = false);
  PostgresArguments& add_kept(char letter, unsigned type, std::string value);

  std::string signature_;
  std::vector<unsigned> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
  std::deque<std::string> kept_;
};

/// What a statement answered. The readers of binary columns are for statements whose types are known.
///
/// Thread safety: as a value, by reference.
class PostgresResult {
 public:
  PostgresResult() = default;
  explicit PostgresResult(pg_result* handle) : handle_(handle) {}

  int rows() const;
  bool is_null(int row, int column) const;
  std::string_view bytes(int row, int column) const;
  std::int64_t number(int row, int column) const;
  WallTime time(int row, int column) const;
  /// Rows that it changed; 0 for one that only reads.
  std::int64_t changed_rows() const;
  /// "COMMIT", "ROLLBACK", "INSERT 0 1".
  std::string_view tag() const;
  /// True if the column holds bytes (BYTEA), which come as hex digits where text was asked for.
  bool is_bytes(int column) const;
  int columns() const;

 private:
  struct Clear {
    void operator()(pg_result* handle) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> handle_;
};

}  // namespace detail
KEFU_END_NAMESPACE
