#include "core/report/redaction.hpp"

#include <kefu/core/observer.hpp>
#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace {

/// Upper bounds in seconds; the last bucket, +Inf, is the count.
constexpr std::array<double, 13> kBounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
constexpr std::size_t kLabelBytes = 256;

struct Help {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Help, 29> kHelp{{
    {metric::kCalls, "Calls that ended, by outcome."},
    {metric::kCallSeconds, "Duration of whole calls, waiting and repeats included."},
    {metric::kAttempts, "Requests that went out."},
    {metric::kRepeats, "Repeats of requests, by reason."},
    {metric::kIgnoredCodes, "Platform codes that were taken as success."},
    {metric::kLimiterWaits, "Calls that waited for a slot of the local limiter."},
    {metric::kQuotaPercent, "Used share of a day's allowance, set at 80 and 100 percent."},
    {metric::kApiStops, "Times that a platform declared an API used up."},
    {metric::kTokenFetches, "Token fetches, by cause and outcome."},
    {metric::kTokenRefusals, "Tokens that the platform refused."},
    {metric::kTokenAdoptions, "Tokens taken over from another instance."},
    {metric::kStoreUnreadable, "Stored values that did not open with the host's keys."},
    {metric::kInboxEvents, "What came to an Inbox, by what became of it."},
    {metric::kInboxPolls, "Polls of accounts, by outcome."},
    {metric::kInboxAnswers, "Answers of handlers, by what became of them."},
    {metric::kInboxWaiting, "Events that are stored and not over."},
    {metric::kInboxOldest, "How long the oldest event has waited."},
    {metric::kInboxOpenTurns, "Events that are with the handler."},
    {metric::kInboxSessions, "Sessions of all processes that share the store."},
    {metric::kInboxTakeOvers, "Queues taken over from processes that are gone."},
    {metric::kInboxCommits, "Commits of an Inbox."},
    {metric::kInboxSteps, "Changes written by the commits of an Inbox."},
    {metric::kInboxDoubts, "Commits whose outcome the store did not know at first."},
    {metric::kStoreQueueSeconds, "How long commits of an Inbox waited for the store's thread."},
    {metric::kPollBehind, "How far reading by polls lies behind at the worst account."},
    {metric::kAccountOldest, "How long the oldest event of an account has waited."},
    {metric::kAccountBehind, "How far reading an account by polls lies behind."},
    {metric::kHostFaults, "What code of the host did that it may not do: threw, dropped an answer, answered twice."},
    {metric::kDroppedSeries, "Measurements whose label set came after the limit on series."},
}};

std::string_view help_for(std::string_view name) {
  for (const Help& help : kHelp)
    if (help.name == name) return help.text;
  return {};
}

bool is_name_character(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

void append_name(std::string& out, std::string_view name, bool colon_allowed) {
  if (name.empty()) out += '_';
  for (std::size_t i = 0; i < name.size(); ++i)
    out += is_name_character(name[i], i == 0) || (colon_allowed && name[i] == ':') ? name[i] : '_';
}

void append_label_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
}

/// `operation="x",outcome="ok"`, as it stands between the braces.
void append_labels(std::string& out, const Attributes& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (i != 0) out += ',';
    append_name(out, labels[i].key, false);
    out += "=\"";
    if (labels[i].value.size() <= kLabelBytes) {
      append_label_value(out, labels[i].value);
    } else {
      append_label_value(out, detail::cut_text(labels[i].value, kLabelBytes));
    }
    out += '"';
  }
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

class PrometheusObserver::Impl {
 public:
  explicit Impl(std::size_t max_series) : max_series_(max_series) {}

  void add(const MetricRecord& record) {
    std::string name;
    append_name(name, record.name, true);
    std::string labels;
    append_labels(labels, record.labels);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto family = families_.try_emplace(std::move(name), Family{record.type, {}}).first;
    if (family->second.type != record.type) return void(++dropped_);
    auto& all = family->second.series;
    auto found = all.find(labels);
    if (found == all.end()) {
      if (series_ >= max_series_) return void(++dropped_);
      ++series_;
      found = all.emplace(std::move(labels), Series()).first;
    }
    update(found->second, record);
  }

  std::string render() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string out;
    for (const auto& [name, family] : families_) {
      if (family.series.empty()) continue;
      append_header(out, name, to_string(family.type));
      std::vector<const std::pair<const std::string, Series>*> sorted;
      for (const auto& entry : family.series) sorted.push_back(&entry);
      std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
      for (const auto* entry : sorted) render_series(out, name, family.type, entry->first, entry->second);
    }
    append_header(out, metric::kDroppedSeries, "counter");
    return out + fmt::format("{} {}\n", metric::kDroppedSeries, dropped_);
  }

 private:
  struct Series {
    double value = 0;  // the sum of a histogram
    std::uint64_t count = 0;
    std::array<std::uint64_t, kBounds.size()> buckets{};
  };

  struct Family {
    MetricRecord::Type type;
    std::unordered_map<std::string, Series> series;  // by their labels' text
  };

  static void render_series(std::string& out, const std::string& name, MetricRecord::Type type,
                            const std::string& labels, const Series& series) {
    if (type != MetricRecord::Type::histogram) {
      out += labels.empty() ? fmt::format("{} {}\n", name, number(series.value))
                            : fmt::format("{}{{{}}} {}\n", name, labels, number(series.value));
      return;
    }
    const std::string more = labels.empty() ? std::string() : labels + ",";
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      below += series.buckets[i];
      out += fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, more, number(kBounds[i]), below);
    }
    out += fmt::format("{}_bucket{{{}le=\"+Inf\"}} {}\n", name, more, series.count);
    const std::string braces = labels.empty() ? std::string() : "{" + labels + "}";
    out += fmt::format("{}_sum{} {}\n{}_count{} {}\n", name, braces, number(series.value), name, braces, series.count);
  }

  static void append_header(std::string& out, std::string_view name, std::string_view type) {
    if (const auto help = help_for(name); !help.empty()) out += fmt::format("# HELP {} {}\n", name, help);
    out += fmt::format("# TYPE {} {}\n", name, type);
  }

  static void update(Series& series, const MetricRecord& record) {
    switch (record.type) {
      case MetricRecord::Type::counter:
        if (record.value >= 0) series.value += record.value;  // a counter never falls, and NaN would stay for ever
        return;
      case MetricRecord::Type::gauge:
        series.value = record.value;
        return;
      case MetricRecord::Type::histogram:
        if (std::isnan(record.value)) return;
        ++series.count;
        series.value += record.value;
        const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), record.value);
        if (bound != kBounds.end()) ++series.buckets[static_cast<std::size_t>(bound - kBounds.begin())];
    }
  }

  const std::size_t max_series_;
  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
  std::size_t series_ = 0;
  std::uint64_t dropped_ = 0;
};

PrometheusObserver::PrometheusObserver(std::size_t max_series) : impl_(std::make_unique<Impl>(max_series)) {}
PrometheusObserver::~PrometheusObserver() = default;
void PrometheusObserver::metric(const MetricRecord& record) { impl_->add(record); }
std::string PrometheusObserver::render() const { return impl_->render(); }

KEFU_END_NAMESPACE
