#pragma once

#include "channel/accounts/attempt.hpp"
#include "core/text/kept_members.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>
#include <kefu/wechat/account_kind.hpp>
#include <kefu/wechat/component.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What a merchant granted a third-party platform, as the store keeps it: JSON with times in milliseconds since 1970.
/// The access token has a record of its own (TokenRecord).
struct ComponentGrant {
  ComponentGrant() {}

  std::string merchant;  ///< The host's own name; the app id where the merchant came without a link of ours.
  std::string app_id;
  Merchant::State state = Merchant::State::active;
  WallTime since{};      ///< Of `state`.
  std::string why;       ///< Of a grant that is over.
  Secret refresh_token;  ///< Empty: the account may not call APIs, or the grant is over.
  WallTime authorized_at{};
  /// The platform's moment of what was heard last of this grant: events from before it are late.
  WallTime heard{};
  std::vector<int> permission_sets;
  std::optional<AccountKind> kind;  ///< Absent: not asked yet, as the next two.
  bool verified = false;
  std::string original_id;
  detail::KeptMembers kept;

  /// Takes over what a redeemed code brought.
  void take(const AuthorizationInfo& info);
  /// Takes over what the platform says of the account.
  void take(const AuthorizerDetails& details);
  /// The merchant ended it, or the platform refuses it.
  void end(Merchant::State how, WallTime when, std::string reason);

  std::string json() const;
  /// Nothing if the text is no grant.
  static std::optional<ComponentGrant> read(std::string_view text);
  Merchant describe() const;
};

/// Where the records of one third-party platform are in the store.
class ComponentKeys {
 public:
  ComponentKeys(std::string_view name_space, std::string_view component_app_id)
      : grants_(name_space, "wechat", "grant", component_app_id),
        merchants_(name_space, "wechat", "authorizer", component_app_id),
        codes_(name_space, "wechat", "authorization-code", component_app_id),
        attempts_(detail::attempt_keys(name_space, "wechat", component_app_id)) {}

  std::string grant(std::string_view merchant) const { return grants_.with(merchant); }
  std::string grants_prefix() const { return grants_.prefix(); }
  /// Which merchant an app id is.
  std::string merchant_of(std::string_view app_id) const { return merchants_.with(app_id); }
  std::string codes_prefix() const { return codes_.prefix(); }
  /// What became of an authorization code; the key holds a digest of it.
  std::string code(const Secret& code) const;
  /// How far a merchant is on the way (detail::Attempt).
  std::string attempt(std::string_view merchant) const { return attempts_.with(merchant); }

 private:
  StoreKey grants_;
  StoreKey merchants_;
  StoreKey codes_;
  StoreKey attempts_;
};

struct StoredComponentGrant {
  std::optional<ComponentGrant> grant;
  std::uint64_t generation = 0;  ///< 0: there is none.
};
/// Error: `configuration` if it cannot be read: it is never written over. Of the store.
Result<StoredComponentGrant> find_grant(Store& store, const std::string& key);
Error unknown_authorizer(const std::string& merchant);
/// For KnownMerchants.
std::optional<Merchant> describe_grant(std::string_view stored, WallTime now);
/// The merchant that this app id belongs to; empty: none.
Result<std::string> find_merchant(Store& store, const ComponentKeys& keys, std::string_view app_id);

/// One use of an authorization code, kept for a day: written before the code is spent, and again when what it brought
/// is durable.
struct CodeUse {
  std::string merchant;  ///< Empty: not known, the push names the account only.
  std::string app_id;    ///< Empty: not known yet.
  bool redeemed = false;
  WallTime since{};

  std::string json() const;
  static std::optional<CodeUse> read(std::string_view text);
};

}  // namespace wechat
KEFU_END_NAMESPACE
