#include "soak/model/process.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kefu_model {
namespace {

using namespace std::chrono_literals;

constexpr Millis kPlatformWaits{5'000};
constexpr Millis kAnswerWithin{4'000};
constexpr int kDeliveries = 3;

bool is_unknown(const std::string& why) {
  return why.find("nobody knows") != std::string::npos || why.find("unknown") != std::string::npos ||
         why.find("may have") != std::string::npos || why.find("ended meanwhile") != std::string::npos;
}

}  // namespace

std::string text_of(const Scenario& scenario) {
  std::string text = fmt::format("{},{},{},{}", static_cast<int>(scenario.first), static_cast<int>(scenario.second),
                                 scenario.second_at, scenario.second_after.count());
  for (const Mishap& one : scenario.mishaps) text += fmt::format(" {}:{}", one.operation, name_of(one.accident));
  return text;
}

World::World(const Scenario& scenario) : scenario_(scenario) {
  events.resize(2);
  events[0].manner = scenario.first;
  events[1].manner = scenario.second;
  events[1].first_process = scenario.second_at;
  events[1].after = scenario.second_after;
}

std::optional<Accident> World::next(bool is_commit) {
  if (is_calm_) return std::nullopt;
  const int operation = operations++;
  commits.push_back(is_commit);
  for (const Mishap& one : scenario_.mishaps) {
    if (one.operation != operation) continue;
    ++verdict_.met;
    return is_of_commits(one.accident) && !is_commit ? Accident::fails : one.accident;
  }
  return std::nullopt;
}

Process& World::living(int wanted) {
  for (std::size_t i = 0; i < processes.size(); ++i) {
    Process& one = *processes[(static_cast<std::size_t>(wanted) + i) % processes.size()];
    if (!one.dead) return one;
  }
  processes.push_back(std::make_unique<Process>(*this, static_cast<int>(processes.size())));
  return *processes.back();
}

void World::deliver(int event, int wanted, int number) {
  Process& process = living(wanted);
  Record& record = events[static_cast<std::size_t>(event)];
  auto delivery = std::make_shared<Delivery>();
  delivery->event = event;
  delivery->process = process.number;
  delivery->number = number;
  delivery->since = time->mono();
  if (!record.first_written) record.first_written = time->mono();
  deliveries_.push_back(delivery);
  process.inbox->handle(kefu::WebhookRequest("POST", "/", "", fmt::format("{}|c|hello", event)))
      .then([this, delivery](const kefu::Result<kefu::WebhookResponse>& response) { answered(delivery, response); });
  time->run_at(time->mono() + kPlatformWaits, [this, delivery] {
    if (!std::exchange(delivery->is_over, true)) repeat(*delivery);
  });
}

void World::answered(const std::shared_ptr<Delivery>& delivery, const kefu::Result<kefu::WebhookResponse>& response) {
  Process& process = *processes[static_cast<std::size_t>(delivery->process)];
  if (process.dead) return;
  delivery->is_answered = true;
  if (delivery->is_over) return;                     // the platform does not listen any more
  if (!response || response->status != 200) return;  // and comes again
  delivery->is_over = true;
  Record& record = events[static_cast<std::size_t>(delivery->event)];
  if (!record.acknowledged) record.acknowledged = time->mono();
  if (response->body != "success") ++record.passive;
}

void World::repeat(const Delivery& delivery) {
  if (delivery.number < kDeliveries) deliver(delivery.event, delivery.process + 1, delivery.number + 1);
}

/// A request is answered in time, whatever its process waits for. One that was stopped answers when it goes on.
void World::watch() {
  for (const auto& delivery : deliveries_) {
    const Process& process = *processes[static_cast<std::size_t>(delivery->process)];
    if (delivery->is_answered || process.dead) continue;
    const auto since = std::max(delivery->since + kAnswerWithin, process.loop->stands_until());
    if (time->mono() <= since + 10ms) continue;
    delivery->is_answered = true;
    fault(
        fmt::format("event {}: the request at process {} is not answered in time", delivery->event, delivery->process));
  }
}

Verdict World::run() {
  processes.push_back(std::make_unique<Process>(*this, 0));
  processes.push_back(std::make_unique<Process>(*this, 1));
  deliver(0, 0, 1);
  time->run_at(time->mono() + events[1].after, [this] { deliver(1, events[1].first_process, 1); });
  for (int i = 0; i < 60; ++i) time->advance(250ms), watch();
  for (int i = 0; i < 18; ++i) time->advance(10s), watch();
  // If nobody is left, somebody is started; nothing goes wrong any more.
  is_calm_ = true;
  living(0);
  time->advance(90s);
  judge();
  return std::move(verdict_);
}

void World::judge() {
  auto letters = living(0).inbox->dead_letters().get();
  if (!letters) fault("the dead letters cannot be read: " + letters.error().to_string());
  for (const kefu::DeadLetter& letter : letters ? *letters : std::vector<kefu::DeadLetter>()) {
    Record& record = events.at(std::stoul(letter.event_id));
    record.dead = true;
    record.why = letter.why;
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Record& record = events[i];
    const std::string about = fmt::format("event {} ({})", i, name_of(record.manner));
    const int answers = record.passive + record.sent;
    const bool is_handled = record.manner == Manner::nothing ? !record.processes.empty() : answers > 0;
    if (record.acknowledged && !is_handled && !record.dead) fault(about + ": acknowledged and lost");
    if (answers > 1) fault(fmt::format("{}: answered {} times ({} sent)", about, answers, record.sent));
    if (answers > 0 && record.dead && !is_unknown(record.why)) fault(about + ": answered and dead: " + record.why);
    verdict_.handled += !record.processes.empty();
    verdict_.taken_over += std::count_if(record.processes.begin(), record.processes.end(),
                                         [&](int one) { return one != record.processes.front(); }) > 0;
    verdict_.passive += record.passive;
    verdict_.sent += record.sent;
    verdict_.dead += record.dead;
  }
  const Record& first = events[0];
  const Record& second = events[1];
  if (first.acknowledged && second.first_handled && *first.acknowledged < *second.first_written && !first.dead &&
      (!first.first_handled || *second.first_handled < *first.first_handled)) {
    fault("the second event was handled before the first");
  }
  verdict_.operations = operations;
  verdict_.commits = commits;
}

Verdict run(const Scenario& scenario) { return World(scenario).run(); }

}  // namespace kefu_model
