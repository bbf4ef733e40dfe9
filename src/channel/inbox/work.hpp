#pragma once

#include "channel/inbox/held_event.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/channel/webhook.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class InboxCore;
class InboxWork;

/// What a handler said about its event.
struct HandlerOutcome {
  std::optional<PassiveReply> answer;  ///< Absent: handling failed.
  AnswerOptions how;
  std::string why;
  std::vector<StoreWrite> also;           ///< To be committed with the end of the event...
  std::optional<Promise<void>> finished;  ///< ...which somebody waits for.
};

/// The one answer that all copies of an InboxTurn share, and until the handler has it the event. Thread safety: any
/// thread.
class InboxWork : public std::enable_shared_from_this<InboxWork> {
 public:
  InboxWork(std::shared_ptr<InboxCore> core, HeldEventPtr held, std::uint64_t id, InboundEvent&& e)
      : core_(std::move(core)), held_(std::move(held)), id_(id), event_(std::move(e)) {}
  ~InboxWork();
  void settle(HandlerOutcome outcome);
  /// Another outcome may be given: the host's writes did not fit.
  void reopen() { settled_.store(false); }
  Pending<void> finish(PassiveReply answer, AnswerOptions how, std::vector<StoreWrite> also);
  /// To the handler.
  void hand_over();

 private:
  const std::shared_ptr<InboxCore> core_;
  const HeldEventPtr held_;
  const std::uint64_t id_;
  std::atomic<bool> settled_{false};
  InboundEvent event_;
  HandlerOutcome outcome_;  ///< Of whoever settled it, on its way to the loop.
};

/// Counts one event that is in hand, for as long as it lives.
class InboxSlot {
 public:
  InboxSlot() = default;
  explicit InboxSlot(std::shared_ptr<std::atomic<std::size_t>> count) : count_(std::move(count)) { ++*count_; }
  InboxSlot(InboxSlot&&) noexcept = default;
  InboxSlot& operator=(InboxSlot&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~InboxSlot() {
    if (count_) --*count_;
  }

 private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
};

/// How many events of each account are in hand. Thread safety: the loop; outlives its slots.
class AccountPlaces {
 public:
  /// Counts one event of an account, for as long as it lives.
  class Slot {
   public:
    Slot() = default;
    Slot(AccountPlaces& places, std::size_t account) : places_(&places), account_(account) { ++places.held_[account]; }
    Slot(Slot&& other) noexcept : places_(std::exchange(other.places_, nullptr)), account_(other.account_) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(places_, other.places_);
      std::swap(account_, other.account_);
      return *this;
    }
    ~Slot() {
      if (places_ != nullptr) places_->give_back(account_);
    }

   private:
    AccountPlaces* places_ = nullptr;
    std::size_t account_ = 0;
  };
  std::size_t held(std::size_t account) const {
    const auto place = held_.find(account);
    return place == held_.end() ? 0 : place->second;
  }

 private:
  void give_back(std::size_t account) {
    const auto place = held_.find(account);
    if (--place->second == 0) held_.erase(place);
  }
  std::unordered_map<std::size_t, std::size_t> held_;
};

}  // namespace detail
KEFU_END_NAMESPACE
