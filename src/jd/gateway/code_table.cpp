#include "jd/gateway/code_table.hpp"

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using Kind = ErrorKind;
using D = Delivery;
using R = detail::Retry;

// One row a line: code, condition, kind, delivery, renew the token, retry, pause in seconds, counts as success, advice.
// Sources: jd 3.2 and the rows "*" of 2.1, 3.1 and 4.5, gathered in error-kinds.json.
// clang-format off
constexpr detail::CodeRow kRows[] = {
    {"1", "", Kind::unavailable, D::refused, false, R::after_backoff, 0, false, "Gateway out of order; the back end was not reached. If it stays, look for a missing system parameter."},
    {"2", "", Kind::quota_exhausted, D::refused, false, R::after_reset, 0, false, "Call limit of the application, by day; limits over shorter times have no number of their own and may come as this one. So stop, then probe with one call after 1, 5, 15, then every 30 minutes until one succeeds; ask for more."},
    {"3", "", Kind::permission, D::refused, false, R::never, 0, false, "Forbidden for this application."},
    {"4", "", Kind::internal, D::refused, false, R::never, 0, false, "v is missing, which kefu writes itself."},
    {"5", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "This method has another version: set v."},
    {"6", "", Kind::internal, D::refused, false, R::never, 0, false, "v is malformed, which kefu writes itself."},
    {"7", "", Kind::internal, D::refused, false, R::never, 0, false, "The time stamp is missing, which kefu writes itself."},
    {"8", "", Kind::configuration, D::refused, false, R::after_backoff, 0, false, "Time stamp too far off. One repeat, freshly signed; if it stays, the host's clock is wrong (kefu writes UTC+8 whatever the host's zone)."},
    {"9", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Vender id missing (old protocol)."},
    {"10", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Vender id is wrong (old protocol)."},
    {"11", "", Kind::internal, D::refused, false, R::never, 0, false, "The sign is missing, which kefu writes itself."},
    {"12", "", Kind::configuration, D::refused, false, R::never, 0, false, "Sign refused: the secret does not belong to the app key. Listed as a bad argument, but the secret must change. On single calls only: a fault of kefu's signer, report it."},
    {"13", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Data format is wrong."},
    {"14", "", Kind::internal, D::refused, false, R::never, 0, false, "The method is missing, which kefu writes itself."},
    {"15", "", Kind::unsupported, D::refused, false, R::never, 0, false, "No such method, or not for this application (packages differ): use another."},
    {"16", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Serial number missing (old protocol)."},
    {"17", "", Kind::conflict, D::unknown, false, R::never, 0, false, "This serial number was used: take the earlier call as done."},
    {"18", "", Kind::needs_authorization, D::refused, false, R::never, 0, false, "No token for this shop: it has to authorize first. Nothing there that could be renewed."},
    {"19", "", Kind::needs_authorization, D::refused, true, R::after_renewal, 0, false, "Token refused. One refresh (an unchanged token text is no failure), one repeat; a second 19, or no refresh, means that the shop authorizes again."},
    {"20", "", Kind::configuration, D::refused, false, R::never, 0, false, "The app key is empty."},
    {"21", "", Kind::configuration, D::refused, false, R::never, 0, false, "App key unknown, or of another environment."},
    {"22", "", Kind::needs_authorization, D::refused, false, R::never, 0, false, "The account that authorized is not a merchant. Listed as permission; the next step is that the shop's main account authorizes."},
    {"23", "", Kind::unavailable, D::refused, false, R::never, 0, false, "The API is closed, for an upgrade or for good: no repeats, look again later."},
    {"24", "", Kind::permission, D::refused, false, R::never, 0, false, "The application has no right to this API: ask for its package."},
    {"25", "", Kind::permission, D::refused, false, R::never, 0, false, "The application is not on line."},
    {"26", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Mobile number missing."},
    {"27", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Mobile number is wrong."},
    {"43", "", Kind::unavailable, D::unknown, false, R::after_backoff, 0, false, "System error: repeat with growing pauses."},
    {"43", "create", Kind::unavailable, D::unknown, false, R::never, 0, false, "System error, and nobody says on which side of the write: look before repeating, or repeat under the same accessid within three minutes."},
    {"50", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "Invalid call."},
    {"60", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "A parameter is not valid; the text names it."},
    {"61", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "A value is not valid; the text names it."},
    {"62", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "360buy_param_json cannot be converted."},
    {"63", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "360buy_param_json is not JSON."},
    {"64", "", Kind::unsupported, D::refused, false, R::never, 0, false, "Not for this kind of merchant; no right that could be asked for."},
    {"65", "", Kind::unavailable, D::unknown, false, R::after_backoff, 0, false, "The back end did not answer the gateway in time: repeat with growing pauses."},
    {"65", "create", Kind::unavailable, D::unknown, false, R::never, 0, false, "The back end did not answer the gateway in time, the write may have happened: read again before repeating, or repeat under the same accessid within three minutes."},
    {"66", "", Kind::unavailable, D::refused, false, R::after_backoff, 0, false, "The back end was not reached: repeat with growing pauses."},
    {"67", "", Kind::unavailable, D::unknown, false, R::after_backoff, 0, false, "The back end failed in an unknown way: one or two repeats, then look at the arguments."},
    {"67", "create", Kind::unavailable, D::unknown, false, R::never, 0, false, "The back end failed in an unknown way, the write may have happened: read again before repeating, or repeat under the same accessid within three minutes."},
    {"68", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "optional_fields names an unknown field."},
    {"69", "", Kind::unavailable, D::refused, false, R::after_backoff, 0, false, "Data could not be had: repeat with growing pauses."},
    {"70", "", Kind::conflict, D::refused, false, R::never, 0, false, "The order is being shipped: read it again."},
    {"71", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "The id is another shop's. Listed as permission; the next step is to ask with the shop that owns it."},
    {"72", "", Kind::unsupported, D::refused, false, R::never, 0, false, "Not for this kind of merchant (FBP, SOP ...)."},
    {"73", "", Kind::permission, D::refused, false, R::never, 0, false, "Only for applications hosted in the platform's own cloud."},
    {"1100", "", Kind::bad_argument, D::refused, false, R::never, 0, false, "A parameter is wrong (one table only)."},
    {"*", "oauth", Kind::needs_authorization, D::refused, false, R::never, 0, false, "The numbers are not public, so one answer is no verdict: the owner of the grant asks again with growing pauses over its renewal margin; only at the end of the token's life is the authorization lost. If every shop fails so, the app secret is wrong."},
    {"*", "business_doubt", Kind::conflict, D::unknown, false, R::never, 0, false, "The numbers are not public, and success has other numbers than 0 in some families (100 in logistics): it may have acted. Show the platform's text and look before repeating."},
    {"*", "business_result", Kind::conflict, D::refused, false, R::never, 0, false, "Understood and declined on business grounds; the numbers are not public: show the platform's text."},
    {"*", "dongdong_send", Kind::conflict, D::unknown, false, R::never, 0, false, "Declined, or the same accessid was accepted before: that number is not public either, so look before repeating."},
};
// clang-format on

/// Conditions of the table, and what the address of the API says about them.
struct AddressCondition {
  std::string_view name;
  std::string_view address;
};
constexpr AddressCondition kAddressConditions[] = {
    {"oauth", "/oauth2/access_token"},
    {"oauth", "/oauth2/refresh_token"},
    {"oauth", "/oauth/token"},
    {"dongdong_send", "jingdong.MessagePushService.pushChatTextMessage"},
    {"dongdong_send", "jingdong.MessagePushService.pushChatImageMessage"},
    {"dongdong_send", "jingdong.dongdong.packet.josChatMessage.push"},
    {"dongdong_send", "jingdong.com.jd.dd.open.gw.api.MessagePushService"},
    {"dongdong_grant", "jingdong.com.jd.dd.open.gw.api.GrantService"},
    {"dongdong_push", "jingdong.com.jd.dd.open.gw.api.MessagePushService"},
    {"review", "jingdong.pop.PopCommentJsfService.getVenderCommentsForJos"},
    {"review", "jingdong.pop.PopCommentJsfService.saveReply"},
    {"review", "jingdong.club.pop.commentreply.save"},
};

/// Codes of results that say success beside 0 (code_0_or_absent of error-kinds.json).
struct SuccessCode {
  std::string_view condition;
  std::string_view code;
};
constexpr SuccessCode kAlsoSuccess[] = {
    {"dongdong_grant", "230031"},
    {"dongdong_push", "230070"},
    {"return_type", "200"},
    {"review", "200"},  // the documentation site's page of saveReply, 2026
};

/// The one number by which creating and tracing parcels says success (jd 3.1).
constexpr std::string_view kLogisticsSuccess = "100";

bool address_holds(std::string_view condition, std::string_view address) {
  return std::any_of(std::begin(kAddressConditions), std::end(kAddressConditions),
                     [&](const AddressCondition& row) { return row.name == condition && row.address == address; });
}

}  // namespace

const detail::CodeTable& code_table() {
  static constexpr detail::CodeTable table(kRows, std::size(kRows));
  return table;
}

bool CallConditions::holds(std::string_view condition) const {
  if (condition == "create") return info_.effect == Effect::create;
  // A flag is a verdict; a number that no table knows is none (jd 3.1), and a write may have happened.
  if (condition == "business_doubt") return info_.effect == Effect::create && !by_flag_ && holds("business_result");
  if (condition == "logistics")
    return layer_ == AnswerLayer::return_type &&
           (info_.path.rfind("jingdong.ldop.", 0) == 0 || info_.path.rfind("jingdong.etms.", 0) == 0);
  if (condition == "return_type") return layer_ == AnswerLayer::return_type;
  if (condition == "business_result")
    return layer_ != AnswerLayer::gateway && !address_holds("dongdong_send", info_.path) &&
           !address_holds("oauth", info_.path);
  if (condition == "dongdong_send") return layer_ != AnswerLayer::gateway && address_holds(condition, info_.path);
  return address_holds(condition, info_.path);
}

bool says_success(std::string_view code, const CallConditions& conditions) {
  if (code.empty()) return true;
  if (conditions.holds("logistics")) return code == kLogisticsSuccess;
  if (code == "0") return true;
  return std::any_of(std::begin(kAlsoSuccess), std::end(kAlsoSuccess),
                     [&](const SuccessCode& row) { return row.code == code && conditions.holds(row.condition); });
}

}  // namespace jd
KEFU_END_NAMESPACE
