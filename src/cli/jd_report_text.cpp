#include "cli/jd_report_text.hpp"

#include "cli/text_table.hpp"
#include "core/text/csv_writer.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <optional>

namespace kefu_cli {
namespace {

namespace jd = kefu::jd;
using kefu::detail::JsonWriter;

std::string count(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "-"; }
std::string seconds(const std::optional<double>& value) { return value ? fmt::format("{:.1f}", *value) : "-"; }
std::string share(const std::optional<double>& value) { return value ? fmt::format("{:.1f} %", *value * 100) : "-"; }
std::string plain_number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "-"; }

std::string distribution(const jd::QualityFigures& figures) {
  if (!figures.scores) return "-";
  if (figures.scores->empty()) return "none";
  std::string text;
  for (const auto& [score, number] : *figures.scores)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", score, number);
  return text;
}

std::vector<std::string> report_cells(const std::string& agent, const std::string& date, const jd::QualityFigures& f) {
  const jd::FirstResponse response = f.first_response.value_or(jd::FirstResponse());
  const auto unanswered = f.first_response ? std::optional<std::int64_t>(response.never_answered) : std::nullopt;
  return {agent.empty() ? "(not named)" : printable(agent),
          printable(date),
          count(f.sessions),
          count(unanswered),
          seconds(response.median),
          seconds(response.p90),
          count(f.replied),
          count(f.unreplied),
          count(f.rated),
          share(f.satisfaction),
          distribution(f),
          plain_number(f.waiting_time),
          f.online_time.empty() ? "-" : printable(f.online_time)};
}

void write_figures(JsonWriter& json, const jd::QualityFigures& f) {
  const auto integer = [&](const char* name, const std::optional<std::int64_t>& value) {
    if (value) json.key(name).integer(*value);
  };
  const auto real = [&](const char* name, const std::optional<double>& value) {
    if (value) json.key(name).real(*value);
  };
  integer("sessions", f.sessions);
  integer("transferred", f.transferred);
  if (f.first_response) {
    json.key("first_response").begin_object().key("answered").integer(f.first_response->answered);
    json.key("never_answered").integer(f.first_response->never_answered);
    real("median_s", f.first_response->median);
    real("p90_s", f.first_response->p90);
    real("mean_s", f.first_response->mean);
    json.end_object();
  }
  integer("replied", f.replied);
  integer("unreplied", f.unreplied);
  if (f.scores) {
    json.key("scores").begin_object();
    for (const auto& [score, number] : *f.scores) json.key(std::to_string(score)).integer(number);
    json.end_object();
  }
  integer("rated", f.rated);
  integer("commented", f.commented);
  integer("satisfied", f.satisfied);
  integer("dissatisfied", f.dissatisfied);
  integer("off_scale", f.off_scale);
  real("satisfaction", f.satisfaction);
  real("waiting_time_s", f.waiting_time);
  if (!f.online_time.empty()) json.key("online_time_s").string(f.online_time);
}

void write_rows(JsonWriter& json, const char* name, const std::vector<jd::QualityRow>& rows) {
  json.key(name).begin_array();
  for (const jd::QualityRow& row : rows) {
    json.begin_object().key("agent").string(row.agent);
    if (!row.date.empty()) json.key("date").string(row.date);
    write_figures(json, row.figures);
    json.end_object();
  }
  json.end_array();
}

const std::string& name_of(const jd::BuyerIds& customer) {
  if (!customer.pin.empty()) return customer.pin;
  return customer.open_id.empty() ? customer.xid : customer.open_id;
}

std::string time_of(const jd::Evaluation& evaluation) {
  return evaluation.time.at ? jd::gateway_time(*evaluation.time.at) : std::string();
}

}  // namespace

std::string report_table(const jd::QualityReport& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.add_column("agent", Align::left);
  table.add_column("date", Align::left);
  for (const char* head : {"sessions", "unanswered", "median s", "p90 s", "replied", "unreplied", "rated", "satisfied"})
    table.add_column(head, Align::right);
  table.add_column("scores", Align::left);
  table.add_column("waiting*", Align::right);
  table.add_column("on line*", Align::right);
  for (const jd::QualityRow& row : report.days) table.add_row(report_cells(row.agent, row.date, row.figures));
  if (!report.days.empty()) table.add_gap();
  for (const jd::QualityRow& row : report.agents) table.add_row(report_cells(row.agent, "all", row.figures));
  table.add_row(report_cells("total", "all", report.total));
  return fmt::format(
      "{} to {} (GMT+8)\n\n{}\nmedian s, p90 s: first response in seconds, computed from sessions\n* as JD states it, "
      "in "
      "seconds\n",
      report.from, report.to, table.str());
}

std::string missing_lines(const jd::QualityReport& report) {
  std::string lines;
  for (const jd::MissingPart& part : report.missing)
    lines += printable(fmt::format("missing: {}{}{}, {} to {}: {}", part.what, part.agent.empty() ? "" : " of ",
                                   part.agent, part.from, part.to, part.why.to_string())) +
             '\n';
  return lines;
}

std::string report_json(const jd::QualityReport& report) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("from").string(report.from).key("to").string(report.to);
  write_rows(json, "days", report.days);
  write_rows(json, "agents", report.agents);
  json.key("total").begin_object();
  write_figures(json, report.total);
  json.end_object().key("missing").begin_array();
  for (const jd::MissingPart& part : report.missing) {
    json.begin_object().key("what").string(part.what).key("agent").string(part.agent).key("from").string(part.from);
    json.key("to").string(part.to).key("kind").string(to_string(part.why.kind()));
    json.key("code").string(part.why.platform_code()).key("message").string(part.why.message()).end_object();
  }
  json.end_array().end_object();
  return out + '\n';
}

std::string evaluations_table(const std::vector<jd::Evaluation>& evaluations) {
  using Align = TextTable::Align;
  TextTable table;
  table.add_column("time (GMT+8)", Align::left);
  table.add_column("agent", Align::left);
  table.add_column("customer", Align::left);
  table.add_column("score", Align::right);
  table.add_column("words", Align::left);
  for (const jd::Evaluation& each : evaluations)
    table.add_row({time_of(each), printable(each.waiter), printable(name_of(each.customer)),
                   each.score ? std::to_string(*each.score) : "-", printable(each.description)});
  return table.str();
}

std::string evaluations_csv(const std::vector<jd::Evaluation>& evaluations) {
  std::string out;
  kefu::detail::CsvWriter csv(out);
  for (const char* head : {"time", "agent", "customer_pin", "customer_open_id", "customer_xid", "score", "words"})
    csv.text(head);
  csv.end_row();
  for (const jd::Evaluation& each : evaluations) {
    csv.text(time_of(each)).text(each.waiter).text(each.customer.pin).text(each.customer.open_id);
    csv.text(each.customer.xid);
    csv.integer(each.score ? std::optional<std::int64_t>(*each.score) : std::nullopt).text(each.description);
    csv.end_row();
  }
  return out;
}

std::string evaluations_json(const std::vector<jd::Evaluation>& evaluations) {
  std::string out;
  for (const jd::Evaluation& each : evaluations) {
    JsonWriter json(out);
    json.begin_object().key("time").string(time_of(each)).key("agent").string(each.waiter);
    if (!each.customer.pin.empty()) json.key("customer_pin").string(each.customer.pin);
    if (!each.customer.open_id.empty()) json.key("customer_open_id").string(each.customer.open_id);
    if (!each.customer.xid.empty()) json.key("customer_xid").string(each.customer.xid);
    if (each.score) json.key("score").integer(*each.score);
    json.key("words").string(each.description).end_object();
    out += '\n';
  }
  return out;
}

}  // namespace kefu_cli
