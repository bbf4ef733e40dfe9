#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Which agent serves which customer (wechat-messages 5): verified official accounts only. While an agent serves, the
// customer's messages go to the agent's console and are not pushed; 30 minutes of silence end that. The platform pushes
// KfSessionCreatedEvent, KfSessionClosedEvent and KfSessionSwitchedEvent. Operations are values; any thread.

/// Hands a customer over to an agent, who must be bound and online.
///
/// Effect: idempotent: the same session again is a success. Codes: 65415 (not online), 65414 (another agent serves),
/// 65401, 65402. Page: 创建会话.
struct KEFU_EXPORT CreateKfSession {
  using Response = NoContent;
  static const Operation& operation();
  CreateKfSession(std::string account, std::string customer)
      : kf_account(std::move(account)), openid(std::move(customer)) {}
  std::string kf_account;
  std::string openid;
};

/// Ends a session.
///
/// Effect: idempotent: 65413 (there is none) counts as success and goes to the observer. Codes: 65414. Page: 关闭会话.
struct KEFU_EXPORT CloseKfSession {
  using Response = NoContent;
  static const Operation& operation();
  CloseKfSession(std::string account, std::string customer)
      : kf_account(std::move(account)), openid(std::move(customer)) {}
  std::string kf_account;
  std::string openid;
};

/// Who serves a customer.
struct KfSession {
  KfSession() {}
  std::string kf_account;        ///< Empty: nobody.
  std::int64_t create_time = 0;  ///< createtime, seconds since 1970; 0: no session.
  std::string raw;               ///< The platform's own JSON.
  bool open() const { return !kf_account.empty(); }
};

/// The session of a customer.
///
/// Effect: read. Page: 获取客户会话状态.
struct KEFU_EXPORT GetKfSession {
  using Response = KfSession;
  static const Operation& operation();
  explicit GetKfSession(std::string customer) : openid(std::move(customer)) {}
  std::string openid;
};

struct KfSessionList {
  struct Item {
    Item() {}
    std::string openid;
    std::int64_t create_time = 0;  ///< createtime
    std::string raw;               ///< The platform's own JSON.
  };
  KfSessionList() {}
  std::vector<Item> sessions;  ///< sessionlist
};

/// The sessions of an agent.
///
/// Effect: read. Page: 获取客服会话列表.
struct KEFU_EXPORT ListKfSessions {
  using Response = KfSessionList;
  static const Operation& operation();
  explicit ListKfSessions(std::string account) : kf_account(std::move(account)) {}
  std::string kf_account;
};

struct WaitingCustomers {
  struct Item {
    Item() {}
    std::string openid;
    std::int64_t latest_time = 0;  ///< Last message; older answers: createtime, when the wait began.
    std::string kf_account;        ///< Older answers: the agent who is waited for.
  };
  WaitingCustomers() {}
  std::int64_t count = 0;       ///< All who wait.
  std::vector<Item> customers;  ///< waitcaselist: at most 100 of them.
};

/// The customers who wait for an agent. Their messages are still pushed.
///
/// Effect: read. Page: 获取未接入会话列表.
struct KEFU_EXPORT ListWaitingCustomers {
  using Response = WaitingCustomers;
  static const Operation& operation();
  ListWaitingCustomers() {}
};

}  // namespace wechat
KEFU_END_NAMESPACE
