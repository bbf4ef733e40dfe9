#pragma once

#include "channel/inbox/outbox.hpp"
#include "support/simulated_core.hpp"

#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

using kefu::Millis;
using kefu::MonoTime;
using kefu::detail::Outbox;
using kefu::detail::OutboxCarrier;
using kefu::detail::OutboxDecide;
using kefu::detail::OutboxDone;
using kefu::detail::OutboxItem;
using kefu::detail::OutboxRecord;
using kefu::detail::OutboxRecords;
using kefu::detail::OutboxRules;
using kefu::detail::OutboxView;
using kefu::sandbox::SimulatedTime;
using OutboxState = OutboxRecord::State;

/// One process' loop: it can be stopped for a while, and end, without anybody else's.
class StoppableLoop final : public kefu::Scheduler {
 public:
  explicit StoppableLoop(std::shared_ptr<SimulatedTime> time) : time_(std::move(time)) {}
  Ticket run_at(MonoTime when, kefu::Task task) override {
    if (has_ended_) return 0;
    const Ticket ticket = ++last_;
    tasks_.emplace(ticket, std::move(task));
    time_->run_at(when, [self = weak_, ticket] {
      if (const auto loop = self.lock()) loop->due(ticket);
    });
    return ticket;
  }
  void drop(Ticket ticket) override { tasks_.erase(ticket); }
  void stop() override {
    has_ended_ = true;
    // What a task destroys may post.
    std::exchange(tasks_, {}).clear();
  }
  bool is_own_thread() const override { return time_->is_own_thread(); }
  Help help(MonoTime until) override { return time_->help(until); }

  bool is_paused() const { return is_paused_; }
  bool has_ended() const { return has_ended_; }
  void pause() { is_paused_ = true; }
  void go_on() {
    is_paused_ = false;
    for (std::deque<Ticket> late = std::move(late_); !late.empty(); late.pop_front()) due(late.front());
  }
  static std::shared_ptr<StoppableLoop> make(const std::shared_ptr<SimulatedTime>& time) {
    auto loop = std::make_shared<StoppableLoop>(time);
    loop->weak_ = loop;
    return loop;
  }

 private:
  void due(Ticket ticket) {
    if (is_paused_) return late_.push_back(ticket);
    const auto place = tasks_.find(ticket);
    if (place == tasks_.end()) return;
    kefu::Task task = std::move(place->second);
    tasks_.erase(place);
    task();
  }
  const std::shared_ptr<SimulatedTime> time_;
  std::weak_ptr<StoppableLoop> weak_;
  std::map<Ticket, kefu::Task> tasks_;
  std::deque<Ticket> late_;
  Ticket last_ = 0;
  bool is_paused_ = false;
  bool has_ended_ = false;
};

/// What the records' store does with one change.
enum class StoreFault : unsigned char { none, refused, unknown_not_done, unknown_done };

/// The records that all processes share, and whose sessions still have their entry.
struct OutboxWorld {
  struct Entry {
    OutboxRecord record;
    bool human = false;
  };
  /// Changes still on their way keep their Outbox, which keeps the time that they wait in.
  ~OutboxWorld() {
    for (const auto& end : at_end) end();
    time->stop();
  }

  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  std::map<std::string, Entry> records;
  std::vector<std::function<void()>> at_end;
  std::map<std::string, MonoTime> sessions;  ///< When each entry ends.
  Millis lease{8'000};
  std::function<StoreFault()> fault = [] { return StoreFault::none; };
  std::function<Millis()> delay = [] { return Millis(1); };
  /// Who wrote what.
  std::function<void(const std::string& session, const std::string& id, const OutboxRecord& before,
                     const OutboxRecord& after)>
      written;

  bool is_over(const std::string& session) const {
    const auto place = sessions.find(session);
    return place == sessions.end() || place->second <= time->mono();
  }
  std::int64_t now() const { return kefu::unix_millis(time->wall()); }
  OutboxRecord& record(const std::string& id) { return records.at(id).record; }
  OutboxView view(const std::string& id, const std::string& session) {
    OutboxView view(records.at(id).record, session, now());
    view.holder_over = !view.record.session.empty() && is_over(view.record.session);
    view.human_spoke = records.at(id).human;
    return view;
  }
};

/// One session's way to them. A commit renews the session and needs it.
class MemoryRecords final : public OutboxRecords {
 public:
  MemoryRecords(OutboxWorld& world, std::shared_ptr<kefu::Scheduler> loop, std::string session)
      : world_(world), loop_(std::move(loop)), session_(std::move(session)) {
    posted_ = world_.time->mono();
    world_.sessions[session_] = posted_ + world_.lease;
  }

  const std::string& session() const { return session_; }
  bool alive() const override { return !is_dead && world_.time->mono() < posted_ + world_.lease - world_.lease / 6; }
  void change(const std::string& id, OutboxDecide decide, OutboxDone done) override {
    const MonoTime posted = world_.time->mono();
    world_.time->run_at(
        posted + world_.delay(), [this, id, posted, decide = std::move(decide), done = std::move(done)]() mutable {
          auto result = commit(id, decide);
          if (result) posted_ = std::max(posted_, posted);
          loop_->post([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
        });
  }
  /// Extends the session, as a process does by itself; false: it is over.
  bool renew() {
    if (world_.is_over(session_)) return false;
    posted_ = world_.time->mono();
    world_.sessions[session_] = posted_ + world_.lease;
    return true;
  }

  bool is_dead = false;  ///< Says so though its entry is there.

 private:
  static kefu::Error failure(kefu::ErrorKind kind, kefu::Delivery delivery) {
    kefu::ErrorDetails details;
    details.message = "scripted";
    return kefu::Error(kind, delivery, std::move(details));
  }
  kefu::Result<OutboxView> commit(const std::string& id, const OutboxDecide& decide) {
    if (world_.is_over(session_)) return failure(kefu::ErrorKind::cancelled, kefu::Delivery::refused);
    if (world_.records.count(id) == 0) return failure(kefu::ErrorKind::not_found, kefu::Delivery::refused);
    const StoreFault fault = world_.fault();
    if (fault == StoreFault::refused) return failure(kefu::ErrorKind::unavailable, kefu::Delivery::refused);
    if (fault == StoreFault::unknown_not_done) return failure(kefu::ErrorKind::unavailable, kefu::Delivery::unknown);
    world_.sessions[session_] = world_.time->mono() + world_.lease;
    // Twice, as after a lost race.
    static_cast<void>(decide(world_.view(id, session_)));
    if (auto wanted = decide(world_.view(id, session_))) {
      OutboxRecord& record = world_.record(id);
      if (world_.written) world_.written(session_, id, record, *wanted);
      record = *std::move(wanted);
    }
    if (fault == StoreFault::unknown_done) return failure(kefu::ErrorKind::unavailable, kefu::Delivery::unknown);
    return world_.view(id, session_);
  }

  OutboxWorld& world_;
  const std::shared_ptr<kefu::Scheduler> loop_;
  const std::string session_;
  MonoTime posted_;
};

/// A process with one session after the other.
struct OutboxProcess {
  OutboxProcess(OutboxWorld& w, std::string n, int tries = 5)
      : world(w), name(std::move(n)), most_tries(tries), loop(StoppableLoop::make(w.time)) {
    core->clock = world.time;
    core->scheduler = loop;
    core->jitter = std::make_shared<FixedJitter>();
    begin_session();
  }
  ~OutboxProcess() { end(); }
  void begin_session() {
    if (outbox) outbox->close();
    session = name + std::to_string(++sessions);
    records = std::make_shared<MemoryRecords>(world, loop, session);
    kept.push_back(records);
    outbox = std::make_shared<Outbox>(core, records, OutboxRules(most_tries));
  }
  void end() {
    loop->stop();
    if (outbox) outbox->close();
    outbox = nullptr;
  }

  OutboxWorld& world;
  const std::string name;
  const int most_tries;
  const std::shared_ptr<StoppableLoop> loop;
  const std::shared_ptr<kefu::detail::RuntimeCore> core = std::make_shared<kefu::detail::RuntimeCore>();
  int sessions = 0;
  std::string session;
  std::shared_ptr<MemoryRecords> records;
  std::vector<std::shared_ptr<MemoryRecords>> kept;  ///< Changes on their way point to them.
  std::shared_ptr<Outbox> outbox;
};

}  // namespace kefu_test
