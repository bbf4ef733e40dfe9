#pragma once

#include "sandbox/twin/twin.hpp"

#include <kefu/core/time.hpp>
#include <kefu/sandbox/jd_app.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// WallTime::min() stands for "not yet" in all of these.
constexpr WallTime kNotYet = WallTime::min();

/// Members of a JSON object with their values as JSON text; what a test sets beyond what the twin computes.
using JsonFields = std::map<std::string, std::string, std::less<>>;

/// A shop's authorization of an application. One per pair.
struct JdGrant {
  std::string app_key;
  std::string shop;
  std::string account;  ///< Who authorized: a pin; empty: the main account. Others see only their own chats.
  std::string access_token;
  std::string refresh_token;
  WallTime issued = kNotYet;
  WallTime expires = kNotYet;
  WallTime refresh_ends = kNotYet;
  bool legacy = false;   ///< Given by the pages of before 2018.
  bool revoked = false;  ///< The merchant ended it: neither token works.
  std::uint64_t exchanges = 0;
  std::uint64_t refreshes = 0;
};

/// A token text that was given out, for as long as it may work.
struct JdIssuedToken {
  std::string value;
  std::size_t grant = 0;  ///< Place in JdTwin::grants.
  WallTime ends = kNotYet;
};

struct JdCode {
  std::string code;
  std::string app_key;
  std::string shop;
  std::string account;
  std::string redirect_uri;
  WallTime expires = kNotYet;
  bool legacy = false;
};

struct DongDongToken {
  std::string value;
  WallTime expires = kNotYet;
};

struct JdAppState {
  JdApp app;
  PeriodCount day;
  std::string next_login;  ///< The shop whose merchant is in front of the login page; empty: the first shop.
  std::deque<DongDongToken> dongdong;
};

struct JdBuyer {
  std::string pin;
  std::string open_id;
  std::string xid;
  std::string mixed_pin;  ///< What getEncryptPin makes of the pin.
  std::uint64_t received = 0;
  std::deque<JdReceived> inbox;         ///< The latest; bounded.
  std::vector<std::uint32_t> sessions;  ///< Places in JdShopState::sessions, in order of making.
};

struct JdLine {
  WallTime time = kNotYet;
  WallTime visible = kNotYet;  ///< From here on answers show it.
  bool by_waiter = false;
  std::string waiter;  ///< Empty: the session's.
  std::string content;
};

struct JdSession {
  std::string sid;
  std::string customer;  ///< Pin.
  std::string waiter;
  WallTime begin = kNotYet;
  WallTime reply = kNotYet;
  WallTime end = kNotYet;
  WallTime visible = kNotYet;
  WallTime last_customer_line = kNotYet;
  std::int64_t sku = 0;
  int type = 1;
  bool transfer = false;
  std::uint32_t made_lines = 0;  ///< Of a bulk history: computed, before `lines`.
  std::uint32_t made_step_s = 5;
  std::vector<JdLine> lines;

  std::size_t line_count() const { return made_lines + lines.size(); }
  JdLine line(std::size_t at) const;
};

struct JdEvaluation {
  std::string customer;
  std::string waiter;
  std::string text;
  std::string sid;
  int score = 0;
  WallTime time = kNotYet;
  WallTime visible = kNotYet;
};

struct JdLogin {
  std::string waiter;
  WallTime in = kNotYet;
  WallTime out = kNotYet;
  std::string ip;
  std::string sid;
};

struct JdAccessId {
  std::string accessid;
  std::string msgid;
  WallTime time = kNotYet;
};

struct JdTicketMessage {
  std::int64_t id = 0;
  bool by_customer = true;
  std::string author;
  std::string content;
  WallTime time = kNotYet;
  WallTime visible = kNotYet;
  bool answered = false;
};

struct JdTrack {
  WallTime time = kNotYet;
  std::string author;
  std::string text;
};

/// A service order. The numbers of states are guesses; names and moves are those of the merchant's pages.
struct JdTicket {
  enum class State : unsigned char { audit, process, complete, refused, cancelled };
  std::int64_t service_id = 0;
  std::int64_t apply_id = 0;
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::string customer;  ///< Pin.
  State state = State::audit;
  int version = 1;           ///< sysVersion: grows with every change of state.
  int customer_expect = 10;  ///< 10 return, 20 exchange, 30 repair.
  WallTime applied = kNotYet;
  WallTime approved = kNotYet;
  WallTime finished = kNotYet;
  WallTime updated = kNotYet;
  WallTime freight_updated = kNotYet;
  WallTime visible = kNotYet;
  WallTime audit_until = kNotYet;
  std::string approve_notes;
  std::string approve_pin;
  std::string express_code;
  bool solved = false;  ///< asc.unsolved.solve
  bool intervened = false;
  std::vector<JdTicketMessage> messages;
  std::vector<JdTrack> tracks;
  std::vector<JdTrack> log;
  JsonFields extra;  ///< Members of every answer about it that win over the computed ones.
};

struct JdOrder {
  std::int64_t order_id = 0;
  WallTime created = kNotYet;
  WallTime modified = kNotYet;
  std::string state;
  JsonFields fields;
  std::string remark;
  int remark_flag = 0;
  WallTime remark_time = kNotYet;
};

struct JdReview {
  std::string id;
  std::string customer;
  std::int64_t sku = 0;
  std::int64_t order_id = 0;
  int score = 5;
  std::string content;
  WallTime time = kNotYet;
  WallTime visible = kNotYet;
  std::vector<JdTrack> replies;
  JsonFields extra;
};

struct JdTraceStep {
  std::string title;
  std::string remark;
  std::string name;
  WallTime time = kNotYet;
};

struct JdShopState {
  JdShop shop;
  std::map<std::string, JdBuyer, std::less<>> buyers;
  std::vector<JdSession> sessions;
  std::vector<JdEvaluation> evaluations;
  std::vector<JdLogin> logins;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> open;  ///< Unended sessions by pin, newest last.
  std::deque<JdAccessId> accessids;                                     ///< Those of the last minutes.
  std::map<std::int64_t, JdTicket> tickets;
  std::map<std::int64_t, JdOrder> orders;
  std::map<std::int64_t, JsonFields> skus;
  std::map<std::int64_t, JsonFields> wares;
  std::map<std::string, std::vector<JdTraceStep>, std::less<>> traces;  ///< By waybill.
  std::map<std::int64_t, JsonFields> refunds;
  std::vector<JdReview> reviews;
  std::deque<std::string> notices;  ///< Bodies of NoticeDispatcher and notice messages; bounded.
};

}  // namespace sandbox
KEFU_END_NAMESPACE
