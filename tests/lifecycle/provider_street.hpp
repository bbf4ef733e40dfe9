#pragma once

// Only where the example is built.
#ifdef KEFU_SERVICE_PROVIDER
#include "support/browser.hpp"
#include "support/child_process.hpp"
#include "support/planted_secrets.hpp"
#include "unit/sandbox/http/tiny_client.hpp"

#include <kefu/sandbox/sandbox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace kefu_test {

/// The platforms' twins with two accounts of WeChat and a shop of JD, and processes of examples/service_provider over
/// one store that serve them.
class ProviderStreet {
 public:
  static constexpr char kComponent[] = "wx00000000000000c0";
  static constexpr char kService[] = "wx00000000000000a1";
  static constexpr char kMini[] = "wx00000000000000a2";
  static constexpr char kShop[] = "flagship";

  /// One process: its program, and the address that it said.
  struct Host {
    std::unique_ptr<ChildProcess> child;
    std::string url;
  };

  /// `place`: the program's --store.
  explicit ProviderStreet(std::string place) : place_(std::move(place)) {
    REQUIRE(twin.start().has_value());
    add(kComponent, kefu::sandbox::WechatKind::component);
    add(kService, kefu::sandbox::WechatKind::service);
    add(kMini, kefu::sandbox::WechatKind::mini_program);
    kefu::sandbox::JdApp app;
    app.app_key = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
    app.app_secret = kPlantedJdAppSecret;
    app.dongdong_aspid = "110.200.0000002.001";
    app.dongdong_secret = kPlantedDongDongSecret;
    REQUIRE(twin.add(app).has_value());
    kefu::sandbox::JdShop shop;
    shop.shop = shop.main_account = kShop;
    REQUIRE(twin.add(shop).has_value());
    for (const auto& [name, value] :
         std::vector<std::pair<const char*, std::string>>{{"WECHAT_COMPONENT_APP_ID", kComponent},
                                                          {"WECHAT_COMPONENT_APP_SECRET", kPlantedAppSecret},
                                                          {"WECHAT_TOKEN", kPlantedPushToken},
                                                          {"WECHAT_AES_KEY", kPlantedAesKey},
                                                          {"WECHAT_URL", twin.wechat_url()},
                                                          {"JD_APP_KEY", app.app_key},
                                                          {"JD_APP_SECRET", app.app_secret},
                                                          {"JD_DONGDONG_ASPID", app.dongdong_aspid},
                                                          {"JD_DONGDONG_SECRET", app.dongdong_secret},
                                                          {"JD_CALLS_PER_DAY", "10000000"},
                                                          {"JD_POLL_SECONDS", "1"},
                                                          {"JD_URL", twin.jd_url()}})
      ::setenv(name, value.c_str(), 1);
  }

  Host start() const {
    Host host;
    host.child = std::make_unique<ChildProcess>(std::vector<std::string>{
        KEFU_SERVICE_PROVIDER, "--store", place_, "--url", "https://saas.example.com", "--port", "0", "--lease", "3"});
    const auto line = host.child->line();
    REQUIRE(line.has_value());
    const std::size_t at = line->find("http://");
    REQUIRE_MESSAGE(at != std::string::npos, *line);
    host.url = line->substr(at);
    return host;
  }
  /// The platform's pushes go to this process from now on, repeats too.
  void push_to(const Host& host) {
    control("/apps/" + std::string(kComponent), R"({"callback_url":")" + host.url +
                                                    R"(/wechat/events","message_url":")" + host.url +
                                                    R"(/wechat/messages/$APPID$"})");
  }
  void push_ticket() { control("/components/" + std::string(kComponent) + "/push-ticket", R"({"wait_ms":10000})"); }

  /// The merchant opens the provider's page at one process, agrees at the platform, and comes back at the other one.
  void onboard_wechat(const std::string& merchant, const std::string& app_id, const std::string& sets,
                      const Host& there, const Host& back) {
    const std::string link = location(there, "/wechat/onboard/" + merchant);
    const std::string query = query_of(link.substr(0, link.find('#')));
    come_back(merchant, "/wechat/back?",
              follow_link(twin, twin.wechat_url() + "/sandbox/component/consent?" + query + "&appid=" + app_id + sets),
              back);
  }
  void onboard_jd(const std::string& shop, const Host& there, const Host& back) {
    come_back(shop, "/jd/back?", follow_link(twin, location(there, "/jd/onboard/" + shop)), back);
  }

  /// A customer who was never here asks at each account.
  void ask() {
    const std::string number = std::to_string(++asked_);
    for (const char* app_id : {kService, kMini}) {
      const Question question{app_id, "oCustomer" + std::string(app_id + 16) + "x" + number, "问题" + number};
      REQUIRE(twin.customer_writes(question.account, question.customer, question.text).has_value());
      questions_.push_back(question);
    }
    const Question question{kShop, "buyer_" + number, "问题" + number};
    REQUIRE(twin.jd_buyer_writes(question.account, question.customer, question.text).has_value());
    questions_.push_back(question);
  }
  void ask(int times) {
    for (int i = 0; i < times; ++i) ask();
  }

  /// Waits until every question was answered or is a dead letter as this process tells.
  void settle(const Host& host) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    std::vector<Question> open = questions_;
    while (!open.empty() && std::chrono::steady_clock::now() < until) {
      ::poll(nullptr, 0, 50);
      letters_ = TinyClient(host.url).request("GET", "/dead-letters").body;
      open.erase(std::remove_if(open.begin(), open.end(),
                                [this](const Question& one) { return answers(one) > 0 || !letter(one).empty(); }),
                 open.end());
    }
    for (const Question& one : open) FAIL_CHECK(one.account << " never answered " << one.customer);
  }
  /// Nobody is answered twice, and who is not answered is one of whom nobody can know it.
  void check() const {
    for (const Question& one : questions_) {
      CAPTURE(one.account);
      CAPTURE(one.customer);
      CAPTURE(letters_);
      CHECK(answers(one) <= 1);
      if (answers(one) == 0) CHECK(letter(one).find("nobody knows") != std::string::npos);
    }
  }
  std::size_t questions() const { return questions_.size(); }

  kefu::sandbox::Sandbox twin;

 private:
  struct Question {
    std::string account, customer, text;
  };

  void add(const char* app_id, kefu::sandbox::WechatKind kind) {
    kefu::sandbox::WechatApp app;
    app.appid = app_id;
    app.secret = kPlantedAppSecret;
    app.token = kPlantedPushToken;
    app.encoding_aes_key = kPlantedAesKey;
    app.kind = kind;
    REQUIRE(twin.add(app).has_value());
  }
  void control(const std::string& target, const std::string& json) {
    const auto reply = twin.control("POST", target, json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  static std::string location(const Host& host, const std::string& path) {
    const auto answer = TinyClient(host.url).request("GET", path);
    REQUIRE_MESSAGE(answer.status == 302, answer.body);
    const std::size_t at = answer.head.find("Location: ");
    REQUIRE(at != std::string::npos);
    return answer.head.substr(at + 10, answer.head.find('\r', at) - at - 10);
  }
  static void come_back(const std::string& merchant, const std::string& path, const std::string& address,
                        const Host& host) {
    CHECK(address.find("https://saas.example.com/") == 0);
    const auto answer = TinyClient(host.url).request("GET", path + query_of(address));
    CHECK(answer.body == merchant + " active\n");
  }
  int answers(const Question& one) const {
    const std::string wanted = "您好，已收到：" + one.text;
    const auto count = [&wanted](const auto& got) {
      return static_cast<int>(
          std::count_if(got.begin(), got.end(), [&wanted](const auto& message) { return message.text == wanted; }));
    };
    return one.account == kShop ? count(twin.jd_received(one.account, one.customer))
                                : count(twin.messages(one.account, one.customer));
  }
  /// The line of the dead letters about this question; empty if there is none.
  std::string letter(const Question& one) const {
    const std::size_t at = letters_.find(one.account + " " + one.customer + " ");
    return at == std::string::npos ? "" : letters_.substr(at, letters_.find('\n', at) - at);
  }

  const std::string place_;
  std::vector<Question> questions_;
  int asked_ = 0;
  std::string letters_;
};

/// Two WeChat merchants and a JD shop are onboarded; of two processes over one store one is killed, then the other one
/// is asked to end, both in the middle of their customers; both are started again. `can_stop`: a process that stands
/// still holds nothing that the others need; one that writes to an SQLite file does.
inline void serve_through_ends(const std::string& place, bool can_stop) {
  ProviderStreet street(place);
  ProviderStreet::Host one = street.start();
  ProviderStreet::Host two = street.start();
  street.push_to(one);
  street.push_ticket();
  street.onboard_wechat("shop-1", ProviderStreet::kService, "&set=1&set=11", one, two);
  street.onboard_wechat("shop-2", ProviderStreet::kMini, "&set=18&set=19", two, one);
  street.onboard_jd(ProviderStreet::kShop, one, two);
  street.ask(3);
  street.settle(one);

  street.ask(6);
  one.child->kill();
  CHECK(one.child->wait() == -SIGKILL);
  street.push_to(two);
  street.ask(3);
  one = street.start();

  street.ask(6);
  street.push_to(one);
  two.child->send(SIGTERM);
  street.ask(3);
  CHECK(two.child->wait() == 0);
  two = street.start();

  street.ask(3);
  if (can_stop) one.child->stop();  // away for longer than its lease, then back
  street.push_to(two);
  street.ask(3);
  street.settle(two);
  one.child->go_on();
  street.ask(1);
  street.settle(two);
  for (const ProviderStreet::Host* host : {&one, &two}) {
    host->child->send(SIGTERM);
    CHECK(host->child->wait() == 0);
  }
  CHECK(street.questions() == 28 * 3);
  street.check();
}

}  // namespace kefu_test
#endif
