#pragma once

#include <kefu/sandbox/simulated_time.hpp>

#include <map>
#include <memory>
#include <utility>

namespace kefu_test {

/// One process' loop among several that share a simulated time: stopping it takes its own tasks along and nobody
/// else's. Thread safety: one thread.
class ProcessLoop final : public kefu::Scheduler {
 public:
  explicit ProcessLoop(std::shared_ptr<kefu::sandbox::SimulatedTime> time) : time_(std::move(time)) {}

  Ticket run_at(kefu::MonoTime when, kefu::Task task) override {
    if (stopped_) return 0;
    const Ticket ticket = ++last_;
    tasks_->emplace(ticket, std::move(task));
    time_->run_at(when, [tasks = tasks_, ticket] {
      if (kefu::Task due = take(*tasks, ticket)) due();
    });
    return ticket;
  }
  void drop(Ticket ticket) override { take(*tasks_, ticket); }
  void stop() override {
    stopped_ = true;
    while (!tasks_->empty()) take(*tasks_, tasks_->begin()->first);
  }
  bool is_own_thread() const override { return time_->is_own_thread(); }
  Help help(kefu::MonoTime until) override { return time_->help(until); }

 private:
  using Tasks = std::map<Ticket, kefu::Task>;
  static kefu::Task take(Tasks& tasks, Ticket ticket) {
    const auto place = tasks.find(ticket);
    if (place == tasks.end()) return nullptr;
    kefu::Task task = std::move(place->second);
    tasks.erase(place);
    return task;
  }

  const std::shared_ptr<kefu::sandbox::SimulatedTime> time_;
  const std::shared_ptr<Tasks> tasks_ = std::make_shared<Tasks>();
  Ticket last_ = 0;
  bool stopped_ = false;
};

}  // namespace kefu_test
