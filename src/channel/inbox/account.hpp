#pragma once

#include "channel/inbox/host_channel.hpp"

#include <kefu/channel/inbound.hpp>
#include <kefu/core/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The keys under which an account's events stand. Thread safety: immutable.
class AccountKeys {
 public:
  AccountKeys(std::string_view name_space, std::string_view platform, std::string_view account);

  /// An event without an id must not be taken for a repeat of another one; one that no key has room for is shortened.
  static void name(InboundEvent& event);

  std::string event(std::string_view event_id) const { return events_.with(event_id); }
  /// Events of one customer share a lane; an event that concerns nobody has one of its own.
  std::string lane(const InboundEvent& event) const;
  /// In the order of time.
  std::string dead(std::int64_t received, std::string_view event_id) const;
  std::string dead_prefix() const { return dead_.prefix(); }
  std::string lane_prefix() const { return lanes_.prefix(); }
  /// Who may poll.
  const std::string& polling() const { return polling_; }
  /// The customer's reply window, where the account's ledger keeps it in our store.
  std::string window(std::string_view customer) const { return windows_.with(customer); }
  /// When a human last wrote to the customer of a lane.
  std::string human(std::string_view lane) const { return humans_.with(lane.substr(lane.rfind('/') + 1)); }

  /// What the keys of all lanes, or dead letters, of a platform begin with, and the account of such a key.
  static std::string all_lanes(std::string_view name_space, std::string_view platform);
  static std::string all_dead(std::string_view name_space, std::string_view platform);
  static std::string account_of(std::string_view key);
  /// The event id at the end of a key.
  static std::string event_of(std::string_view key);

 private:
  const StoreKey events_;
  const StoreKey lanes_;
  const StoreKey dead_;
  const StoreKey humans_;
  const StoreKey windows_;
  const std::string polling_;
};

/// An account whose events an Inbox takes. Thread safety: immutable.
struct InboxAccount {
  InboxAccount(std::string_view name_space, std::shared_ptr<const HostChannel> c)
      : channel(std::move(c)),
        keys(name_space, channel->platform(), channel->id()),
        number(std::hash<std::string>()(channel->id())) {}
  const std::shared_ptr<const HostChannel> channel;
  const AccountKeys keys;
  const std::size_t number;  ///< Stands for it where accounts take turns.
};
using AccountPtr = std::shared_ptr<const InboxAccount>;

}  // namespace detail
KEFU_END_NAMESPACE
