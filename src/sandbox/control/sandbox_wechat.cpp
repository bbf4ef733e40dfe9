#include "sandbox/control/sandbox_impl.hpp"

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// What the control API answers to this call.
Result<std::string> control_body(Sandbox& sandbox, std::string_view method, const std::string& target,
                                 std::string_view json) {
  ControlReply reply = sandbox.control(method, target, json);
  if (reply.status == 200) return std::move(reply.body);
  return control_refusal(reply);
}

std::string act_target(std::string_view whose, std::string_view id, std::string_view act, std::string_view appid) {
  return fmt::format("/{}/{}/{}?appid={}", whose, percent_encoded(id), percent_encoded(act), percent_encoded(appid));
}

}  // namespace

Result<std::string> Sandbox::agent_does(std::string_view appid, std::string_view kf_account, std::string_view act,
                                        std::string_view json) {
  return control_body(*this, "POST", act_target("agents", kf_account, act, appid), json);
}

Result<void> Sandbox::customer_subscribes(std::string_view appid, std::string_view openid, std::string_view template_id,
                                          int count) {
  std::string json;
  detail::JsonWriter(json)
      .begin_object()
      .key("template_id")
      .string(template_id)
      .key("count")
      .integer(count)
      .end_object();
  auto done = control_body(*this, "POST", act_target("customers", openid, "subscribe", appid), json);
  if (!done) return std::move(done).error();
  return {};
}

Result<std::string> Sandbox::customer_logs_in(std::string_view appid, std::string_view openid, std::string_view way,
                                              std::string_view scope) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("way").string(way).key("scope").string(scope).end_object();
  auto done = control_body(*this, "POST", act_target("customers", openid, "login", appid), json);
  if (!done) return std::move(done).error();
  return std::string(detail::Document::json(*done).root()["code"].text());
}

Result<void> Sandbox::set_verdict(std::string_view appid, std::string_view suggest, std::int64_t label) {
  std::string json;
  detail::JsonWriter writer(json);
  writer.begin_object().key("appid").string(appid).key("suggest").string(suggest).key("label").integer(label);
  writer.end_object();
  auto done = control_body(*this, "POST", "/moderation", json);
  if (!done) return std::move(done).error();
  return {};
}

Result<void> Sandbox::void_media(std::string_view media_id) {
  auto done = control_body(*this, "DELETE", "/media/" + percent_encoded(media_id), {});
  if (!done) return std::move(done).error();
  return {};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
