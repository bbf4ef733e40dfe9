#include "cli/jd_commands.hpp"
#include "cli/jd_config.hpp"
#include "cli/jd_period.hpp"
#include "cli/jd_report_text.hpp"

#include <kefu/jd/quality_report.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_cli {
namespace {

/// What `kefu jd report` was told on the command line.
struct JdReportFlags {
  std::string config;
  std::string gateway;
  std::string from;
  std::string to;
  std::vector<std::string> agents;
  std::vector<int> satisfied;
  std::vector<int> dissatisfied;
  int lowest = 0;
  int highest = 0;
  bool has_lowest = false;
  bool has_highest = false;
  bool no_waiting_times = false;
  bool csv = false;
  bool json = false;
  double timeout = 300;
};

kefu::jd::QualityReportRequest request_of(const JdReportFlags& flags, const JdPeriod& period) {
  kefu::jd::QualityReportRequest request(period.from, period.to);
  request.agents = flags.agents;
  request.waiting_times = !flags.no_waiting_times;
  if (!flags.satisfied.empty() || !flags.dissatisfied.empty()) {
    request.scale.emplace(flags.satisfied, flags.dissatisfied);
    if (flags.has_lowest) request.scale->lowest = flags.lowest;
    if (flags.has_highest) request.scale->highest = flags.highest;
  }
  return request;
}

int print_report(const JdReportFlags& flags) {
  const auto period = read_jd_period(flags.from, flags.to);
  if (!period) {
    std::cerr << "kefu jd report: " << period.error().message() << '\n';
    return kBadUsage;
  }
  auto config = load_jd_config(flags.config);
  if (!config) {
    std::cerr << "kefu jd report: " << config.error().message() << '\n';
    return kBadUsage;
  }
  if (!flags.gateway.empty()) config->app.gateway_url = flags.gateway;
  auto place = open_jd(*std::move(config));
  if (!place) {
    print_jd_error("report", place.error());
    return kBadUsage;
  }
  kefu::CallOptions options;
  options.timeout = kefu::Millis(static_cast<std::int64_t>(flags.timeout * 1000));
  const auto report = kefu::jd::quality_report(*place->shop, request_of(flags, *period), options).get();
  if (!report) {
    print_jd_error("report", report.error());
    return report.error().kind() == kefu::ErrorKind::bad_argument ? kBadUsage : kRefused;
  }
  std::cout << (flags.csv ? to_csv(*report) : flags.json ? report_json(*report) : report_table(*report));
  if (!flags.json) std::cerr << missing_lines(*report);
  return kDone;
}

}  // namespace

void add_jd_report(CLI::App& jd, Run& run) {
  CLI::App* report = jd.add_subcommand("report", "Service quality of a shop per agent and day, over at most 90 days");
  auto flags = std::make_shared<JdReportFlags>();
  report->add_option("--config", flags->config, "JSON file as for kefu jd call; - is standard input")->required();
  report->add_option("--gateway", flags->gateway, "Gateway instead of the config's: scheme, host and port");
  report->add_option("--from", flags->from, "First day, as 2024-06-01 (GMT+8)")->required();
  report->add_option("--to", flags->to, "Last day")->required();
  report->add_option("--agent", flags->agents, "Account of an agent; may be repeated. Without: the main account");
  report
      ->add_option("--satisfied", flags->satisfied,
                   "Scores that count as satisfied; without: 75,100, as JD wrote in 2013")
      ->delimiter(',');
  report->add_option("--dissatisfied", flags->dissatisfied, "Scores that count as dissatisfied; without: 0,25")
      ->delimiter(',');
  auto* lowest = report->add_option("--lowest", flags->lowest, "Lowest score of the scale");
  auto* highest = report->add_option("--highest", flags->highest, "Highest score of the scale");
  report->add_flag("--no-waiting-times", flags->no_waiting_times, "Saves a call per agent and day");
  auto* csv = report->add_flag("--csv", flags->csv, "CSV instead of a table");
  report->add_flag("--json", flags->json, "JSON instead of a table")->excludes(csv);
  report->add_option("--timeout", flags->timeout, "Seconds for the whole report")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  report->callback([flags, lowest, highest, &run] {
    flags->has_lowest = lowest->count() != 0;
    flags->has_highest = highest->count() != 0;
    run = [flags] { return print_report(*flags); };
  });
}

}  // namespace kefu_cli
