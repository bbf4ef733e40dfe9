#pragma once

#include "soak/model/accidents.hpp"
#include "support/fake_channel.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kefu_model {

using kefu::Millis;
using kefu::sandbox::SimulatedTime;

/// A process' loop: it can stand still, and end in the middle of everything.
class Loop final : public kefu::Scheduler {
 public:
  explicit Loop(std::shared_ptr<SimulatedTime> time) : time_(std::move(time)) {}

  Ticket run_at(kefu::MonoTime when, kefu::Task task) override;
  void drop(Ticket ticket) override { tasks_->erase(ticket); }
  void stop() override { end(); }
  bool is_own_thread() const override { return time_->is_own_thread(); }
  Help help(kefu::MonoTime until) override { return time_->help(until); }

  void stand_still(Millis time) { stands_until_ = time_->mono() + time; }
  kefu::MonoTime stands_until() const { return stands_until_; }
  void end() {
    ended_ = true;
    tasks_->clear();
  }

 private:
  using Tasks = std::map<Ticket, kefu::Task>;
  void due(Ticket ticket);
  const std::shared_ptr<SimulatedTime> time_;
  const std::shared_ptr<Tasks> tasks_ = std::make_shared<Tasks>();
  kefu::MonoTime stands_until_{};
  Ticket last_ = 0;
  bool ended_ = false;
  // Tasks in the simulated time refer to the loop only while it lives.
  const std::shared_ptr<Loop*> self_ = std::make_shared<Loop*>(this);

 public:
  ~Loop() override { *self_ = nullptr; }
};

class World;
struct Process;

/// The store as one process sees it: the shared one, with the mishaps of the scenario.
class MishapStore final : public kefu::Store {
 public:
  MishapStore(World& world, Process& process) : world_(world), process_(process) {}
  bool durable() const noexcept override { return true; }
  kefu::Result<kefu::WallTime> now() override;
  kefu::Result<std::optional<kefu::StoreEntry>> get(std::string_view key) override;
  kefu::Result<std::vector<std::optional<kefu::StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  kefu::Result<kefu::CommitOutcome> commit(const std::vector<kefu::StoreWrite>& writes,
                                           kefu::Durability durability) override;
  kefu::Result<kefu::StorePage> list(std::string_view prefix, std::string_view after, kefu::ListLimits limits) override;
  kefu::Result<std::optional<kefu::Lease>> lease(std::string_view key, std::string_view owner,
                                                 std::chrono::milliseconds ttl) override;
  kefu::Result<void> release(const kefu::Lease& lease) override;

 private:
  static kefu::Error failure(kefu::Delivery delivery) {
    return with_delivery(kefu::Error(kefu::ErrorKind::unavailable, "the store is on fire"), delivery);
  }
  template <class Work>
  auto operate(bool is_commit, Work work) -> decltype(work());
  World& world_;
  Process& process_;
};

/// One process with its Inbox. What it did is in the world's record.
struct Process {
  Process(World& world, int number);
  ~Process();
  /// Nothing of it acts any more.
  void die();

  World& world;
  const int number;
  bool dead = false;
  kefu::MonoTime cut_off_until{};
  std::shared_ptr<Loop> loop;
  std::optional<kefu::Runtime> runtime;
  std::shared_ptr<kefu::Channel> channel;
  std::optional<kefu::Inbox> inbox;

 private:
  void handle(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
};

/// A delivery of a push, as the platform sees it.
struct Delivery {
  int event = 0;
  int process = 0;
  int number = 0;  ///< First, second, third.
  kefu::MonoTime since{};
  bool is_answered = false;
  bool is_over = false;  ///< Answered, or given up.
};

/// One event, and everything that happened to it.
struct Record {
  Manner manner = Manner::at_once;
  int first_process = 0;
  Millis after{0};
  std::optional<kefu::MonoTime> first_written;
  std::optional<kefu::MonoTime> acknowledged;
  std::optional<kefu::MonoTime> first_handled;
  std::vector<int> processes;  ///< That handled it.
  int passive = 0;
  int sent = 0;
  bool dead = false;
  std::string why;
};

/// Two messages, two processes (a third when both are gone), their time and their store.
class World {
 public:
  explicit World(const Scenario& scenario);
  Verdict run();

  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  std::shared_ptr<kefu::MemoryStore> store = std::make_shared<kefu::MemoryStore>(time);
  std::vector<std::unique_ptr<Process>> processes;
  std::vector<Record> events;
  int operations = 0;
  std::vector<bool> commits;

  /// The accident of the next operation, if it has one.
  std::optional<Accident> next(bool is_commit);
  void fault(std::string what) { verdict_.faults.push_back(std::move(what)); }

 private:
  void deliver(int event, int process, int number);
  void answered(const std::shared_ptr<Delivery>& delivery, const kefu::Result<kefu::WebhookResponse>& response);
  void repeat(const Delivery& delivery);
  Process& living(int wanted);
  void watch();
  void judge();

  const Scenario scenario_;
  std::vector<std::shared_ptr<Delivery>> deliveries_;
  bool is_calm_ = false;
  Verdict verdict_;
};

}  // namespace kefu_model
