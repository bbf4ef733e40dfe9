#include "wechat/component/platform.hpp"

#include "wechat/account/code_table.hpp"
#include "wechat/account/platform.hpp"

#include <chrono>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// Logins on behalf know the token by its own name only; all else takes the name that today's pages have.
std::string_view token_name(std::string_view path) {
  return path.substr(0, 5) == "/sns/" ? "component_access_token" : "access_token";
}

void put_token(HttpRequest& request, std::string_view name, const detail::Token& token) {
  request.query.emplace_back(name, std::string(token.value.expose()));
}

}  // namespace

std::vector<detail::LimitRule> ComponentPlatform::limits() const {
  if (config_->calls_per_second <= 0) return {};
  return {detail::LimitRule(
      "", {detail::LimitWindow(static_cast<std::uint64_t>(config_->calls_per_second), std::chrono::seconds(1))})};
}

bool ComponentPlatform::clears_counters(const OperationInfo& info) const {
  return info.path == "/cgi-bin/component/clear_quota/v2";
}

void ComponentPlatform::authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline,
                                  CancelToken cancel, Authorized done) {
  if (info.authorization == Authorization::none || CallConditions(info.path).holds("secret_call"))
    return done(detail::CredentialTag());
  const std::string_view name = token_name(info.path);
  if (const auto token = tokens_->at_hand()) {
    put_token(request, name, *token);
    return done(token->tag);
  }
  tokens_->get(deadline, std::move(cancel),
               [&request, name, done = std::move(done)](Result<detail::TokenPtr> token) mutable {
                 if (!token) return done(token.error());
                 put_token(request, name, **token);
                 done((*token)->tag);
               });
}

void ComponentPlatform::renew(detail::CredentialTag refused, MonoTime deadline, CancelToken cancel,
                              MoveFunction<void(Result<void>)> done) {
  tokens_->refused(refused, deadline, std::move(cancel), std::move(done));
}

Result<void> ComponentPlatform::sign(const OperationInfo&, HttpRequest& request, WallTime) {
  request.max_reply_bytes = config_->max_answer_bytes;
  return {};
}

detail::Document ComponentPlatform::read(const OperationInfo&, const HttpReply& reply,
                                         std::pmr::memory_resource* room) const {
  return read_answer(reply, room);
}

detail::Verdict ComponentPlatform::classify(const OperationInfo& info, const detail::Reply& reply) const {
  return classify_reply(info, reply);
}

}  // namespace wechat
KEFU_END_NAMESPACE
