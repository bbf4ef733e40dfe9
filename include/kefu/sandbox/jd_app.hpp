#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// One application registered at the JD twin. What is empty is generated when it is added. These are made-up values of
/// a test platform, so they are plain text on purpose.
///
/// Thread safety: a plain value, as all types here.
struct JdApp {
  JdApp() {}
  std::string app_key;               ///< 32 hex digits, upper case.
  std::string app_secret;            ///< 32 hex digits, lower case.
  std::string redirect_uri;          ///< As registered; empty: any is taken.
  bool online = true;                ///< Else every call gets 25.
  std::vector<std::string> methods;  ///< Granted APIs, "jingdong...."; empty: all. Others get 24.
  std::int64_t calls_per_day = 0;    ///< Over it: 2 until the next day in Beijing; 0: no limit.
  std::int64_t token_life_s = 0;     ///< 0: as the switch jd_token_life_s says.
  /// Leave to push into DongDong sessions; GrantService exchanges them for the second token.
  std::string dongdong_aspid;
  std::string dongdong_secret;
};

/// One merchant's shop at the JD twin.
struct JdShop {
  JdShop() {}
  std::string shop;            ///< Its name in the control API; default: the vender id.
  std::int64_t vender_id = 0;  ///< 0: generated, as `shop_id`.
  std::int64_t shop_id = 0;
  int col_type = 0;  ///< 0 SOP, 1 FBP, 2 LBP, 5 SOPL.
  std::string name;
  std::string main_account;         ///< Pin of the account that authorizes; also an agent.
  std::vector<std::string> agents;  ///< Pins of the other agents.
};

/// A shop's authorization of an application, as it is at this moment.
struct JdToken {
  JdToken() {}
  std::string access_token;
  std::string refresh_token;
  WallTime issued;
  WallTime expires;
};

/// What a buyer received: a DongDong message, an answer on a service order, a reply to a review.
struct JdReceived {
  JdReceived() {}
  std::uint64_t number = 0;  ///< 1, 2, 3 ... per buyer.
  WallTime time;
  std::string channel;   ///< "dongdong", "after_sale", "review".
  std::string type;      ///< "text", "image", or the type inside a message body.
  std::string text;      ///< Of texts and replies.
  std::string url;       ///< Of images.
  std::string agent;     ///< Who spoke: fromPin, operatePin.
  std::string thread;    ///< Session id, service order, review.
  std::string accessid;  ///< Of DongDong messages.
};

/// Sessions of the past, made in bulk: `lines` are computed when they are read, so 10 000 sessions cost some MB.
struct JdHistory {
  JdHistory() {}
  std::int64_t sessions = 1000;
  std::int64_t lines = 4;     ///< Of each session, customer and agent in turns.
  std::int64_t buyers = 100;  ///< "history_000001" ..., in turns.
  WallTime from;              ///< Sessions are spread evenly over [from, until).
  WallTime until;
  std::int64_t step_s = 5;          ///< Between two lines.
  std::vector<std::string> agents;  ///< In turns; empty: the shop's.
};

}  // namespace sandbox
KEFU_END_NAMESPACE
