#include "soak/books.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kefu_soak {
namespace {

bool is_unknown(const std::string& why) {
  return why.find("nobody knows") != std::string::npos || why.find("unknown") != std::string::npos ||
         why.find("may have") != std::string::npos || why.find("ended meanwhile") != std::string::npos;
}

}  // namespace

void Books::written(const std::string& id, const std::string& customer, const std::string& manner, bool is_pushed,
                    Time when) {
  Message& message = messages_[id];
  message.customer = customer;
  message.manner = manner;
  message.is_pushed = is_pushed;
  message.is_acknowledged = !is_pushed;  // the platform keeps it until it is polled
  message.written = when;
  if (!is_pushed) message.confirmed = when;
}

void Books::confirmed(const std::string& id, Time when) {
  if (Message& message = messages_[id]; !message.confirmed) message.confirmed = when;
}

void Books::acknowledged(const std::string& id) { messages_[id].is_acknowledged = true; }

void Books::begun(const std::string& id, int process, Time when) {
  const auto place = messages_.find(id);
  if (place == messages_.end()) return strange_.push_back("handled though nobody wrote it: " + id);
  Message& message = place->second;
  ++message.begun;
  told(id, when, fmt::format("begun at process {}", process));
  message.processes.insert(process);
  if (!message.first_begun || when < *message.first_begun) message.first_begun = when;
}

void Books::answered(const std::string& id, const std::string& customer) {
  const auto place = messages_.find(id);
  if (place == messages_.end()) return strange_.push_back("an answer to nothing: " + id);
  if (place->second.customer != customer) strange_.push_back("another customer's answer: " + id);
  ++place->second.answers;
}

void Books::dead(const std::string& id, const std::string& why) { dead_[id] = why; }

void Books::told(const std::string& id, Time when, const std::string& what) {
  constexpr std::size_t kLongest = 40;
  const auto place = messages_.find(id);
  if (place != messages_.end() && place->second.story.size() < kLongest) place->second.story.emplace(when, what);
}

std::string Books::story_of(const Message& message) {
  std::string story;
  for (const auto& [when, what] : message.story) {
    const auto after = std::chrono::duration_cast<kefu::Millis>(when - message.written).count();
    story += fmt::format("\n    {:>6} ms: {}", after, what);
  }
  return story;
}

void Books::late(const std::string& id, int process, kefu::Millis after) {
  strange_.push_back(
      fmt::format("late: the request of {} at process {} had no answer after {} ms", id, process, after.count()));
}

void Books::died(int process) { strange_.push_back(fmt::format("process {} died by itself", process)); }

bool Books::is_over(const std::string& id, const Message& message) const {
  if (dead_.count(id) != 0) return true;
  return message.manner == "silent" ? message.begun > 0 : message.answers > 0;
}

std::size_t Books::open() const {
  return static_cast<std::size_t>(std::count_if(messages_.begin(), messages_.end(), [this](const auto& entry) {
    return entry.second.is_acknowledged && !is_over(entry.first, entry.second);
  }));
}

Books::Figures Books::figures() const {
  Figures sum;
  for (const auto& [id, message] : messages_) {
    ++sum.written;
    sum.pushed += message.is_pushed;
    sum.acknowledged += message.is_pushed && message.is_acknowledged;
    sum.answered += message.answers > 0;
    sum.begun += message.begun > 0;
    sum.again += message.begun > 1;
    sum.taken_over += message.processes.size() > 1;
    if (message.is_pushed || !message.first_begun) continue;
    const auto wait = std::chrono::duration_cast<kefu::Millis>(*message.first_begun - message.written);
    sum.longest_wait = std::max(sum.longest_wait, wait);
  }
  sum.dead = dead_.size();
  for (const auto& [id, why] : dead_) sum.unknown += is_unknown(why);
  return sum;
}

std::vector<std::string> Books::faults() const {
  std::vector<std::string> found = strange_;
  for (const auto& [id, message] : messages_) {
    const auto dead = dead_.find(id);
    const std::string about = fmt::format("{} ({}, begun {} times)", id, message.manner, message.begun);
    if (message.is_acknowledged && !is_over(id, message)) found.push_back("lost: " + about + story_of(message));
    if (message.answers > 1) {
      found.push_back(fmt::format("answered {} times: {}{}", message.answers, about, story_of(message)));
    }
    if (message.manner == "silent" && message.answers > 0)
      found.push_back("answered though nothing was said: " + about);
    if (message.answers > 0 && dead != dead_.end() && !is_unknown(dead->second)) {
      found.push_back(fmt::format("answered and dead: {}: {}", about, dead->second));
    }
  }
  check_order(found);
  return found;
}

/// Whoever was acknowledged before the customer wrote the next message is handled before it. Of messages that were on
/// their way together the order is the store's.
void Books::check_order(std::vector<std::string>& found) const {
  std::map<std::string, std::vector<std::pair<std::string, const Message*>>> by_customer;
  for (const auto& [id, message] : messages_) {
    if (message.first_begun) by_customer[message.customer].emplace_back(id, &message);
  }
  for (auto& [customer, messages] : by_customer) {
    std::sort(messages.begin(), messages.end(),
              [](const auto& a, const auto& b) { return *a.second->first_begun < *b.second->first_begun; });
    // The earliest confirmation among those that began later must not be before this one was written.
    std::optional<std::size_t> earliest;
    for (std::size_t i = messages.size(); i-- > 0;) {
      const Message& message = *messages[i].second;
      if (earliest && *messages[*earliest].second->confirmed < message.written) {
        found.push_back(fmt::format("order: {} began before {}", messages[i].first, messages[*earliest].first));
      }
      if (message.confirmed && (!earliest || *message.confirmed < *messages[*earliest].second->confirmed)) earliest = i;
    }
  }
}

}  // namespace kefu_soak
