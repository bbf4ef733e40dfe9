#include "stores/postgres/values.hpp"

#include "stores/shared/values.hpp"

#include <charconv>
#include <libpq-fe.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

// Numbers of types, the same in every server (pg_type.dat).
constexpr unsigned kBool = 16, kBytea = 17, kInt8 = 20, kText = 25, kTimestamptz = 1184;
constexpr unsigned kByteaArray = 1001, kInt8Array = 1016;
constexpr std::int64_t kEpochMicros = 946'684'800'000'000;  // 2000-01-01, from which its times count.

void append_number(std::string& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

std::string in_network_order(std::int64_t value) {
  std::string bytes;
  append_number(bytes, static_cast<std::uint64_t>(value), 8);
  return bytes;
}

/// What stands before the elements of an array: dimensions, nulls, type, length, first index.
std::string array_head(unsigned type, std::size_t count, bool has_null) {
  std::string bytes;
  append_number(bytes, count == 0 ? 0 : 1, 4);
  append_number(bytes, has_null ? 1 : 0, 4);
  append_number(bytes, type, 4);
  if (count == 0) return bytes;
  append_number(bytes, count, 4);
  append_number(bytes, 1, 4);
  return bytes;
}

}  // namespace

PostgresArguments& PostgresArguments::add(char letter, unsigned type, std::string_view value, bool is_null) {
  signature_ += letter;
  types_.push_back(type);
  // A null pointer would be NULL.
  values_.push_back(is_null ? nullptr : value.empty() ? "" : value.data());
  lengths_.push_back(static_cast<int>(value.size()));
  formats_.push_back(1);
  return *this;
}

PostgresArguments& PostgresArguments::add_kept(char letter, unsigned type, std::string value) {
  kept_.push_back(std::move(value));
  return add(letter, type, kept_.back());
}

PostgresArguments& PostgresArguments::bytes(std::string_view value) { return add('b', kBytea, value); }
PostgresArguments& PostgresArguments::text(std::string_view value) { return add('t', kText, value); }
PostgresArguments& PostgresArguments::number(std::int64_t value) {
  return add_kept('n', kInt8, in_network_order(value));
}
PostgresArguments& PostgresArguments::flag(bool value) { return add_kept('f', kBool, std::string(1, value ? 1 : 0)); }
PostgresArguments& PostgresArguments::null() { return add('0', 0, {}, true); }

PostgresArguments& PostgresArguments::time(std::optional<WallTime> value) {
  if (!value) return add('w', kTimestamptz, {}, true);
  return add_kept('w', kTimestamptz, in_network_order(to_micros(*value) - kEpochMicros));
}

PostgresArguments& PostgresArguments::bytes_array(const std::vector<std::optional<std::string_view>>& values) {
  bool has_null = false;
  std::size_t size = 20;
  for (const auto& value : values) {
    has_null = has_null || !value;
    size += 4 + (value ? value->size() : 0);
  }
  std::string array = array_head(kBytea, values.size(), has_null);
  array.reserve(size);
  for (const auto& value : values) {
    append_number(array, value ? value->size() : 0xffffffff, 4);
    if (value) array += *value;
  }
  return add_kept('B', kByteaArray, std::move(array));
}

PostgresArguments& PostgresArguments::number_array(const std::vector<std::optional<std::int64_t>>& values) {
  bool has_null = false;
  for (const auto& value : values) has_null = has_null || !value;
  std::string array = array_head(kInt8, values.size(), has_null);
  for (const auto& value : values) {
    append_number(array, value ? 8 : 0xffffffff, 4);
    if (value) append_number(array, static_cast<std::uint64_t>(*value), 8);
  }
  return add_kept('N', kInt8Array, std::move(array));
}

PostgresArguments& PostgresArguments::argument(const SqlArgument& value) {
  switch (value.kind()) {
    case SqlArgument::Kind::number:
      return number(value.number());
    case SqlArgument::Kind::text:
      return text(value.bytes());
    case SqlArgument::Kind::blob:
      return bytes(value.bytes());
    case SqlArgument::Kind::null:
      break;
  }
  return null();
}

void PostgresResult::Clear::operator()(pg_result* handle) const noexcept { PQclear(handle); }

int PostgresResult::rows() const { return PQntuples(handle_.get()); }

int PostgresResult::columns() const { return PQnfields(handle_.get()); }

bool PostgresResult::is_null(int row, int column) const { return PQgetisnull(handle_.get(), row, column) != 0; }

std::string_view PostgresResult::bytes(int row, int column) const {
  const int size = PQgetlength(handle_.get(), row, column);
  return std::string_view(PQgetvalue(handle_.get(), row, column), static_cast<std::size_t>(size));
}

std::int64_t PostgresResult::number(int row, int column) const {
  std::uint64_t value = 0;
  for (const char c : bytes(row, column)) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

WallTime PostgresResult::time(int row, int column) const { return from_micros(number(row, column) + kEpochMicros); }

std::int64_t PostgresResult::changed_rows() const {
  if (tag().substr(0, 6) == "SELECT") return 0;
  const std::string_view count = PQcmdTuples(handle_.get());
  std::int64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

std::string_view PostgresResult::tag() const { return PQcmdStatus(handle_.get()); }

bool PostgresResult::is_bytes(int column) const { return PQftype(handle_.get(), column) == kBytea; }

}  // namespace detail
KEFU_END_NAMESPACE
