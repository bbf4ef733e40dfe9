#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>

#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The names one buyer may go by (jd 6.2). JD withdraws the pin; newer answers give open_id (per application) and xid
/// (across applications).
struct BuyerIds {
  explicit BuyerIds(std::string p = {}, std::string o = {}, std::string x = {})
      : pin(std::move(p)), open_id(std::move(o)), xid(std::move(x)) {}
  std::string pin;
  std::string open_id;
  std::string xid;

  bool empty() const { return pin.empty() && open_id.empty() && xid.empty(); }
};

/// True for names the platform has made unreadable (`j***1`): two buyers may share one, so it names nobody.
KEFU_EXPORT bool is_masked(std::string_view name) noexcept;

/// The customer of these ids: "xid:...", else "open_id:...", else "pin:..."; `union_id` is the xid, `aliases` are the
/// others. A masked pin alone gives "masked:<pin>@<scope>", where `scope` is what the name was seen in (session id,
/// service order), so that two buyers are never taken for one.
///
/// Events of a shop come under the id by which it saw the buyer first, which may be another of them.
KEFU_EXPORT CustomerId customer_of(const BuyerIds& ids, std::string_view scope);

/// Back again, from the id and the aliases. Errors: `bad_argument` for a masked customer, who cannot be addressed, and
/// for text of no known form.
KEFU_EXPORT Result<BuyerIds> buyer_of(const CustomerId& customer);

}  // namespace jd
KEFU_END_NAMESPACE
