#pragma once

#include "core/async/host_code.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/channel/channel.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The account of an Inbox as the Inbox calls it. It may be the host's own work: what its code throws comes back as an
/// error (log_event::kHostFault tells which member it was).
///
/// Thread safety: any thread.
class HostChannel {
 public:
  /// Reads once what does not change. `poll`: it is to be polled here. Error: `internal` if a member threw.
  static Result<std::shared_ptr<const HostChannel>> open(std::shared_ptr<RuntimeCore> runtime,
                                                         std::shared_ptr<Channel> channel, bool poll);

  const std::string& platform() const { return platform_; }
  const std::string& id() const { return id_; }
  const std::shared_ptr<ReplyLedger>& ledger() const { return ledger_; }
  bool is_pushed() const { return receiver_ != nullptr; }
  bool has_poller() const { return poller_ != nullptr; }
  /// It has a Poller and is to be polled here.
  bool is_polled() const { return poll_ && has_poller(); }
  /// Why the account lacks a facet, in its own words.
  std::string missing(Facet facet) const;

  const std::shared_ptr<PushReceiver>& receiver() const { return receiver_; }
  /// Whether the answer to a push could be this one at all.
  bool can_carry(const PassiveReply& answer) const;
  AccountHealth health() const;
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const;

  /// How long the platform remembers a message's own key, so that a repeat is not shown twice; zero: not at all.
  Millis key_memory(const Address& to) const;
  bool can_send() const;
  bool can_hand_over() const;
  Pending<Receipt> send(Message message, CallOptions options) const;
  Pending<std::vector<Agent>> agents() const;
  Pending<void> open_session(CustomerId customer, std::string agent) const;
  /// `token`: of the wake that it follows; empty: of none.
  Pending<PollBatch> poll(std::string token, CallOptions options) const;

 private:
  HostChannel(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<Channel> channel, bool poll)
      : runtime_(std::move(runtime)), channel_(std::move(channel)), poll_(poll) {}
  void read();
  Observer* observer() const { return runtime_->observer.get(); }
  /// `work()` gives a Pending; what it throws instead becomes the answer.
  template <class T, class Work>
  Pending<T> start(const HostSeam& seam, Work work) const;

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::shared_ptr<Channel> channel_;
  const bool poll_;
  std::string platform_;
  std::string id_;
  std::shared_ptr<PushReceiver> receiver_;
  std::shared_ptr<Poller> poller_;
  std::shared_ptr<ReplyLedger> ledger_;
};

}  // namespace detail
KEFU_END_NAMESPACE
