#include "cli/jd_commands.hpp"
#include "cli/jd_config.hpp"
#include "cli/jd_period.hpp"
#include "cli/jd_report_text.hpp"
#include "jd/operations/day_windows.hpp"
#include "jd/operations/paging.hpp"

#include <kefu/jd/im_pop.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_cli {
namespace {

namespace jd = kefu::jd;
constexpr int kMostPages = 2000;

/// What `kefu jd evaluations` was told on the command line.
struct JdEvaluationsFlags {
  std::string config;
  std::string gateway;
  std::string from;
  std::string to;
  std::string agent;
  bool csv = false;
  bool json = false;
};

/// Evaluations of one window, page by page.
kefu::Result<void> read_window(const jd::Shop& shop, const jd::DayWindow& window, kefu::WallTime now,
                               const std::string& agent, std::vector<jd::Evaluation>& into) {
  for (int page = 1; page <= kMostPages; ++page) {
    jd::ListEvaluations op(window.first, window.asked_until(now));
    op.waiter = agent;
    op.page = page;
    const int page_size = op.page_size;
    auto answer = shop.call(std::move(op)).get();
    if (!answer) return answer.error();
    const std::size_t brought = answer->evaluations.size();
    for (jd::Evaluation& each : answer->evaluations)
      if (!each.time.at || window.holds(*each.time.at)) into.push_back(std::move(each));
    if (jd::is_last_page(brought, page, page_size, std::nullopt)) return {};
  }
  return kefu::Error(kefu::ErrorKind::malformed_reply, "the platform's list does not end: ask for fewer days");
}

kefu::Result<std::vector<jd::Evaluation>> read_evaluations(const JdWorkplace& place, const JdPeriod& period,
                                                           const std::string& agent) {
  const kefu::WallTime now = place.runtime.clock().wall();
  if (auto wrong = jd::refuse_period(period.from, period.to, now)) return *std::move(wrong);
  std::vector<jd::Evaluation> all;
  for (const jd::DayWindow& window : jd::day_windows(period.from, period.to))
    if (auto read = read_window(*place.shop, window, now, agent, all); !read) return read.error();
  std::stable_sort(all.begin(), all.end(), [](const jd::Evaluation& a, const jd::Evaluation& b) {
    return a.time.at.value_or(kefu::WallTime()) < b.time.at.value_or(kefu::WallTime());
  });
  return all;
}

int print_evaluations(const JdEvaluationsFlags& flags) {
  const auto period = read_jd_period(flags.from, flags.to);
  if (!period) {
    std::cerr << "kefu jd evaluations: " << period.error().message() << '\n';
    return kBadUsage;
  }
  auto config = load_jd_config(flags.config);
  if (!config) {
    std::cerr << "kefu jd evaluations: " << config.error().message() << '\n';
    return kBadUsage;
  }
  if (!flags.gateway.empty()) config->app.gateway_url = flags.gateway;
  auto place = open_jd(*std::move(config));
  if (!place) {
    print_jd_error("evaluations", place.error());
    return kBadUsage;
  }
  const auto evaluations = read_evaluations(*place, *period, flags.agent);
  if (!evaluations) {
    print_jd_error("evaluations", evaluations.error());
    return evaluations.error().kind() == kefu::ErrorKind::bad_argument ? kBadUsage : kRefused;
  }
  std::cout << (flags.csv    ? evaluations_csv(*evaluations)
                : flags.json ? evaluations_json(*evaluations)
                             : evaluations_table(*evaluations));
  return kDone;
}

}  // namespace

void add_jd_evaluations(CLI::App& jd, Run& run) {
  CLI::App* evaluations = jd.add_subcommand("evaluations", "What customers said of agents, over at most 90 days");
  auto flags = std::make_shared<JdEvaluationsFlags>();
  evaluations->add_option("--config", flags->config, "JSON file as for kefu jd call; - is standard input")->required();
  evaluations->add_option("--gateway", flags->gateway, "Gateway instead of the config's: scheme, host and port");
  evaluations->add_option("--from", flags->from, "First day, as 2024-06-01 (GMT+8)")->required();
  evaluations->add_option("--to", flags->to, "Last day")->required();
  evaluations->add_option("--agent", flags->agent, "Account of one agent. Without: the main account");
  auto* csv = evaluations->add_flag("--csv", flags->csv, "CSV instead of a table");
  evaluations->add_flag("--json", flags->json, "One JSON object per line instead of a table")->excludes(csv);
  evaluations->callback([flags, &run] { run = [flags] { return print_evaluations(*flags); }; });
}

}  // namespace kefu_cli
