#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/wechat/customer_messages.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Sub-merchants of a mini program (客服子商户): only for the category of e-commerce platforms, 500 of them by default
// (wechat-messages 4.6). Operations are values; any thread.

/// What the platform answers with the new sub-merchant's id.
struct SubMerchantId {
  SubMerchantId() {}
  std::string business_id;
};

/// Registers a sub-merchant.
///
/// Effect: create; the account name can be used once only. Checked here: account_name 6 to 30 letters, digits and '_';
/// nickname 4 to 30, a Chinese character counts two. Codes: 45070, 45077 to 45079, 45091, 40007 (the icon).
/// Page: 注册子商户.
struct KEFU_EXPORT RegisterSubMerchant {
  using Response = SubMerchantId;
  static const Operation& operation();
  RegisterSubMerchant(std::string name, std::string nick, std::string icon)
      : account_name(std::move(name)), nickname(std::move(nick)), icon_media_id(std::move(icon)) {}
  std::string account_name;
  std::string nickname;
  std::string icon_media_id;        ///< A temporary picture.
  bool transfer_to_commkf = false;  ///< Hands customers over to the common customer service.
};

struct SubMerchant {
  SubMerchant() {}
  std::string business_id;
  std::string account_name;
  std::string nickname;
  std::string icon_url;
  std::string icon_media_id;  ///< Named by the page's table; its example has icon_url.
};

/// One sub-merchant, by id or by account name.
///
/// Effect: read. Codes: 45071 (there is none). Page: 获取子商户.
struct KEFU_EXPORT GetSubMerchant {
  struct Answer {
    Answer() {}
    SubMerchant business_info;
  };
  using Response = Answer;
  static const Operation& operation();
  explicit GetSubMerchant(std::string id) : business_id(std::move(id)) {}
  static GetSubMerchant by_account_name(std::string name) {
    GetSubMerchant made({});
    made.account_name = std::move(name);
    return made;
  }
  std::string business_id;
  std::string account_name;
};

struct SubMerchantList {
  SubMerchantList() {}
  std::vector<SubMerchant> list;
};

/// A page of sub-merchants. Fewer than `count` in the answer: the end.
///
/// Effect: read. Checked here: count 1 to 200. Page: 拉取子商户列表.
struct KEFU_EXPORT ListSubMerchants {
  using Response = SubMerchantList;
  static const Operation& operation();
  explicit ListSubMerchants(std::int64_t from = 0, int most = 200) : offset(from), count(most) {}
  std::int64_t offset;
  int count;
};

/// Changes nickname and icon.
///
/// Effect: idempotent. Codes: 45071, 45078, 45079, 40007. Page: 更新子商户.
struct KEFU_EXPORT UpdateSubMerchant {
  using Response = NoContent;
  static const Operation& operation();
  UpdateSubMerchant(std::string id, std::string nick) : business_id(std::move(id)), nickname(std::move(nick)) {}
  std::string business_id;
  std::string nickname;
  std::string icon_media_id;  ///< Empty: as it is.
};

/// A customer message of a sub-merchant, on the path that other libraries use. The platform's page shows the common
/// path with `businessid` instead: SendCustomMessage::business_id does that; try it first. AccountConfig::business_send
/// chooses for Messenger::send.
///
/// Effect: create. Limits and reply window as for SendCustomMessage. Codes: 45071 (no such sub-merchant), 40101 (no
/// id). Page: 发送客服消息.
struct KEFU_EXPORT SendSubMerchantMessage {
  using Response = NoContent;
  static const Operation& operation();
  SendSubMerchantMessage(std::string id, std::string openid_, CustomMessage message_)
      : business_id(std::move(id)), openid(std::move(openid_)), message(std::move(message_)) {}
  std::string business_id;
  std::string openid;
  CustomMessage message;
};

}  // namespace wechat
KEFU_END_NAMESPACE
