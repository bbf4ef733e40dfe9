#pragma once

#include <kefu/core/time.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kefu_soak {

/// What was written, acknowledged, begun and answered, and what that says about the promises. Thread safety: none.
class Books {
 public:
  using Time = kefu::MonoTime;

  void written(const std::string& id, const std::string& customer, const std::string& manner, bool is_pushed,
               Time when);
  /// A request with this message was answered 200.
  void confirmed(const std::string& id, Time when);
  /// The platform has the acknowledgement, so it will not repeat.
  void acknowledged(const std::string& id);
  void begun(const std::string& id, int process, Time when);
  void answered(const std::string& id, const std::string& customer);
  void dead(const std::string& id, const std::string& why);
  /// What else happened to a message, for whoever must understand a fault.
  void told(const std::string& id, Time when, const std::string& what);
  /// A request that was not answered in its time.
  void late(const std::string& id, int process, kefu::Millis after);
  /// A process ended though nobody killed it.
  void died(int process);

  /// How many acknowledged messages are neither answered nor dead.
  std::size_t open() const;
  struct Figures {
    std::size_t written = 0, pushed = 0, acknowledged = 0, answered = 0, begun = 0, again = 0, taken_over = 0, dead = 0,
                unknown = 0;
    kefu::Millis longest_wait{0};  ///< From the moment a polled message was written until it was begun.
  };
  Figures figures() const;
  /// One line for each broken promise.
  std::vector<std::string> faults() const;

 private:
  struct Message {
    std::string customer;
    std::string manner;
    bool is_pushed = false;
    bool is_acknowledged = false;
    Time written{};
    std::optional<Time> confirmed;
    std::optional<Time> first_begun;
    std::set<int> processes;
    int begun = 0;
    int answers = 0;
    std::multimap<Time, std::string> story;
  };
  bool is_over(const std::string& id, const Message& message) const;
  static std::string story_of(const Message& message);
  void check_order(std::vector<std::string>& found) const;

  std::map<std::string, Message> messages_;
  std::map<std::string, std::string> dead_;
  std::vector<std::string> strange_;  ///< Faults that are one at once.
};

}  // namespace kefu_soak
