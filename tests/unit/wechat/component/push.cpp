#include "support/push_requests.hpp"
#include "support/vectors.hpp"

#include <kefu/wechat/component_push.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::PushRequest;
using kefu_test::PushSender;

namespace {

constexpr char kComponent[] = "wxbbd3f07e2945cf2a";
constexpr char kMerchant[] = "wxf8b4f85f3a794e77";
constexpr std::int64_t kPushed = 1714112445;  // kRequestTime

PushKeys component_keys() {
  return PushKeys(Secret("componentToken"), Secret("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"));
}

ComponentPushReceiver component_receiver(ComponentPushConfig config = {kComponent, component_keys()}) {
  auto made = ComponentPushReceiver::create(std::move(config));
  REQUIRE(made.has_value());
  return *std::move(made);
}

std::string event_text(const std::string& info_type, const std::string& elements) {
  return std::string("<xml><AppId><![CDATA[") + kComponent + "]]></AppId><CreateTime>1512552185</CreateTime>" +
         "<InfoType><![CDATA[" + info_type + "]]></InfoType>" + elements + "</xml>";
}

const std::string kWhom = std::string("<AuthorizerAppid><![CDATA[") + kMerchant + "]]></AuthorizerAppid>";
const std::string kCode = "<AuthorizationCode><![CDATA[queryauthcode@@@planted-code]]></AuthorizationCode>";

OpenedComponentPush open_text(const std::string& text, std::int64_t now = kPushed) {
  const PushSender sender(component_keys(), kComponent);
  const PushRequest request = sender.sealed(text);
  return component_receiver().open(request.view(), from_unix_seconds(now));
}

template <class Body>
Body body_of(const std::string& text) {
  const auto opened = open_text(text);
  REQUIRE_MESSAGE(opened.outcome == OpenedComponentPush::Outcome::event, opened.detail);
  CHECK(opened.answer.status == 200);
  CHECK(opened.answer.body == "success");
  REQUIRE(std::holds_alternative<Body>(opened.push.body));
  return std::get<Body>(opened.push.body);
}

void check_refused(const OpenedComponentPush& opened, PushFault fault) {
  CHECK(opened.outcome == OpenedComponentPush::Outcome::refused);
  REQUIRE(opened.fault.has_value());
  CHECK_MESSAGE(*opened.fault == fault, to_string(*opened.fault) << ": " << opened.detail);
  CHECK(opened.answer.status == 403);
  CHECK(opened.answer.body.empty());
  CHECK(opened.push.raw.empty());
  CHECK(opened.push.info_type.empty());
  CHECK(opened.detail.find("planted") == std::string::npos);
}

}  // namespace

TEST_CASE("B3: the published ticket push opens with the component's keys, years old as it is") {
  const auto vectors = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t seen = 0;
  for (const auto one : vectors.root()["items"].items()) {
    if (one["name"].text() != "senparc-component-ticket") continue;
    ++seen;
    const std::string encrypt(one["encrypt"].text());
    ComponentPushConfig config(std::string(one["receiver_id"].text()),
                               PushKeys(Secret(one["token"].text()), Secret(one["encoding_aes_key"].text())));
    const auto receiver = component_receiver(std::move(config));
    const std::string query = "timestamp=" + std::string(one["timestamp"].text()) +
                              "&nonce=" + std::string(one["nonce"].text()) +
                              "&encrypt_type=aes&msg_signature=" + std::string(one["msg_signature"].text());
    const std::string body =
        "<xml><AppId><![CDATA[wxbbd3f07e2945cf2a]]></AppId><Encrypt><![CDATA[" + encrypt + "]]></Encrypt></xml>";
    const auto opened = receiver.open(WebhookRequest("POST", "/", query, body), from_unix_seconds(kPushed));
    REQUIRE_MESSAGE(opened.outcome == OpenedComponentPush::Outcome::event, opened.detail);
    CHECK(opened.answer.body == "success");
    CHECK(opened.push.app_id == kComponent);
    CHECK(opened.push.create_time == 1436881222);
    CHECK(opened.push.info_type == "component_verify_ticket");
    REQUIRE(std::holds_alternative<ComponentTicket>(opened.push.body));
    CHECK(std::get<ComponentTicket>(opened.push.body).ticket.expose() ==
          "ticket@@@hXh2446N-P9OOZqW4EeuPO9zFXEnAz5Vzc0JaWczBkIqcw2javRF0C_VVdwVYrEwyw1xHOiui7gB0WqKaYPMUQ");
    CHECK_MESSAGE(opened.detail.find("in the past") != std::string::npos, "the operator learns of the clock");
  }
  CHECK(seen == 1);
}

TEST_CASE("B11: authorized and updateauthorized name the merchant and the code") {
  const auto granted = body_of<AuthorizationGranted>(
      event_text("authorized", kWhom + kCode +
                                   "<AuthorizationCodeExpiredTime><![CDATA[1512555785]]></AuthorizationCodeExpiredTime>"
                                   "<PreAuthCode><![CDATA[preauthcode@@@abc]]></PreAuthCode>"));
  CHECK(granted.app_id == kMerchant);
  CHECK(!granted.is_update);
  CHECK(granted.code.expose() == "queryauthcode@@@planted-code");
  CHECK(granted.code_expires == from_unix_seconds(1512555785));
  CHECK(granted.pre_auth_code.expose() == "preauthcode@@@abc");

  const auto updated = body_of<AuthorizationGranted>(event_text(
      "updateauthorized", kWhom + kCode + "<AuthorizationCodeExpiredTime>600</AuthorizationCodeExpiredTime>"));
  CHECK(updated.is_update);
  CHECK(updated.pre_auth_code.empty());
  CHECK_MESSAGE(updated.code_expires == from_unix_seconds(1512552785), "a small number is a life");

  const auto bare = body_of<AuthorizationGranted>(
      event_text("authorized", kWhom + "<AuthorizationCodeExpiredTime>99999999999999</AuthorizationCodeExpiredTime>"));
  CHECK_MESSAGE(bare.code.empty(), "the list has the refresh token where no code came");
  CHECK_MESSAGE(!bare.code_expires.has_value(), "a moment that no clock can say is none");
}

TEST_CASE("B11: withdrawals, registrations and what is newer") {
  CHECK(body_of<AuthorizationWithdrawn>(event_text("unauthorized", kWhom)).app_id == kMerchant);
  const auto registered = body_of<RegistrationReported>(
      event_text("notify_third_fasteregister",
                 "<appid>wx1111111111111111</appid><status>89249</status><auth_code>queryauthcode@@@r</auth_code>"
                 "<msg>task running</msg><info><name><![CDATA[某公司]]></name><code>123</code></info>"));
  CHECK(registered.app_id == "wx1111111111111111");
  CHECK(registered.status == 89249);
  CHECK(registered.code.expose() == "queryauthcode@@@r");
  CHECK(registered.message == "task running");
  CHECK(registered.name == "某公司");

  const std::string newer = event_text("notify_3rd_wxa_wxverify", "<appid>wx1111111111111111</appid>");
  const auto opened = open_text(newer);
  REQUIRE(opened.outcome == OpenedComponentPush::Outcome::event);
  CHECK(std::holds_alternative<UnknownComponentPush>(opened.push.body));
  CHECK(opened.push.info_type == "notify_3rd_wxa_wxverify");
  CHECK(opened.push.raw.expose() == newer);
  CHECK(opened.answer.body == "success");
  CHECK_MESSAGE(
      std::holds_alternative<UnknownComponentPush>(open_text(event_text("unauthorized_later", kWhom)).push.body),
      "names count whole");
}

TEST_CASE("B2: what is not the component's own is refused, and the sender learns nothing") {
  const PushSender sender(component_keys(), kComponent);
  const auto receiver = component_receiver();
  const WallTime now = from_unix_seconds(kPushed);

  const PushSender other(component_keys(), kMerchant);
  check_refused(receiver.open(other.sealed(event_text("unauthorized", kWhom)).view(), now), PushFault::wrong_receiver);
  PushRequest unsigned_request = sender.sealed(event_text("unauthorized", kWhom));
  unsigned_request.query = sender.query();
  check_refused(receiver.open(unsigned_request.view(), now), PushFault::bad_query);
  check_refused(receiver.open(sender.clear(event_text("unauthorized", kWhom)).view(), now), PushFault::bad_query);
  check_refused(receiver.open(sender.sealed(R"({"InfoType":"unauthorized"})", true).view(), now),
                PushFault::bad_envelope);

  check_refused(open_text("<xml><ToUserName>gh_1</ToUserName><MsgType>text</MsgType><Content>planted</Content></xml>"),
                PushFault::bad_message);
  check_refused(open_text(event_text("component_verify_ticket", "")), PushFault::bad_message);
  check_refused(
      open_text(event_text("component_verify_ticket", "<ComponentVerifyTicket>planted ticket</ComponentVerifyTicket>")),
      PushFault::bad_message);
  check_refused(open_text(event_text("component_verify_ticket",
                                     "<ComponentVerifyTicket>" + std::string(4097, 'a') + "</ComponentVerifyTicket>")),
                PushFault::bad_message);
  check_refused(open_text(event_text("authorized", kCode)), PushFault::bad_message);
  check_refused(open_text(event_text("authorized", "<AuthorizerAppid>wx/../planted</AuthorizerAppid>" + kCode)),
                PushFault::bad_message);
  check_refused(open_text(event_text("unauthorized", "<AuthorizerAppid></AuthorizerAppid>")), PushFault::bad_message);
  check_refused(open_text("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + event_text("authorized", kWhom)),
                PushFault::bad_message);
}

TEST_CASE("A3.2: an old event is a replay, an old ticket is not") {
  const std::string ticket =
      event_text("component_verify_ticket", "<ComponentVerifyTicket>ticket@@@t</ComponentVerifyTicket>");
  CHECK(open_text(ticket, kPushed + 3600).outcome == OpenedComponentPush::Outcome::event);
  CHECK(open_text(ticket, kPushed - 3600).outcome == OpenedComponentPush::Outcome::event);
  check_refused(open_text(event_text("authorized", kWhom + kCode), kPushed + 3600), PushFault::stale);
  check_refused(open_text(event_text("unauthorized", kWhom), kPushed - 3600), PushFault::stale);

  ComponentPushConfig lenient(kComponent, component_keys());
  lenient.freshness = PushFreshness(PushFreshness::Mode::off);
  const PushSender sender(component_keys(), kComponent);
  const auto opened = component_receiver(lenient).open(sender.sealed(event_text("unauthorized", kWhom)).view(),
                                                       from_unix_seconds(kPushed + 3600));
  CHECK(opened.outcome == OpenedComponentPush::Outcome::event);
}

TEST_CASE("A5: pushes under the keys before a rotation are taken") {
  const PushKeys old(Secret("oldToken"), Secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"));
  ComponentPushConfig config(kComponent, component_keys());
  config.previous = {old};
  const PushSender sender(old, kComponent);
  const PushRequest request = sender.sealed(event_text("unauthorized", kWhom));
  const WallTime now = from_unix_seconds(kPushed);
  CHECK(component_receiver(config).open(request.view(), now).outcome == OpenedComponentPush::Outcome::event);
  check_refused(component_receiver().open(request.view(), now), PushFault::bad_signature);
}

TEST_CASE("A2: a URL check with a valid signature is answered, and the settings are checked at once") {
  const PushSender sender(component_keys(), kComponent);
  const auto opened =
      component_receiver().open(sender.url_check("4375120948345356249").view(), from_unix_seconds(kPushed));
  CHECK(opened.outcome == OpenedComponentPush::Outcome::url_check);
  CHECK(opened.answer.body == "4375120948345356249");
  CHECK(!ComponentPushReceiver::create(ComponentPushConfig("", component_keys())));
  const auto no_key = ComponentPushReceiver::create(ComponentPushConfig(kComponent, PushKeys(Secret("token"))));
  REQUIRE(!no_key);
  CHECK(no_key.error().message().find("encoding_aes_key") != std::string::npos);
  CHECK(to_string(opened.outcome) == "url_check");
  CHECK(to_string(ComponentPushBody(ComponentTicket())) == "ticket");
}
