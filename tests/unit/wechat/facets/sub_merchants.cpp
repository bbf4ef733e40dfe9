// Which paths a mini program's messages and typing signs take, with a sub-merchant and without.
#include "core/text/document.hpp"
#include "support/wechat_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;

namespace {

const std::string kBuyer = "oABC1234567890abcdefghijklmn";

/// A mini program whose buyer has just written.
struct ShopPlatform {
  explicit ShopPlatform(bool business_typing = false, bool business_send = false) : world(AccountKind::mini_program) {
    AccountConfig config("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret), AccountKind::mini_program);
    config.business_typing = business_typing;
    config.business_send = business_send;
    account = Account::create(*world.runtime, std::move(config)).value();
    const WallTime now = world.time->wall();
    REQUIRE(account->reply_ledger()->opened(kBuyer, "message", now, now));
    for (const char* path : {"send", "typing", "business/send", "business/typing"})
      world.transport->on(std::string("/cgi-bin/message/custom/") + path,
                          [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0,"errmsg":"ok"})"); });
  }
  /// The path of the last call behind message/custom, and the text of its businessid.
  std::pair<std::string, std::string> last() const {
    const HttpRequest request = world.transport->last();
    const auto body = detail::Document::json(request.body);
    return {request.path.substr(std::string("/cgi-bin/message/custom/").size()),
            std::string(body.root()["businessid"].text())};
  }
  std::pair<std::string, std::string> typed(const std::string& business) {
    Address to("", CustomerId(kBuyer));
    to.thread = business;
    REQUIRE(account->messenger()->typing(to, true).get().has_value());
    return last();
  }
  Result<Receipt> send(const std::string& business) {
    Message message(Address("", CustomerId(kBuyer)), TextContent("好的"));
    message.to.thread = business;
    return account->send(std::move(message)).get();
  }
  std::pair<std::string, std::string> sent(const std::string& business) {
    REQUIRE(send(business).has_value());
    return last();
  }

  WechatWorld world;
  std::shared_ptr<Account> account;
};

using Place = std::pair<std::string, std::string>;

}  // namespace

TEST_CASE("a typing sign takes the path of sub-merchants with the id of one, or where the settings say so") {
  ShopPlatform usual;
  CHECK(usual.typed("") == Place("typing", ""));
  CHECK(usual.typed("42") == Place("business/typing", "42"));
  ShopPlatform always(true);
  CHECK(always.typed("") == Place("business/typing", ""));
  CHECK(always.typed("42") == Place("business/typing", "42"));
}

TEST_CASE("a reply in a sub-merchant's session carries its id as text, or as a number on the path of its own") {
  ShopPlatform usual;
  CHECK(usual.sent("") == Place("send", ""));
  CHECK(usual.sent("42") == Place("send", "42"));
  CHECK(usual.world.transport->last().body.find(R"("businessid":"42")") != std::string::npos);
  ShopPlatform other(false, true);
  CHECK(other.sent("") == Place("send", ""));
  CHECK(other.sent("42") == Place("business/send", "42"));
  CHECK(other.world.transport->last().body.find(R"("businessid":42)") != std::string::npos);
  const auto calls = other.world.transport->count();
  CHECK(other.send("apple").error().kind() == ErrorKind::bad_argument);
  CHECK(other.world.transport->count() == calls);
}
