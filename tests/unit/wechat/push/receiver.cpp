#include "support/planted_secrets.hpp"
#include "support/push_requests.hpp"

#include <kefu/wechat/push.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace {

using kefu::from_unix_seconds;
using kefu::OpenedPush;
using kefu::PushFault;
using kefu::Secret;
using kefu::wechat::PushConfig;
using kefu::wechat::PushCrypto;
using kefu::wechat::PushFormat;
using kefu::wechat::PushFreshness;
using kefu::wechat::PushKeys;
using kefu::wechat::PushMode;

constexpr char kText[] =
    "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>"
    "<CreateTime>1714112445</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hello]]></Content>"
    "<MsgId>1234567890123456</MsgId></xml>";
constexpr char kJsonText[] =
    R"({"ToUserName":"gh_123456789abc","FromUserName":"oABC","CreateTime":1714112445,"MsgType":"text","Content":"hello","MsgId":1234567890123456})";

const auto kNow = from_unix_seconds(1714112445);

PushKeys current_keys() { return PushKeys(Secret(kefu_test::kPlantedPushToken), Secret(kefu_test::kPlantedAesKey)); }
PushKeys previous_keys() {
  return PushKeys(Secret(kefu_test::kPlantedPreviousPushToken), Secret(kefu_test::kPlantedPreviousAesKey));
}
PushConfig push_config() { return PushConfig("wx1234567890abcdef", current_keys()); }

std::shared_ptr<kefu::PushReceiver> receiver(PushConfig config = push_config()) {
  auto made = kefu::wechat::make_push_receiver(std::move(config));
  REQUIRE(made.has_value());
  return *made;
}

PushFault fault_of(const OpenedPush& opened) {
  REQUIRE(opened.outcome == OpenedPush::Outcome::refused);
  REQUIRE(opened.fault.has_value());
  CHECK(opened.answer.status == 403);
  CHECK(opened.answer.body.empty());
  CHECK(opened.event.raw.empty());
  return *opened.fault;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a safe-mode push becomes an event") {
  const kefu_test::PushSender sender(current_keys());
  for (const bool json : {false, true}) {
    const auto request = sender.sealed(json ? kJsonText : kText, json);
    const OpenedPush opened = receiver()->open(request.view(), kNow);
    REQUIRE(opened.outcome == OpenedPush::Outcome::event);
    CHECK(opened.event.platform == "wechat");
    CHECK(opened.event.account == "wx1234567890abcdef");
    CHECK(opened.event.customer.id == "oABC");
    CHECK(opened.event.message_id == "1234567890123456");
    CHECK(opened.event.event_id == "wx1234567890abcdef/oABC/m1234567890123456");
    CHECK(kefu::unix_seconds(opened.event.platform_time) == 1714112445);
    CHECK(opened.event.received_time == kNow);
    CHECK(opened.event.raw == (json ? kJsonText : kText));
    CHECK(opened.event.trigger == "message");
    REQUIRE(std::holds_alternative<kefu::ReceivedText>(opened.event.payload));
    CHECK(std::get<kefu::ReceivedText>(opened.event.payload).body == "hello");
    CHECK(opened.answer.body == "success");
    REQUIRE(static_cast<bool>(opened.context));

    const auto again = receiver()->reopen(opened.event.raw, kNow);
    REQUIRE(again.has_value());
    CHECK(again->event_id == opened.event.event_id);
    CHECK(again->trigger == "message");
  }
}

TEST_CASE("a message id 0 and a session 0 name nothing") {
  const kefu_test::PushSender sender(current_keys());
  const auto event_of = [&](const std::string& text) {
    const std::string zero =
        replaced(replaced(kText, "<MsgId>1234567890123456</MsgId>", "<MsgId>0</MsgId><BusinessId>0</BusinessId>"),
                 "hello", text);
    const OpenedPush opened = receiver()->open(sender.sealed(zero).view(), kNow);
    REQUIRE(opened.outcome == OpenedPush::Outcome::event);
    CHECK(opened.event.message_id.empty());
    CHECK(opened.event.thread.empty());
    return opened.event.event_id;
  };
  CHECK(event_of("first") != event_of("second"));
}

TEST_CASE("CBK-1: what is missing, repeated, empty or unknown in the query is refused") {
  const kefu_test::PushSender sender(current_keys());
  const auto good = sender.sealed(kText);
  const auto open = [&](std::string query) {
    auto request = good;
    request.query = std::move(query);
    return receiver()->open(request.view(), kNow);
  };
  REQUIRE(open(good.query).outcome == OpenedPush::Outcome::event);
  const auto msg_signature = good.query.substr(good.query.find("&msg_signature="));
  CHECK(fault_of(open("")) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, msg_signature, ""))) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, msg_signature, "&msg_signature="))) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, msg_signature, "&msg_signature"))) == PushFault::bad_query);
  CHECK(fault_of(open(good.query + msg_signature)) == PushFault::bad_query);
  CHECK(fault_of(open(good.query + "&tim%65stamp=1714112445")) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, "&timestamp=1714112445", ""))) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, "&nonce=415670741", ""))) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, "encrypt_type=aes", "encrypt_type=raw"))) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, "encrypt_type=aes", "encrypt_type=des"))) == PushFault::bad_query);
  CHECK(fault_of(open(replaced(good.query, "encrypt_type=aes", "encrypt_type="))) == PushFault::bad_query);
  CHECK(fault_of(open(good.query + "&x=%4")) == PushFault::bad_query);
  CHECK(fault_of(open(good.query + "&%zz=1")) == PushFault::bad_query);
  CHECK(fault_of(open(good.query + "&x=" + std::string(9000, 'a'))) == PushFault::bad_query);
}

TEST_CASE("CBK-6: the raw query is decoded once") {
  const kefu_test::PushSender sender(current_keys());
  auto request = sender.sealed(kText);
  request.query = "openid=oABC&&shop=a+b%20c&" + replaced(request.query, "nonce=415670741", "nonce=%3415670741");
  CHECK(receiver()->open(request.view(), kNow).outcome == OpenedPush::Outcome::event);
  // "%2531" is the text "%31" after one decoding, and that is no nonce.
  request.query = replaced(request.query, "nonce=%34", "nonce=%2534");
  CHECK(fault_of(receiver()->open(request.view(), kNow)) == PushFault::bad_nonce);
  // A body that something in front form-decoded.
  auto spoiled = sender.sealed(kText);
  while (spoiled.body.find('+') == std::string::npos) spoiled = sender.sealed(kText);
  spoiled.body = replaced(spoiled.body, "+", " ");
  const OpenedPush opened = receiver()->open(spoiled.view(), kNow);
  CHECK(fault_of(opened) == PushFault::bad_signature);
  CHECK(opened.detail.find("decoded it a second time") != std::string::npos);
}

TEST_CASE("the fields are checked for form, so that shifted boundaries do not pass") {
  const kefu_test::PushSender sender(current_keys());
  auto request = sender.sealed(kText);
  const auto with = [&](std::string_view what, std::string_view instead) {
    auto changed = request;
    changed.query = replaced(request.query, what, instead);
    return receiver()->open(changed.view(), kNow);
  };
  CHECK(fault_of(with("timestamp=1714112445", "timestamp=171411244")) == PushFault::bad_timestamp);
  CHECK(fault_of(with("timestamp=1714112445", "timestamp=17141124455")) == PushFault::bad_timestamp);
  CHECK(fault_of(with("timestamp=1714112445", "timestamp=171411244x")) == PushFault::bad_timestamp);
  CHECK(fault_of(with("timestamp=1714112445", "timestamp=-714112445")) == PushFault::bad_timestamp);
  CHECK(fault_of(with("nonce=415670741", "nonce=4156%2070741")) == PushFault::bad_nonce);
  CHECK(fault_of(with("nonce=415670741", "nonce=" + std::string(65, '1'))) == PushFault::bad_nonce);
  CHECK(fault_of(with("nonce=415670741", "nonce=415670742")) == PushFault::bad_signature);
  // CBK-4: lower case only.
  std::string upper = request.query.substr(request.query.find("msg_signature=") + 14);
  const std::string lower = upper;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  REQUIRE(upper != lower);
  CHECK(fault_of(with(lower, upper)) == PushFault::bad_signature);
  CHECK(fault_of(with(lower, lower.substr(0, 39))) == PushFault::bad_signature);
  CHECK(fault_of(with(lower, lower + "0")) == PushFault::bad_signature);
}

TEST_CASE("CBK-2: the request never chooses the mode") {
  const kefu_test::PushSender sender(current_keys());
  const auto clear = sender.clear(kText);
  // A valid plain triple, with and without encrypt_type, over a clear body.
  CHECK(fault_of(receiver()->open(clear.view(), kNow)) == PushFault::bad_query);
  auto compatible = push_config();
  compatible.mode = PushMode::compatible;
  CHECK(fault_of(receiver(compatible)->open(clear.view(), kNow)) == PushFault::bad_query);
  // msg_signature over an empty ciphertext equals the plain signature.
  auto forged = clear;
  forged.query += "&encrypt_type=aes&msg_signature=" + clear.query.substr(10, 40);
  CHECK(fault_of(receiver()->open(forged.view(), kNow)) == PushFault::bad_envelope);
  CHECK(fault_of(receiver(compatible)->open(forged.view(), kNow)) == PushFault::bad_envelope);
  forged.body = "<xml><Encrypt></Encrypt><Content>x</Content></xml>";
  CHECK(fault_of(receiver()->open(forged.view(), kNow)) == PushFault::bad_ciphertext_length);

  auto plain = push_config();
  plain.mode = PushMode::plain;
  CHECK(receiver(plain)->open(clear.view(), kNow).outcome == OpenedPush::Outcome::event);
  CHECK(fault_of(receiver(plain)->open(sender.sealed(kText).view(), kNow)) == PushFault::bad_query);
  auto raw = clear;
  raw.query += "&encrypt_type=raw";
  CHECK(receiver(plain)->open(raw.view(), kNow).outcome == OpenedPush::Outcome::event);
  raw.query = replaced(raw.query, "signature=", "x=");
  CHECK(fault_of(receiver(plain)->open(raw.view(), kNow)) == PushFault::bad_query);
}

TEST_CASE("CBK-2: compatible mode uses the decrypted copy only") {
  const kefu_test::PushSender sender(current_keys());
  auto request = sender.sealed(kText);
  request.body =
      replaced(request.body, "<Encrypt>",
               "<FromUserName><![CDATA[oEVIL]]></FromUserName><Content><![CDATA[forged]]></Content><Encrypt>");
  auto config = push_config();
  config.mode = PushMode::compatible;
  const OpenedPush opened = receiver(config)->open(request.view(), kNow);
  REQUIRE(opened.outcome == OpenedPush::Outcome::event);
  CHECK(opened.event.customer.id == "oABC");
  CHECK(std::get<kefu::ReceivedText>(opened.event.payload).body == "hello");
}

TEST_CASE("CBK-3: the receiver and the original id are compared exactly") {
  const kefu_test::PushSender other(current_keys(), "wx1234567890abcdee");
  CHECK(fault_of(receiver()->open(other.sealed(kText).view(), kNow)) == PushFault::wrong_receiver);
  const kefu_test::PushSender nobody(current_keys(), "");
  CHECK(fault_of(receiver()->open(nobody.sealed(kText).view(), kNow)) == PushFault::wrong_receiver);
  const kefu_test::PushSender sender(current_keys());
  auto config = push_config();
  config.receiver_id = "";
  CHECK(receiver(config)->open(nobody.sealed(kText).view(), kNow).outcome == OpenedPush::Outcome::event);
  CHECK(fault_of(receiver(config)->open(sender.sealed(kText).view(), kNow)) == PushFault::wrong_receiver);

  config = push_config();
  config.original_id = "gh_123456789abc";
  CHECK(receiver(config)->open(sender.sealed(kText).view(), kNow).outcome == OpenedPush::Outcome::event);
  config.original_id = "gh_123456789abd";
  CHECK(fault_of(receiver(config)->open(sender.sealed(kText).view(), kNow)) == PushFault::wrong_receiver);
}

TEST_CASE("CBK-7: the format is found from the bytes and checked against the configuration") {
  const kefu_test::PushSender sender(current_keys());
  auto config = push_config();
  config.format = PushFormat::xml;
  CHECK(receiver(config)->open(sender.sealed(kText).view(), kNow).outcome == OpenedPush::Outcome::event);
  CHECK(fault_of(receiver(config)->open(sender.sealed(kJsonText, true).view(), kNow)) == PushFault::bad_envelope);
  CHECK(fault_of(receiver(config)->open(sender.sealed(kJsonText).view(), kNow)) == PushFault::bad_message);
  config.format = PushFormat::json;
  CHECK(receiver(config)->open(sender.sealed(kJsonText, true).view(), kNow).outcome == OpenedPush::Outcome::event);
  CHECK(fault_of(receiver(config)->open(sender.sealed(kText).view(), kNow)) == PushFault::bad_envelope);
}

TEST_CASE("CBK-9 CBK-13: hostile envelopes are refused before anything is authenticated") {
  const kefu_test::PushSender sender(current_keys());
  auto request = sender.sealed(kText);
  const std::string good = request.body;
  const auto fault = [&](std::string body) {
    request.body = std::move(body);
    return fault_of(receiver()->open(request.view(), kNow));
  };
  CHECK(fault("") == PushFault::bad_envelope);
  CHECK(fault("hello") == PushFault::bad_envelope);
  CHECK(fault("{\"Encrypt\":") == PushFault::bad_envelope);
  CHECK(fault("{\"Encrypt\":5}") == PushFault::bad_envelope);
  CHECK(fault("{\"Encrypt\":{\"a\":\"b\"}}") == PushFault::bad_envelope);
  CHECK(fault("{\"Encrypt\":\"a\",\"Encrypt\":\"b\"}") == PushFault::bad_envelope);
  CHECK(fault("<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>") == PushFault::bad_envelope);
  CHECK(fault("<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><Encrypt>&x;</Encrypt></xml>") ==
        PushFault::bad_envelope);
  CHECK(fault(good + good) == PushFault::bad_envelope);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<a>";
  CHECK(fault("<xml>" + deep) == PushFault::bad_envelope);
  CHECK(fault(good + std::string(1024 * 1024, ' ')) == PushFault::too_large);
  request.body = good + std::string(1024 * 1024 - good.size(), ' ');
  CHECK(receiver()->open(request.view(), kNow).outcome == OpenedPush::Outcome::event);
  request.method = "PUT";
  CHECK(fault_of(receiver()->open(request.view(), kNow)) == PushFault::bad_method);
  request.method = "get";
  CHECK(fault_of(receiver()->open(request.view(), kNow)) == PushFault::bad_method);
}

TEST_CASE("authentic but unreadable messages are named as such") {
  const kefu_test::PushSender sender(current_keys());
  for (const std::string_view message : {"", "4375120948345356249", "<xml><a></xml>", "{\"a\":", "[1]"}) {
    CHECK(fault_of(receiver()->open(sender.sealed(message).view(), kNow)) == PushFault::bad_message);
  }
  // ENC-2: a forbidden character does not lose the message.
  const OpenedPush opened = receiver()->open(sender.sealed(replaced(kText, "hello", "he\x01llo")).view(), kNow);
  REQUIRE(opened.outcome == OpenedPush::Outcome::event);
  CHECK(std::get<kefu::ReceivedText>(opened.event.payload).body == "hello");
  CHECK(opened.detail.find("1 control characters dropped") != std::string::npos);
}

TEST_CASE("CBK-11: freshness is a setting") {
  const kefu_test::PushSender sender(current_keys());
  const auto request = sender.sealed(kText);
  const auto at = [&](std::int64_t offset, PushFreshness freshness) {
    auto config = push_config();
    config.freshness = freshness;
    return receiver(config)->open(request.view(), from_unix_seconds(1714112445 + offset));
  };
  const PushFreshness enforce;
  CHECK(at(300, enforce).outcome == OpenedPush::Outcome::event);
  CHECK(fault_of(at(301, enforce)) == PushFault::stale);
  CHECK(at(-60, enforce).outcome == OpenedPush::Outcome::event);
  CHECK(fault_of(at(-61, enforce)) == PushFault::stale);
  const OpenedPush logged = at(4000, PushFreshness(PushFreshness::Mode::log_only));
  CHECK(logged.outcome == OpenedPush::Outcome::event);
  CHECK(logged.detail.find("4000 s in the past") != std::string::npos);
  const OpenedPush off = at(1'000'000'000, PushFreshness(PushFreshness::Mode::off));
  CHECK(off.outcome == OpenedPush::Outcome::event);
  CHECK(off.detail.empty());
}

TEST_CASE("CBK-5: the URL check echoes after the signature and nothing else") {
  const kefu_test::PushSender sender(current_keys());
  auto request = sender.url_check("4375120948345356249");
  const OpenedPush opened = receiver()->open(request.view(), kNow);
  REQUIRE(opened.outcome == OpenedPush::Outcome::url_check);
  CHECK(opened.answer.body == "4375120948345356249");
  CHECK(opened.answer.content_type == "text/plain");
  CHECK(fault_of(receiver()->open(sender.url_check("<script>alert(1)</script>").view(), kNow)) == PushFault::bad_query);
  CHECK(fault_of(receiver()->open(sender.url_check(std::string(129, '1')).view(), kNow)) == PushFault::bad_query);
  CHECK(fault_of(receiver()->open(sender.url_check("").view(), kNow)) == PushFault::bad_query);
  request.query = replaced(request.query, "signature=", "signature=0");
  CHECK(fault_of(receiver()->open(request.view(), kNow)) == PushFault::bad_signature);
  request = sender.sealed(kText);
  request.method = "GET";
  CHECK(fault_of(receiver()->open(request.view(), kNow)) == PushFault::bad_query);
}

TEST_CASE("CBK-12: all combinations of old and new Token and key open, answers use the pair that matched") {
  const PushKeys now_keys = current_keys();
  const PushKeys old_keys = previous_keys();
  auto config = push_config();
  config.previous = {old_keys};
  const auto both = receiver(config);
  for (const bool old_token : {false, true}) {
    for (const bool old_key : {false, true}) {
      CAPTURE(old_token);
      CAPTURE(old_key);
      const PushKeys used((old_token ? old_keys : now_keys).token, (old_key ? old_keys : now_keys).encoding_aes_key);
      const kefu_test::PushSender sender(used);
      const OpenedPush opened = both->open(sender.sealed(kText).view(), kNow);
      REQUIRE(opened.outcome == OpenedPush::Outcome::event);
      const auto answer = both->reply(*opened.context, kefu::Content(kefu::TextContent("hi")), kNow);
      REQUIRE(answer.has_value());
      const auto part = [&](std::string_view open, std::string_view close) {
        const auto first = answer->body.find(open) + open.size();
        return answer->body.substr(first, answer->body.find(close, first) - first);
      };
      const std::string encrypt = part("<Encrypt><![CDATA[", "]]>");
      CHECK(sender.crypto.match(part("<TimeStamp>", "<"), part("<Nonce><![CDATA[", "]]>"), encrypt,
                                part("<MsgSignature><![CDATA[", "]]>")));
      const auto plain = sender.crypto.decrypt(encrypt);
      CHECK(!plain.fault);
      CHECK(plain.message.find("<Content><![CDATA[hi]]></Content>") != std::string::npos);
      // URL checks too.
      CHECK(both->open(sender.url_check("1").view(), kNow).outcome == OpenedPush::Outcome::url_check);
    }
  }
  const kefu_test::PushSender stranger(PushKeys(Secret("another"), old_keys.encoding_aes_key));
  CHECK(fault_of(both->open(stranger.sealed(kText).view(), kNow)) == PushFault::bad_signature);
  // An empty part of a previous pair means that it did not change.
  config.previous = {PushKeys(Secret(), old_keys.encoding_aes_key)};
  const kefu_test::PushSender key_only(PushKeys(now_keys.token, old_keys.encoding_aes_key));
  CHECK(receiver(config)->open(key_only.sealed(kText).view(), kNow).outcome == OpenedPush::Outcome::event);
  const kefu_test::PushSender old_receiver(PushKeys(now_keys.token, old_keys.encoding_aes_key), "wxother");
  CHECK(fault_of(receiver(config)->open(old_receiver.sealed(kText).view(), kNow)) == PushFault::wrong_receiver);
}

TEST_CASE("CBK-8: settings are checked when the receiver is made; errors name the field, never the value") {
  const auto error_of = [](PushConfig config) {
    const auto made = kefu::wechat::make_push_receiver(std::move(config));
    REQUIRE(!made.has_value());
    CHECK(made.error().kind() == kefu::ErrorKind::bad_argument);
    return made.error().message();
  };
  const auto with = [](std::string_view token, std::string_view key) {
    return PushConfig("wx1234567890abcdef", PushKeys(Secret(token), Secret(key)));
  };
  const std::string key = kefu_test::kPlantedAesKey;
  const std::string token = kefu_test::kPlantedPushToken;
  CHECK(error_of(with("", key)).find("keys.token is empty") != std::string::npos);
  CHECK(error_of(with("  \n", key)).find("keys.token is empty") != std::string::npos);
  CHECK(error_of(with("a b", key)).find("keys.token has 3 bytes") != std::string::npos);
  CHECK(error_of(with(token, "")).find("keys.encoding_aes_key is empty") != std::string::npos);
  CHECK(error_of(with(token, key.substr(1))).find("has 42 characters") != std::string::npos);
  CHECK(error_of(with(token, key + "=")).find("without the '='") != std::string::npos);
  const std::string foreign = key.substr(0, 42) + "-";
  const std::string said = error_of(with(token, foreign));
  CHECK(said.find("outside [A-Za-z0-9+/]") != std::string::npos);
  CHECK(said.find(key.substr(0, 8)) == std::string::npos);
  auto bad_previous = push_config();
  bad_previous.previous = {previous_keys(), PushKeys(Secret(), Secret("short"))};
  CHECK(error_of(bad_previous).find("previous[1].encoding_aes_key has 5") != std::string::npos);
  auto nameless = push_config();
  nameless.app_id.clear();
  CHECK(error_of(nameless).find("app_id") != std::string::npos);
  auto negative = push_config();
  negative.freshness.past = std::chrono::seconds(-1);
  CHECK(error_of(negative).find("freshness") != std::string::npos);

  // Blanks around pasted values are cut off.
  const kefu_test::PushSender sender(current_keys());
  CHECK(receiver(with(" " + token + "\n", "\t" + key + " \r\n"))->open(sender.sealed(kText).view(), kNow).outcome ==
        OpenedPush::Outcome::event);
  CHECK(kefu::wechat::check_encoding_aes_key(Secret(key)).has_value());
  CHECK(!kefu::wechat::check_encoding_aes_key(Secret()).has_value());
}

TEST_CASE("CBK-10: every answer has a prefix of its own") {
  const kefu_test::PushSender sender(current_keys());
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(sender.crypto.encrypt("same").value().substr(0, 20));
  CHECK(seen.size() == 100);
}

TEST_CASE("an answer longer than foreseen, to a name longer than usual, is sealed whole") {
  const kefu_test::PushSender sender(current_keys());
  const auto receiving = receiver();
  for (const std::size_t length : {0U, 47U, 48U, 300U}) {
    CAPTURE(length);
    const std::string openid = "o" + std::string(length, 'x');
    const OpenedPush opened = receiving->open(sender.sealed(replaced(kText, "oABC", openid)).view(), kNow);
    REQUIRE(opened.outcome == OpenedPush::Outcome::event);
    kefu::LinkContent link("title", "https://shop.example/");
    link.description = std::string(length * 40, 'd');
    const auto answer = receiving->reply(*opened.context, kefu::Content(link), kNow);
    REQUIRE(answer.has_value());
    const std::string_view head = "<xml><Encrypt><![CDATA[";
    REQUIRE(answer->body.compare(0, head.size(), head) == 0);
    const auto plain = sender.crypto.decrypt(answer->body.substr(head.size(), answer->body.find("]]>") - head.size()));
    REQUIRE(!plain.fault);
    CHECK(plain.message.find("<ToUserName><![CDATA[" + openid + "]]>") != std::string::npos);
    CHECK(plain.message.find("<![CDATA[" + link.description + "]]>") != std::string::npos);
    CHECK(answer->body.substr(answer->body.size() - 6) == "</xml>");
  }
}
