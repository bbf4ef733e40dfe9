#pragma once

#include "sandbox/jd/fields.hpp"
#include "sandbox/jd/lists.hpp"
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

/// pageNumber and pageSize of a list, or the refusal.
std::optional<JdResult> take_asc_page(const JdCall& call, JdPage& page);

std::string json_of_fields(const JdFields& fields);

/// The page object with the page's entries; `fields` says what is shown of one.
template <class Entry, class Fields>
JdResult write_page(const JdCall& call, const std::vector<const Entry*>& found, const JdPage& page, Fields fields) {
  JdResult result;
  result.node.clear();
  detail::JsonWriter writer(result.node);
  writer.begin_object().key(call.route->wrapper).begin_object().key("success").boolean(true).key("code").string("200");
  writer.key("msg").string("").key("data").begin_array();
  for (const Entry* one : page_of(found, page)) fields(*one).write(writer);
  writer.end_array().key("pageNumber").unsigned_integer(page.number).key("pageSize").unsigned_integer(page.size);
  writer.key("totalCount").unsigned_integer(found.size()).end_object().end_object();
  return result;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
