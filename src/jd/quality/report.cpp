#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "jd/operations/day_windows.hpp"
#include "jd/operations/paging.hpp"
#include "jd/quality/figures.hpp"
#include "jd/shop/shop_core.hpp"

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/quality_report.hpp>
#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr Millis kReportTimeout = std::chrono::minutes(5);
constexpr std::size_t kMostCalls = 2000;
constexpr int kMostPages = 2000;
constexpr std::size_t kInFlight = 4;

enum class Part : unsigned char {
  sessions,
  evaluations,
  evaluation_counts,
  replied,
  unreplied,
  online_time,
  waiting_time
};
constexpr std::array<std::string_view, 7> kPartNames = {"sessions",  "evaluations", "evaluation counts", "replied",
                                                        "unreplied", "online time", "waiting time"};

/// One thing to be read: a part of one agent's days.
struct QualityTask {
  QualityTask(Part p, std::string a, DayWindow w) : part(p), agent(std::move(a)), window(w) {}
  Part part;
  std::string agent;
  DayWindow window;
  std::optional<Error> failure;
};

std::vector<QualityTask> plan(const QualityReportRequest& request) {
  std::vector<std::string> agents = request.agents;
  if (agents.empty()) agents.emplace_back();
  std::vector<QualityTask> tasks;
  for (std::size_t part = 0; part < kPartNames.size(); ++part) {
    const auto which = static_cast<Part>(part);
    if (which == Part::waiting_time && !request.waiting_times) continue;
    for (const std::string& agent : agents) {
      for (const DayWindow& window : day_windows(request.from, request.to)) {
        if (which != Part::waiting_time) {
          tasks.emplace_back(which, agent, window);
          continue;
        }
        for (WallTime day = window.first; day < window.end; day += std::chrono::hours(24))
          tasks.emplace_back(which, agent, first_window(day, day + std::chrono::seconds(1)));
      }
    }
  }
  return tasks;
}

/// What will fail for the rest of the same part too, so that it is not asked.
bool ends_part(ErrorKind kind) { return kind == ErrorKind::permission || kind == ErrorKind::unsupported; }
/// What will fail for everything else too.
bool ends_all(ErrorKind kind) {
  return kind == ErrorKind::needs_authorization || kind == ErrorKind::quota_exhausted ||
         kind == ErrorKind::credentials_refused || kind == ErrorKind::cancelled || kind == ErrorKind::configuration;
}

/// One report under way: up to kInFlight tasks at a time, each page by page. Loop only, but for `begin`. Dropped, its
/// promise answers.
class QualityRun final : public std::enable_shared_from_this<QualityRun> {
 public:
  QualityRun(std::shared_ptr<Shop::Core> shop, const QualityReportRequest& request, std::vector<QualityTask> tasks,
             Promise<QualityReport> promise, const CallOptions& options, MonoTime deadline)
      : shop_(std::move(shop)),
        clock_(shop_->pipeline->core()->clock),
        page_size_(shop_->config->polling.page_size),
        figures_(start_of_day(request.from), first_window(request.to - std::chrono::seconds(1), request.to).end,
                 request.scale),
        tasks_(std::move(tasks)),
        wait_(shop_->pipeline->core()->scheduler, deadline, options, promise.cancelled()),
        promise_(std::move(promise)) {}

  /// Tasks begin and end on the loop alone.
  void begin() {
    shop_->pipeline->core()->scheduler->post([self = shared_from_this()] { self->go_on(); });
  }

 private:
  void go_on() {
    while (running_ < kInFlight && next_ < tasks_.size()) {
      const std::size_t task = next_++;
      if (const Error* known = known_failure(tasks_[task].part)) {
        tasks_[task].failure = *known;
        continue;
      }
      ++running_;
      start(task, 1);
    }
    if (running_ == 0 && next_ == tasks_.size()) conclude();
  }

  const Error* known_failure(Part part) const {
    if (stop_all_) return &*stop_all_;
    const auto& stopped = stop_part_[static_cast<std::size_t>(part)];
    return stopped ? &*stopped : nullptr;
  }

  void start(std::size_t index, int page) {
    const WallTime first = tasks_[index].window.first;
    const WallTime until = tasks_[index].window.asked_until(clock_->wall(), shop_->config->polling.end_day_counts);
    switch (tasks_[index].part) {
      case Part::sessions:
        return ask_page(index, page, ListSessions(first, until));
      case Part::evaluations:
        return ask_page(index, page, ListEvaluations(first, until));
      case Part::evaluation_counts:
        return ask(index, page, EvaluationStatistics(first, until));
      case Part::replied:
        return ask(index, page, ReplyStatistics(first, until));
      case Part::unreplied:
        return ask(index, page, UnrepliedStatistics(first, until));
      case Part::online_time:
        return ask(index, page, OnlineTimeStatistics(first, until));
      case Part::waiting_time:
        return ask(index, page, AverageWaitingTime(first));
    }
  }

  template <class Op>
  void ask_page(std::size_t index, int page, Op op) {
    op.page = page;
    op.page_size = page_size_;
    ask(index, page, std::move(op));
  }

  template <class Op>
  void ask(std::size_t index, int page, Op op) {
    op.waiter = tasks_[index].agent;
    shop_->client.start(std::move(op), wait_.rest(*clock_), CancelToken(),
                        [self = shared_from_this(), index, page](Result<typename Op::Response> answer) {
                          self->got(index, page, std::move(answer));
                        });
  }

  template <class Answer>
  void got(std::size_t index, int page, Result<Answer> answer) {
    if (!answer) {
      failed(index, answer.error());
    } else if (take(tasks_[index], *answer, page)) {
      if (page < kMostPages) return start(index, page + 1);
      failed(index, Error(ErrorKind::malformed_reply,
                          fmt::format("the list did not end after {} pages of {}", kMostPages, page_size_)));
    }
    --running_;
    go_on();
  }

  void failed(std::size_t index, const Error& error) {
    QualityTask& task = tasks_[index];
    task.failure = error;
    if (ends_all(error.kind()))
      stop_all_ = error;
    else if (ends_part(error.kind()))
      stop_part_[static_cast<std::size_t>(task.part)] = error;
  }

  bool more_follow(std::size_t brought, int number, const std::optional<std::int64_t>& total) const {
    return !is_last_page(brought, number, page_size_, total);
  }

  // Each takes one answer and says whether another page may follow.

  bool take(const QualityTask& task, const SessionsPage& page, int number) {
    for (const ChatSession& session : page.sessions) figures_.add(session);
    if (more_follow(page.sessions.size(), number, page.total)) return true;
    figures_.answered(QualityAccumulator::Source::sessions, task.agent, task.window.first, task.window.end);
    return false;
  }
  bool take(const QualityTask& task, const EvaluationList& page, int number) {
    for (const Evaluation& evaluation : page.evaluations)
      if (evaluation.time.at && task.window.holds(*evaluation.time.at)) figures_.add(evaluation);
    if (more_follow(page.evaluations.size(), number, std::nullopt)) return true;
    figures_.answered(QualityAccumulator::Source::evaluations, task.agent, task.window.first, task.window.end);
    return false;
  }
  bool take(const QualityTask& task, const EvaluationCounts& counts, int) {
    for (const DailyEvaluations& count : counts.days) figures_.add(count);
    figures_.answered(QualityAccumulator::Source::evaluation_counts, task.agent, task.window.first, task.window.end);
    return false;
  }
  bool take(QualityTask& task, const DailyStatistics& statistics, int) {
    using Statistic = QualityAccumulator::Statistic;
    const Statistic which = task.part == Part::replied     ? Statistic::replied
                            : task.part == Part::unreplied ? Statistic::unreplied
                                                           : Statistic::online_time;
    for (const DailyStatistic& value : statistics.days)
      if (!figures_.add(which, value))
        task.failure.emplace(ErrorKind::malformed_reply,
                             fmt::format("\"{:.40}\" is no number; that day is left out", value.result));
    return false;
  }
  bool take(const QualityTask& task, const WaitingTime& waiting, int) {
    if (waiting.average) figures_.add_waiting_time(task.agent, task.window.first, *waiting.average);
    return false;
  }

  void conclude() {
    if (stop_all_ && stop_all_->kind() == ErrorKind::cancelled) return promise_.answer(*stop_all_);
    const bool nothing =
        std::all_of(tasks_.begin(), tasks_.end(), [](const QualityTask& task) { return task.failure.has_value(); });
    if (nothing && !figures_.any()) return promise_.answer(*tasks_.front().failure);
    QualityReport report = figures_.report();
    for (QualityTask& task : tasks_)
      if (task.failure) note_missing(report.missing, task);
    promise_.answer(std::move(report));
  }

  /// Days that lack the same thing for the same reason are one entry.
  static void note_missing(std::vector<MissingPart>& missing, const QualityTask& task) {
    const std::string_view what = kPartNames[static_cast<std::size_t>(task.part)];
    if (!missing.empty()) {
      MissingPart& last = missing.back();
      if (last.what == what && last.agent == task.agent && last.why.kind() == task.failure->kind() &&
          last.why.platform_code() == task.failure->platform_code() && last.why.message() == task.failure->message()) {
        last.to = gateway_date(task.window.end - std::chrono::seconds(1));
        return;
      }
    }
    missing.emplace_back(std::string(what), task.agent, gateway_date(task.window.first),
                         gateway_date(task.window.end - std::chrono::seconds(1)), *task.failure);
  }

  const std::shared_ptr<Shop::Core> shop_;
  const std::shared_ptr<const Clock> clock_;
  const int page_size_;
  QualityAccumulator figures_;
  std::vector<QualityTask> tasks_;
  detail::Wait wait_;
  Promise<QualityReport> promise_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::optional<Error> stop_all_;
  std::array<std::optional<Error>, kPartNames.size()> stop_part_;
};

Result<std::vector<QualityTask>> checked_plan(const QualityReportRequest& request, WallTime now) {
  if (auto wrong = refuse_period(request.from, request.to, now)) return *std::move(wrong);
  if (request.to > now + std::chrono::hours(24 * 2))
    return Error(ErrorKind::bad_argument, fmt::format("to is {}, which is yet to come", gateway_date(request.to)));
  if (std::any_of(request.agents.begin(), request.agents.end(), [](const auto& agent) { return agent.empty(); }))
    return Error(ErrorKind::bad_argument, "agents holds an empty name: leave the list empty to ask the main account");
  auto tasks = plan(request);
  if (tasks.size() > kMostCalls)
    return Error(ErrorKind::bad_argument,
                 fmt::format("the report would cost {} calls, {} are allowed: ask for fewer agents or days, or without "
                             "waiting_times",
                             tasks.size(), kMostCalls));
  return tasks;
}

}  // namespace

Pending<QualityReport> quality_report(const Shop& shop, QualityReportRequest request, CallOptions options) {
  const auto& runtime = shop.core()->pipeline->core();
  Promise<QualityReport> promise(runtime);
  auto pending = promise.pending();
  const auto deadline = detail::deadline_of(*runtime, options, kReportTimeout);
  auto tasks = checked_plan(request, runtime->clock->wall());
  std::optional<Error> refusal = runtime->refusal();
  if (!refusal && !deadline) refusal = deadline.error();
  if (!refusal && !tasks) refusal = tasks.error();
  if (refusal) {
    promise.answer(*std::move(refusal));
    return pending;
  }
  std::make_shared<QualityRun>(shop.core(), request, *std::move(tasks), std::move(promise), options, *deadline)
      ->begin();
  return pending;
}

}  // namespace jd
KEFU_END_NAMESPACE
