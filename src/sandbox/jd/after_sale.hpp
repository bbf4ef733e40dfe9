#pragma once

#include "sandbox/jd/fields.hpp"
#include "sandbox/jd/twin.hpp"

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The number and name of a state, as answers give them. The numbers are guesses: the platform publishes none.
int ticket_status(JdTicket::State state);
std::string_view ticket_status_name(JdTicket::State state);

/// A change of state: the next version, the moment, a line in the log.
void move_ticket(JdTicket& ticket, JdTicket::State state, std::string_view who, WallTime now);
/// True while a customer's message waits for an answer that is visible now.
bool has_unsolved_message(const JdTicket& ticket, WallTime now);

/// buId, operatePin and operateNick; what is wrong with them as a refusal.
std::optional<JdResult> check_operator(const JdCall& call);
/// The service order a call names (serviceId and, where given, orderId); null and `refusal` if there is none.
JdTicket* ticket_of(JdCall& call, JdResult& refusal);
/// {success: true ... data} under the route's wrapper.
JdResult page_success(const JdCall& call, std::string_view data_json);

}  // namespace sandbox
KEFU_END_NAMESPACE
