#include "core/text/document.hpp"
#include "support/push_requests.hpp"
#include "support/vectors.hpp"

#include <kefu/wechat/push.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using kefu::Content;
using kefu::ErrorKind;
using kefu::NoReply;
using kefu::PassiveReply;
using kefu::Secret;
using kefu::TextContent;
using kefu::TransferToAgent;
using kefu::detail::Document;
using kefu::detail::Value;
using kefu::wechat::AccountKind;
using kefu::wechat::PushConfig;
using kefu::wechat::PushKeys;
using kefu::wechat::PushMode;

constexpr char kCustomerText[] =
    "<xml><ToUserName>gh_123456789abc</ToUserName><FromUserName>oABC1234567890abcdefghijklmn</FromUserName>"
    "<CreateTime>12345678</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>";
constexpr char kCustomerJson[] =
    R"({"ToUserName":"gh_123456789abc","FromUserName":"oABC1234567890abcdefghijklmn","CreateTime":12345678,)"
    R"("MsgType":"text","Content":"hi","MsgId":1})";
constexpr char kCustomerEvent[] =
    "<xml><ToUserName>gh_123456789abc</ToUserName><FromUserName>oABC1234567890abcdefghijklmn</FromUserName>"
    "<CreateTime>12345678</CreateTime><MsgType>event</MsgType><Event>CLICK</Event></xml>";
const auto kReplyTime = kefu::from_unix_seconds(12345678);

PushKeys reply_keys() {
  return PushKeys(Secret("kefuTestTok3n"), Secret("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"));
}

/// A receiver, one push opened by it, and what it answers.
struct Conversation {
  explicit Conversation(PushMode mode, AccountKind kind = AccountKind::service_account,
                        std::string message = kCustomerText,
                        kefu::wechat::PushDialect dialect = kefu::wechat::PushDialect::wechat)
      : sender(reply_keys()) {
    PushConfig config("wx1234567890abcdef", reply_keys());
    config.mode = mode;
    config.kind = kind;
    config.dialect = dialect;
    config.freshness = kefu::wechat::PushFreshness(kefu::wechat::PushFreshness::Mode::off);
    config.random = [](void* out, std::size_t size) {
      std::memset(out, '5', size);
      return true;
    };
    receiver = kefu::wechat::make_push_receiver(std::move(config)).value();
    auto request = mode == PushMode::plain ? sender.clear(message) : sender.sealed(message, message[0] == '{');
    if (dialect == kefu::wechat::PushDialect::wecom && message[0] == '{') {
      request.body.replace(request.body.find("Encrypt"), 7, "encrypt");
    }
    opened = std::make_unique<kefu::OpenedPush>(receiver->open(request.view(), kReplyTime));
    REQUIRE(opened->outcome == kefu::OpenedPush::Outcome::event);
  }
  kefu::Result<kefu::WebhookResponse> reply(const PassiveReply& reply) const {
    return receiver->reply(*opened->context, reply, kReplyTime);
  }
  /// Body of an answer in plain mode, plaintext of one in safe mode.
  std::string text(const PassiveReply& answer) const {
    auto response = reply(answer);
    REQUIRE(response.has_value());
    CHECK(response->status == 200);
    const bool json = response->body.substr(0, 1) == "{";
    CHECK(response->content_type == (json ? "application/json" : "application/xml"));
    const auto document = json ? Document::json(response->body) : Document::xml(response->body);
    REQUIRE(static_cast<bool>(document));
    const Value root = document.root();
    if (!root["Encrypt"]) return response->body;
    CHECK(root["TimeStamp"].text() == "12345678");
    CHECK((root["TimeStamp"].kind() == Value::Kind::number) == json);
    CHECK(sender.crypto.match("12345678", root["Nonce"].text(), root["Encrypt"].text(), root["MsgSignature"].text()));
    const auto plain = sender.crypto.decrypt(root["Encrypt"].text());
    CHECK(!plain.fault);
    return plain.message;
  }

  kefu_test::PushSender sender;
  std::shared_ptr<kefu::PushReceiver> receiver;
  std::unique_ptr<kefu::OpenedPush> opened;
};

Content video() {
  kefu::VideoContent content("media_id");
  content.title = "title";
  content.description = "description";
  return content;
}
Content music() {
  kefu::MusicContent content("https://example.com/a.mp3", "media_id");
  content.hq_music_url = "https://example.com/a_hq.mp3";
  content.title = "TITLE";
  content.description = "DESCRIPTION";
  return content;
}
Content article() {
  kefu::LinkContent content("title1", "https://example.com/");
  content.description = "description1";
  content.picture_url = "https://example.com/p.jpg";
  return content;
}

const std::vector<std::pair<std::string, PassiveReply>>& vector_replies() {
  static const std::vector<std::pair<std::string, PassiveReply>> replies = {
      {"text", Content(TextContent("你好\n第二行"))},
      {"text_cdata_end", Content(TextContent("a]]>b"))},
      {"image", Content(kefu::ImageContent("media_id"))},
      {"voice", Content(kefu::VoiceContent("media_id"))},
      {"video", video()},
      {"music", music()},
      {"news", article()},
      {"transfer_any", TransferToAgent()},
      {"transfer_named", TransferToAgent("test1@test")},
      {"transfer_ai", kefu::wechat::transfer_to_ai()},
  };
  return replies;
}

}  // namespace

TEST_CASE("an agent's name that no agent can have, and a text of which nothing would go out, are no passive reply") {
  const Conversation plain(PushMode::plain);
  const auto is_refused = [&plain](const PassiveReply& answer) {
    const auto refused = plain.reply(answer);
    return !refused && refused.error().kind() == ErrorKind::bad_argument;
  };
  for (const std::string& name : {std::string("a b@shop"), std::string("@"), std::string("a@"), std::string("shop"),
                                  std::string("a@shop\n"), std::string(36, 'a') + "@shop"}) {
    CAPTURE(name);
    CHECK(is_refused(TransferToAgent(name)));
  }
  CHECK(is_refused(Content(TextContent("\x01\x02"))));
  CHECK(is_refused(Content(kefu::ImageContent("\x1F"))));
  CHECK_FALSE(is_refused(Content(TextContent("\x01!"))));
}

TEST_CASE("a push is answered by the receiver that opened it, with its keys, and by no other") {
  const PushKeys old(Secret("oldTok3n"), Secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"));
  const auto made = [](const char* app, std::vector<PushKeys> previous) {
    PushConfig config(app, reply_keys());
    config.previous = std::move(previous);
    config.freshness = kefu::wechat::PushFreshness(kefu::wechat::PushFreshness::Mode::off);
    return kefu::wechat::make_push_receiver(std::move(config)).value();
  };
  const PassiveReply answer{Content(TextContent("您好"))};
  const kefu_test::PushSender sender(old);
  auto rotating = made("wx1234567890abcdef", {old});
  const auto opened = rotating->open(sender.sealed(kCustomerText).view(), kReplyTime);
  REQUIRE(opened.outcome == kefu::OpenedPush::Outcome::event);
  CHECK(rotating->reply(*opened.context, answer, kReplyTime).has_value());
  // One with fewer keys, and one with the same.
  for (const auto& other : {made("wx1234567890abcdef", {}), made("wx1234567890abcdef", {old})}) {
    const auto refused = other->reply(*opened.context, answer, kReplyTime);
    REQUIRE(!refused);
    CHECK(refused.error().kind() == ErrorKind::bad_argument);
    CHECK(other->reply(*opened.context, NoReply(), kReplyTime).has_value());
  }
  rotating.reset();  // whatever stands in its place now
  for (int i = 0; i < 8; ++i)
    CHECK_FALSE(made("wx1234567890abcdef", {old})->reply(*opened.context, answer, kReplyTime).has_value());
}

TEST_CASE("ENC-1 ENC-7: passive replies of wechat-messages.json, byte for byte, plain and encrypted") {
  const auto document = kefu_test::load_vectors("wechat-messages.json");
  const Conversation plain(PushMode::plain);
  const Conversation compatible(PushMode::compatible);
  const Conversation safe(PushMode::safe);
  std::size_t seen = 0;
  for (const Value vector : document.root()["passive_replies"].items()) {
    for (const auto& [name, reply] : vector_replies()) {
      if (vector["name"].text() != name) continue;
      CAPTURE(name);
      CHECK(plain.text(reply) == vector["body"].text());
      CHECK(safe.text(reply) == vector["body"].text());
      CHECK(compatible.text(reply) == vector["body"].text());
      CHECK(safe.reply(reply)->body.find("<Encrypt>") != std::string::npos);
      ++seen;
    }
    if (vector["name"].text() == "success") {
      CHECK(safe.reply(NoReply())->body == vector["body"].text());
      CHECK(safe.receiver->acknowledge().body == vector["body"].text());
      ++seen;
    }
  }
  CHECK(seen == vector_replies().size() + 1);
}

TEST_CASE("JSON pushes are answered with JSON, inside and outside") {
  const Conversation plain(PushMode::plain, AccountKind::mini_program, kCustomerJson);
  const Conversation safe(PushMode::safe, AccountKind::mini_program, kCustomerJson);
  const std::string expected =
      R"({"ToUserName":"oABC1234567890abcdefghijklmn","FromUserName":"gh_123456789abc","CreateTime":12345678,)"
      R"("MsgType":"transfer_customer_service"})";
  CHECK(plain.text(TransferToAgent()) == expected);
  CHECK(safe.text(TransferToAgent()) == expected);
  CHECK(safe.reply(TransferToAgent())->body.substr(0, 12) == R"({"Encrypt":")");

  const Conversation account(PushMode::plain, AccountKind::service_account, kCustomerJson);
  const auto news = Document::json(account.text(article()));
  CHECK(news.root()["Articles"].items().front()["Title"].text() == "title1");
  CHECK(Document::json(account.text(video())).root()["Video"]["MediaId"].text() == "media_id");
  CHECK(Document::json(account.text(TransferToAgent("a@b"))).root()["TransInfo"]["KfAccount"].text() == "a@b");
}

TEST_CASE("WeCom's JSON envelopes have lower-case names") {
  const Conversation wecom(PushMode::safe, AccountKind::service_account, kCustomerJson,
                           kefu::wechat::PushDialect::wecom);
  const auto answer = wecom.reply(Content(TextContent("hi")));
  REQUIRE(answer.has_value());
  const auto document = Document::json(answer->body);
  const Value root = document.root();
  CHECK(root["timestamp"].kind() == Value::Kind::string);
  CHECK(wecom.sender.crypto.match(root["timestamp"].text(), root["nonce"].text(), root["encrypt"].text(),
                                  root["msgsignature"].text()));
}

TEST_CASE("compatible mode may answer in clear text") {
  const kefu_test::PushSender sender(reply_keys());
  PushConfig config("wx1234567890abcdef", reply_keys());
  config.mode = PushMode::compatible;
  config.encrypt_replies_in_compatible_mode = false;
  config.freshness = kefu::wechat::PushFreshness(kefu::wechat::PushFreshness::Mode::off);
  const auto receiver = kefu::wechat::make_push_receiver(std::move(config)).value();
  const auto opened = receiver->open(sender.sealed(kCustomerText).view(), kReplyTime);
  REQUIRE(opened.outcome == kefu::OpenedPush::Outcome::event);
  const auto answer = receiver->reply(*opened.context, Content(TextContent("hi")), kReplyTime);
  REQUIRE(answer.has_value());
  CHECK(answer->body.find("<Content><![CDATA[hi]]></Content>") != std::string::npos);
}

TEST_CASE("published random bytes give the published ciphertext of a reply") {
  const Conversation safe(PushMode::safe);
  const std::string clear = safe.text(Content(TextContent("hi")));
  const std::string body = safe.reply(Content(TextContent("hi")))->body;
  kefu::wechat::PushCrypto::Prefix prefix;
  prefix.fill('5');
  CHECK(body.find(safe.sender.crypto.encrypt(clear, 0, &prefix).value()) != std::string::npos);
}

TEST_CASE("replies that cannot be are refused with the field and the way out") {
  const Conversation safe(PushMode::safe);
  const auto refused = [](const Conversation& conversation, const PassiveReply& reply) {
    const auto answer = conversation.reply(reply);
    REQUIRE(!answer.has_value());
    return answer.error();
  };
  const auto kind = [&](const PassiveReply& reply) { return refused(safe, reply).kind(); };
  CHECK(safe.reply(Content(TextContent(std::string(2048, 'x')))).has_value());
  const auto too_long = refused(safe, Content(TextContent(std::string(2049, 'x'))));
  CHECK(too_long.kind() == ErrorKind::bad_argument);
  CHECK(too_long.message().find("2049 bytes") != std::string::npos);
  CHECK(kind(Content(TextContent())) == ErrorKind::bad_argument);
  CHECK(kind(Content(kefu::ImageContent())) == ErrorKind::bad_argument);
  CHECK(kind(Content(kefu::VideoContent())) == ErrorKind::bad_argument);
  CHECK(kind(Content(kefu::MusicContent("url"))) == ErrorKind::bad_argument);
  CHECK(kind(Content(kefu::LinkContent("title"))) == ErrorKind::bad_argument);
  CHECK(kind(TransferToAgent("nobody")) == ErrorKind::bad_argument);
  const auto menu = refused(safe, Content(kefu::MenuContent("head")));
  CHECK(menu.kind() == ErrorKind::unsupported);
  CHECK(menu.message().find("kind menu") != std::string::npos);
  CHECK(menu.message().find("Messenger::send") != std::string::npos);
  CHECK(kind(Content(kefu::RawContent("text", "{}"))) == ErrorKind::unsupported);

  const Conversation mini(PushMode::safe, AccountKind::mini_program);
  const auto text = refused(mini, Content(TextContent("hi")));
  CHECK(text.kind() == ErrorKind::unsupported);
  CHECK(text.message().find("message/custom/send") != std::string::npos);
  CHECK(refused(mini, TransferToAgent("a@b")).kind() == ErrorKind::unsupported);
  CHECK(mini.reply(TransferToAgent()).has_value());
  CHECK(mini.reply(NoReply()).has_value());

  const Conversation tapped(PushMode::safe, AccountKind::service_account, kCustomerEvent);
  CHECK(refused(tapped, TransferToAgent()).kind() == ErrorKind::unsupported);
  CHECK(tapped.reply(Content(TextContent("hi"))).has_value());

  const Conversation nobody(PushMode::safe, AccountKind::service_account, "<xml><MsgType>text</MsgType></xml>");
  CHECK(refused(nobody, Content(TextContent("hi"))).kind() == ErrorKind::bad_argument);
  CHECK(nobody.reply(NoReply()).has_value());

  struct Foreign final : kefu::ReplyContext {};
  CHECK(safe.receiver->reply(Foreign(), Content(TextContent("hi")), kReplyTime).error().kind() ==
        ErrorKind::bad_argument);
}

TEST_CASE("what a request can carry at all is what the answer to a customer's message can say") {
  for (const AccountKind kind : {AccountKind::service_account, AccountKind::mini_program}) {
    const Conversation text(PushMode::safe, kind);
    std::vector<PassiveReply> replies = {NoReply(),
                                         Content(kefu::MenuContent("head")),
                                         Content(TextContent(std::string(2049, 'x'))),
                                         Content(kefu::MiniProgramContent("wx1")),
                                         Content(TextContent()),
                                         TransferToAgent("nobody")};
    for (const auto& [name, reply] : vector_replies()) replies.push_back(reply);
    int carried = 0;
    for (const PassiveReply& reply : replies) {
      CHECK(text.receiver->can_carry(reply) == text.reply(reply).has_value());
      carried += text.receiver->can_carry(reply) ? 1 : 0;
    }
    CHECK(carried == (kind == AccountKind::mini_program ? 2 : 11));
  }
}

TEST_CASE("a system without random bytes gives an error, not a weak answer") {
  const kefu_test::PushSender sender(reply_keys());
  PushConfig config("wx1234567890abcdef", reply_keys());
  config.freshness = kefu::wechat::PushFreshness(kefu::wechat::PushFreshness::Mode::off);
  config.random = [](void*, std::size_t) { return false; };
  const auto receiver = kefu::wechat::make_push_receiver(std::move(config)).value();
  const auto opened = receiver->open(sender.sealed(kCustomerText).view(), kReplyTime);
  const auto answer = receiver->reply(*opened.context, Content(TextContent("hi")), kReplyTime);
  REQUIRE(!answer.has_value());
  CHECK(answer.error().kind() == ErrorKind::internal);
}
