#pragma once

#include "core/text/kept_members.hpp"

#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// How long a ticket works after it came (wechat-security B1).
constexpr std::chrono::hours kTicketLife{12};

/// One component_verify_ticket as it was pushed.
struct StoredTicket {
  Secret value;
  WallTime created{};   ///< CreateTime of the push.
  WallTime received{};  ///< Its life counts from here.

  bool usable(WallTime now) const { return now - received < kTicketLife; }
  /// The later of two by this. A moment of creation that is still to come is not believed: it would shut out all
  /// tickets until then.
  WallTime rank() const { return created < received ? created : received; }
};

/// The newest two tickets of a component, as the store keeps them: JSON with times in milliseconds since 1970.
struct TicketRecord {
  std::vector<StoredTicket> tickets;  ///< The newest first.
  detail::KeptMembers kept;

  /// False if it is there already, or older than both: nothing is to be written.
  bool take(StoredTicket ticket);
  /// Holds the tickets: wipe it after use.
  std::string json() const;
  /// Nothing if the text is no such record.
  static std::optional<TicketRecord> read(std::string_view text);
};

std::string ticket_key(std::string_view name_space, std::string_view component_app_id);

/// What is stored; an empty record if there is none. Error: `configuration` if it cannot be read; of the store.
Result<TicketRecord> read_tickets(Store& store, const std::string& key);
/// Makes a ticket durable. Errors: as above.
Result<void> keep_ticket(Store& store, const std::string& key, const StoredTicket& ticket);

}  // namespace wechat
KEFU_END_NAMESPACE
