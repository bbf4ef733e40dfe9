#include <kefu/jd/buyer.hpp>

#include <iterator>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::string_view kXid = "xid:";
constexpr std::string_view kOpenId = "open_id:";
constexpr std::string_view kPin = "pin:";
constexpr std::string_view kMasked = "masked:";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string joined(std::string_view prefix, std::string_view rest) { return std::string(prefix).append(rest); }

/// False for names that mean nobody, and those of no known form.
bool read_name(std::string_view name, BuyerIds& ids) {
  if (take_prefix(name, kXid)) return ids.xid = name, true;
  if (take_prefix(name, kOpenId)) return ids.open_id = name, true;
  if (take_prefix(name, kPin)) return ids.pin = name, true;
  return false;
}

}  // namespace

// An xid begins with "o*", so a star there is no mask.
bool is_masked(std::string_view name) noexcept {
  if (name.substr(0, 4) == "o*AA") return false;
  return name.find('*') != std::string_view::npos;
}

CustomerId customer_of(const BuyerIds& ids, std::string_view scope) {
  std::vector<std::string> names;
  if (!ids.xid.empty()) names.push_back(joined(kXid, ids.xid));
  if (!ids.open_id.empty()) names.push_back(joined(kOpenId, ids.open_id));
  if (is_masked(ids.pin)) {
    names.push_back(joined(kMasked, ids.pin).append("@").append(scope));
  } else if (!ids.pin.empty()) {
    names.push_back(joined(kPin, ids.pin));
  }
  if (names.empty()) return CustomerId();
  CustomerId customer(std::move(names.front()), ids.xid);
  customer.aliases.assign(std::make_move_iterator(names.begin() + 1), std::make_move_iterator(names.end()));
  return customer;
}

Result<BuyerIds> buyer_of(const CustomerId& customer) {
  BuyerIds ids;
  if (read_name(customer.id, ids)) {
    for (const std::string& name : customer.aliases) {
      BuyerIds more;
      if (!read_name(name, more)) continue;
      if (ids.xid.empty()) ids.xid = std::move(more.xid);
      if (ids.open_id.empty()) ids.open_id = std::move(more.open_id);
      if (ids.pin.empty()) ids.pin = std::move(more.pin);
    }
    if (ids.xid.empty()) ids.xid = customer.union_id;
    return ids;
  }
  if (std::string_view id = customer.id; take_prefix(id, kMasked))
    return Error(
        ErrorKind::bad_argument,
        "this customer is known by a masked pin only, which names nobody: answer in the thread of the message");
  return Error(ErrorKind::bad_argument,
               "customer.id is none of JD's: use jd::customer_of (\"xid:...\", \"open_id:...\", \"pin:...\")");
}

}  // namespace jd
KEFU_END_NAMESPACE
