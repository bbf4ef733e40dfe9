#pragma once

#include <kefu/channel/message.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// By what right a message reaches a customer whose reply window is closed.
enum class OutreachBy : unsigned char {
  /// A consent that the customer gave before (Ability::subscription_message). One-time consents are used up by it.
  subscription,
  /// The account's right to notify about a matter of the customer's own (Ability::template_message). No marketing.
  template_notice
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(OutreachBy by) noexcept;

/// One message past the reply window: a template of the account, filled in.
struct OutreachMessage {
  struct Field {
    Field(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
    std::string name;  ///< As the template names it: "thing1".
    std::string value;
  };
  OutreachMessage(OutreachBy b, CustomerId c, std::string id, std::vector<Field> f)
      : by(b), customer(std::move(c)), template_id(std::move(id)), fields(std::move(f)) {}
  OutreachBy by;
  CustomerId customer;
  std::string template_id;
  std::vector<Field> fields;
  /// Where a tap leads: a web address (official accounts), a page of the own mini program with its query (mini
  /// programs). Empty: nowhere.
  std::string page;
  /// Or to a page of this mini program, which is linked to the account (official accounts); `page` is then for clients
  /// that cannot open it.
  std::string mini_program;
  std::string mini_program_page;
  std::string mini_program_state;  ///< Mini programs: "developer", "trial", "formal"; empty: the platform's default.
  std::string language;            ///< "zh_CN", "en_US", "zh_HK", "zh_TW"; empty: the platform's default.
  /// The host's id of this message, at most 64 bytes. Where the platform has a repeat key (WeChat template messages) it
  /// is that key: one message per customer and id.
  std::string idempotency_key;
};

/// Facet: reaches customers who cannot be answered now. Never used unasked: see Messenger::plan for what would reach a
/// customer.
///
/// What became of a message comes as an event (DeliveryReported) with the message's id. Thread safety: all members may
/// be called from any thread. Lifetime: as for every facet.
class KEFU_EXPORT Outreach {
 public:
  virtual ~Outreach() = default;

  /// Sends it. The receipt has one part: the platform's id of the message, empty where it gives none. Errors:
  /// `bad_argument` naming the field; `unsupported` (the account has no such right, with the reason);
  /// `blocked_by_customer` (no consent is left, or the customer does not follow); `delivery` unknown: the customer may
  /// have seen it, it is not repeated.
  virtual Pending<Receipt> send(OutreachMessage message, CallOptions options = {}) = 0;
};

KEFU_END_NAMESPACE
