// The API signature mode: the published vectors, and sealed calls as other clients make them.
#include "sandbox/wechat/api_security.hpp"

#include "core/crypto/cipher_gcm.hpp"
#include "core/crypto/crypto.hpp"
#include "core/crypto/crypto_signature.hpp"
#include "support/signing_keys.hpp"
#include "unit/sandbox/wechat/case.hpp"

using namespace kefu;
using kefu_test::KeyPair;
using kefu_test::WechatCase;

namespace {

constexpr char kSend[] = "/cgi-bin/message/custom/send";
const std::string kKey = "0123456789abcdef0123456789abcdef";

const KeyPair& developer() {
  static const KeyPair keys = kefu_test::make_keys("RSA");
  return keys;
}
const KeyPair& platform() {
  static const KeyPair keys = kefu_test::make_keys("RSA");
  return keys;
}

sandbox::WechatApp sealing_app(std::string key = kKey, const KeyPair& own = developer(),
                               const KeyPair& theirs = platform()) {
  sandbox::WechatApp app;
  app.appid = "wx0123456789abcdef";
  app.unlimited_windows = true;
  app.api_security.on = true;
  app.api_security.symmetric_number = "sym-1";
  app.api_security.symmetric_key = detail::base64(key);
  app.api_security.developer_number = "own-1";
  app.api_security.developer_public_key = own.public_pem;
  app.api_security.platform_number = "cert-1";
  app.api_security.platform_private_key = theirs.private_pem;
  return app;
}

/// A client of its own that seals, signs, verifies and opens.
struct SealCase : WechatCase {
  explicit SealCase(sandbox::WechatApp app = sealing_app()) : WechatCase(std::move(app)) {
    control("POST", "/customers/oC");
  }

  struct Seal {
    Seal() {}
    std::int64_t late = 0;                     ///< Seconds the timestamp is old.
    std::string appid = "wx0123456789abcdef";  ///< Of the header.
    std::string inside = "wx0123456789abcdef";
    std::string spoil;    ///< Appended to the body after signing.
    std::string without;  ///< A header that is left out.
  };
  detail::SignatureKind kind() const {
    return account.api_security.sm2 ? detail::SignatureKind::sm2_sm3 : detail::SignatureKind::rsa_pss_sha256;
  }
  detail::GcmCipher cipher() const {
    return account.api_security.sm4 ? detail::GcmCipher::sm4 : detail::GcmCipher::aes_256;
  }
  std::string key() const {
    return *detail::base64_decoded(account.api_security.symmetric_key, detail::Base64Mode::strict);
  }
  Answer sealed(const std::string& path, const std::string& body, const Seal& how,
                const KeyPair& signer = developer()) {
    const std::string url = "https://api.weixin.qq.com" + path;
    const std::string stamp = std::to_string(unix_seconds(sandbox.now()) - how.late);
    const std::string plain =
        fmt::format(R"({{"_n":"x","_appid":"{}","_timestamp":{},{})", how.inside, stamp, body.substr(1));
    const std::string nonce = "123456789012";
    const std::string box =
        *detail::gcm_seal(key(), nonce, url + "|" + how.appid + "|" + stamp + "|sym-1", plain, cipher());
    kefu::HttpRequest request;
    request.method = "POST";
    request.path = path;
    request.query = {{"access_token", token()}};
    request.body =
        fmt::format(R"({{"iv":"{}","data":"{}","authtag":"{}"}})", detail::base64(nonce),
                    detail::base64(box.substr(0, box.size() - 16)), detail::base64(box.substr(box.size() - 16)));
    const auto own = detail::SigningKey::read(kind(), Secret(signer.private_pem));
    REQUIRE(own);
    const std::string signature = *own->sign(url + "\n" + how.appid + "\n" + stamp + "\n" + request.body, "own-1");
    for (const auto& [name, value] : {std::pair<std::string, std::string>("Wechatmp-Appid", how.appid),
                                      {"Wechatmp-TimeStamp", stamp},
                                      {"Wechatmp-Signature", detail::base64(signature)}})
      if (name != how.without) request.headers.emplace_back(name, value);
    request.body += how.spoil;
    return send(std::move(request));
  }
  Answer send_sealed(const Seal& how = {}, const KeyPair& signer = developer()) {
    return sealed(kSend, R"({"touser":"oC","msgtype":"text","text":{"content":"您好"}})", how, signer);
  }
  /// The plain text of an answer, if the platform signed it.
  std::string opened(const Answer& answer, const std::string& path = kSend, const KeyPair& signer = platform(),
                     const std::string& which = {}) {
    const std::string url = "https://api.weixin.qq.com" + path;
    const std::string stamp(answer.reply.header("wechatmp-timestamp"));
    const std::string appid(answer.reply.header("wechatmp-appid"));
    const auto theirs = detail::VerifyingKey::read(kind(), signer.public_pem);
    REQUIRE(theirs);
    const auto bytes = [](std::string_view text) {
      return detail::base64_decoded(text, detail::Base64Mode::strict).value_or("");
    };
    if (!theirs->verify(url + "\n" + appid + "\n" + stamp + "\n" + answer.reply.body,
                        bytes(answer.reply.header("wechatmp-signature" + which)),
                        answer.reply.header("wechatmp-serial" + which)))
      return "not signed";
    return detail::gcm_open(key(), bytes(answer["iv"].text()), url + "|" + appid + "|" + stamp + "|sym-1",
                            bytes(answer["data"].text()) + bytes(answer["authtag"].text()), cipher())
        .value_or("not opened");
  }
  std::size_t received() { return sandbox.messages(account.appid, "oC").size(); }
};

}  // namespace

TEST_CASE("the twin opens the published requests of the API signature mode, and none that was changed") {
  const auto vectors = kefu_test::load_vectors("wechat-crypto.json");
  int used = 0;
  for (const detail::Value vector : vectors.root()["items"].items()) {
    const detail::Value api = vector["api"];
    if (vector["kind"].text() != "api-security-mode") continue;
    ++used;
    sandbox::WechatApiSecurity keys;
    keys.sm4 = api["encryption"].text().substr(0, 3) == "SM4";
    keys.sm2 = api["signature_algorithm"].text().substr(0, 3) == "SM2";
    keys.symmetric_number = api["symmetric_key_sn"].text();
    keys.symmetric_key = api["symmetric_key_base64"].text();
    keys.developer_number = api["asymmetric_sn"].text();
    keys.developer_public_key = api["public_key_pem"].text();
    const std::string name(vector["name"].text());
    CAPTURE(name);
    int code = -1;
    const auto plain = sandbox::open_sealed(keys,
                                            {api["urlpath"].text(), api["appid"].text(), api["timestamp"].text(),
                                             api["body"].text(), api["signature_base64"].text()},
                                            code);
    if (vector["expect"].text() != "ok") {
      CHECK(!plain);
      CHECK(code == 40234);
    } else if (keys.sm4 && !detail::has_gcm(detail::GcmCipher::sm4)) {
      CHECK(code == 40235);  // signed as it should be; this OpenSSL cannot decrypt it
    } else {
      REQUIRE_MESSAGE(plain, code);
      CHECK(*plain == vector["plaintext"].text());
    }
  }
  CHECK(used == 4);
}

TEST_CASE("a sealed call is done and answered sealed; refusals of it are sealed as well") {
  SealCase test;
  const auto answer = test.send_sealed();
  const auto plain = detail::Document::json(test.opened(answer));
  REQUIRE(plain);
  CHECK(plain.root()["errcode"].text() == "0");
  CHECK(plain.root()["_appid"].text() == test.account.appid);
  CHECK(plain.root()["_timestamp"].text() == answer.reply.header("wechatmp-timestamp"));
  CHECK(answer.reply.header("wechatmp-serial") == "cert-1");
  CHECK(test.received() == 1);
  const std::string to_nobody = R"({"touser":"oNobody","msgtype":"text","text":{"content":"x"}})";
  const auto refused = test.sealed(kSend, to_nobody, {});
  CHECK(test.opened(refused).find("40003") != std::string::npos);
  test.turn("api_security_seals_errors", 0);
  CHECK(test.sealed(kSend, to_nobody, {}).code == 40003);
}

TEST_CASE("what is wrong with a seal has its code, and is answered plain") {
  SealCase test;
  const auto code = [&test](auto change) {
    SealCase::Seal how;
    change(how);
    return test.send_sealed(how).code;
  };
  using Seal = SealCase::Seal;
  CHECK(code([](Seal& how) { how.without = "Wechatmp-TimeStamp"; }) == 40231);
  CHECK(code([](Seal& how) { how.without = "Wechatmp-Signature"; }) == 40232);
  CHECK(code([](Seal& how) { how.without = "Wechatmp-Appid"; }) == 40233);
  CHECK(code([](Seal& how) { how.spoil = "\n"; }) == 40234);
  CHECK(test.send_sealed({}, platform()).code == 40234);
  CHECK(code([](Seal& how) { how.inside = "wxother"; }) == 40235);
  CHECK(code([](Seal& how) { how.appid = "gh_1"; }) == 40236);
  CHECK(code([](Seal& how) { how.appid = "wxother"; }) == 40237);
  CHECK(code([](Seal& how) { how.late = 301; }) == 40240);
  CHECK(code([](Seal& how) { how.late = -301; }) == 40240);
  CHECK(code([](Seal& how) { how.late = 300; }) == 0);
  CHECK(test.received() == 1);
  test.change_app(R"({"api_security":{"developer_public_key":""}})");
  CHECK(test.send_sealed().code == 40239);
  test.change_app(R"({"api_security":{"symmetric_key":""}})");
  test.account.api_security.symmetric_key = detail::base64(kKey);
  CHECK(test.send_sealed().code == 40238);
  test.change_app(R"({"api_security":{"on":false}})");
  CHECK(test.send_sealed().code == 40238);
}

TEST_CASE("a call without seal is refused for the APIs of the mode, and passes for others and while it is off") {
  SealCase test;
  CHECK(test.send_text("oC", "x").code == 40232);
  CHECK(test.get("/cgi-bin/getcallbackip").code == 0);
  CHECK(test.post("/cgi-bin/message/custom/typing", R"({"touser":"oC","command":"CancelTyping"})").code == 0);
  test.turn("api_security_unsealed_code", 0);
  CHECK(test.send_text("oC", "x").code == 0);
  test.turn("api_security_unsealed_code", 40232);
  test.change_app(R"({"api_security":{"on":false}})");
  CHECK(test.send_text("oC", "x").code == 0);
}

TEST_CASE("two signatures while the platform changes its certificate; answers can be made wrong on purpose") {
  auto app = sealing_app();
  const KeyPair old = kefu_test::make_keys("RSA");
  app.api_security.old_platform_number = "cert-0";
  app.api_security.old_platform_private_key = old.private_pem;
  SealCase test(app);
  const auto answer = test.send_sealed();
  CHECK(test.opened(answer).find("\"errcode\":0") != std::string::npos);
  CHECK(test.opened(answer, kSend, old, "-deprecated").find("\"errcode\":0") != std::string::npos);
  CHECK(test.opened(answer, kSend, old) == "not signed");
  test.turn("api_security_misbehave", 1);
  CHECK(test.opened(test.send_sealed()) == "not signed");
  test.turn("api_security_misbehave", 2);
  const std::string stamp(test.send_sealed().reply.header("wechatmp-timestamp"));
  CHECK(std::stoll(stamp) == unix_seconds(test.sandbox.now()) - 3600);
  test.turn("api_security_misbehave", 3);
  CHECK(test.send_sealed().reply.header("wechatmp-appid") != test.account.appid);
}

TEST_CASE("SM2 signs for it too, and SM4 seals where OpenSSL has it") {
  const KeyPair own = kefu_test::make_keys("SM2");
  const KeyPair theirs = kefu_test::make_keys("SM2");
  auto app = sealing_app(kKey, own, theirs);
  app.api_security.sm2 = true;
  SealCase test(app);
  CHECK(test.opened(test.send_sealed({}, own), kSend, theirs).find("\"errcode\":0") != std::string::npos);
  CHECK(test.send_sealed({}, theirs).code == 40234);
  sandbox::Sandbox other;
  app = sealing_app("0123456789abcdef");
  app.api_security.sm4 = true;
  CHECK(other.add(app).has_value() == detail::has_gcm(detail::GcmCipher::sm4));
}

TEST_CASE("keys that cannot work are refused when the account is added") {
  sandbox::Sandbox other;
  const auto why = [&other](auto change) {
    auto app = sealing_app();
    change(app.api_security);
    const auto added = other.add(app);
    return added ? std::string("taken") : added.error().message();
  };
  using Keys = sandbox::WechatApiSecurity;
  CHECK(why([](Keys&) {}) == "taken");
  CHECK(why([](Keys& keys) { keys.symmetric_key = "short"; }).find("symmetric_key") != std::string::npos);
  CHECK(why([](Keys& keys) { keys.developer_public_key = "x"; }).find("developer_public_key") != std::string::npos);
  CHECK(why([](Keys& keys) { keys.platform_private_key = ""; }).find("platform_private_key") != std::string::npos);
  CHECK(why([](Keys& keys) { keys.old_platform_private_key = "x"; }).find("old_platform") != std::string::npos);
}
