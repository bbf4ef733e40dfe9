#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// What the platform tells of a customer. Fields it does not tell are empty.
struct Profile {
  Profile() {}
  CustomerId customer;  ///< With the union id, where the platform told one.
  /// All ids of this person that the platform gave, by the platform's names: "openid", "unionid", "pin", "open_id",
  /// "xid". Never a masked one.
  std::vector<std::pair<std::string, std::string>> ids;
  std::string name;
  std::string picture_url;  ///< Untrusted; never fetched by itself.
  std::string language;
  std::string remark;
  std::vector<std::string> tags;
  std::optional<bool> follows;  ///< Absent: the platform has no such thing.
  std::optional<WallTime> follows_since;
  std::string raw;  ///< The platform's own JSON.
};

/// Facet: who a customer is, and the ids that join accounts.
///
/// Thread safety: all members may be called from any thread. Lifetime: as for every facet.
class KEFU_EXPORT Profiles {
 public:
  virtual ~Profiles() = default;
  /// Errors: `not_found`; `bad_argument` for an id that names nobody (masked).
  virtual Pending<Profile> look_up(CustomerId customer, CallOptions options = {}) = 0;
};

KEFU_END_NAMESPACE
