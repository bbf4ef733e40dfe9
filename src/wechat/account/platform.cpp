#include "wechat/account/platform.hpp"

#include "channel/window/call_gate.hpp"
#include "core/call/fault_table.hpp"
#include "core/text/document.hpp"
#include "wechat/account/code_table.hpp"
#include "wechat/facets/message_part.hpp"
#include "wechat/facets/send_gate.hpp"
#include "wechat/operations/account_standing.hpp"
#include "wechat/operations/media_formats.hpp"
#include "wechat/operations/on_behalf.hpp"
#include "wechat/operations/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::string_view kSendPaths[] = {"/cgi-bin/message/custom/send", "/cgi-bin/message/custom/business/send"};

/// The one API on a host of its own, which answers by HTTP status alone.
constexpr std::string_view kQrCodePath = "/cgi-bin/showqrcode";

constexpr const char* kBrokenSeal = R"({"iv":"","data":"","authtag":""})";

bool is_send(std::string_view path) { return path == kSendPaths[0] || path == kSendPaths[1]; }

/// Logins of customers: their tokens and codes are a customer's, or come with the secret.
bool is_login(std::string_view path) { return path.substr(0, 5) == "/sns/"; }

bool is_rid(std::string_view text) noexcept {
  if (text.size() < 26) return false;
  for (std::size_t i = 0; i < 26; ++i) {
    const bool dash = i == 8 || i == 17;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

/// Members by which relays on the way (cloud calls, gateways) tell of success or failure; never the platform's.
constexpr std::string_view kForeignMembers[] = {"errCode", "errMsg", "base_resp", "code", "msg", "message"};

/// Without errcode only data of the call's own show that it was done: nothing but a failure's absence is no sign.
bool has_answer(std::string_view path, detail::Value root) {
  const auto [first, last] = rows_at(path);
  if (first != last) return std::any_of(first, last, [root](const Row* row) { return row->has_answer(root); });
  for (const auto& member : root) {
    const bool foreign =
        std::find(std::begin(kForeignMembers), std::end(kForeignMembers), member.name) != std::end(kForeignMembers);
    if (!foreign && member.name != "errmsg" && member.name != "errcode") return true;
  }
  return false;
}

void add_token(HttpRequest& request, const detail::Token& token) {
  request.query.emplace_back("access_token", std::string(token.value.expose()));
}

Error refuse_on_behalf(const NotOnBehalf& rule) {
  std::string text =
      fmt::format("{} presents the account's own secret, which a third-party platform does not have: ", rule.path);
  if (rule.component_operation.empty())
    text += "the account's tokens come from its grant, and are renewed by themselves";
  else
    text += fmt::format("use OpenPlatform::call with {}", rule.component_operation);
  return Error(ErrorKind::unsupported, std::move(text));
}

}  // namespace

std::string_view request_id_of(std::string_view errmsg) noexcept {
  const auto at = errmsg.rfind("rid: ");
  if (at != std::string_view::npos && is_rid(errmsg.substr(at + 5))) return errmsg.substr(at + 5, 26);
  // What stood there before 2020, and still does in some answers.
  constexpr std::string_view kHint = "hint: [";
  constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const auto hint = errmsg.rfind(kHint);
  if (hint == std::string_view::npos) return {};
  const std::string_view inside = errmsg.substr(hint + kHint.size());
  const std::size_t end = inside.find_first_not_of(kCharacters);
  return end != std::string_view::npos && end != 0 && end <= 64 && inside[end] == ']' ? inside.substr(0, end)
                                                                                      : std::string_view();
}

detail::Document read_answer(const HttpReply& reply, std::pmr::memory_resource* room) {
  detail::ReadLimits limits;
  limits.bytes = std::max(limits.bytes, reply.body.size());
  return detail::Document::json(reply.body, limits, room);
}

detail::Verdict classify_reply(const OperationInfo& info, const detail::Reply& reply, bool on_behalf) {
  const detail::Value root = reply.document.root();
  detail::PlatformAnswer answer;
  answer.code = root["errcode"].text();
  answer.message = root["errmsg"].text();
  answer.request_id = request_id_of(answer.message);
  const bool shown = !answer.code.empty() || !reply.document || has_answer(info.path, root);
  if (!shown) answer.fault = detail::Fault::missing_field;
  detail::Verdict verdict =
      detail::classify_answer(code_table(), CallConditions(info.path, on_behalf), std::move(answer), info, reply);
  if (!shown && verdict.kind == ErrorKind::malformed_reply)
    verdict.advice = "the answer has neither errcode nor a member of this API's answer: not the platform's own";
  return verdict;
}

AccountPlatform::AccountPlatform(std::shared_ptr<detail::RuntimeCore> runtime, std::string app_id, Secret app_secret,
                                 std::shared_ptr<const SharedSettings> settings,
                                 std::shared_ptr<detail::TokenProvider> tokens,
                                 std::shared_ptr<detail::WindowGate> window, std::shared_ptr<const ApiSeal> seal,
                                 bool on_behalf)
    : runtime_(std::move(runtime)),
      app_id_(std::move(app_id)),
      app_secret_(std::move(app_secret)),
      settings_(std::move(settings)),
      tokens_(std::move(tokens)),
      window_(std::move(window)),
      seal_(std::move(seal)),
      on_behalf_(on_behalf) {}

std::vector<detail::LimitRule> AccountPlatform::limits() const {
  if (settings_->calls_per_second <= 0) return {};
  return {detail::LimitRule(
      "", {detail::LimitWindow(static_cast<std::uint64_t>(settings_->calls_per_second), std::chrono::seconds(1))})};
}

const std::string& AccountPlatform::base_url(const OperationInfo& info) const {
  return info.path == kQrCodePath ? settings_->qr_code_base_url : settings_->base_url;
}

bool AccountPlatform::clears_counters(const OperationInfo& info) const {
  constexpr std::string_view kClearing[] = {"/cgi-bin/clear_quota", "/cgi-bin/clear_quota/v2",
                                            "/cgi-bin/openapi/quota/clear"};
  return std::find(std::begin(kClearing), std::end(kClearing), info.path) != std::end(kClearing);
}

/// Every call passes here, typed or raw: this kind of account must have the API, and for a customer message the window
/// must be open.
void AccountPlatform::gate(const OperationInfo& info, const HttpRequest& request, Gated done) {
  if (settings_->check_account_kind)
    if (auto refusal = lacking_for(settings_->standing, info.path)) return done(*std::move(refusal));
  if (!is_send(info.path) || &info == &MessagePart::operation().info) return done(std::unique_ptr<Permit>());
  detail::ReadLimits limits;  // what the gates cannot read they cannot judge
  limits.bytes = std::max(limits.bytes, request.body.size());
  const auto body = detail::Document::json(request.body, limits);
  if (!body)
    return done(Error(ErrorKind::bad_argument,
                      fmt::format("the body of a customer message {}", detail::to_string(body.fault()))));
  for (const char* member : {"touser", "msgtype"})
    if (body.root().all(member).size() > 1)
      return done(Error(ErrorKind::bad_argument, fmt::format("{} stands more than once", member)));
  if (auto refusal = refuse_type(settings_->capabilities, body.root()["msgtype"].text()))
    return done(*std::move(refusal));
  std::string customer(body.root()["touser"].text());
  if (customer.empty()) return done(std::unique_ptr<Permit>());
  detail::take_message(*window_, std::move(customer), std::move(done));
}

void AccountPlatform::settle(std::unique_ptr<Permit> permit, const Error* error) {
  detail::settle_message(std::move(permit), error);
}

void AccountPlatform::authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline, CancelToken cancel,
                                Authorized done) {
  if (auto lacking = add_own_credentials(info, request)) return done(*std::move(lacking));
  // A raw call of an API that presents the secret, or a customer's own login, carries no token of the account.
  if (info.authorization == Authorization::none || is_login(info.path) || info.path == kQrCodePath ||
      CallConditions(info.path).holds("secret_call"))
    return done(detail::CredentialTag());
  if (const auto token = tokens_->at_hand()) {
    add_token(request, *token);
    return done(token->tag);
  }
  tokens_->get(deadline, std::move(cancel), [&request, done = std::move(done)](Result<detail::TokenPtr> token) mutable {
    if (!token) return done(token.error());
    add_token(request, **token);
    done((*token)->tag);
  });
}

void AccountPlatform::renew(detail::CredentialTag refused, MonoTime deadline, CancelToken cancel,
                            MoveFunction<void(Result<void>)> done) {
  tokens_->refused(refused, deadline, std::move(cancel), std::move(done));
}

/// Id and secret of the account where an API wants them as fields and the request names none: nobody has to say twice
/// what the account's settings hold.
std::optional<Error> AccountPlatform::add_own_credentials(const OperationInfo& info, HttpRequest& request) const {
  struct Wanted {
    std::string_view path;
    std::string_view id;
    std::string_view secret;
  };
  constexpr Wanted kWanted[] = {{"/cgi-bin/clear_quota/v2", "appid", "appsecret"},
                                {"/sns/jscode2session", "appid", "secret"},
                                {"/sns/oauth2/access_token", "appid", "secret"},
                                {"/sns/oauth2/refresh_token", "appid", ""}};
  if (const NotOnBehalf* rule = on_behalf_ ? not_on_behalf(info.path) : nullptr;
      rule != nullptr && rule->component_operation.empty())
    return refuse_on_behalf(*rule);
  if (info.path == "/cgi-bin/clear_quota" && request.body == "{}")
    request.body = fmt::format(R"({{"appid":"{}"}})", app_id_);
  for (const Wanted& row : kWanted) {
    if (row.path != info.path) continue;
    const auto named = std::any_of(request.query.begin(), request.query.end(),
                                   [&row](const auto& parameter) { return parameter.first == row.id; });
    if (named) continue;
    if (on_behalf_) return refuse_on_behalf(*not_on_behalf(info.path));
    if (!row.secret.empty() && app_secret_.empty())
      return Error(ErrorKind::configuration,
                   fmt::format("{} presents the account's secret, and AccountConfig::app_secret "
                               "is empty",
                               info.path));
    request.query.emplace_back(row.id, app_id_);
    if (!row.secret.empty()) request.query.emplace_back(row.secret, app_secret_.expose());
  }
  return std::nullopt;
}

Result<void> AccountPlatform::sign(const OperationInfo& info, HttpRequest& request, WallTime now) {
  if (!request.sink) request.max_reply_bytes = settings_->max_answer_bytes;
  if (!seal_ || !seal_->covers(info.path)) return {};
  return seal_->seal(request, now);
}

/// A sealed answer becomes what is inside it. One that is not the platform's stays sealed, which `classify` sees; one
/// that should be sealed and is not becomes such a one: every HTTP 2xx without a code of an error would be a success.
/// Errors come in clear.
void AccountPlatform::open(const OperationInfo& info, HttpReply& reply) const {
  if (!seal_ || !seal_->covers(info.path) || reply.status < 200 || reply.status >= 300) return;
  const auto document = detail::Document::json(reply.body);
  if (!document) return;
  if (ApiSeal::is_sealed(document)) {
    auto inside = seal_->open(info.path, reply, document, runtime_->clock->wall());
    if (inside) reply.body = *std::move(inside);
    return;
  }
  const std::string_view code = document.root()["errcode"].text();
  if (code.empty() || code == "0") reply.body = kBrokenSeal;
}

detail::Document AccountPlatform::read(const OperationInfo&, const HttpReply& reply,
                                       std::pmr::memory_resource* room) const {
  return read_answer(reply, room);
}

detail::KnowsFormat AccountPlatform::known_formats() const {
  return [](std::string_view head) { return format_of_bytes(head) != nullptr; };
}

detail::Verdict AccountPlatform::classify(const OperationInfo& info, const detail::Reply& reply) const {
  if (seal_ && seal_->covers(info.path) && ApiSeal::is_sealed(reply.document)) {
    detail::Verdict verdict = detail::verdict_of(detail::Fault::reply_signature, info.effect);
    const auto why = seal_->open(info.path, reply.http, reply.document, runtime_->clock->wall());
    if (!why) verdict.finding = why.error().message();
    return verdict;
  }
  detail::Verdict verdict = classify_reply(info, reply, on_behalf_);
  if (info.path == kQrCodePath && reply.http.status == 404) {
    verdict.kind = ErrorKind::not_found;
    verdict.delivery = Delivery::refused;
    verdict.advice = "no such ticket, or its QR code has expired";
  }
  return verdict;
}

}  // namespace wechat
KEFU_END_NAMESPACE
