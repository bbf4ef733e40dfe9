// What stands behind `kefu jd report` and `kefu jd evaluations`: texts, periods, columns.
#include "cli/jd_period.hpp"
#include "cli/jd_report_text.hpp"
#include "cli/text_table.hpp"
#include "core/text/document.hpp"

#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace kefu;
using kefu_cli::display_width;
using kefu_cli::TextTable;

namespace {

jd::QualityReport report() {
  jd::QualityReport made;
  made.from = "2024-06-01";
  made.to = "2024-06-02";
  jd::QualityRow row;
  row.agent = "旗舰店-小张";
  row.date = "2024-06-01";
  row.figures.sessions = 12;
  row.figures.first_response.emplace();
  row.figures.first_response->answered = 11;
  row.figures.first_response->never_answered = 1;
  row.figures.first_response->median = 8.5;
  row.figures.scores.emplace(std::map<int, std::int64_t>{{1, 1}, {5, 9}});
  row.figures.rated = 10;
  row.figures.satisfaction = 0.9;
  row.figures.online_time = "28800";
  made.days.push_back(row);
  row.agent = "li";
  row.figures = jd::QualityFigures();
  made.days.push_back(row);
  made.total.sessions = 12;
  made.missing.emplace_back("replied", "li", "2024-06-01", "2024-06-02", Error(ErrorKind::permission, "no right"));
  return made;
}

/// Where each line of a table has its column ends, by width.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

jd::Evaluation evaluation(const char* customer, const char* words, std::optional<int> score) {
  jd::Evaluation made;
  made.customer.pin = customer;
  made.waiter = "小张";
  made.description = words;
  made.score = score;
  made.time = *jd::read_gateway_time("2024-06-01 08:30:00");
  return made;
}

}  // namespace

TEST_CASE("Chinese characters and emoji take two columns, joined marks none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("客服") == 4);
  CHECK(display_width("（全角）") == 8);
  CHECK(display_width("e\xCC\x81") == 1);         // e and a combining acute
  CHECK(display_width("\xF0\x9F\x98\x80") == 2);  // a smiling face
  CHECK(display_width("é") == 1);
  CHECK(display_width("\xE5\xAE") == 1);  // cut
}

TEST_CASE("a table lines up whatever is in its cells") {
  TextTable table;
  table.add_column("agent", TextTable::Align::left);
  table.add_column("n", TextTable::Align::right);
  table.add_column("words", TextTable::Align::left);
  table.add_row({"小张", "7", "好"});
  table.add_row({"zhang-long", "12345"});
  table.add_gap();
  CHECK(table.str() ==
        "agent           n  words\n"
        "----------  -----  -----\n"
        "小张            7  好\n"
        "zhang-long  12345\n"
        "\n");
}

TEST_CASE("words of customers cannot drive the terminal") {
  CHECK(kefu_cli::printable("a\x1b[2Jb\nc\xC2\x9B\xE2\x80\xAEz") == "a [2Jb c  z");
  const auto table = kefu_cli::evaluations_table({evaluation("c", "\x1b]0;title\x07", 1)});
  CHECK(table.find('\x1b') == std::string::npos);
}

TEST_CASE("the report as a table: absent figures are a dash, columns stand below each other") {
  const std::string table = kefu_cli::report_table(report());
  const auto lines = lines_of(table);
  REQUIRE(lines.size() > 6);
  CHECK(lines[0] == "2024-06-01 to 2024-06-02 (GMT+8)");
  CHECK(lines[4].find("旗舰店-小张  2024-06-01        12           1       8.5") == 0);
  CHECK(lines[4].find("90.0 %") != std::string::npos);
  CHECK(lines[4].find("1:1 5:9") != std::string::npos);
  CHECK(lines[5].find("li           2024-06-01         -           -         -") == 0);
  CHECK(display_width(lines[3]) == display_width(lines[4]));
  CHECK(kefu_cli::missing_lines(report()).find("missing: replied of li, 2024-06-01 to 2024-06-02: ") == 0);
}

TEST_CASE("the report as JSON leaves out what is absent") {
  const auto json = kefu_cli::report_json(report());
  const auto document = detail::Document::json(json);
  REQUIRE(document);
  const auto root = document.root();
  const auto first = root["days"].items().at(0);
  CHECK(first["agent"].text() == "旗舰店-小张");
  CHECK(first["first_response"]["median_s"].real() == 8.5);
  CHECK(first["scores"]["5"].integer() == 9);
  CHECK_FALSE(first["replied"]);
  CHECK_FALSE(root["days"].items().at(1)["sessions"]);
  CHECK(root["missing"].items().at(0)["kind"].text() == "permission");
}

TEST_CASE("evaluations as table, CSV and JSON lines") {
  const std::vector<jd::Evaluation> all = {evaluation("j***1", "回复很快", 5), evaluation("=cmd()", "a,\"b\"", {})};
  CHECK(kefu_cli::evaluations_table(all) ==
        "time (GMT+8)         agent  customer  score  words\n"
        "-------------------  -----  --------  -----  --------\n"
        "2024-06-01 08:30:00  小张   j***1         5  回复很快\n"
        "2024-06-01 08:30:00  小张   =cmd()        -  a,\"b\"\n");
  CHECK(kefu_cli::evaluations_csv(all) ==
        "time,agent,customer_pin,customer_open_id,customer_xid,score,words\r\n"
        "2024-06-01 08:30:00,小张,j***1,,,5,回复很快\r\n"
        "2024-06-01 08:30:00,小张,\"'=cmd()\",,,,\"a,\"\"b\"\"\"\r\n");
  CHECK(
      kefu_cli::evaluations_json(all) ==
      "{\"time\":\"2024-06-01 08:30:00\",\"agent\":\"小张\",\"customer_pin\":\"j***1\",\"score\":5,"
      "\"words\":\"回复很快\"}\n"
      "{\"time\":\"2024-06-01 08:30:00\",\"agent\":\"小张\",\"customer_pin\":\"=cmd()\",\"words\":\"a,\\\"b\\\"\"}\n");
}

TEST_CASE("periods are days of GMT+8, both included") {
  const auto period = kefu_cli::read_jd_period("2024-06-01", "2024-06-07");
  REQUIRE(period.has_value());
  CHECK(jd::gateway_time(period->from) == "2024-06-01 00:00:00");
  CHECK(jd::gateway_time(period->to) == "2024-06-08 00:00:00");
  CHECK(kefu_cli::read_jd_period("2024-06-01", "2024-06-01").has_value());
  for (const char* wrong : {"", "2024-6-1", "2024-02-30", "yesterday", "2024-06-01 08:00:00", "1717201800000"}) {
    const auto refused = kefu_cli::read_jd_period(wrong, "2024-06-07");
    REQUIRE_FALSE_MESSAGE(refused.has_value(), wrong);
    CHECK(refused.error().message().find("--from") == 0);
  }
  CHECK_FALSE(kefu_cli::read_jd_period("2024-06-02", "2024-06-01").has_value());
}
