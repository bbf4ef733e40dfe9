#pragma once

#include <kefu/core/time.hpp>

#include <string>
#include <vector>

namespace kefu_model {

/// What happens at one operation of the store.
enum class Accident : unsigned char {
  fails,        ///< Not done, and it says so.
  doubtful,     ///< Done, but reported as unknown.
  lost,         ///< Not done, reported as unknown.
  delayed,      ///< Reported as unknown, and done a moment later.
  long_after,   ///< The same, when every lease is over.
  dies_before,  ///< The process ends, and the operation was not done.
  dies_after,   ///< The process ends after it.
  stops,        ///< The process stands still until every lease is over.
  pauses,       ///< It stands still for some seconds.
  cut_off,      ///< From here on its store is out of reach until every lease is over.
};
inline constexpr int kAccidents = 10;
inline constexpr bool is_of_commits(Accident accident) {
  return accident >= Accident::doubtful && accident <= Accident::long_after;
}
inline const char* name_of(Accident accident) {
  constexpr const char* kNames[kAccidents] = {"fails",       "doubtful",   "lost",  "delayed", "long_after",
                                              "dies_before", "dies_after", "stops", "pauses",  "cut_off"};
  return kNames[static_cast<int>(accident)];
}

/// The how manieth operation of all processes it meets.
struct Mishap {
  int operation = 0;
  Accident accident = Accident::fails;
};

/// What a handler does with an event.
enum class Manner : unsigned char { at_once, slowly, late, menu, menu_slowly, nothing };
inline constexpr int kManners = 6;
inline const char* name_of(Manner manner) {
  constexpr const char* kNames[kManners] = {"at_once", "slowly", "late", "menu", "menu_slowly", "nothing"};
  return kNames[static_cast<int>(manner)];
}

/// Two messages of one customer, the first to process 0, and what goes wrong.
struct Scenario {
  Manner first = Manner::at_once;
  Manner second = Manner::at_once;
  int second_at = 1;  ///< Process.
  kefu::Millis second_after{0};
  std::vector<Mishap> mishaps;
};
std::string text_of(const Scenario& scenario);

/// What came of it.
struct Verdict {
  std::vector<std::string> faults;
  int operations = 0;         ///< Of the store, before the sweeps had nothing more to do.
  std::vector<bool> commits;  ///< Per operation.
  int met = 0;                ///< Mishaps that happened.
  int handled = 0;
  int taken_over = 0;  ///< Events that two processes handled.
  int passive = 0;
  int sent = 0;
  int dead = 0;
};
Verdict run(const Scenario& scenario);

}  // namespace kefu_model
