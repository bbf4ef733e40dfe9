#pragma once

#include "core/async/runtime_core.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The platform's word that an application's calls are used up (code 2), in the store, for all pollers of all
/// processes. That it means the whole day is nowhere said, as limits over shorter times have no number of their own:
/// one call of one process tries after 1, 5, 15, then every 30 minutes, until a call, whichever, is answered.
///
/// Thread safety: used on the loop only.
class CallStop final : public std::enable_shared_from_this<CallStop> {
 public:
  CallStop(std::shared_ptr<detail::RuntimeCore> runtime, const std::string& app_key);

  /// May a poller's call go? `wait`: not now, ask again then.
  struct Answer {
    bool go = false;
    Millis wait{0};
    std::optional<Error> error;  ///< Of the store.
  };
  void ask(std::function<void(const Answer&)> done);
  /// A call was answered with code 2.
  void refused();
  /// A call was answered with what was asked for.
  void answered();

  bool is_on() const { return is_on_; }
  WallTime next_try() const { return next_; }

 private:
  struct Record;
  struct Seen;
  static Seen look(Store& store, const std::string& key, WallTime now, bool claims);
  void note(const Seen& seen);
  WallTime now() const { return runtime_->clock->wall(); }

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::string key_;
  bool is_on_ = false;
  WallTime next_{};
  std::optional<MonoTime> looked_;  ///< When the store was last asked.
};

}  // namespace jd
KEFU_END_NAMESPACE
