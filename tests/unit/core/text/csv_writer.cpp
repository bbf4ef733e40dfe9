#include "core/text/csv_writer.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using kefu::detail::CsvWriter;

TEST_CASE("CSV: cells by commas, lines by CRLF, quotes where needed") {
  std::string out;
  CsvWriter csv(out);
  csv.text("plain").text("a,b").text("say \"hi\"").text("two\nlines").text("客服").text("").end_row();
  csv.integer(-7).empty().integer(std::optional<std::int64_t>()).integer(std::numeric_limits<std::int64_t>::min());
  csv.end_row();
  CHECK(out ==
        "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",客服,\r\n"
        "-7,,,-9223372036854775808\r\n");
}

TEST_CASE("CSV: numbers with a point are short and never lose it to a locale") {
  std::string out;
  CsvWriter csv(out);
  csv.real(0.5, 3).real(2.0, 3).real(-1.25, 1).real(1234567.891, 2).real(0.0001, 3).real(std::optional<double>(), 2);
  csv.end_row();
  CHECK(out == "0.5,2,-1.2,1234567.89,0,\r\n");
}

TEST_CASE("CSV: no text of others becomes a formula in a spreadsheet") {
  for (const char* text : {"=1+1", "+86 138", "-1", "@SUM(A1)", "\t=1", "\r=1"}) {
    std::string out;
    CsvWriter csv(out);
    csv.text(text).end_row();
    CHECK(out == std::string("\"'") + text + "\"\r\n");
  }
  std::string out;
  CsvWriter csv(out);
  csv.text("=HYPERLINK(\"http://x\",\"y\")").end_row();
  CHECK(out == "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n");
}
