#include "support/vectors.hpp"

#include "core/text/document.hpp"
#include "support/push_requests.hpp"

#include <kefu/wechat/push.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <string>

namespace {

using kefu::OpenedPush;
using kefu::PushFault;
using kefu::Secret;
using kefu::WallTime;
using kefu::wechat::PushConfig;
using kefu::wechat::PushCrypto;
using kefu::wechat::PushFreshness;
using kefu::wechat::PushKeys;
using kefu::wechat::PushMode;
using kefu::wechat::PushPlaintext;

/// One case of wechat-crypto.json.
struct CryptoCase {
  explicit CryptoCase(kefu::detail::Value v) : value(v) {}
  std::string get(std::string_view name) const { return std::string(value[name].text()); }
  std::string nonce() const {
    return value["nonce_percent_encoded"] ? kefu_test::percent_decoded(get("nonce_percent_encoded")) : get("nonce");
  }
  bool is(std::string_view kind) const { return value["kind"].text() == kind; }
  bool primitive() const { return value["level"].text() == "primitive"; }
  bool accepts(std::string_view word) const {
    if (value["expect"].text() == word) return true;
    const auto also = value["also_acceptable"].items();
    return std::any_of(also.begin(), also.end(), [&](kefu::detail::Value v) { return v.text() == word; });
  }
  PushKeys keys() const {
    const std::string token = get("token");
    return PushKeys(Secret(token.empty() ? "unused" : token), Secret(get("encoding_aes_key")));
  }
  std::vector<PushKeys> previous() const {
    if (!value["previous_encoding_aes_key"]) return {};
    return {PushKeys(Secret(), Secret(get("previous_encoding_aes_key")))};
  }

  kefu::detail::Value value;
};

std::vector<CryptoCase> cases(const kefu::detail::Document& document) {
  std::vector<CryptoCase> result;
  for (const kefu::detail::Value value : document.root()["items"].items()) {
    if (value["kind"].text() != "api-security-mode") result.emplace_back(value);
  }
  return result;
}

/// "ok" or the word of the fault, by the primitives of PushCrypto in the order of the reference (A6).
std::string by_primitives(const CryptoCase& c, std::string& plaintext) {
  const std::string nonce = c.nonce();
  const std::string timestamp = c.get("timestamp");
  if (!c.is("decrypt-only") && !c.primitive()) {
    if (const auto fault = PushCrypto::check_form(timestamp, nonce)) return std::string(to_string(*fault));
  }
  const bool decrypts = c.is("message") || c.is("decrypt-only");
  if (decrypts && !kefu::wechat::check_encoding_aes_key(Secret(c.get("encoding_aes_key")))) return "bad-key";
  const auto crypto =
      PushCrypto::create(decrypts ? c.keys() : PushKeys(c.keys().token), c.previous(), c.get("receiver_id"));
  REQUIRE(crypto.has_value());
  if (c.is("plain-signature")) {
    return crypto->match(timestamp, nonce, c.get("plain_signature")) ? "ok" : "bad-signature";
  }
  if (!c.is("decrypt-only") && !crypto->match(timestamp, nonce, c.get("encrypt"), c.get("msg_signature"))) {
    return "bad-signature";
  }
  if (!decrypts) return "ok";
  const PushPlaintext opened = crypto->decrypt(c.get("encrypt"));
  plaintext = opened.message;
  return opened.fault ? std::string(to_string(*opened.fault)) : "ok";
}

PushConfig config_for(const CryptoCase& c) {
  PushConfig config("wx1234567890abcdef", c.keys());
  config.previous = c.previous();
  config.receiver_id = c.get("receiver_id");
  config.freshness = PushFreshness(PushFreshness::Mode::off);
  return config;
}

kefu_test::PushRequest envelope_for(const CryptoCase& c, bool json) {
  kefu_test::PushRequest request;
  request.query = "timestamp=" + c.get("timestamp") + "&nonce=" + kefu_test::percent_encoded(c.nonce()) +
                  "&encrypt_type=aes&msg_signature=" + c.get("msg_signature");
  request.body = json ? R"({"ToUserName":"gh","Encrypt":")" + c.get("encrypt") + "\"}"
                      : "<xml><ToUserName><![CDATA[gh]]></ToUserName>\n<Encrypt><![CDATA[" + c.get("encrypt") +
                            "]]></Encrypt>\n</xml>";
  return request;
}

}  // namespace

TEST_CASE("CBK-4 CBK-10: every case of wechat-crypto.json by the primitives") {
  const auto document = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t seen = 0;
  for (const CryptoCase& c : cases(document)) {
    CAPTURE(c.get("name"));
    std::string plaintext;
    const std::string word = by_primitives(c, plaintext);
    CAPTURE(word);
    CHECK(c.accepts(word));
    if (word == "ok" && !c.is("plain-signature")) CHECK(plaintext == c.get("plaintext"));
    ++seen;
  }
  CHECK(seen >= 60);
}

TEST_CASE("every sealed case of wechat-crypto.json through a PushReceiver, as XML and as JSON") {
  const auto document = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t opened_events = 0;
  for (const CryptoCase& c : cases(document)) {
    if (!c.is("message") || c.primitive()) continue;
    CAPTURE(c.get("name"));
    auto receiver = kefu::wechat::make_push_receiver(config_for(c));
    if (c.value["expect"].text() == "bad-key") {
      REQUIRE(!receiver);
      CHECK(receiver.error().kind() == kefu::ErrorKind::bad_argument);
      CHECK(receiver.error().message().find("encoding_aes_key") != std::string::npos);
      CHECK(receiver.error().message().find(c.get("encoding_aes_key")) == std::string::npos);
      continue;
    }
    REQUIRE(receiver.has_value());
    for (const bool json : {false, true}) {
      const auto request = envelope_for(c, json);
      const OpenedPush opened = (*receiver)->open(request.view(), WallTime());
      const std::string plaintext = c.get("plaintext");
      const auto first = plaintext.find_first_not_of(' ');
      // The published reply has a blank inside a tag's name.
      const bool document_inside = first != std::string::npos && (plaintext[first] == '<' || plaintext[first] == '{') &&
                                   plaintext.find("<Descript  ion>") == std::string::npos;
      if (c.value["expect"].text() == "ok" && document_inside) {
        REQUIRE(opened.outcome == OpenedPush::Outcome::event);
        CHECK(opened.event.raw == plaintext);
        ++opened_events;
        continue;
      }
      REQUIRE(opened.outcome == OpenedPush::Outcome::refused);
      REQUIRE(opened.fault.has_value());
      CHECK(opened.answer.status == 403);
      CHECK(opened.answer.body.empty());
      if (c.value["expect"].text() == "ok") {
        CHECK(*opened.fault == PushFault::bad_message);  // An echostr is no message.
      } else if (c.get("msg_signature").empty()) {
        CHECK(*opened.fault == PushFault::bad_query);  // CBK-1: absence is refused before anything is computed.
      } else {
        CHECK(c.accepts(to_string(*opened.fault)));
      }
    }
  }
  CHECK(opened_events >= 30);
}

TEST_CASE("plain signatures of wechat-crypto.json through a PushReceiver's URL check") {
  const auto document = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t seen = 0;
  for (const CryptoCase& c : cases(document)) {
    if (!c.value["plain_signature"] || c.get("plain_signature").empty()) continue;
    CAPTURE(c.get("name"));
    PushConfig config("wx1234567890abcdef", PushKeys(Secret(c.get("token"))));
    config.mode = PushMode::plain;
    config.freshness = PushFreshness(PushFreshness::Mode::off);
    const auto receiver = kefu::wechat::make_push_receiver(std::move(config));
    REQUIRE(receiver.has_value());
    const std::string echostr = c.is("plain-signature") && !c.get("plaintext").empty() ? c.get("plaintext") : "427";
    kefu_test::PushRequest request;
    request.method = "GET";
    request.query = "signature=" + c.get("plain_signature") + "&timestamp=" + c.get("timestamp") +
                    "&nonce=" + kefu_test::percent_encoded(c.nonce()) + "&echostr=" + echostr;
    const OpenedPush opened = (*receiver)->open(request.view(), WallTime());
    ++seen;
    if (c.value["expect"].text() == "ok") {
      REQUIRE(opened.outcome == OpenedPush::Outcome::url_check);
      CHECK(opened.answer.status == 200);
      CHECK(opened.answer.body == echostr);
      CHECK(opened.answer.content_type.substr(0, 10) == "text/plain");
    } else {
      REQUIRE(opened.outcome == OpenedPush::Outcome::refused);
      CHECK(c.accepts(to_string(*opened.fault)));
    }
  }
  CHECK(seen >= 7);
}

TEST_CASE("encrypted echostr of WeCom is answered with its plaintext") {
  const auto document = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t seen = 0;
  for (const CryptoCase& c : cases(document)) {
    if (c.get("name").find("url-verify") == std::string::npos || !c.is("message")) continue;
    CAPTURE(c.get("name"));
    PushConfig config = config_for(c);
    config.dialect = kefu::wechat::PushDialect::wecom;
    const auto receiver = kefu::wechat::make_push_receiver(std::move(config));
    REQUIRE(receiver.has_value());
    kefu_test::PushRequest request;
    request.method = "GET";
    request.query = "msg_signature=" + c.get("msg_signature") + "&timestamp=" + c.get("timestamp") +
                    "&nonce=" + c.get("nonce") + "&echostr=" + kefu_test::percent_encoded(c.get("encrypt"));
    const OpenedPush opened = (*receiver)->open(request.view(), WallTime());
    REQUIRE(opened.outcome == OpenedPush::Outcome::url_check);
    CHECK(opened.answer.body == c.get("plaintext"));

    // CBK-6: decoded twice on the way, '+' is a blank.
    const auto plus = c.get("encrypt").find('+');
    if (plus == std::string::npos) continue;
    request.query = "msg_signature=" + c.get("msg_signature") + "&timestamp=" + c.get("timestamp") +
                    "&nonce=" + c.get("nonce") + "&echostr=" + c.get("encrypt");
    const OpenedPush twice = (*receiver)->open(request.view(), WallTime());
    REQUIRE(twice.outcome == OpenedPush::Outcome::refused);
    CHECK(twice.detail.find("decoded it a second time") != std::string::npos);
    ++seen;
  }
  CHECK(seen >= 2);
}

TEST_CASE("encrypting again with the published prefix gives the published text") {
  const auto document = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t seen = 0;
  for (const CryptoCase& c : cases(document)) {
    if (!c.accepts("ok") || !c.value["random_hex"] || c.get("random_hex").size() != 32) continue;
    CAPTURE(c.get("name"));
    PushKeys keys = c.keys();
    if (c.value["previous_encoding_aes_key"]) keys.encoding_aes_key = Secret(c.get("previous_encoding_aes_key"));
    const auto crypto = PushCrypto::create(keys, {}, c.get("receiver_id"));
    REQUIRE(crypto.has_value());
    PushCrypto::Prefix prefix;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      prefix[i] = static_cast<unsigned char>(std::stoi(c.get("random_hex").substr(2 * i, 2), nullptr, 16));
    }
    CHECK(crypto->encrypt(c.get("plaintext"), 0, &prefix).value() == c.get("encrypt"));
    if (c.is("message")) {
      CHECK(crypto->sign(c.get("timestamp"), c.nonce(), c.get("encrypt")).value() == c.get("msg_signature"));
    }
    ++seen;
  }
  CHECK(seen >= 25);
}
