#include "jd/gateway/platform.hpp"

#include "channel/window/call_gate.hpp"
#include "core/text/document.hpp"
#include "core/text/utf8.hpp"
#include "jd/gateway/clock_check.hpp"
#include "jd/gateway/code_table.hpp"
#include "jd/gateway/envelope.hpp"
#include "jd/gateway/gbk.hpp"

#include <kefu/jd/time.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::string_view kUnion = "jd.union.";

bool is_union(std::string_view method) { return method.substr(0, kUnion.size()) == kUnion; }

bool is_method_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Words joined by dots, as `jingdong.im.pop.chatlog.get`.
std::string_view wrong_method_name(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  if (text.empty()) return "the method's name is empty";
  if (text.size() > kLongest) return "the method's name is longer than 200 characters";
  char before = '.';
  for (const char c : text) {
    if (c != '.' && !is_method_character(c))
      return "a method's name is words of letters, digits and '_', joined by dots, as jingdong.im.pop.chatlog.get: "
             "this "
             "one holds something else";
    if (c == '.' && before == '.') return "the method's name has a dot too many";
    before = c;
  }
  if (before == '.') return "the method's name has a dot too many";
  if (text.find('.') == std::string_view::npos)
    return "the method's name has no dot: give it whole, as jingdong.im.pop.chatlog.get";
  return {};
}

bool has_parameter(const SignParameters& parameters, std::string_view name) {
  return std::any_of(parameters.begin(), parameters.end(), [name](const auto& each) { return each.first == name; });
}

/// The platform repeats a token in its text (jd 3.1); its shape alone does not give away the old form, a UUID.
void mask_token(std::string& text, std::string_view token) {
  constexpr std::size_t kNoAccident = 8;
  if (token.size() < kNoAccident) return;
  for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at))
    text.replace(at, token.size(), "***");
}

}  // namespace

ShopPlatform::ShopPlatform(std::shared_ptr<detail::RuntimeCore> runtime, std::shared_ptr<const AppConfig> app,
                           std::shared_ptr<const Signer> signer, std::string account,
                           std::shared_ptr<detail::TokenProvider> tokens, std::shared_ptr<CallStop> stop, Gate gate)
    : runtime_(std::move(runtime)),
      app_(std::move(app)),
      signer_(std::move(signer)),
      account_(std::move(account)),
      tokens_(std::move(tokens)),
      stop_(std::move(stop)),
      gate_(std::move(gate)) {}

const std::string& ShopPlatform::base_url(const OperationInfo& info) const {
  return is_oauth_address(info.path) ? app_->oauth_url : app_->gateway_url;
}

std::string_view ShopPlatform::wrong_address(std::string_view path) const {
  return is_oauth_address(path) ? detail::wrong_path(path) : wrong_method_name(path);
}

std::vector<detail::LimitRule> ShopPlatform::limits() const {
  if (app_->calls_per_second <= 0) return {};
  return {detail::LimitRule(
      "", {detail::LimitWindow(static_cast<std::uint64_t>(app_->calls_per_second), std::chrono::seconds(1))})};
}

void ShopPlatform::gate(const OperationInfo& info, const HttpRequest& request, Gated done) {
  if (!gate_) return done(std::unique_ptr<Permit>());
  gate_(info, request, std::move(done));
}

void ShopPlatform::settle(std::unique_ptr<Permit> permit, const Error* error) {
  detail::settle_message(std::move(permit), error);
}

void ShopPlatform::put_token(HttpRequest& request, const detail::TokenPtr& token) {
  last_ = token;
  request.query.emplace_back("access_token", std::string(token->value.expose()));
}

void ShopPlatform::authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline, CancelToken cancel,
                             Authorized done) {
  if (info.authorization == Authorization::none || is_oauth_address(info.path) || !tokens_)
    return done(detail::CredentialTag());
  if (const auto token = tokens_->at_hand()) {
    put_token(request, token);
    return done(token->tag);
  }
  tokens_->get(deadline, std::move(cancel),
               [this, &request, done = std::move(done)](Result<detail::TokenPtr> token) mutable {
                 if (!token) return done(token.error());
                 put_token(request, *token);
                 done((*token)->tag);
               });
}

void ShopPlatform::renew(detail::CredentialTag refused, MonoTime deadline, CancelToken cancel,
                         MoveFunction<void(Result<void>)> done) {
  tokens_->refused(refused, deadline, std::move(cancel), std::move(done));
}

Result<void> ShopPlatform::sign(const OperationInfo& info, HttpRequest& request, WallTime now) {
  if (is_oauth_address(info.path)) return {};
  const std::string timestamp = gateway_time(now);
  SignParameters parameters{
      {"360buy_param_json", request.body.empty() ? std::string_view("{}") : std::string_view(request.body)},
      {"app_key", app_->app_key},
      {"method", info.path},
      {"timestamp", timestamp}};
  parameters.reserve(parameters.size() + request.query.size() + 3);
  for (const auto& [name, value] : request.query) parameters.emplace_back(name, value);
  if (!has_parameter(parameters, "v")) parameters.emplace_back("v", is_union(info.path) ? "1.0" : "2.0");
  if (is_union(info.path)) {
    if (!has_parameter(parameters, "format")) parameters.emplace_back("format", "json");
    if (!has_parameter(parameters, "sign_method")) parameters.emplace_back("sign_method", "md5");
  }
  auto form = signer_->form(parameters);
  if (!form) return form.error();
  request.method = "POST";
  request.path = "/routerjson";
  request.body = *std::move(form);
  request.query.clear();
  request.headers.clear();
  request.headers.emplace_back("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
  return {};
}

/// Strictly; then once more letting trailing commas pass, which happen (jd 3.1). The old authorization host writes GBK.
detail::Document ShopPlatform::read(const OperationInfo& info, const HttpReply& reply,
                                    std::pmr::memory_resource* room) const {
  std::string_view body = reply.body;
  std::optional<std::string> converted;
  if (is_oauth_address(info.path) && !detail::is_utf8(body) && (converted = utf8_of_gbk(body))) body = *converted;
  auto document = detail::Document::json(body, {}, room);
  if (document.fault() != detail::ReadFault::malformed) return document;
  detail::ReadLimits tolerant;
  tolerant.trailing_commas = true;
  return detail::Document::json(body, tolerant, room);
}

detail::Verdict ShopPlatform::classify(const OperationInfo& info, const detail::Reply& reply) const {
  AnswerReading reading = read_answer(info, reply);
  if (last_) mask_token(reading.answer.message, last_->value.expose());
  const bool gateway = reading.answer.failed && !reading.answer.foreign_code;
  auto verdict = detail::classify_answer(code_table(), CallConditions(info, reading.layer, reading.by_flag),
                                         std::move(reading.answer), info, reply);
  if (gateway && verdict.code == "8") {
    verdict.most_repeats = 1;
    verdict.finding = clock_finding(reply.http, runtime_->clock->wall());
  }
  if (gateway && verdict.code == "67") verdict.most_repeats = 2;
  if (gateway && verdict.code == "2") stop_->refused();
  lifted_ = verdict.accepted && !is_oauth_address(info.path) && stop_->is_on();
  if (lifted_) stop_->answered();
  return verdict;
}

}  // namespace jd
KEFU_END_NAMESPACE
