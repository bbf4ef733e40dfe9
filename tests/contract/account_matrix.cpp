// Which kind of account may call what: the table against the vectors, and its enforcement before a call is made.
#include "wechat/operations/account_matrix.hpp"

#include "support/vectors.hpp"
#include "support/wechat_world.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/menus.hpp>
#include <kefu/wechat/operations.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/users.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;

namespace {

constexpr AccountKind kKinds[] = {AccountKind::subscription_account, AccountKind::service_account,
                                  AccountKind::mini_program};
const char* const kVectorNames[] = {"sub", "svc", "mini"};

/// Paths of which the vectors show the official accounts' form alone, though the table gives them to mini programs too.
const std::set<std::string, std::less<>> kFormOfOfficialAccounts{"/cgi-bin/message/custom/typing"};

/// What the account answers to a raw call, and whether it went out.
struct Outcome {
  std::optional<Error> error;
  bool sent;
};
Outcome call(const OperationInfo& info, AccountKind kind, bool verified, bool check = true) {
  WechatWorld world(kind, nullptr, verified, check);
  const std::string path(info.path);
  world.transport->on(path, [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0})"); });
  const auto answer =
      world.account->call(RawCall(std::string(info.method), path, info.method == "GET" ? "" : "{}", Effect::read))
          .get();
  Outcome outcome{std::nullopt, world.transport->count(path) == 1};
  if (!answer) outcome.error = answer.error();
  return outcome;
}

}  // namespace

TEST_CASE("every operation has a rule, and the vectors' kinds agree with it") {
  std::map<std::string, std::set<std::string>> kinds;
  for (const char* file : {"wechat-messages.json", "wechat-ours.json"}) {
    const auto vectors = kefu_test::load_vectors(file);
    for (const auto& entry : vectors.root()["requests"])
      for (const auto kind : entry.value["account_kinds"].items())
        kinds[std::string(entry.value["path"].text())].insert(std::string(kind.text()));
  }
  for (const Operation* row : operations()) {
    const std::string path(row->info.path);
    CAPTURE(path);
    const Accounts* rule = accounts_of(path);
    REQUIRE(rule != nullptr);
    for (std::size_t i = 0; i < std::size(kKinds); ++i) {
      CAPTURE(kVectorNames[i]);
      const Access access = rule->of(kKinds[i]);
      if (kinds[path].count(kVectorNames[i]) != 0)
        CHECK(access != Access::no);
      else if (kFormOfOfficialAccounts.count(path) == 0)
        CHECK((access == Access::no || access == Access::unknown));
    }
  }
}

TEST_CASE("foundation A: a row alone says who may call its API, and a path's rule stands above rows") {
  for (const Row* row : rows()) CHECK(accounts_of(row->operation.info.path) == &row->accounts);
  for (const std::string_view path : paths_with_rules()) {
    CAPTURE(std::string(path));
    CHECK(path.back() == '/');
    CHECK(std::any_of(rows().begin(), rows().end(),
                      [path](const Row* row) { return row->operation.info.path.substr(0, path.size()) == path; }));
    CHECK(accounts_of(std::string(path) + "what/no_row_models") != nullptr);
  }
}

TEST_CASE("foundation A: name and quota bucket of a row come from its path") {
  for (const Row* row : rows()) {
    const OperationInfo& info = row->operation.info;
    CAPTURE(std::string(info.path));
    CHECK(info.name == PathName(info.path).full());
    const bool own = info.quota == info.name.substr(std::string_view("wechat.").size());
    const bool of_another = std::any_of(rows().begin(), rows().end(), [&info](const Row* one) {
      return one->operation.info.quota == info.quota && PathName(one->operation.info.path).bucket() == info.quota;
    });
    CHECK((own || of_another));
  }
  CHECK(PathName("/wxa/msg_sec_check").full() == "wechat.wxa.msg_sec_check");
}

TEST_CASE("what a kind of account lacks is refused before a call, typed or raw; the rest goes out") {
  int refused = 0;
  for (const Operation* row : operations()) {
    const std::string path(row->info.path);
    const bool send = path == "/cgi-bin/message/custom/send" || path == "/cgi-bin/message/custom/business/send";
    for (const AccountKind kind : kKinds) {
      for (const bool verified : {true, false}) {
        CAPTURE(path);
        CAPTURE(static_cast<int>(kind));
        CAPTURE(verified);
        const Access access = accounts_of(path)->of(kind);
        const Outcome outcome = call(row->info, kind, verified);
        if (access == Access::no || (access == Access::verified && !verified)) {
          ++refused;
          REQUIRE(outcome.error);
          CHECK(!outcome.sent);
          CHECK(outcome.error->kind() == (access == Access::no ? ErrorKind::unsupported : ErrorKind::permission));
          CHECK(outcome.error->delivery() == Delivery::not_sent);
          CHECK(outcome.error->message().find(path) != std::string::npos);
          CHECK(outcome.error->message().find("check_account_kind") != std::string::npos);
          if (!send) CHECK(call(row->info, kind, verified, false).sent);
        } else if (!send && path.find("token") == std::string::npos) {
          CHECK_MESSAGE(outcome.sent, (outcome.error ? outcome.error->to_string() : ""));
        }
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("the refusal names the missing qualification") {
  WechatWorld mini(AccountKind::mini_program);
  const auto session = mini.account->call(CreateKfSession("test1@test", "o1")).get();
  REQUIRE(!session);
  CHECK(session.error().kind() == ErrorKind::unsupported);
  CHECK(session.error().message().find("mini programs do not have /customservice/kfsession/create; those that do: "
                                       "subscription accounts with WeChat verification") == 0);
  WechatWorld unverified(AccountKind::service_account, nullptr, false);
  const auto sent = unverified.account->call(SendTemplateMessage("o1", "T", {TemplateValue("thing1", "x")})).get();
  REQUIRE(!sent);
  CHECK(sent.error().kind() == ErrorKind::permission);
  CHECK(sent.error().message().find("WeChat verification (微信认证)") != std::string::npos);
  WechatWorld subscription(AccountKind::subscription_account);
  const auto business = subscription.account->call(RawCall("POST", "/cgi-bin/business/register")).get();
  REQUIRE(!business);
  CHECK(business.error().message().find("those that do: mini programs in the category of e-commerce platforms. If") !=
        std::string::npos);
  CHECK(mini.transport->count() + unverified.transport->count() + subscription.transport->count() == 0);
}

TEST_CASE("one of the permission sets that the page of an API names is enough") {
  WechatWorld world;
  const auto may = [&world](std::vector<int> sets) {
    AccountConfig config("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret), AccountKind::service_account);
    config.permission_sets = std::move(sets);
    const auto account = Account::create(*world.runtime, std::move(config)).value();
    const auto answer = account->call(GetConsoleMenu()).get();
    return answer || answer.error().kind() != ErrorKind::permission;
  };
  world.transport->on("/cgi-bin/get_current_selfmenu_info", [](const HttpRequest&) {
    return WechatWorld::json_reply(R"({"is_menu_open":0,"selfmenu_info":{"button":[]}})");
  });
  for (const int set : {1, 3, 15}) CHECK(may({set}));
  CHECK(!may({2}));
}

TEST_CASE("an API that the tables do not have goes out, whatever the account") {
  CHECK(accounts_of("/cgi-bin/groups/create") == nullptr);
  CHECK(accounts_of("/cgi-bin/message/custom/send/more") == nullptr);
  CHECK(accounts_of("/cgi-bin/tags") == nullptr);
  WechatWorld world(AccountKind::mini_program, nullptr, false);
  world.transport->on("/cgi-bin/groups/get",
                      [](const HttpRequest&) { return WechatWorld::json_reply(R"({"groups":[]})"); });
  CHECK(world.account->call(RawCall("GET", "/cgi-bin/groups/get", "", Effect::read)).get().has_value());
}
