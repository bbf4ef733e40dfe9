#pragma once

#include "core/async/runtime_core.hpp"
#include "support/fake_channel.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// What a fake platform has: events by number, in the form of FakeReceiver. Nothing: not yet there.
using FakeHistory = std::function<std::optional<std::string>(std::size_t)>;

/// Reads a history from where the cursor in the store stands.
class FakePoller final : public kefu::Poller {
 public:
  FakePoller(const kefu::Runtime& runtime, FakeHistory history, std::size_t batch = 5,
             const std::string& account = "shop")
      : core_(kefu::detail::core_of(runtime)),
        history_(std::move(history)),
        batch_(batch),
        cursor_(kefu::StoreKey("test", "fake", "cursor", account).str()),
        receiver_(account) {}

  std::atomic<int> polls{0};
  kefu::Millis pause{1'000};
  std::deque<kefu::Error> failures;  ///< Answers to the next polls. Used in simulated time only.
  bool never_answers = false;        ///< Until it is cancelled.
  bool forgets = false;              ///< Not even then.
  kefu::Millis takes{0};             ///< So long it asks the platform.
  std::vector<std::string> tokens;   ///< Of wakes, one for each poll that followed one.
  std::function<kefu::WallTime(const std::string& event_id)> time_of;  ///< The platform's; else that of the poll.
  bool keeps_promises = true;                                          ///< False: gives more than a batch may hold.

  kefu::Pending<kefu::PollBatch> poll(kefu::CallOptions options) override {
    ++polls;
    kefu::Promise<kefu::PollBatch> promise(core_);
    auto pending = promise.pending();
    if (forgets) {
      forgotten_.push_back(std::move(promise));
      return pending;
    }
    if (never_answers) {
      auto held = std::make_shared<kefu::Promise<kefu::PollBatch>>(std::move(promise));
      options.cancel.on_request([held] { held->answer(kefu::Error(kefu::ErrorKind::cancelled, "no longer wanted")); });
      return pending;
    }
    if (!failures.empty()) {
      promise.answer(failures.front());
      failures.pop_front();
      return pending;
    }
    if (takes == kefu::Millis(0)) {
      give(std::move(promise));
    } else {
      core_->scheduler->run_at(core_->clock->mono() + takes,
                               [this, promise = std::move(promise)]() mutable { give(std::move(promise)); });
    }
    return pending;
  }
  kefu::Pending<kefu::PollBatch> poll_woken(std::string token, kefu::CallOptions options) override {
    tokens.push_back(std::move(token));
    return poll(std::move(options));
  }
  kefu::Pending<void> accept(std::vector<kefu::StoreWrite> cursor) override {
    kefu::Promise<void> promise(core_);
    auto pending = promise.pending();
    core_->with_store<void>(
        [cursor = std::move(cursor)](kefu::Store& store) -> kefu::Result<void> {
          auto outcome = store.commit(cursor, kefu::Durability::full);
          if (!outcome) return outcome.error();
          if (!outcome->committed) return kefu::Error(kefu::ErrorKind::conflict, "another process took it");
          return {};
        },
        [promise = std::move(promise)](kefu::Result<void> done) mutable { promise.answer(std::move(done)); });
    return pending;
  }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view raw, kefu::WallTime received) const override {
    return receiver_.reopen(raw, received);
  }

 private:
  void give(kefu::Promise<kefu::PollBatch> promise) {
    core_->with_store<kefu::PollBatch>([this](kefu::Store& store) { return read(store); },
                                       [promise = std::move(promise)](kefu::Result<kefu::PollBatch> batch) mutable {
                                         promise.answer(std::move(batch));
                                       });
  }
  kefu::Result<kefu::PollBatch> read(kefu::Store& store) const {
    auto entry = store.get(cursor_);
    if (!entry) return entry.error();
    const std::size_t from = *entry ? std::stoul((*entry)->value) : 0;
    std::size_t to = from;
    kefu::PollBatch batch;
    const std::size_t most = keeps_promises ? batch_ : kMaxEvents + 1;
    for (; to < from + most; ++to) {
      const auto line = history_(to);
      if (!line) break;
      auto event = receiver_.reopen(*line, core_->clock->wall());
      if (!event) return event.error();
      if (time_of) event->platform_time = time_of(event->event_id);
      batch.events.push_back(*std::move(event));
    }
    batch.more = to == from + most;
    batch.pause = pause;
    if (to != from) {
      batch.cursor.push_back(kefu::StoreWrite::put(cursor_, std::to_string(to), *entry ? (*entry)->generation : 0));
    }
    return batch;
  }

  const std::shared_ptr<kefu::detail::RuntimeCore> core_;
  const FakeHistory history_;
  const std::size_t batch_;
  const std::string cursor_;
  const FakeReceiver receiver_;
  std::vector<kefu::Promise<kefu::PollBatch>> forgotten_;
};

}  // namespace kefu_test
