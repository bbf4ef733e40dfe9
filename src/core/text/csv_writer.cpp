#include "core/text/csv_writer.hpp"

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace detail {

void CsvWriter::separate() {
  if (row_begun_) out_ += ',';
  row_begun_ = true;
}

CsvWriter& CsvWriter::text(std::string_view cell) {
  separate();
  const bool formula = !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
  const bool quoted = formula || cell.find_first_of("\",\r\n") != std::string_view::npos;
  if (quoted) out_ += '"';
  if (formula) out_ += '\'';
  for (const char c : cell) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  if (quoted) out_ += '"';
  return *this;
}

CsvWriter& CsvWriter::integer(std::int64_t number) {
  separate();
  out_ += std::to_string(number);
  return *this;
}

CsvWriter& CsvWriter::real(double number, int decimals) {
  separate();
  std::string digits = fmt::format("{:.{}f}", number, decimals);
  if (digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  out_ += digits;
  return *this;
}

CsvWriter& CsvWriter::empty() {
  separate();
  return *this;
}

void CsvWriter::end_row() {
  out_ += "\r\n";
  row_begun_ = false;
}

}  // namespace detail
KEFU_END_NAMESPACE
