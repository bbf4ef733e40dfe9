#pragma once

#include "channel/inbox/core.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// After a failure of the store: so long, times the failures in a row, up to so many.
inline constexpr Millis kStorePause{200};
inline constexpr int kStorePauses = 25;

template <class T, class Work, class Done>
void Lanes::step(Lane& lane, std::string key, Work work, Done done) {
  lane.step = ++last_id_;
  std::vector<std::string> keys;
  if (!key.empty()) keys.push_back(key);
  core_.journal->run<T>(
      lane.held->account->number, std::move(keys),
      [steps = core_.steps, mine = core_.journal->session().id(), work](StagedStore& view,
                                                                        const std::string& session) -> Result<T> {
        if (session != mine) return Error(ErrorKind::cancelled, "the session is over");
        return work(*steps, view);
      },
      [core = core_.shared_from_this(), held = lane.held, id = lane.step, key, work, done](
          Result<T> result, std::uint64_t generation) mutable {
        Lanes& lanes = core->lanes;
        Lane* const current = lanes.find(held->lane, id);
        if (current == nullptr) return;
        if (result) {
          current->failures = 0;
          return done(*current, *std::move(result), generation);
        }
        if (result.error().kind() == ErrorKind::cancelled) return lanes.drop(held->lane);
        // Somebody else wrote the record: what stands there goes.
        if (result.error().kind() == ErrorKind::conflict) return lanes.load(*current);
        if (current->failures++ == 0) {
          core->say(current->channel().id(), LogLevel::error, log_event::kInboxStoreFailed,
                    "the store failed; the step is repeated until it works", held->id, result.error().to_string());
        }
        current->step = ++lanes.last_id_;
        current->timer =
            core->runtime->scheduler->run_at(core->mono() + kStorePause * std::min(current->failures, kStorePauses),
                                             [core, held, id = current->step, key, work, done] {
                                               if (Lane* again = core->lanes.find(held->lane, id))
                                                 core->lanes.step<T>(*again, key, work, done);
                                             });
      });
}

}  // namespace detail
KEFU_END_NAMESPACE
