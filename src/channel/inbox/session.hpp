#pragma once

#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What one round of the journal writes first, and what it must find.
struct SessionRound {
  std::string key;
  std::string id;
  std::string text;  ///< No other round of any session writes this there.
  std::uint64_t expected = 0;
  Millis lease{0};
  MonoTime posted{};
};

/// A journal's right to write: an entry `inbox-session/<id>` in the store, which lives as long as the lease and which
/// every commit rewrites, expecting what it wrote last. It is fence, renewal and number of the commit in one. Whoever
/// finds the entry of another session absent may take over what that one held.
///
/// When it is over, a new one begins under a new name: nothing is held under it yet.
///
/// Thread safety: the loop only.
class Session {
 public:
  /// `name` is nobody else's, at most 10 characters.
  Session(std::string_view name_space, std::string name, Millis lease);

  const std::string& id() const { return id_; }
  /// Our entry is certainly in the store at this moment, as long as clocks run alike: it was posted that long ago. A
  /// session that is not may still be extended, if nobody was faster.
  bool alive(MonoTime now) const { return begun() && now < posted_ + lease_ - lease_ / kMargin; }
  /// Its entry was written once.
  bool begun() const { return generation_ != 0; }
  /// When it was last extended; only if begun.
  MonoTime extended() const { return posted_; }
  Millis lease() const { return lease_; }

  /// The next commit, told to its round. Only one at a time is on its way.
  void next(SessionRound& round, MonoTime now);
  /// That commit was done.
  void committed(std::uint64_t generation, MonoTime posted);
  /// The entry was not ours any more, or is given back: the next commit begins a new session.
  void end();

  /// Whoever wrote this entry expects that others note acknowledgements in records of its lanes; a process of the
  /// version before (until November 2026) takes such a record for another's.
  static bool knows_notes(std::string_view text) { return text.substr(0, kVersion.size()) != kVersionBefore; }

  /// The keys of sessions' entries are made from this.
  static StoreKey keys(std::string_view name_space) { return StoreKey(name_space, "inbox", "inbox-session", "1"); }
  /// Whoever leaves work to others writes this entry, and they look at it.
  static std::string free_key(std::string_view name_space) {
    return StoreKey(name_space, "inbox", "inbox-free", "1").str();
  }
  std::string key_of(std::string_view id) const { return keys_.with(id); }
  /// What the keys of all sessions begin with, for listings.
  std::string prefix() const { return keys_.prefix(); }

 private:
  static constexpr std::string_view kVersion = "2 ";  ///< Of the entry.
  static constexpr std::string_view kVersionBefore = "1 ";
  static constexpr int kMargin = 6;  ///< A sixth of the lease is for clocks and for what is on its way.

  const StoreKey keys_;
  const std::string name_;
  const Millis lease_;
  std::string id_;
  std::string key_;
  std::uint64_t sessions_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t generation_ = 0;
  MonoTime posted_{};
};

}  // namespace detail
KEFU_END_NAMESPACE
