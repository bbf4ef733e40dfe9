#pragma once

#include "core/tokens/broker.hpp"
#include "core/tokens/record.hpp"
#include "wechat/component/grant.hpp"

#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// What is written about merchants, each a commit of its own. Run on the store's threads.

/// Where the access token of a merchant's account is in the store.
detail::TokenSettings authorizer_token_settings(std::string component_app_id, std::string app_id);

/// The records of one third-party platform.
struct ComponentRecords {
  ComponentRecords(std::string space, std::string component)
      : name_space(std::move(space)), component_app_id(std::move(component)), keys(name_space, component_app_id) {}
  std::string token_key(const std::string& app_id) const {
    return authorizer_token_settings(component_app_id, app_id).record_key(name_space);
  }
  const std::string name_space;
  const std::string component_app_id;
  const ComponentKeys keys;
};

struct BegunCode {
  CodeUse use;
  bool is_first = false;  ///< Nobody has begun with this code before.
};
/// Records that the code is about to be spent. What is known of it already is filled up from `wanted`.
Result<BegunCode> begin_code(Store& store, const ComponentRecords& records, const Secret& code, const CodeUse& wanted);

/// What a redeemed code brought. `merchant` empty: the name that the account has, else its app id.
struct RedeemedCode {
  Secret code;
  std::string merchant;
  AuthorizationInfo info;
  WallTime now{};    ///< When the code was sent.
  WallTime heard{};  ///< The platform's moment of the grant.
};
/// What a commit did to one merchant's grant.
struct GrantChange {
  std::optional<ComponentGrant> grant;  ///< As it is now; absent: there is none, or nothing was to be done.
  bool was_active = false;              ///< It could be used before, too.
};
/// Grant, token and the end of the code's use in one commit. Error: `conflict` (the merchant is another account, or the
/// account another merchant).
Result<GrantChange> put_redeemed(Store& store, const ComponentRecords& records, const RedeemedCode& redeemed);

/// Gives an account that came without a link its merchant's name. `followed`: when the link's redirect came. Errors:
/// `conflict`, `not_found`.
Result<ComponentGrant> name_merchant(Store& store, const ComponentRecords& records, const std::string& app_id,
                                     const std::string& merchant, WallTime followed);

/// Keeps what the platform says of an account; nothing happens if its grant has gone.
Result<ComponentGrant> put_details(Store& store, const ComponentRecords& records, const std::string& merchant,
                                   const AuthorizerDetails& details);

/// How a grant ends.
struct GrantEnd {
  Merchant::State state = Merchant::State::withdrawn;
  WallTime when{};
  std::string why;
};
/// Ends a grant, token included, unless something newer was heard of it.
Result<GrantChange> end_grant(Store& store, const ComponentRecords& records, const std::string& app_id,
                              const GrantEnd& end);

/// Another refresh token of an account whose grant goes on. False: the grant is not the one that was renewed.
Result<bool> put_refresh_token(Store& store, const ComponentRecords& records, const std::string& merchant,
                               const Secret& before, const Secret& after);

/// Takes over what the platform's list, asked at `now`, has: a merchant who is not known, or another refresh token of
/// one who is. `merchant` empty: the app id is the name. Nothing is done where it was known already, or newer things
/// are.
Result<GrantChange> put_listed(Store& store, const ComponentRecords& records, const std::string& merchant,
                               const AuthorizerPage::Entry& entry, WallTime now);

/// Removes everything of a merchant. False: there was nothing.
Result<bool> remove_merchant(Store& store, const ComponentRecords& records, const std::string& merchant);

}  // namespace wechat
KEFU_END_NAMESPACE
