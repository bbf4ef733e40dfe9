// The API signature mode: the published vectors, and an account against a platform that seals its answers.
#include "wechat/account/api_security.hpp"

#include "core/crypto/crypto.hpp"
#include "support/signing_keys.hpp"
#include "support/vectors.hpp"
#include "support/wechat_world.hpp"

#include <kefu/wechat/customer_messages.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::KeyPair;
using kefu_test::WechatWorld;

namespace {

constexpr char kApp[] = "wx0123456789abcdef";
constexpr char kSend[] = "/cgi-bin/message/custom/send";
const std::string kCustomer = "oABC1234567890abcdefghijklmn";
const std::string kAesKey = detail::base64("0123456789abcdef0123456789abcdef");

const KeyPair& own_keys() {
  static const KeyPair keys = kefu_test::make_keys("RSA");
  return keys;
}
const KeyPair& platform_keys() {
  static const KeyPair keys = kefu_test::make_keys("RSA");
  return keys;
}

ApiSecurity settings() {
  return ApiSecurity("sym-1", Secret(kAesKey), "own-1", Secret(own_keys().private_pem),
                     ApiSecurity::Certificate("cert-1", platform_keys().public_pem));
}

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

/// The platform's side of it: opens what came with the account's public key, seals answers with its own.
struct SealingPlatform {
  SealingPlatform() {
    ApiSecurity mirrored("sym-1", Secret(kAesKey), "cert-1", Secret(platform_keys().private_pem),
                         ApiSecurity::Certificate("own-1", own_keys().public_pem));
    auto made = ApiSeal::create(mirrored, kApp);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    seal.emplace(*std::move(made));
    auto own = detail::VerifyingKey::read(detail::SignatureKind::rsa_pss_sha256, own_keys().public_pem);
    REQUIRE(own);
    account_key.emplace(*std::move(own));
  }

  /// The plain text of a request; empty if its signature or its box is not right.
  std::string opened(const HttpRequest& request) const {
    const std::string timestamp = header(request, "wechatmp-timestamp");
    const auto signature =
        detail::base64_decoded(header(request, "wechatmp-signature"), detail::Base64Mode::strict).value_or("");
    if (header(request, "wechatmp-appid") != kApp) return {};
    if (!account_key->verify(seal->signed_text(request.path, timestamp, request.body), signature, "own-1")) return {};
    return seal->unbox(request.path, timestamp, detail::Document::json(request.body)).value_or("");
  }

  struct Answer {
    std::string plain = R"({"errcode":0,"errmsg":"ok"})";
    std::int64_t at = 0;
    std::string app = kApp;
    std::string serial = "cert-1";
    std::string prefix;  ///< "-deprecated"
    const KeyPair* signer = &platform_keys();
    std::string spoil;  ///< Appended to the body after signing.
  };
  HttpOutcome sealed(const std::string& path, const Answer& answer) const {
    const std::string timestamp = std::to_string(answer.at);
    std::string inside = answer.plain;
    inside.insert(1, R"("_n":"x","_appid":")" + answer.app + R"(","_timestamp":)" + timestamp + ",");
    const auto body = seal->box(path, timestamp, inside);
    REQUIRE(body);
    const auto key =
        detail::SigningKey::read(detail::SignatureKind::rsa_pss_sha256, Secret(answer.signer->private_pem));
    REQUIRE(key);
    const auto signature = key->sign(seal->signed_text(path, timestamp, *body), answer.serial);
    REQUIRE(signature);
    HttpReply reply;
    reply.status = 200;
    reply.headers = {{"content-type", "application/json"},
                     {"wechatmp-appid", answer.app},
                     {"wechatmp-timestamp", timestamp},
                     {"wechatmp-serial" + answer.prefix, answer.serial},
                     {"wechatmp-signature" + answer.prefix, detail::base64(*signature)}};
    reply.body = *body + answer.spoil;
    return reply;
  }

  std::optional<ApiSeal> seal;
  std::optional<detail::VerifyingKey> account_key;
};

struct SealedWorld : WechatWorld {
  explicit SealedWorld(ApiSecurity how = settings()) {
    AccountConfig config(kApp, Secret(kefu_test::kPlantedAppSecret), AccountKind::service_account);
    config.api_security = std::move(how);
    auto created = Account::create(*runtime, std::move(config));
    REQUIRE_MESSAGE(created.has_value(), (created ? "" : created.error().to_string()));
    sealed_account = *std::move(created);
  }
  SealingPlatform::Answer usual() const {
    SealingPlatform::Answer answer;
    answer.at = unix_seconds(time->wall());
    return answer;
  }
  Result<NoContent> send_answered_with(const SealingPlatform::Answer& answer) {
    transport->on(kSend, [this, answer](const HttpRequest&) { return platform.sealed(kSend, answer); });
    return sealed_account->call(SendCustomMessage(kCustomer, TextContent("您好"))).get();
  }

  SealingPlatform platform;
  std::shared_ptr<Account> sealed_account;
};

}  // namespace

TEST_CASE("every published vector of the API signature mode") {
  const auto vectors = kefu_test::load_vectors("wechat-crypto.json");
  int used = 0;
  int decrypted = 0;
  for (const detail::Value vector : vectors.root()["items"].items()) {
    if (vector["kind"].text() != "api-security-mode") continue;
    ++used;
    const std::string name(vector["name"].text());
    CAPTURE(name);
    const detail::Value api = vector["api"];
    const auto text = [&](const char* field) { return std::string(api[field].text()); };
    const bool sm = text("encryption") == "SM4_GCM";
    const bool good = vector["expect"].text() == "ok";
    const auto kind = sm ? detail::SignatureKind::sm2_sm3 : detail::SignatureKind::rsa_pss_sha256;
    const auto key = detail::VerifyingKey::read(kind, text("public_key_pem"));
    REQUIRE_MESSAGE(key.has_value(), (key ? "" : key.error().to_string()));
    const auto signature = detail::base64_decoded(text("signature_base64"), detail::Base64Mode::strict);
    REQUIRE(signature);
    CHECK(key->verify(text("signed_string"), *signature, text("asymmetric_sn")) == good);
    CHECK(!key->verify(text("signed_string") + " ", *signature, text("asymmetric_sn")));
    if (sm) CHECK(!key->verify(text("signed_string"), *signature, "1234567812345678"));

    const KeyPair keys = kefu_test::make_keys(sm ? "SM2" : "RSA");
    ApiSecurity how(text("symmetric_key_sn"), Secret(text("symmetric_key_base64")), "own", Secret(keys.private_pem),
                    ApiSecurity::Certificate(text("asymmetric_sn"), text("public_key_pem")));
    if (sm) {
      how.encryption = ApiSecurity::Encryption::sm4_gcm;
      how.signature = ApiSecurity::Signature::sm2_sm3;
    }
    const auto seal = ApiSeal::create(how, text("appid"));
    if (sm && !detail::has_gcm(detail::GcmCipher::sm4)) {  // OpenSSL before 3.1
      CHECK(seal.error().kind() == ErrorKind::unsupported);
      continue;
    }
    REQUIRE_MESSAGE(seal.has_value(), (seal ? "" : seal.error().to_string()));
    const std::string path = text("urlpath").substr(how.url_base.size());
    CHECK(seal->bound_text(path, text("timestamp")) == text("aad"));
    CHECK(seal->signed_text(path, text("timestamp"), text("body")) == text("signed_string"));
    if (!good) continue;
    const auto plain = seal->unbox(path, text("timestamp"), detail::Document::json(text("body")));
    REQUIRE(plain);
    CHECK(*plain == vector["plaintext"].text());
    ++decrypted;
    CHECK(!seal->unbox(path, "1", detail::Document::json(text("body"))));
    CHECK(!seal->unbox(path + "x", text("timestamp"), detail::Document::json(text("body"))));
  }
  CHECK(used == 4);
  CHECK(decrypted >= 1);
}

TEST_CASE("what is signed here verifies there, with both kinds of keys, and no other text does") {
  for (const bool sm : {false, true}) {
    const auto kind = sm ? detail::SignatureKind::sm2_sm3 : detail::SignatureKind::rsa_pss_sha256;
    const KeyPair keys = kefu_test::make_keys(sm ? "SM2" : "RSA");
    const auto own = detail::SigningKey::read(kind, Secret(keys.private_pem));
    const auto there = detail::VerifyingKey::read(kind, keys.public_pem);
    REQUIRE((own && there));
    const auto signature = own->sign("text", "number");
    REQUIRE(signature);
    CHECK(there->verify("text", *signature, "number"));
    CHECK(!there->verify("texT", *signature, "number"));
    CHECK(!there->verify("text", *signature + "x", "number"));
    CHECK(!there->verify("text", "", "number"));
    CHECK(there->verify("text", *signature, "other") == !sm);
    const auto wrong = sm ? detail::SignatureKind::rsa_pss_sha256 : detail::SignatureKind::sm2_sm3;
    CHECK(detail::SigningKey::read(wrong, Secret(keys.private_pem)).error().kind() == ErrorKind::bad_argument);
    CHECK(detail::VerifyingKey::read(wrong, keys.public_pem).error().kind() == ErrorKind::bad_argument);
    CHECK(detail::SigningKey::read(kind, Secret("no key")).error().message().find("no key\n") == std::string::npos);
  }
}

TEST_CASE("a covered call goes out sealed and signed, and its sealed answer is read") {
  SealedWorld world;
  REQUIRE(world.send_answered_with(world.usual()));
  const HttpRequest sent = world.transport->last();
  CHECK(sent.body.find("您好") == std::string::npos);
  CHECK(sent.query.size() == 1);
  CHECK(sent.query[0].first == "access_token");
  const std::string plain = world.platform.opened(sent);
  REQUIRE(!plain.empty());
  const auto document = detail::Document::json(plain);
  const detail::Value root = document.root();
  CHECK(root["touser"].text() == kCustomer);
  CHECK(root["text"]["content"].text() == "您好");
  CHECK(root["_appid"].text() == kApp);
  CHECK(root["_timestamp"].kind() == detail::Value::Kind::number);
  CHECK(root["_timestamp"].text() == header(sent, "wechatmp-timestamp"));
  CHECK(root["_n"].text().size() >= 22);
  CHECK(!root["access_token"]);

  // Never the same box or signature twice.
  REQUIRE(world.send_answered_with(world.usual()));
  CHECK(world.transport->last().body != sent.body);
}

TEST_CASE("what the platform did not sign, or signed for another moment or account, is no answer") {
  const auto refusal = [](const std::function<void(SealingPlatform::Answer&)>& change) {
    SealedWorld world;
    auto answer = world.usual();
    change(answer);
    const auto result = world.send_answered_with(answer);
    REQUIRE(!result);
    CHECK(result.error().kind() == ErrorKind::malformed_reply);
    CHECK(result.error().delivery() == Delivery::unknown);  // it may have been sent
    CHECK(world.transport->count(kSend) == 1);              // and is not sent again
    return result.error().message();
  };
  using Answer = SealingPlatform::Answer;
  const KeyPair stranger = kefu_test::make_keys("RSA");
  CHECK(refusal([&](Answer& a) { a.signer = &stranger; }).find("not signed") != std::string::npos);
  CHECK(refusal([](Answer& a) { a.serial = "cert-2"; }).find("not signed") != std::string::npos);
  CHECK(refusal([](Answer& a) { a.spoil = "\n"; }).find("not signed") != std::string::npos);
  CHECK(refusal([](Answer& a) { a.app = "wxother"; }).find("another app id") != std::string::npos);
  CHECK(refusal([](Answer& a) { a.at -= 301; }).find("too old") != std::string::npos);
  CHECK(refusal([](Answer& a) { a.at += 301; }).find("future") != std::string::npos);

  SealedWorld world;
  world.transport->on(kSend, [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0})"); });
  const auto open_answer = world.sealed_account->call(SendCustomMessage(kCustomer, TextContent("x"))).get();
  CHECK(open_answer.error().kind() == ErrorKind::malformed_reply);
}

TEST_CASE("a clear success of any HTTP status is none where answers are sealed") {
  for (const int status : {200, 201, 202, 203, 204, 206, 226, 299}) {
    for (const char* body : {R"({"errcode":0,"errmsg":"ok"})", R"({"errcode":"0"})", R"({"errcode":""})"}) {
      CAPTURE(status);
      CAPTURE(body);
      SealedWorld world;
      world.transport->on(kSend, [&](const HttpRequest&) { return WechatWorld::json_reply(body, status); });
      const auto sent = world.sealed_account->call(SendCustomMessage(kCustomer, TextContent("x"))).get();
      REQUIRE(!sent);
      CHECK(sent.error().kind() == ErrorKind::malformed_reply);
      CHECK(sent.error().delivery() == Delivery::unknown);
    }
  }
  SealedWorld world;
  auto answer = world.usual();
  world.transport->on(kSend, [&](const HttpRequest&) {
    HttpOutcome created = world.platform.sealed(kSend, answer);
    created.reply.status = 201;
    return created;
  });
  CHECK(world.sealed_account->call(SendCustomMessage(kCustomer, TextContent("x"))).get());
}

TEST_CASE("a call that the mode cannot seal does not go out in clear") {
  ApiSecurity how = settings();
  how.apis.push_back("/wxa/unknown_api");
  SealedWorld world(how);
  const auto refused = world.sealed_account->call(RawCall("GET", "/wxa/unknown_api")).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::bad_argument);
  CHECK(refused.error().message().find("seals POST calls of JSON only") != std::string::npos);
  CHECK(world.transport->count("/wxa/unknown_api") == 0);
}

TEST_CASE("errors come in clear, codes inside a sealed answer count, and the second certificate is taken") {
  SealedWorld world;
  world.transport->on(kSend, [](const HttpRequest&) { return WechatWorld::error_reply("40234"); });
  const auto clear = world.sealed_account->call(SendCustomMessage(kCustomer, TextContent("x"))).get();
  CHECK(clear.error().platform_code() == "40234");
  CHECK(clear.error().kind() == ErrorKind::configuration);
  auto inside = world.usual();
  inside.plain = R"({"errcode":45015,"errmsg":"response out of time limit or subscription is canceled"})";
  CHECK(world.send_answered_with(inside).error().kind() == ErrorKind::window_closed);

  ApiSecurity two = settings();
  const KeyPair next = kefu_test::make_keys("RSA");
  two.certificates.emplace_back("cert-2", next.public_pem);
  SealedWorld rotating(std::move(two));
  auto old = rotating.usual();
  old.prefix = "-deprecated";
  CHECK(rotating.send_answered_with(old));
  auto fresh = rotating.usual();
  fresh.signer = &next;
  fresh.serial = "cert-2";
  CHECK(rotating.send_answered_with(fresh));
}

TEST_CASE("raw calls are sealed too; parameters of the query move inside; other APIs stay in clear") {
  SealedWorld world;
  const char* const path = "/cgi-bin/openapi/quota/get";
  auto answer = world.usual();
  answer.plain = R"({"errcode":0,"quota":{"daily_limit":10}})";
  world.transport->on(path, [&](const HttpRequest&) { return world.platform.sealed(path, answer); });
  RawCall call("POST", path, R"({"cgi_path":"/a","big":12345678901234567890})", Effect::read);
  call.query.emplace_back("extra", "值");
  const auto result = world.sealed_account->call(call).get();
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().to_string()));
  CHECK(result->body.find("daily_limit") != std::string::npos);
  const std::string plain = world.platform.opened(world.transport->last());
  const auto document = detail::Document::json(plain);
  CHECK(document.root()["extra"].text() == "值");
  CHECK(document.root()["big"].text() == "12345678901234567890");
  CHECK(world.transport->last().query.size() == 1);

  RawCall reserved("POST", path, R"({"_timestamp":1})", Effect::read);
  CHECK(world.sealed_account->call(reserved).get().error().kind() == ErrorKind::bad_argument);
  world.transport->on("/cgi-bin/message/custom/typing",
                      [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0})"); });
  REQUIRE(world.sealed_account->call(SetTyping(kCustomer, true)).get());
  CHECK(world.transport->last().body.find("Typing") != std::string::npos);
  CHECK(header(world.transport->last(), "wechatmp-signature").empty());
}

TEST_CASE("settings that cannot work are refused at once, by name and without the key") {
  const WechatWorld world;
  const auto refusal = [&](const std::function<void(ApiSecurity&)>& change) {
    AccountConfig config(kApp, Secret(kefu_test::kPlantedAppSecret), AccountKind::service_account);
    config.api_security = settings();
    change(*config.api_security);
    const auto made = Account::create(*world.runtime, std::move(config));
    REQUIRE(!made);
    CHECK(made.error().message().find(kAesKey) == std::string::npos);
    return made.error().message();
  };
  const auto names = [](const std::string& text, const char* field) {
    return text.find(std::string("api_security.") + field) != std::string::npos;
  };
  CHECK(names(refusal([](ApiSecurity& s) { s.symmetric_key = Secret("short"); }), "symmetric_key"));
  CHECK(names(refusal([](ApiSecurity& s) { s.symmetric_key_number.clear(); }), "symmetric_key_number"));
  CHECK(names(refusal([](ApiSecurity& s) { s.private_key_number.clear(); }), "private_key_number"));
  CHECK(names(refusal([](ApiSecurity& s) { s.private_key = Secret(platform_keys().public_pem); }), "private_key"));
  CHECK(names(refusal([](ApiSecurity& s) { s.certificates.clear(); }), "certificates"));
  CHECK(names(refusal([](ApiSecurity& s) { s.certificates[0].pem = "x"; }), "certificates"));
  CHECK(names(refusal([](ApiSecurity& s) { s.certificates[0].number.clear(); }), "certificates"));
  for (const char* path : {"/cgi-bin/user/info", "/cgi-bin/media/upload", "/cgi-bin/media/get"})
    CHECK(names(refusal([path](ApiSecurity& s) { s.apis.emplace_back(path); }), "apis"));
  CHECK(names(refusal([](ApiSecurity& s) { s.max_age = std::chrono::seconds(0); }), "max_age"));
  CHECK(names(refusal([](ApiSecurity& s) { s.signature = ApiSecurity::Signature::sm2_sm3; }), "private_key"));
}
