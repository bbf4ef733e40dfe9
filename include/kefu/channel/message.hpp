#pragma once

#include <kefu/channel/content.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// Who a customer is on one platform. `id` is the platform's main id (openid, external_userid, pin); `union_id` joins
/// accounts where the platform gives one. Equal are those of the same `id`.
struct CustomerId {
  explicit CustomerId(std::string i = {}, std::string u = {}) : id(std::move(i)), union_id(std::move(u)) {}
  std::string id;
  std::string union_id;
  /// Other names of the same customer that are known, in the form of `id`, where a platform uses several (JD).
  std::vector<std::string> aliases;

  friend bool operator==(const CustomerId& a, const CustomerId& b) { return a.id == b.id; }
  friend bool operator!=(const CustomerId& a, const CustomerId& b) { return a.id != b.id; }
};

/// Where a message goes. `thread` is what a platform needs to answer in place (Kf open_kfid, DongDong sid, after-sale
/// service and order id, the sub-merchant of a WeChat mini program); empty where the account and customer say it all.
struct Address {
  Address() {}
  Address(std::string a, CustomerId c, std::string t = {})
      : account(std::move(a)), customer(std::move(c)), thread(std::move(t)) {}
  std::string account;  ///< The account's id (app id); empty: the account the facet belongs to.
  CustomerId customer;
  std::string thread;
};

/// Who speaks. `agent` shows that agent's name and picture where the platform can (kf_account, form "name@account").
struct Speaker {
  enum class Kind : unsigned char { system, bot, agent };
  explicit Speaker(Kind k = Kind::system, std::string a = {}) : kind(k), agent(std::move(a)) {}
  Kind kind;
  std::string agent;
  /// Marks the message as written by AI where the platform asks for it (WeChat aimsgcontext).
  bool ai_generated = false;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Speaker::Kind kind) noexcept;

/// What may be changed to make a message fit. Nothing is changed that is not allowed here, and Receipt.changes tells
/// what was.
struct Adaptation {
  Adaptation() {}
  /// Everything allowed.
  static Adaptation any() {
    Adaptation all;
    all.split_text = all.simplify = true;
    return all;
  }
  bool split_text = false;  ///< Send a long text as several messages; each one counts in the reply window.
  bool simplify = false;    ///< Send a simpler kind: a menu as numbered text, a card as a link or text.
};

/// One message to a customer.
struct Message {
  Message(Address t, Content c) : to(std::move(t)), content(std::move(c)) {}
  Address to;
  Content content;
  Speaker speaker;
  Adaptation allow;
  /// The host's id of this message, at most 64 bytes. The platform's own repeat key is made from it where there is one
  /// (Kf msgid, JD accessid); elsewhere it names the message in errors and logs.
  std::string idempotency_key;
};

/// How the answer to an event is said (see InboxTurn).
struct AnswerOptions {
  AnswerOptions() {}
  /// An agent's name and the mark of AI show in customer messages alone: an answer with one of them does not go with
  /// the platform's request, and takes a message from the reply window. What an agent says leaves also where a human
  /// wrote to the customer meanwhile.
  Speaker speaker{Speaker::Kind::bot};
  /// The host's id of this answer, as Message::idempotency_key. Empty: made from the event's id.
  std::string idempotency_key;
  /// What may be changed of it; absent: InboxOptions::allow.
  std::optional<Adaptation> allow;
};

/// One change that was made so that a message fits.
struct Change {
  Change(std::string w = {}) : what(std::move(w)) {}
  std::string what;  ///< "menu sent as numbered text", "text sent in 3 parts".
};

/// What the platform accepted.
struct Receipt {
  Receipt() {}
  std::vector<std::string> parts;  ///< Per message sent the platform's id of it; empty text where it gives none.
  std::vector<Change> changes;
  std::optional<int> messages_left;  ///< In the reply window after this message, as far as is known.
  std::optional<WallTime> window_closes;
};

KEFU_END_NAMESPACE
