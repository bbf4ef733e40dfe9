#pragma once

#include "sandbox/twin/twin.hpp"

#include <kefu/core/time.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// An agent account (客服账号) and the person bound to it.
struct KfAgent {
  std::string kf_account;  ///< Empty: a person that a mini program bound directly.
  std::string nickname;
  std::string kf_id;
  std::string kf_wx;      ///< Who is bound; empty: nobody yet.
  std::string kf_openid;  ///< Of that person.
  std::string business_id;
  std::string head_image;  ///< Its URL.
  std::string invite_wx;   ///< Who was invited last.
  WallTime invite_expires;
  bool invite_rejected = false;
  bool online = false;
  bool admin = false;
  std::int64_t auto_accept = 0;  ///< Customers handed to this agent are served at once while there are fewer.
};

/// An agent serves a customer.
struct KfChat {
  std::string openid;
  std::string kf_account;
  WallTime created;
  WallTime latest;  ///< Last message of either side.
};

struct KfWaiting {
  std::string openid;
  std::string kf_account;  ///< Empty: for anybody.
  WallTime created;
  WallTime latest;
};

/// A line of the chat records.
struct KfRecordLine {
  std::int64_t id = 0;
  std::string openid;
  int opercode = 0;
  std::string text;
  WallTime time;
  std::string worker;
};

/// What a third-party platform was pushed.
struct ComponentTicket {
  std::string value;
  WallTime pushed;
};
struct PreAuthorization {
  std::string code;
  WallTime expires;
};
/// An authorization code that nobody redeemed yet.
struct AuthorizationCode {
  std::string value;
  std::string merchant;
  WallTime expires;
  bool spent = false;
};
/// What a merchant granted to a third-party platform.
struct ComponentGrant {
  bool active = false;
  bool redeemed = false;  ///< A code of this authorization was redeemed.
  std::string refresh_token;
  std::vector<int> sets;
  WallTime authorized;
  std::map<std::string, std::string, std::less<>> options;
};
struct ComponentState {
  std::deque<ComponentTicket> tickets;  ///< Newest last; bounded.
  bool pushes_tickets = true;
  WallTime next_ticket = kEarliestTime;
  std::deque<PreAuthorization> pre_authorizations;
  std::deque<AuthorizationCode> codes;
  std::map<std::string, ComponentGrant, std::less<>> grants;  ///< By the merchant's appid.
  PeriodCount resets_month;
};

/// An open-platform account: whom it belongs to, and which accounts are bound to it.
struct OpenAccount {
  std::string owner;
  bool verified = false;
  bool made_in_console = false;  ///< The API does not change it (89003).
  std::set<std::string, std::less<>> members;
};

struct KfState {
  std::deque<KfAgent> agents;
  std::int64_t next_kf_id = 1001;
  std::map<std::string, KfChat, std::less<>> chats;  ///< By customer.
  std::deque<KfWaiting> waiting;                     ///< The longest waiting first.
  std::deque<KfRecordLine> records;                  ///< The latest; bounded.
};

struct BusinessRow {
  std::int64_t business_id = 0;
  std::string account_name;
  std::string nickname;
  std::string icon_media_id;
  bool transfer_to_commkf = false;
};

struct BusinessState {
  std::vector<BusinessRow> rows;
  std::string corp_id;  ///< Of WeCom; empty: not bound.
  WallTime corp_bound;
};

/// A template of the account, of one of the two families.
struct NoticeTemplate {
  static constexpr int kMessage = 0;   ///< Of template messages.
  static constexpr int kOnce = 2;      ///< A subscription message for each consent.
  static constexpr int kLongTerm = 3;  ///< Subscription messages until the consent is withdrawn.
  std::string template_id;
  int type = kMessage;
  std::string source;  ///< tid, or template_id_short.
  std::string title;
  std::string content;  ///< With {{key.DATA}}.
  std::string example;
};

struct NoticeState {
  std::vector<NoticeTemplate> templates;
  std::array<std::string, 2> industries{"2", "1"};
  PeriodCount industry_changes;
};

/// What a customer's client got from the platform to pass on; used once.
struct LoginCode {
  enum class Use : unsigned char { mini_program, web, phone };
  Use use = Use::mini_program;
  std::string value;
  std::string openid;
  std::string scope;  ///< Of web logins.
  std::string phone;
  WallTime issued;
  bool used = false;
};

/// The tokens of a customer who logged in on a web page.
struct LoginToken {
  std::string access;
  std::string refresh;
  std::string openid;
  std::string scope;
  WallTime expires;
  WallTime refresh_expires;
};

struct LoginState {
  std::deque<LoginCode> codes;    ///< The latest; bounded.
  std::deque<LoginToken> tokens;  ///< The latest; bounded.
  std::string visitor;            ///< Who looks at the authorization page.
};

/// What the platform thinks of the next contents it checks.
struct ModerationVerdict {
  std::string suggest = "pass";
  std::int64_t label = 100;
  std::string keyword;
  std::int64_t errcode = 0;  ///< Of media: -1008 if it could not be fetched.
  std::int64_t left = -1;    ///< Checks it holds for; -1: all.
};

/// A QR code with a scene.
struct QrTicket {
  std::string scene;
  WallTime ends = WallTime::max();  ///< Permanent ones never end.
};

struct ConditionalMenuRow {
  std::int64_t id = 0;
  std::string buttons;  ///< JSON list.
  std::string tag;
  std::string platform;
};

struct MenuState {
  std::string buttons;  ///< JSON list of the default menu; empty: none.
  std::int64_t id = 0;
  std::int64_t next_id = 208'379'533;
  std::deque<ConditionalMenuRow> conditional;  ///< The newest last; bounded.
};

/// Short keys and links of a mini program: what they stand for.
struct KeptLink {
  std::string kind;  ///< "key", "scheme", "url_link", "short_link".
  std::string text;  ///< Data of a key; else the path.
  std::string query;
  std::string version;
  WallTime made;
  WallTime ends = WallTime::max();
};

struct PromotionState {
  std::map<std::string, QrTicket, std::less<>> tickets;
  std::int64_t permanent = 0;  ///< QR codes that never end.
  std::int64_t mini_program_codes = 0;
  std::map<std::string, KeptLink, std::less<>> links;
  MenuState menus;
};

struct ModerationState {
  ModerationVerdict next;
  PeriodCount text_minute;
  PeriodCount media_minute;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
