#include "channel/inbox/host_channel.hpp"

#include "core/async/time_range.hpp"
#include "core/call/answers.hpp"

#include <cstddef>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr HostSeam kChannel{"Channel"};
constexpr HostSeam kHealth{"Channel::health"};
constexpr HostSeam kReopen{"Channel::reopen"};
constexpr HostSeam kCanCarry{"PushReceiver::can_carry"};
constexpr HostSeam kPoll{"Poller::poll"};
constexpr HostSeam kAgents{"AgentSessions::agents"};
constexpr HostSeam kOpenSession{"AgentSessions::open"};
/// The message may have left before it threw.
constexpr HostSeam kSend{"Messenger::send", ErrorKind::internal, Delivery::unknown};

}  // namespace

Result<std::shared_ptr<const HostChannel>> HostChannel::open(std::shared_ptr<RuntimeCore> runtime,
                                                             std::shared_ptr<Channel> channel, bool poll) {
  std::shared_ptr<HostChannel> made(new HostChannel(std::move(runtime), std::move(channel), poll));
  if (auto read = call_host(made->observer(), kChannel, [&] { made->read(); }); !read) return read.error();
  return std::shared_ptr<const HostChannel>(std::move(made));
}

void HostChannel::read() {
  platform_ = channel_->platform();
  id_ = channel_->id();
  receiver_ = channel_->push_receiver();
  poller_ = channel_->poller();
  ledger_ = channel_->reply_ledger();
}

std::string HostChannel::missing(Facet facet) const {
  const auto why = call_host(observer(), kChannel,
                             [&] { return channel_->capabilities().missing[static_cast<std::size_t>(facet)]; });
  return why ? *why : why.error().message();
}

bool HostChannel::can_carry(const PassiveReply& answer) const {
  if (!receiver_) return true;  // its pushes come through a receiver of the application
  const auto can = call_host(observer(), kCanCarry, [&] { return receiver_->can_carry(answer); });
  return can && *can;
}

AccountHealth HostChannel::health() const {
  auto said = call_host(observer(), kHealth, [&] { return channel_->health(); });
  if (said) return *std::move(said);
  AccountHealth health;
  health.stopped_because = said.error().message();
  return health;
}

Result<InboundEvent> HostChannel::reopen(std::string_view raw, WallTime received) const {
  return call_host(observer(), kReopen, [&] { return channel_->reopen(raw, received); });
}

Millis HostChannel::key_memory(const Address& to) const {
  const auto memory = call_host(observer(), kChannel, [&] { return channel_->capabilities_at(to).key_memory; });
  return memory ? bounded_span<Millis>(*memory) : Millis(0);
}

bool HostChannel::can_send() const {
  const auto can = call_host(observer(), kChannel, [&] { return channel_->messenger() != nullptr; });
  return can && *can;
}

bool HostChannel::can_hand_over() const {
  const auto can = call_host(observer(), kChannel, [&] {
    return channel_->agent_sessions() != nullptr && channel_->capabilities().can(Ability::open_session);
  });
  return can && *can;
}

template <class T, class Work>
Pending<T> HostChannel::start(const HostSeam& seam, Work work) const {
  auto started = call_host(observer(), seam, work);
  return started ? *std::move(started) : answered<T>(runtime_, started.error());
}

Pending<Receipt> HostChannel::send(Message message, CallOptions options) const {
  return start<Receipt>(kSend, [&] { return channel_->messenger()->send(std::move(message), std::move(options)); });
}

Pending<std::vector<Agent>> HostChannel::agents() const {
  return start<std::vector<Agent>>(kAgents, [&] { return channel_->agent_sessions()->agents(); });
}

Pending<void> HostChannel::open_session(CustomerId customer, std::string agent) const {
  return start<void>(kOpenSession,
                     [&] { return channel_->agent_sessions()->open(std::move(customer), std::move(agent)); });
}

Pending<PollBatch> HostChannel::poll(std::string token, CallOptions options) const {
  return start<PollBatch>(kPoll, [&] {
    return token.empty() ? poller_->poll(std::move(options))
                         : poller_->poll_woken(std::move(token), std::move(options));
  });
}

}  // namespace detail
KEFU_END_NAMESPACE
