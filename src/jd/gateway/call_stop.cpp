#include "jd/gateway/call_stop.hpp"

#include "core/store/commit_known.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kStopVersion = 1;
/// How often a process looks whether another one met the platform's stop, or found it over.
constexpr Millis kLookAgain{30'000};
constexpr std::chrono::hours kStopLife{48};

std::chrono::minutes pause_before(int tries) {
  constexpr std::array<std::chrono::minutes, 4> kPauses{std::chrono::minutes(1), std::chrono::minutes(5),
                                                        std::chrono::minutes(15), std::chrono::minutes(30)};
  return kPauses[std::min(static_cast<std::size_t>(std::max(tries, 1)), kPauses.size()) - 1];
}

}  // namespace

struct CallStop::Record {
  int tries = 1;  ///< The one that is next.
  WallTime next{};

  std::string text() const {
    std::string out;
    detail::JsonWriter(out)
        .begin_object()
        .key("v")
        .integer(kStopVersion)
        .key("tries")
        .integer(tries)
        .key("next")
        .integer(unix_millis(next))
        .end_object();
    return out;
  }
  static std::optional<Record> parse(std::string_view text) {
    const detail::Document document = detail::Document::json(text);
    const auto next = document.root()["next"].integer();
    if (!next) return std::nullopt;
    Record record;
    record.tries = std::clamp(document.root()["tries"].small_integer(), 1, 1000);
    record.next = from_unix_millis(std::max<std::int64_t>(*next, 0));
    return record;
  }
};

struct CallStop::Seen {
  bool is_on = false;
  bool claimed = false;  ///< The call that tries is ours.
  WallTime next{};
  std::optional<Error> error;
};

CallStop::CallStop(std::shared_ptr<detail::RuntimeCore> runtime, const std::string& app_key)
    : runtime_(std::move(runtime)), key_(StoreKey(runtime_->name_space, "jd", "call-stop", app_key).str()) {}

/// Reads the record; with `claims`, takes the try that is due for this process.
CallStop::Seen CallStop::look(Store& store, const std::string& key, WallTime now, bool claims) {
  Seen seen;
  auto entry = store.get(key);
  if (!entry) {
    seen.error = entry.error();
    return seen;
  }
  const auto record = *entry ? Record::parse((*entry)->value) : std::nullopt;
  if (!record) return seen;
  seen.is_on = true;
  // A clock that went back must not keep it shut for longer than the longest pause.
  seen.next = std::min(record->next, now + pause_before(record->tries));
  if (!claims || now < seen.next) return seen;
  Record after;
  after.tries = record->tries + 1;
  after.next = now + pause_before(after.tries);
  auto put = detail::put_known(store, key, after.text(), (*entry)->generation, Millis(kStopLife), Durability::relaxed);
  if (!put) {
    seen.error = put.error();
  } else {
    seen.claimed = put->committed;
    seen.next = after.next;
  }
  return seen;
}

void CallStop::note(const Seen& seen) {
  looked_ = runtime_->clock->mono();
  is_on_ = seen.is_on;
  next_ = seen.next;
}

void CallStop::ask(std::function<void(const Answer&)> done) {
  Answer answer;
  const bool is_fresh = looked_ && runtime_->clock->mono() - *looked_ < kLookAgain;
  if (is_fresh && (!is_on_ || now() < next_)) {
    answer.go = !is_on_;
    answer.wait = std::min(std::chrono::duration_cast<Millis>(next_ - now()) + Millis(1), kLookAgain);
    return done(answer);
  }
  runtime_->with_store<Seen>([key = key_, clock = runtime_->clock](
                                 Store& store) -> Result<Seen> { return look(store, key, clock->wall(), true); },
                             [self = shared_from_this(), done = std::move(done)](const Result<Seen>& found) {
                               Answer told;
                               told.error = found ? found->error : found.error();
                               if (!told.error) {
                                 self->note(*found);
                                 told.go = !found->is_on || found->claimed;
                                 told.wait = std::clamp(std::chrono::duration_cast<Millis>(found->next - self->now()),
                                                        Millis(1'000), kLookAgain);
                               }
                               done(told);
                             });
}

void CallStop::refused() {
  if (is_on_ && now() < next_) return;
  is_on_ = true;
  next_ = now() + pause_before(1);
  looked_ = runtime_->clock->mono();
  runtime_->with_store<Seen>(
      [key = key_, next = next_, clock = runtime_->clock](Store& store) -> Result<Seen> {
        Record first;
        first.next = next;
        // One that is there counts on: whoever tried has moved its next try.
        auto put = detail::put_known(store, key, first.text(), 0, Millis(kStopLife), Durability::relaxed);
        if (!put) return put.error();
        return look(store, key, clock->wall(), false);
      },
      [self = shared_from_this()](const Result<Seen>& seen) {
        // If the store failed, this process stops all the same, and the others meet the same answer.
        if (seen && !seen->error && seen->is_on) self->note(*seen);
      });
}

void CallStop::answered() {
  if (!is_on_) return;
  is_on_ = false;
  looked_ = runtime_->clock->mono();
  runtime_->with_store<void>(
      [key = key_](Store& store) -> Result<void> {
        auto entry = store.get(key);
        if (!entry) return entry.error();
        if (!*entry) return {};
        auto removed =
            detail::commit_known(store, {StoreWrite::remove(key, (*entry)->generation)}, Durability::relaxed);
        if (!removed) return removed.error();
        return {};
      },
      [](const Result<void>&) {});
}

}  // namespace jd
KEFU_END_NAMESPACE
