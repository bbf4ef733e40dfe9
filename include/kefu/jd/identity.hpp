#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>

#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// One buyer's names, converted (jd 6.2): pin (withdrawn by and by), open_id (per application), xid (across them).
// Effect of all: read. Answers come under `returnType` or `result`, success is 0 or 200.

struct ConvertedId {
  ConvertedId() {}
  std::string id;  ///< `data`, or `openId` of TokenToOpenId; empty: the platform knows none.
  std::string code;
  std::string request_id;
  std::string raw;
};

/// A login name: `jingdong.jos.oauth.rpc.xid.pin2Xid` [A].
struct KEFU_EXPORT PinToXid {
  using Response = ConvertedId;
  static const Operation& operation();
  PinToXid(std::string key, std::string pin) : app_key(std::move(key)), user_pin(std::move(pin)) {}
  std::string app_key;
  std::string user_pin;
};
/// An encrypted login name: `jingdong.jos.oauth.rpc.xid.mixPin2Xid` [A; answer from one SDK].
struct KEFU_EXPORT MixPinToXid {
  using Response = ConvertedId;
  static const Operation& operation();
  MixPinToXid(std::string key, std::string pin) : app_key(std::move(key)), mix_pin(std::move(pin)) {}
  std::string app_key;
  std::string mix_pin;
};
/// `jingdong.jos.oauth.rpc.xid.openId2Xid`. Weak: answer read as that of pin2Xid [C].
struct KEFU_EXPORT OpenIdToXid {
  using Response = ConvertedId;
  static const Operation& operation();
  OpenIdToXid(std::string key, std::string id) : app_key(std::move(key)), open_id(std::move(id)) {}
  std::string app_key;
  std::string open_id;
};

/// `jingdong.UserRelatedRpcI18nService.getOpenId` [A].
struct KEFU_EXPORT GetOpenId {
  using Response = ConvertedId;
  static const Operation& operation();
  explicit GetOpenId(std::string pin_) : pin(std::move(pin_)) {}
  std::string pin;
};
/// `jingdong.jos.getEncryptPin`. Weak: answer in one SDK only [B].
struct KEFU_EXPORT EncryptPin {
  using Response = ConvertedId;
  static const Operation& operation();
  explicit EncryptPin(std::string pin_) : pin(std::move(pin_)) {}
  std::string pin;
};
/// Who holds a token of the workbench: `jingdong.jos.token.source.to.openId` [A].
struct KEFU_EXPORT TokenToOpenId {
  using Response = ConvertedId;
  static const Operation& operation();
  TokenToOpenId(std::string key, Secret token_, std::string source_)
      : app_key(std::move(key)), token(std::move(token_)), source(std::move(source_)) {}
  std::string app_key;
  Secret token;
  std::string source;  ///< "01" Jingmai, "02" WeChat or QQ.
};

}  // namespace jd
KEFU_END_NAMESPACE
