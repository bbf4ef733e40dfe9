#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/push_crypto.hpp"
#include "unit/sandbox/wechat/case.hpp"

#include <vector>

using kefu::sandbox::open_message;
using kefu::sandbox::push_signature;
using kefu::sandbox::PushFormat;
using kefu::sandbox::PushMode;
using kefu::sandbox::PushReply;
using kefu::sandbox::PushRequest;
using kefu::sandbox::seal_message;
using kefu::sandbox::WechatKind;
using kefu_test::WechatCase;

namespace {

/// A case whose pushes arrive at `answer`, in process and in simulated time.
class PushCase : public WechatCase {
 public:
  explicit PushCase(kefu::sandbox::WechatApp app = {}) : WechatCase(std::move(app)) {
    sandbox.connect_webhook(
        account.appid,
        [this](PushRequest request, kefu::MoveFunction<void(PushReply)> done) {
          requests.push_back(std::move(request));
          if (silent) {
            unanswered.push_back(std::move(done));
          } else {
            done(answer ? answer(requests.back()) : PushReply(200, "success"));
          }
        },
        time);
  }

  kefu::detail::Document push(std::uint64_t number) { return control("GET", fmt::format("/pushes/{}", number)); }
  std::string query(std::size_t request, std::string_view name) const {
    const auto pairs = kefu::sandbox::query_pairs(requests.at(request).raw_query);
    return std::string(kefu::sandbox::find_pair(pairs, name).value_or("(absent)"));
  }
  kefu::detail::Document body(std::size_t request) const { return read(requests.at(request).body); }
  kefu::detail::Document read(std::string_view text) const {
    return account.push_format == PushFormat::json ? kefu::detail::Document::json(text)
                                                   : kefu::detail::Document::xml(text);
  }
  std::string opened(std::size_t request) const {
    std::string why;
    auto message = open_message(account.encoding_aes_key, body(request).root()["Encrypt"].text(), account.appid, why);
    return message ? *message : "cannot open: " + why;
  }
  /// The clear passive text reply to the customer, or with another receiver.
  std::string text_reply(std::string_view text, std::string_view to = "oA") const {
    if (account.push_format == PushFormat::json)
      return fmt::format(
          R"({{"ToUserName":"{}","FromUserName":"{}","CreateTime":1700000000,"MsgType":"text","Content":"{}"}})", to,
          account.original_id, text);
    return fmt::format(
        "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>"
        "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[{}]]></Content></xml>",
        to, account.original_id, text);
  }
  std::string wrapped(const std::string& clear, std::string_view receiver = {}) const {
    const std::string encrypted =
        seal_message(account.encoding_aes_key, clear, receiver.empty() ? account.appid : receiver);
    const std::string signature = push_signature({account.token, "1700000000", "424242", encrypted});
    if (account.push_format == PushFormat::json)
      return fmt::format(R"({{"Encrypt":"{}","MsgSignature":"{}","TimeStamp":1700000000,"Nonce":"424242"}})", encrypted,
                         signature);
    return fmt::format(
        "<xml><Encrypt><![CDATA[{}]]></Encrypt><MsgSignature><![CDATA[{}]]></MsgSignature>"
        "<TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[424242]]></Nonce></xml>",
        encrypted, signature);
  }

  std::vector<PushRequest> requests;
  std::vector<kefu::MoveFunction<void(PushReply)>> unanswered;
  std::function<PushReply(const PushRequest&)> answer;
  bool silent = false;
};

kefu::sandbox::WechatApp app_with(PushMode mode, PushFormat format) {
  kefu::sandbox::WechatApp app;
  app.push_mode = mode;
  app.push_format = format;
  return app;
}

}  // namespace

TEST_CASE("TST-1: the twin's own push crypto agrees with every published buffer") {
  const auto vectors = kefu_test::load_vectors("wechat-crypto.json");
  int opened = 0, refused = 0;
  for (const auto& item : vectors.root()["items"].items()) {
    const std::string label(item["name"].text());
    INFO(label);
    const std::string_view expect = item["expect"].text();
    if (item["kind"].text() == "message" && expect == "ok" && !item["previous_encoding_aes_key"].present()) {
      const std::string_view encrypted = item["encrypt"].text();
      std::string why;
      const auto message = open_message(item["encoding_aes_key"].text(), encrypted, item["receiver_id"].text(), why);
      INFO(why);
      REQUIRE(message.has_value());
      CHECK(*message == item["plaintext"].text());
      CHECK(push_signature({item["token"].text(), item["timestamp"].text(), item["nonce"].text(), encrypted}) ==
            item["msg_signature"].text());
      ++opened;
    }
    for (const std::string_view fault :
         {"bad-key", "bad-base64", "bad-ciphertext-length", "bad-padding", "bad-length-field", "wrong-receiver"}) {
      if (expect != fault) continue;
      std::string why;
      CHECK_FALSE(open_message(item["encoding_aes_key"].text(), item["encrypt"].text(), item["receiver_id"].text(), why)
                      .has_value());
      ++refused;
    }
  }
  CHECK(opened > 10);
  CHECK(refused > 5);
  const auto messages = kefu_test::load_vectors("wechat-messages.json");
  for (const auto& item : messages.root()["crypto"].items()) {
    if (item["signature"].present())
      CHECK(push_signature({item["token"].text(), item["timestamp"].text(), item["nonce"].text()}) ==
            item["signature"].text());
  }
}

TEST_CASE("pushes in every mode and format are signed and sealed, with fresh nonces") {
  for (const PushFormat format : {PushFormat::xml, PushFormat::json}) {
    for (const PushMode mode : {PushMode::plain, PushMode::compatible, PushMode::safe}) {
      PushCase test(app_with(mode, format));
      INFO("mode ", static_cast<int>(mode), " format ", static_cast<int>(format));
      test.does("oA", "text", R"({"content":"你好 ]]> <b>"})");
      test.does("oA", "menu", R"({"key":"K1"})");
      test.time->run_ready();
      REQUIRE(test.requests.size() == 2);
      CHECK(test.requests[0].method == "POST");
      const std::string timestamp = test.query(0, "timestamp");
      const std::string nonce = test.query(0, "nonce");
      CHECK(timestamp == "1700000000");
      CHECK((nonce.size() == 9 || nonce.size() == 10));
      CHECK(nonce != test.query(1, "nonce"));
      CHECK(test.query(0, "openid") == "oA");
      CHECK(test.query(0, "signature") == push_signature({test.account.token, timestamp, nonce}));
      const auto outer = test.body(0);
      REQUIRE(outer);
      const std::string_view encrypted = outer.root()["Encrypt"].text();
      CHECK(outer.root()["ToUserName"].text() == test.account.original_id);
      CHECK(outer.root()["Content"].present() == (mode != PushMode::safe));
      std::string message = test.requests[0].body;
      if (mode == PushMode::plain) {
        CHECK(encrypted.empty());
        CHECK(test.query(0, "encrypt_type") == "(absent)");
      } else {
        CHECK(test.query(0, "encrypt_type") == "aes");
        CHECK(test.query(0, "msg_signature") == push_signature({test.account.token, timestamp, nonce, encrypted}));
        message = test.opened(0);
      }
      const auto inner = test.read(message);
      REQUIRE(inner);
      CHECK(inner.root()["Content"].text() == "你好 ]]> <b>");
      CHECK(inner.root()["MsgType"].text() == "text");
      CHECK(inner.root()["FromUserName"].text() == "oA");
      CHECK(inner.root()["MsgId"].text().size() >= 16);
      CHECK(test.push(1).root()["state"].text() == "answered");
      CHECK(test.push(2).root()["event"].text() == "CLICK");
    }
  }
}

TEST_CASE("nobody answers: three deliveries five seconds apart with one MsgId, then a notice") {
  PushCase test;
  test.silent = true;
  test.does("oA", "text", R"({"content":"anybody?"})");
  test.time->advance(kefu::Millis(4'999));
  CHECK(test.requests.size() == 1);
  test.time->advance(kefu::Millis(1));
  CHECK(test.requests.size() == 2);
  test.time->advance(kefu::Millis(5'000));
  CHECK(test.requests.size() == 3);
  CHECK(test.sandbox.messages(test.account.appid, "oA").empty());
  test.time->advance(kefu::Millis(60'000));
  REQUIRE(test.requests.size() == 3);
  CHECK(test.opened(0) == test.opened(2));
  CHECK(test.query(0, "nonce") != test.query(2, "nonce"));
  const auto inbox = test.sandbox.messages(test.account.appid, "oA");
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].channel == "notice");
  const auto push = test.push(1);
  CHECK(push.root()["state"].text() == "failed");
  CHECK(push.root()["attempts"].items().size() == 3);
  CHECK(push.root()["attempts"].items()[1]["result"].text() == "timeout");
  for (auto& done : test.unanswered) done(PushReply(200, test.wrapped(test.text_reply("too late"))));
  CHECK(test.sandbox.messages(test.account.appid, "oA").size() == 1);
}

TEST_CASE("deliveries, their number and their signatures are settings; a status but 200 counts as no answer") {
  PushCase test;
  test.control("POST", "/switches",
               R"({"push_deliveries":4,"push_retry_interval_ms":1000,"push_retry_same_signature":1})");
  test.answer = [&test](const PushRequest&) {
    return test.requests.size() < 4 ? PushReply(500, "") : PushReply(200, "");
  };
  test.does("oA", "text", R"({"content":"hi"})");
  test.time->advance(kefu::Millis(3'000));
  REQUIRE(test.requests.size() == 4);
  CHECK(test.query(0, "nonce") == test.query(3, "nonce"));
  CHECK(test.query(0, "timestamp") == test.query(3, "timestamp"));
  CHECK(test.push(1).root()["state"].text() == "answered");
  CHECK(test.push(1).root()["attempts"].items()[0]["http_status"].integer() == 500);
}

TEST_CASE("passive replies reach the customer when they are valid, in every mode") {
  for (const PushFormat format : {PushFormat::xml, PushFormat::json}) {
    for (const PushMode mode : {PushMode::plain, PushMode::compatible, PushMode::safe}) {
      for (const bool encrypted : {false, true}) {
        PushCase test(app_with(mode, format));
        test.answer = [&](const PushRequest&) {
          const std::string clear = test.text_reply("回答");
          return PushReply(200, encrypted ? test.wrapped(clear) : clear);
        };
        test.does("oA", "text", R"({"content":"hi"})");
        test.time->run_ready();
        const auto inbox = test.sandbox.messages(test.account.appid, "oA");
        REQUIRE(inbox.size() == 1);
        const bool allowed = mode == PushMode::compatible || encrypted == (mode == PushMode::safe);
        INFO("mode ", static_cast<int>(mode), " encrypted ", encrypted);
        CHECK(inbox[0].channel == (allowed ? "passive" : "notice"));
        if (allowed) CHECK(inbox[0].text == "回答");
        CHECK(test.push(1).root()["attempts"].items()[0]["result"].text() == (allowed ? "passive" : "invalid"));
      }
    }
  }
}

TEST_CASE("passive replies that the platform does not show") {
  struct Wrong {
    const char* why;
    std::function<std::string(const PushCase&)> reply;
  };
  const auto xml = [](const PushCase& test, std::string_view type, std::string_view rest) {
    return fmt::format(
        "<xml><ToUserName>oA</ToUserName><FromUserName>{}</FromUserName><CreateTime>1</CreateTime>"
        "<MsgType>{}</MsgType>{}</xml>",
        test.account.original_id, type, rest);
  };
  const Wrong cases[] = {
      {"neither success", [](const PushCase&) { return std::string("ok"); }},
      {"neither success", [](const PushCase&) { return std::string(R"({"Content":"json"})"); }},
      {"ToUserName", [](const PushCase& test) { return test.wrapped(test.text_reply("a", "oB")); }},
      {"MsgSignature",
       [](const PushCase& test) {
         std::string reply = test.wrapped(test.text_reply("a"));
         return reply.replace(reply.find("<TimeStamp>") + 11, 1, "2");
       }},
      {"receiver", [](const PushCase& test) { return test.wrapped(test.text_reply("a"), "wxother"); }},
      {"Content", [](const PushCase& test) { return test.wrapped(test.text_reply("")); }},
      {"2048", [](const PushCase& test) { return test.wrapped(test.text_reply(std::string(2049, 'a'))); }},
      {"unknown", [&xml](const PushCase& test) { return test.wrapped(xml(test, "hologram", "")); }},
      {"MediaId",
       [&xml](const PushCase& test) {
         return test.wrapped(xml(test, "image", "<Image><MediaId>none</MediaId></Image>"));
       }},
      {"articles",
       [&xml](const PushCase& test) {
         return test.wrapped(xml(test, "news",
                                 "<ArticleCount>2</ArticleCount><Articles><item><Title>a</Title></item>"
                                 "<item><Title>b</Title></item></Articles>"));
       }},
  };
  for (const Wrong& one : cases) {
    PushCase test;
    test.answer = [&](const PushRequest&) { return PushReply(200, one.reply(test)); };
    test.does("oA", "text", R"({"content":"hi"})");
    test.time->advance(kefu::Millis(60'000));
    CHECK(test.requests.size() == 1);
    const auto push = test.push(1);
    const std::string detail(push.root()["attempts"].items()[0]["detail"].text());
    INFO(detail);
    CHECK(detail.find(one.why) != std::string::npos);
    const auto inbox = test.sandbox.messages(test.account.appid, "oA");
    REQUIRE(inbox.size() == 1);
    CHECK(inbox[0].channel == "notice");
  }
}

TEST_CASE("every passive reply of the vectors is shown as the kind it is") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int shown = 0;
  for (const auto& item : vectors.root()["passive_replies"].items()) {
    const std::string label(item["name"].text());
    INFO(label);
    for (const auto& kind : item["account_kinds"].items()) {
      kefu::sandbox::WechatApp app =
          kefu_test::app_of_kind(kind.text() == "mini" ? WechatKind::mini_program : WechatKind::service);
      app.push_mode = PushMode::plain;
      app.original_id = "gh_123456789abc";
      const std::string_view body = item["body"].text();
      const bool wrong_format = label == "json_where_xml_expected";
      if (!wrong_format && !body.empty() && body.front() == '{') app.push_format = PushFormat::json;
      PushCase test(app);
      test.control("POST", "/switches", R"({"check_media":0})");
      test.answer = [&body](const PushRequest&) { return PushReply(200, std::string(body)); };
      test.does("oABC1234567890abcdefghijklmn", "text", R"({"content":"hi"})");
      test.time->run_ready();
      const auto inbox = test.sandbox.messages(test.account.appid, "oABC1234567890abcdefghijklmn");
      const std::string detail(test.push(1).root()["attempts"].items()[0]["detail"].text());
      INFO(detail);
      if (body.empty() || body == "success") {
        CHECK(inbox.empty());
        continue;
      }
      REQUIRE(inbox.size() == 1);
      CHECK(inbox[0].channel == (wrong_format ? "notice" : "passive"));
      if (!wrong_format) CHECK(inbox[0].msgtype == item["expected_fields"]["MsgType"].text());
      ++shown;
    }
  }
  CHECK(shown >= 7);
}

TEST_CASE("duplicates on demand, with the same or a new signature; only the first passive reply is shown") {
  PushCase test;
  test.answer = [&test](const PushRequest&) { return PushReply(200, test.wrapped(test.text_reply("once"))); };
  test.does("oA", "text", R"({"content":"hi"})");
  test.time->run_ready();
  test.control("POST", "/pushes/1/repeat", R"({"signature":"same"})");
  test.time->run_ready();
  test.control("POST", "/pushes/1/repeat", R"({"signature":"new"})");
  test.time->run_ready();
  REQUIRE(test.requests.size() == 3);
  CHECK(test.requests[0].raw_query.substr(0, 80) == test.requests[1].raw_query.substr(0, 80));
  CHECK(test.query(0, "signature") == test.query(1, "signature"));
  CHECK(test.query(0, "signature") != test.query(2, "signature"));
  CHECK(test.opened(0) == test.opened(1));
  CHECK(test.opened(0) == test.opened(2));
  CHECK(test.sandbox.messages(test.account.appid, "oA").size() == 1);
}

TEST_CASE("misbehaviours are what they say") {
  kefu::sandbox::WechatApp app;
  app.previous_encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  PushCase test(app);
  const auto listed = test.control("GET", "/");
  for (const auto& row : listed.root()["misbehaviours"])
    test.does("oA", "text", fmt::format(R"({{"content":"hi","misbehave":"{}"}})", row.name));
  test.time->run_ready();
  std::size_t i = 0;
  for (const auto& row : listed.root()["misbehaviours"]) {
    const std::string name(row.name);
    INFO(name);
    const auto outer = kefu::detail::Document::xml(test.requests.at(i).body);
    const std::string encrypted(outer.root()["Encrypt"].text());
    const std::string correct =
        push_signature({test.account.token, test.query(i, "timestamp"), test.query(i, "nonce"), encrypted});
    CHECK((test.query(i, "msg_signature") == correct) == (name != "wrong_signature" && name != "missing_signature" &&
                                                          name != "clear_in_safe_mode" && name != "doctype"));
    std::string why;
    const bool opens = open_message(test.account.encoding_aes_key, encrypted, test.account.appid, why).has_value();
    if (name == "previous_key")
      CHECK(open_message(test.account.previous_encoding_aes_key, encrypted, test.account.appid, why).has_value());
    if (name == "wrong_receiver") CHECK(why.find("receiver") != std::string::npos);
    if (name == "bad_padding") CHECK(why.find("padding") != std::string::npos);
    if (name == "bad_length_field") CHECK(why.find("length field") != std::string::npos);
    if (name == "bad_ciphertext_length") CHECK(why.find("multiple") != std::string::npos);
    if (name == "bad_base64") CHECK(why.find("base64") != std::string::npos);
    if (name == "doctype") CHECK(outer.fault() == kefu::detail::ReadFault::forbidden);
    if (name == "doctype_inside") CHECK(test.opened(i).find("<!DOCTYPE") == 0);
    if (name == "clear_in_safe_mode") CHECK(outer.root()["Content"].text() == "hi");
    if (name == "old_timestamp") CHECK(test.query(i, "timestamp") == "1699913600");
    if (name == "bad_nonce") CHECK(test.query(i, "nonce").find(';') != std::string::npos);
    if (name == "slow_body" || name == "wrong_content_length" || name == "repeated_parameter") CHECK(opens);
    ++i;
  }
  CHECK(i >= 16);
}

TEST_CASE("published documents are pushed as they are and open the windows they should") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int pushed = 0;
  for (const auto& item : vectors.root()["pushes"].items()) {
    const bool is_json = item["json"].present();
    kefu::sandbox::WechatApp app;
    if (item["account_kinds"].items().front().text() == "mini") app.kind = WechatKind::mini_program;
    app.push_format = is_json ? PushFormat::json : PushFormat::xml;
    PushCase test(app);
    const std::string text = is_json && item["json"].kind() != kefu::detail::Value::Kind::string
                                 ? kefu::sandbox::json_of(item["json"])
                                 : std::string(item[is_json ? "json" : "xml"].text());
    const std::string label(item["name"].text());
    INFO(label);
    std::string body;
    kefu::detail::JsonWriter(body).begin_object().key("body").string(text).end_object();
    test.does("oABC1234567890abcdefghijklmn", "raw", body);
    test.time->run_ready();
    REQUIRE(test.requests.size() == 1);
    CHECK(test.opened(0) == text);
    const auto window = test.control("GET", "/customers/oABC1234567890abcdefghijklmn");
    if (item["opens_window"].present()) {
      CHECK(window.root()["window"]["left"].integer() == item["opens_window"]["messages"].integer());
      CHECK(window.root()["window"]["ends"].integer() ==
            1'700'000'000 + item["opens_window"]["seconds"].integer().value_or(0));
    }
    ++pushed;
  }
  CHECK(pushed >= 40);
}

TEST_CASE("the URL is verified by a signed GET whose answer must be echostr and nothing else") {
  PushCase test;
  test.answer = [&test](const PushRequest&) { return PushReply(200, test.query(test.requests.size() - 1, "echostr")); };
  test.control("POST", "/apps/" + test.account.appid + "/verify-url");
  test.time->run_ready();
  REQUIRE(test.requests.size() == 1);
  CHECK(test.requests[0].method == "GET");
  CHECK(test.query(0, "signature") ==
        push_signature({test.account.token, test.query(0, "timestamp"), test.query(0, "nonce")}));
  CHECK(test.push(1).root()["state"].text() == "answered");
  test.answer = [](const PushRequest&) { return PushReply(200, "\"1234\"\n"); };
  test.control("POST", "/apps/" + test.account.appid + "/verify-url");
  test.time->run_ready();
  CHECK(test.push(2).root()["state"].text() == "failed");
}

TEST_CASE("without a callback a push is recorded and not delivered") {
  WechatCase test;
  test.does("oA", "text", R"({"content":"hi"})");
  CHECK(test.control("GET", "/pushes/1").root()["state"].text() == "not_delivered");
}

TEST_CASE("no push is dropped before it was delivered: who acts while too many are due is told to wait") {
  PushCase test;
  std::size_t accepted = 0;
  kefu::Result<std::uint64_t> refused = std::uint64_t{0};
  for (int i = 0; i < 6'000; ++i) {
    auto done = test.sandbox.customer_writes(test.account.appid, fmt::format("o{}", i), "hi");
    if (done)
      ++accepted;
    else
      refused = std::move(done);
  }
  CHECK(accepted == 5'000);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == kefu::ErrorKind::rate_limited);
  test.time->advance(kefu::Millis(1'000));
  CHECK(test.requests.size() == accepted);
  // Those that are over make room, the oldest first.
  CHECK(test.sandbox.customer_writes(test.account.appid, "oLater", "hi").has_value());
  CHECK(test.sandbox.control("GET", "/pushes/1").status == 404);
  CHECK(test.sandbox.control("GET", "/pushes/2").status == 200);
  test.time->advance(kefu::Millis(1'000));
  CHECK(test.requests.size() == accepted + 1);
}

TEST_CASE("a call of the API that leads to an event is refused while too many pushes are due") {
  PushCase test(kefu_test::app_of_kind(kefu::sandbox::WechatKind::mini_program));
  test.turn("content_check_first_version_code", 0);
  test.answer = [](const PushRequest&) { return PushReply(500, ""); };
  for (int i = 0; i < 5'000; ++i)
    REQUIRE(test.sandbox.customer_writes(test.account.appid, fmt::format("o{}", i), "hi"));
  const std::string check = R"({"media_url":"https://example.com/a.png","media_type":2})";
  const auto full = test.post("/wxa/media_check_async", check);
  CHECK(full.code == -1);
  CHECK(full.text.find("still to be delivered") != std::string::npos);
  test.time->advance(kefu::Millis(60'000));
  CHECK(test.post("/wxa/media_check_async", check).code == 0);
}
