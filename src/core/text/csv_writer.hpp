#pragma once

#include <kefu/core/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Writes RFC 4180: cells joined by commas, lines ended by CRLF, quotes where a cell needs them. A text that a
/// spreadsheet would run as a formula (it begins with = + - @, tab or CR) gets an apostrophe in front; numbers are
/// written as they are. Thread safety: one thread at a time.
class KEFU_EXPORT CsvWriter {
 public:
  /// `out` outlives the writer; what it holds stays.
  explicit CsvWriter(std::string& out) : out_(out) {}
  CsvWriter(const CsvWriter&) = delete;
  CsvWriter& operator=(const CsvWriter&) = delete;

  CsvWriter& text(std::string_view cell);
  CsvWriter& integer(std::int64_t number);
  /// At most `decimals` digits after the point, without trailing zeros.
  CsvWriter& real(double number, int decimals);
  CsvWriter& empty();
  CsvWriter& integer(const std::optional<std::int64_t>& number) { return number ? integer(*number) : empty(); }
  CsvWriter& real(const std::optional<double>& number, int decimals) {
    return number ? real(*number, decimals) : empty();
  }
  void end_row();

 private:
  void separate();
  std::string& out_;
  bool row_begun_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
