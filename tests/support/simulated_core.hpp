#pragma once

#include "core/async/runtime_core.hpp"
#include "core/async/runtime_parts.hpp"
#include "core/report/redaction.hpp"

#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// Draws the same number always: 0.5 leaves pauses as they are.
class FixedJitter final : public kefu::Jitter {
 public:
  explicit FixedJitter(double value = 0.5) : value_(value) {}
  double unit() override { return value_; }

 private:
  const double value_;
};

/// Keeps what it is told, as text: "name{key=value,...}".
class RecordingObserver final : public kefu::Observer {
 public:
  void log(const kefu::LogRecord& record) override {
    add(std::string(record.event) + text(record.attributes) + " " + std::string(record.message));
  }
  void metric(const kefu::MetricRecord& record) override { add(std::string(record.name) + text(record.labels)); }
  void span(const kefu::SpanRecord& record) override { add(std::string(record.name) + text(record.attributes)); }

  std::size_t count(const std::string& part) const {
    std::lock_guard<std::mutex> lock(mutex_);
    std::size_t found = 0;
    for (const auto& line : lines_)
      if (line.find(part) != std::string::npos) ++found;
    return found;
  }
  std::string all() const {
    std::lock_guard<std::mutex> lock(mutex_);
    std::string joined;
    for (const auto& line : lines_) joined += line + "\n";
    return joined;
  }

 private:
  static std::string text(const kefu::Attributes& attributes) {
    std::string out = "{";
    for (const auto& a : attributes) {
      if (out.size() > 1) out += ',';
      out.append(a.key).append("=").append(a.value);
    }
    return out + "}";
  }
  void add(std::string line) {
    std::lock_guard<std::mutex> lock(mutex_);
    lines_.push_back(std::move(line));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A runtime's parts in simulated time with a scripted wire; ends like a runtime does.
class SimulatedCore {
 public:
  SimulatedCore()
      : time(std::make_shared<kefu::sandbox::SimulatedTime>()),
        wire(std::make_shared<kefu::sandbox::ScriptedTransport>(time)),
        store(std::make_shared<kefu::MemoryStore>(time)),
        core(std::make_shared<kefu::detail::RuntimeCore>()) {
    core->name_space = "test";
    core->clock = time;
    core->scheduler = time;
    core->executor = std::make_shared<kefu::detail::ScheduledCallbacks>(time);
    core->transport = wire;
    core->store = store;
    core->jitter = std::make_shared<FixedJitter>();
    core->store_queue = std::make_shared<kefu::detail::ScheduledStore>(time);
  }
  ~SimulatedCore() { core->stop(); }

  /// Watches from now on; through redaction, as in a runtime.
  std::shared_ptr<RecordingObserver> observe() {
    auto seen = std::make_shared<RecordingObserver>();
    core->observer = kefu::detail::make_redacting(seen);
    return seen;
  }

  const std::shared_ptr<kefu::sandbox::SimulatedTime> time;
  const std::shared_ptr<kefu::sandbox::ScriptedTransport> wire;
  const std::shared_ptr<kefu::MemoryStore> store;
  const std::shared_ptr<kefu::detail::RuntimeCore> core;
};

}  // namespace kefu_test
