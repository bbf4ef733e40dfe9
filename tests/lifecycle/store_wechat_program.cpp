// The program kefu on the store of a service provider: merchants authorize, are listed, and are repaired.
#include "core/text/document.hpp"
#include "support/browser.hpp"
#include "support/child_process.hpp"
#include "support/planted_secrets.hpp"
#include "support/temp_folder.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/stores/sqlite.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#ifdef KEFU_PROGRAM
using namespace kefu;
using kefu_test::ChildProcess;
using kefu_test::kPlantedAesKey;
using kefu_test::kPlantedAppSecret;
using kefu_test::kPlantedPushToken;

namespace {

constexpr char kComponent[] = "wx00000000000000c0";
constexpr char kShopApp[] = "wx00000000000000a1";
constexpr char kMiniApp[] = "wx00000000000000a2";

/// What the program printed and how it ended.
struct Said {
  std::vector<std::string> lines;
  int status = -1;
  detail::Document json(std::size_t line) const { return detail::Document::json(lines.at(line)); }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }
};

/// A platform at the twin, two accounts that may authorize it, and the host's store, in which its ticket is.
struct World {
  World() {
    REQUIRE(twin.start().has_value());
    add(kComponent, sandbox::WechatKind::component);
    add(kShopApp, sandbox::WechatKind::service);
    add(kMiniApp, sandbox::WechatKind::mini_program);
    set("authorization_events", 0);
    std::ofstream(config) << R"({"component_app_id":")" << kComponent << R"(","component_app_secret":")"
                          << kPlantedAppSecret << R"(","token":")" << kPlantedPushToken << R"(","encoding_aes_key":")"
                          << kPlantedAesKey << R"(","store":")" << place << R"(","base_url":")" << twin.wechat_url()
                          << R"(","redirect_uri":"https://saas.example.com/back?tenant=7"})";
  }
  void add(const char* app_id, sandbox::WechatKind kind) {
    sandbox::WechatApp app;
    app.appid = app_id;
    app.secret = kPlantedAppSecret;
    app.token = kPlantedPushToken;
    app.encoding_aes_key = kPlantedAesKey;
    app.kind = kind;
    REQUIRE(twin.add(app).has_value());
  }
  void set(const std::string& name, int value) {
    REQUIRE(twin.control("POST", "/switches", "{\"" + name + "\":" + std::to_string(value) + "}").status == 200);
  }
  void control(const std::string& act, const std::string& json) {
    const auto reply = twin.control("POST", std::string("/components/") + kComponent + "/" + act, json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  /// The host's process takes a ticket, and is gone again.
  void take_ticket() {
    RuntimeOptions options;
    options.store = SqliteStore::open(SqliteOptions(place)).value();
    const auto runtime = Runtime::create(std::move(options)).value();
    auto platform =
        wechat::OpenPlatform::create(
            runtime, wechat::OpenPlatformConfig(kComponent, Secret(kPlantedAppSecret),
                                                wechat::PushKeys(Secret(kPlantedPushToken), Secret(kPlantedAesKey))))
            .value();
    bool taken = false;
    const auto time = std::make_shared<sandbox::SimulatedTime>();
    twin.connect_webhook(
        kComponent,
        [&](const sandbox::PushRequest& push, MoveFunction<void(sandbox::PushReply)> answer) {
          const auto opened = platform.receive(WebhookRequest(push.method, push.path, push.raw_query, push.body)).get();
          taken = opened.has_value();
          answer(sandbox::PushReply(taken ? opened->answer.status : 503, taken ? opened->answer.body : ""));
        },
        time, time);
    control("push-ticket", "{}");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!taken && std::chrono::steady_clock::now() < until) time->advance(Millis(10));
    REQUIRE(taken);
  }

  static std::vector<std::string> command(const std::string& act, std::vector<std::string> words) {
    std::vector<std::string> whole{KEFU_PROGRAM, "wechat", act};
    for (std::string& word : words) whole.push_back(std::move(word));
    return whole;
  }
  Said run(const std::string& act, std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", config});
    ChildProcess child(command(act, std::move(words)));
    Said said;
    while (auto line = child.line()) said.lines.push_back(*std::move(line));
    said.status = child.wait();
    for (const char* secret : {kPlantedAppSecret, kPlantedPushToken, kPlantedAesKey, "refreshtoken@@@", "ticket@@@"})
      CHECK_MESSAGE(said.text().find(secret) == std::string::npos, "a secret was printed");
    return said;
  }
  /// The address at which the merchant's browser ends.
  std::string agree(const std::string& link, const char* app_id, const std::string& sets) {
    return kefu_test::follow_link(twin, "https://mp.weixin.qq.com/sandbox/component/consent?" +
                                            kefu_test::query_of(link.substr(0, link.find('#'))) + "&appid=" + app_id +
                                            sets);
  }

  const kefu_test::TempFolder folder;
  const std::string place = folder.file("host.db"), config = folder.file("wechat.json");
  sandbox::Sandbox twin;
};

}  // namespace

TEST_CASE("kefu wechat: merchants authorize by either link, are listed, and are repaired from the platform's list") {
  World world;
  CHECK_MESSAGE(world.run("authorize", {"shop-1", "--link"}).status == 1, "without a ticket there is no link");
  world.take_ticket();

  // Both steps at once, by the phone's link, pasted as a browser shows the address.
  ChildProcess both(World::command("authorize", {"shop-1", "--kind", "official_account", "--config", world.config}));
  const auto computer = both.line(), phone = both.line();
  REQUIRE((computer && phone));
  CHECK(computer->find("https://mp.weixin.qq.com/cgi-bin/componentloginpage?") != std::string::npos);
  CHECK(computer->find("auth_type=1") != std::string::npos);
  const std::size_t begin = phone->find("https://open.weixin.qq.com/");
  REQUIRE(begin != std::string::npos);
  REQUIRE(both.write_line("  " + world.agree(phone->substr(begin), kShopApp, "&set=1&set=11") + "#top "));
  CHECK(both.line() == "shop-1  active");
  std::string shown;
  while (const auto line = both.line()) shown += *line + "\n";
  CHECK(both.wait() == 0);
  CHECK(shown.find("kind     official_account.service\n  scope    1\n  scope    11\n") != std::string::npos);
  CHECK(shown.find(kShopApp) != std::string::npos);

  // Link and redirect apart, for a program.
  const Said link = world.run("authorize", {"shop-2", "--link", "--json"});
  REQUIRE(link.lines.size() == 1);
  const std::string back = world.agree(std::string(link.json(0).root()["url"].text()), kMiniApp, "&set=19");
  const Said redeemed = world.run("authorize", {"--json", "--redirect", back});
  REQUIRE(redeemed.lines.size() == 1);
  CHECK(redeemed.json(0).root()["merchant"].text() == "shop-2");
  CHECK(redeemed.json(0).root()["account_kind"].text() == "mini_program");
  CHECK(world.run("authorize", {"--redirect", back}).status == 1);

  const Said all = world.run("merchants", {"--json"});
  REQUIRE(all.lines.size() == 2);
  CHECK(all.json(0).root()["state"].text() == "active");
  CHECK(all.json(0).root()["ids"]["app_id"].text() == kShopApp);
  CHECK(all.json(0).root()["since"].integer().value_or(0) > 1'700'000'000);

  // Nobody tells us: one merchant authorizes anew, the other one ends it.
  CHECK(world.run("repair", {"--json"}).json(0).root()["repair"].text() == "unchanged");
  world.control("authorize", std::string(R"({"authorizer":")") + kShopApp + R"(","sets":[1,11]})");
  world.control("withdraw", std::string(R"({"authorizer":")") + kMiniApp + "\"}");
  const Said repaired = world.run("repair", {"--json"});
  CHECK(repaired.status == 0);
  REQUIRE(repaired.lines.size() == 2);
  CHECK(repaired.json(0).root()["repair"].text() == "repaired");
  CHECK(repaired.json(1).root()["repair"].text() == "ended");
  CHECK(repaired.json(1).root()["state"].text() == "withdrawn");
  CHECK(repaired.json(1).root()["why"].text().find("list") != std::string_view::npos);
  const Said again = world.run("repair", {});
  CHECK(again.lines.at(0) == "shop-1  active  nothing to repair");

  CHECK(world.run("authorize", {"shop-2", "--forget"}).status == 0);
  CHECK(world.run("authorize", {"shop-2", "--forget"}).status == 1);
  CHECK(world.run("merchants", {}).lines.at(0) == "shop-1  active");
}

TEST_CASE("kefu wechat: what cannot be used is a usage error that names it and never its value") {
  World world;
  CHECK(world.run("authorize", {}).status == 2);
  CHECK(world.run("authorize", {"shop-1", "--kind", "shop"}).status == 2);
  std::ofstream(world.config) << R"({"component_app_id":"x","component_app_secrt":"hidden"})";
  CHECK(world.run("merchants", {}).status == 2);
  std::ofstream(world.config) << R"({"component_app_id":"x","component_app_secret":"hidden"})";
  CHECK_MESSAGE(world.run("repair", {}).status == 2, "without a store there is no ticket");
}
#endif
