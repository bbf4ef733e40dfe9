#include <kefu/jd/buyer.hpp>

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

}  // namespace

// An xid begins with "o*", so a star there is no mask.
bool is_masked(std::string_view name) noexcept {
  if (name.substr(0, 4) == "o*AA") return false;
  return name.find('*') != std::string_view::npos;
}

CustomerId customer_of(const BuyerIds& ids, std::string_view scope) {
  if (!ids.xid.empty()) return CustomerId(joined(kXid, ids.xid), ids.xid);
  if (!ids.open_id.empty()) return CustomerId(joined(kOpenId, ids.open_id));
  if (ids.pin.empty()) return CustomerId();
  if (!is_masked(ids.pin)) return CustomerId(joined(kPin, ids.pin));
  return CustomerId(joined(kMasked, ids.pin).append("@").append(scope));
}

Result<BuyerIds> buyer_of(const CustomerId& customer) {
  std::string_view id = customer.id;
  BuyerIds ids;
  ids.xid = customer.union_id;
  if (take_prefix(id, kXid)) return ids.xid = std::string(id), ids;
  if (take_prefix(id, kOpenId)) return ids.open_id = std::string(id), ids;
  if (take_prefix(id, kPin)) return ids.pin = std::string(id), ids;
  if (take_prefix(id, kMasked))
    return Error(
        ErrorKind::bad_argument,
        "this customer is known by a masked pin only, which names nobody: answer in the thread of the message");
  return Error(ErrorKind::bad_argument,
               "customer.id is none of JD's: use jd::customer_of (\"xid:...\", \"open_id:...\", \"pin:...\")");
}

}  // namespace jd
KEFU_END_NAMESPACE
