#include "sandbox/control/jd.hpp"
#include "sandbox/control/sandbox_impl.hpp"

#include <initializer_list>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

JdToken token_of(const JdGrant& grant) {
  JdToken token;
  token.access_token = grant.access_token;
  token.refresh_token = grant.refresh_token;
  token.issued = grant.issued;
  token.expires = grant.expires;
  return token;
}

/// POST to the path of these segments under /jd/shops.
Result<std::string> jd_post(Sandbox& sandbox, std::initializer_list<std::string_view> segments, std::string_view json) {
  std::string target = "/jd/shops";
  for (const std::string_view segment : segments) target += "/" + percent_encoded(segment);
  ControlReply reply = sandbox.control("POST", target, json);
  if (reply.status == 200) return std::move(reply.body);
  return control_refusal(reply);
}

}  // namespace

Result<JdApp> Sandbox::add(const JdApp& app) {
  if (auto wrong = wrong_setting(app)) return Error(ErrorKind::bad_argument, std::move(*wrong));
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return impl_->core->jd.add(app).app;
}

Result<JdShop> Sandbox::add(const JdShop& shop) {
  if (auto wrong = wrong_setting(shop)) return Error(ErrorKind::bad_argument, std::move(*wrong));
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return impl_->core->jd.add(shop).shop;
}

Result<JdToken> Sandbox::jd_authorize(std::string_view app_key, std::string_view shop) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  JdTwin& twin = impl_->core->jd;
  const JdAppState* app = twin.find_app(app_key);
  const JdShopState* found = twin.find_shop(shop);
  if (app == nullptr || found == nullptr)
    return Error(ErrorKind::not_found, "no such JD application or shop: add them first");
  return token_of(twin.authorize(*app, *found, false, impl_->core->now()));
}

Result<JdToken> Sandbox::jd_token(std::string_view app_key, std::string_view shop) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  const JdGrant* grant = impl_->core->jd.find_grant(app_key, shop);
  if (grant == nullptr) return Error(ErrorKind::not_found, "this shop has not authorized this application");
  return token_of(*grant);
}

Result<std::string> Sandbox::jd_buyer_does(std::string_view shop, std::string_view pin, std::string_view act,
                                           std::string_view json) {
  return jd_post(*this, {shop, "buyers", pin, act}, json);
}

Result<std::string> Sandbox::jd_agent_does(std::string_view shop, std::string_view agent, std::string_view act,
                                           std::string_view json) {
  return jd_post(*this, {shop, "agents", agent, act}, json);
}

Result<std::string> Sandbox::jd_buyer_writes(std::string_view shop, std::string_view pin, std::string_view text) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("content").string(text).end_object();
  auto done = jd_buyer_does(shop, pin, "write", json);
  if (!done) return std::move(done).error();
  return std::string(detail::Document::json(*done).root()["sid"].text());
}

Result<std::string> Sandbox::jd_add(std::string_view shop, std::string_view records, std::string_view json) {
  return jd_post(*this, {shop, records}, json);
}

Result<std::int64_t> Sandbox::jd_add_ticket(std::string_view shop, std::string_view pin, std::string_view content) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("customer").string(pin).key("content").string(content).end_object();
  auto added = jd_add(shop, "tickets", json);
  if (!added) return std::move(added).error();
  return detail::Document::json(*added).root()["service_id"].integer().value_or(0);
}

Result<std::string> Sandbox::jd_ticket_does(std::string_view shop, std::int64_t service_id, std::string_view act,
                                            std::string_view json) {
  return jd_post(*this, {shop, "tickets", std::to_string(service_id), act}, json);
}

std::vector<JdReceived> Sandbox::jd_received(std::string_view shop, std::string_view pin, std::uint64_t after) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  std::vector<JdReceived> out;
  JdShopState* found = impl_->core->jd.find_shop(shop);
  const JdBuyer* buyer = found == nullptr ? nullptr : impl_->core->jd.find_buyer(*found, pin);
  if (buyer == nullptr) return out;
  for (const JdReceived& one : buyer->inbox)
    if (one.number > after) out.push_back(one);
  return out;
}

Result<void> Sandbox::jd_add_history(std::string_view shop, const JdHistory& history) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  JdShopState* found = impl_->core->jd.find_shop(shop);
  if (found == nullptr) return Error(ErrorKind::not_found, "no JD shop of this name: " + std::string(shop));
  if (auto wrong = add_jd_history(impl_->core->jd, *found, history))
    return Error(ErrorKind::bad_argument, std::move(*wrong));
  return {};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
