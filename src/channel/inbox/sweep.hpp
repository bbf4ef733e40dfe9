#pragma once

#include "channel/inbox/account.hpp"

#include <kefu/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class InboxCore;

/// Looks for lanes whose session is over, or that are ours and nobody works on: one search at a time for all accounts
/// of the Inbox, again after a pause, and at once when another process says that it leaves something.
///
/// Thread safety: the loop.
class Sweep {
 public:
  explicit Sweep(InboxCore& core) : core_(core) {}
  /// Now, and from then on again and again if `goes_on`.
  void start(bool goes_on);
  bool goes_on() const { return goes_on_; }
  /// Something is in hand: it goes on as long as that is so.
  void keep();
  std::uint64_t taken_over() const { return taken_over_; }

 private:
  struct Page {
    std::vector<std::string> lanes;
    std::size_t living = 0;  ///< Sessions.
    std::string after;       ///< Where the next page begins; empty: this was the last.
    bool is_first = false;
    std::uint64_t told = 0;  ///< Generation of the entry that says that something is free.
  };
  /// An account that the resolver does not find, and until when it is left alone. Forgotten when it is found, or when
  /// a search finds nothing more of it.
  struct Missing {
    MonoTime since{};
    MonoTime next{};
    Millis pause{0};
    std::uint64_t search = 0;  ///< That last found something of it.
  };
  /// What a search reads.
  struct Place {
    std::string lanes;     ///< The keys of lanes begin with this...
    std::string sessions;  ///< ...those of sessions with this.
    std::string free;
    std::string after;
    std::string mine;  ///< Our session.
  };
  void look(std::string after);
  static Result<Page> read(Store& store, const Place& place);
  void peek();
  void peeked(const Result<std::uint64_t>& told);
  void looked(const Result<Page>& page);
  void work_on(const std::string& lane);
  void take(const AccountPtr& account, const std::string& lane);
  void missing(const std::string& account, const std::string& lane, const Error& error);
  void forget_found();
  void give_up(const std::string& account, const std::string& lane, const Error& error);
  void arm();
  void wait();

  InboxCore& core_;
  bool goes_on_ = false;
  bool is_looking_ = false;
  bool is_armed_ = false;
  bool is_failing_ = false;
  std::size_t taking_ = 0;
  std::uint64_t taken_over_ = 0;
  std::uint64_t searches_ = 0;
  std::size_t told_ = 0;
  MonoTime next_{};         ///< When the next search is due.
  std::uint64_t free_ = 0;  ///< Generation of the entry that says so, as it was last seen.
  std::unordered_map<std::string, Missing> missing_;
};

}  // namespace detail
KEFU_END_NAMESPACE
