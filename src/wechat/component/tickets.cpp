#include "wechat/component/tickets.hpp"

#include "core/store/commit_known.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/wipe.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr int kTicketVersion = 1;
constexpr std::size_t kTicketsKept = 2;
constexpr int kMostTicketCommits = 8;

struct FoundTickets {
  TicketRecord record;
  std::uint64_t generation = 0;
};

Result<FoundTickets> find_tickets(Store& store, const std::string& key) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  FoundTickets found;
  if (!*entry) return found;
  auto record = TicketRecord::read((*entry)->value);
  detail::wipe((*entry)->value);
  if (!record)
    return Error(ErrorKind::configuration,
                 "the stored component tickets cannot be read: is this store of another version, or of other keys?");
  found.record = *std::move(record);
  found.generation = (*entry)->generation;
  return found;
}

}  // namespace

bool TicketRecord::take(StoredTicket ticket) {
  for (const StoredTicket& known : tickets)
    if (known.value == ticket.value) return false;
  const auto place = std::find_if(tickets.begin(), tickets.end(),
                                  [&ticket](const StoredTicket& known) { return known.rank() < ticket.rank(); });
  if (place == tickets.end() && tickets.size() >= kTicketsKept) return false;
  tickets.insert(place, std::move(ticket));
  if (tickets.size() > kTicketsKept) tickets.pop_back();
  return true;
}

std::string TicketRecord::json() const {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("v").integer(kTicketVersion).key("tickets").begin_array();
  for (const StoredTicket& ticket : tickets) {
    json.begin_object().key("ticket").string(ticket.value.expose());
    json.key("created").integer(unix_millis(ticket.created));
    json.key("received").integer(unix_millis(ticket.received)).end_object();
  }
  json.end_array();
  kept.write(json);
  json.end_object();
  return out;
}

std::optional<TicketRecord> TicketRecord::read(std::string_view text) {
  detail::ReadLimits limits;
  limits.depth = 4;
  const auto document = detail::Document::json(text, limits);
  const auto root = document.root();
  if (!document || !detail::reads_version(root["v"], kTicketVersion)) return std::nullopt;
  TicketRecord record;
  for (const auto item : root["tickets"].items()) {
    StoredTicket ticket;
    ticket.value = Secret(item["ticket"].text());
    ticket.created = detail::stored_time(item["created"]);
    ticket.received = detail::stored_time(item["received"]);
    if (ticket.value.empty()) return std::nullopt;
    record.tickets.push_back(std::move(ticket));
  }
  record.kept = detail::KeptMembers(root, {"v", "tickets"});
  return record;
}

std::string ticket_key(std::string_view name_space, std::string_view component_app_id) {
  return StoreKey(name_space, "wechat", "component-ticket", component_app_id).str();
}

Result<TicketRecord> read_tickets(Store& store, const std::string& key) {
  auto found = find_tickets(store, key);
  if (!found) return found.error();
  return std::move(found->record);
}

Result<void> keep_ticket(Store& store, const std::string& key, const StoredTicket& ticket) {
  for (int attempt = 0; attempt < kMostTicketCommits; ++attempt) {
    auto found = find_tickets(store, key);
    if (!found) return found.error();
    if (!found->record.take(ticket)) return {};
    auto put = detail::put_known(store, key, found->record.json(), found->generation, std::nullopt, Durability::full);
    if (!put) return put.error();
    if (put->committed) return {};
  }
  return Error(ErrorKind::unavailable, "the component's tickets change all the time: call again");
}

}  // namespace wechat
KEFU_END_NAMESPACE
