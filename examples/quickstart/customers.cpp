// Customers who talk with the quickstart's host through the sandbox, on WeChat and on JD, and published sample pushes.
// Checks what comes back and prints the conversation as a table; exits non-zero if any step did not happen. usage:
// quickstart_customers CONTROL_URL HOST_URL HOST_LOG HOST_CONFIG.json SAMPLES.json
#include "customers_jd.hpp"
#include "customers_service.hpp"
#include "customers_wechat.hpp"
#include "customers_world.hpp"
#include "json.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

class Conversation {
 public:
  Conversation(World world, Transcript& transcript, Json account, std::string callback_url)
      : world_(std::move(world)),
        transcript_(transcript),
        account_(std::move(account)),
        app_id_(account_["app_id"].text()),
        side_(world_, app_id_) {
    callback_url_ = std::move(callback_url);
  }

  void register_account();
  void replay_samples(const Json& config, const Json& samples);
  /// All but the answer that takes long: see `finish`.
  void talk();
  void finish();

 private:
  void asks(Customer& customer, const std::string& text, const std::string& wanted);
  void replay(const Json& account, const Json& sample);
  void duplicate(Customer& customer);
  void menu(Customer& customer);
  void six_messages(Customer& customer);
  void dead_token(Customer& customer);
  std::int64_t token_fetches();
  /// How often custom/send was answered with any error code.
  std::int64_t refused_sends(const std::string& code);

  World world_;
  Transcript& transcript_;
  Json account_;
  std::string app_id_;
  WechatSide side_;
  std::string callback_url_;
  Customer slow_customer_{"小张", "oQuickstartZhang000000000003"};
  Clock::time_point slow_asked_;
  std::int64_t slow_push_ = 0;
};

// The plain signature of a request: the published samples give msg_signature only.
std::string plain_signature(std::string token, std::string timestamp, std::string nonce) {
  std::vector<std::string> parts{std::move(token), std::move(timestamp), std::move(nonce)};
  std::sort(parts.begin(), parts.end());
  const std::string joined = parts[0] + parts[1] + parts[2];
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(joined.data(), joined.size(), digest, &size, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", digest[i]);
    hex += two;
  }
  return hex;
}

void Conversation::register_account() {
  world_.control("POST", "/apps",
                 json_line({{"appid", app_id_},
                            {"secret", account_["app_secret"].text()},
                            {"kind", "svc"},
                            {"original_id", account_["original_id"].text()},
                            {"token", account_["token"].text()},
                            {"encoding_aes_key", account_["encoding_aes_key"].text()},
                            {"push_mode", account_["mode"].text()},
                            {"callback_url", callback_url_}}));
  const Json check = world_.control("POST", "/apps/" + app_id_ + "/verify-url?wait_ms=8000");
  transcript_.add({"platform", "verifies the callback URL", check["state"].text(), "GET, echostr",
                   check["state"].text() == "answered"});
}

// The bytes are those of the published samples; only the envelope is put around them.
void Conversation::replay(const Json& account, const Json& sample) {
  const std::string timestamp = sample["timestamp"].text();
  const std::string nonce = sample["nonce"].text();
  const std::string clear = sample["plaintext"].text();
  const bool json = !clear.empty() && clear.front() == '{';
  const std::string to = account["original_id"].text();
  const std::string body = json ? json_line({{"ToUserName", to}, {"Encrypt", sample["encrypt"].text()}})
                                : "<xml><ToUserName><![CDATA[" + to + "]]></ToUserName><Encrypt><![CDATA[" +
                                      sample["encrypt"].text() + "]]></Encrypt></xml>";
  const std::string target = "/wechat/" + account["app_id"].text() +
                             "?signature=" + plain_signature(account["token"].text(), timestamp, nonce) +
                             "&timestamp=" + timestamp + "&nonce=" + nonce +
                             "&encrypt_type=aes&msg_signature=" + sample["msg_signature"].text();
  const auto answer = world_.push("POST", target, body, json ? "application/json" : "text/xml");
  const auto events = world_.host_lines({{"what", "event"}, {"account", account["app_id"].text()}}, 1, 5'000);
  const std::string said = events.empty() ? "" : events[0]["said"].text();
  const bool sealed = answer.body.find("Encrypt") != std::string::npos;
  transcript_.add({"published sample", sample["name"].text(), said.empty() ? "not understood" : "understood: " + said,
                   sealed ? "encrypted answer" : "acknowledged: " + answer.body,
                   answer.status == 200 && events.size() == 1 && (sealed || answer.body == "success")});
}

void Conversation::replay_samples(const Json& config, const Json& samples) {
  for (const Json& account : config["accounts"].items()) {
    if (!account["recorded"].boolean()) continue;
    bool found = false;
    for (const Json& sample : samples.items()) {
      if (sample["name"].text() != account["sample"].text()) continue;
      found = true;
      replay(account, sample);
    }
    if (!found) transcript_.add({"published sample", account["sample"].text(), "is not in the file", "", false});
  }
}

void Conversation::asks(Customer& customer, const std::string& text, const std::string& wanted) {
  side_.act(customer, "text", {{"content", text}});
  const auto got = side_.messages(customer, 1);
  const Got first = got.empty() ? Got() : got[0];
  transcript_.add({customer.name, "writes: " + text, first.text, how_it_came(first.channel),
                   got.size() == 1 && first.text.find(wanted) != std::string::npos});
}

void Conversation::menu(Customer& customer) {
  side_.act(customer, "text", {{"content", "帮助"}});
  auto got = side_.messages(customer, 1);
  Got first = got.empty() ? Got() : got[0];
  transcript_.add({customer.name, "writes: 帮助", "(menu)", how_it_came(first.channel), first.type == "msgmenu"});
  side_.act(customer, "menu_item", {{"id", "ship"}, {"content", "何时发货"}});
  got = side_.messages(customer, 1);
  first = got.empty() ? Got() : got[0];
  transcript_.add({customer.name, "taps: 何时发货", first.text, how_it_came(first.channel),
                   first.text.find("您选择了") != std::string::npos});
}

void Conversation::duplicate(Customer& customer) {
  const Json push = side_.act(customer, "text", {{"content", "怎么开发票"}});
  const std::string number = push["push"].text();
  world_.control("POST", "/pushes/" + number + "/repeat?wait_ms=8000", R"({"signature":"same"})");
  world_.control("POST", "/pushes/" + number + "/repeat?wait_ms=8000", R"({"signature":"new"})");
  const auto got = side_.messages(customer, 1);
  const auto handled = world_.host_lines({{"what", "event"}, {"customer", customer.openid}}, 1, 2'000);
  transcript_.add({customer.name, "writes: 怎么开发票, pushed three times", got.empty() ? "" : got[0].text,
                   "handled " + std::to_string(handled.size()) + " time, answered " + std::to_string(got.size()),
                   got.size() == 1 && handled.size() == 1});
}

void Conversation::six_messages(Customer& customer) {
  side_.act(customer, "text", {{"content", "六条"}});
  const auto got = side_.messages(customer, 5);
  const auto refused = world_.host_lines({{"what", "refused"}, {"customer", customer.openid}}, 1, 10'000);
  transcript_.add(
      {customer.name, "writes: 六条", std::to_string(got.size()) + " messages", "customer messages", got.size() == 5});
  const Json reason = refused.empty() ? Json() : refused[0];
  transcript_.add({"host", "sends the sixth", "refused locally: " + reason["reason"].text(), reason["kind"].text(),
                   refused.size() == 1 && reason["number"].text() == "6" && reason["kind"].text() == "window_closed" &&
                       reason["delivery"].text() == "not_sent" && refused_sends("45047") == 0});
}

std::int64_t Conversation::token_fetches() {
  return world_.control("GET", "/apps/" + app_id_ + "/tokens")["fetches"]["stable"].number(-1);
}

std::int64_t Conversation::refused_sends(const std::string& code) {
  return world_.control("GET", "/calls")["calls"]["/cgi-bin/message/custom/send"]["codes"][code].number();
}

void Conversation::dead_token(Customer& customer) {
  const std::int64_t before = token_fetches();
  world_.control("POST", "/apps/" + app_id_ + "/tokens/invalidate");
  side_.act(customer, "text", {{"content", "帮助"}});
  const auto got = side_.messages(customer, 1);
  const std::int64_t fetched = token_fetches() - before;
  transcript_.add({customer.name, "writes: 帮助, while the token is dead", got.empty() ? "" : "(menu)",
                   std::to_string(fetched) + " refresh",
                   before >= 1 && fetched == 1 && got.size() == 1 && got[0].type == "msgmenu"});
}

void Conversation::finish() {
  const auto got = side_.messages(slow_customer_, 1, 20'000);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - slow_asked_).count();
  const Json pushed = world_.control("GET", "/pushes/" + std::to_string(slow_push_));
  const auto attempts = pushed["attempts"].items();
  const std::int64_t platform_ms = attempts.empty() ? -1 : attempts[0]["ms"].number();
  transcript_.add(
      {slow_customer_.name, "wrote 人工鉴定 at the start", got.empty() ? "" : got[0].text,
       (got.empty() ? "" : how_it_came(got[0].channel)) + " after " + std::to_string(seconds) +
           " s; the platform after " + std::to_string((platform_ms + 50) / 100) + "00 ms",
       got.size() == 1 && got[0].channel == "api" && seconds >= 8 && attempts.size() == 1 && platform_ms < 5'000});
}

void Conversation::talk() {
  Customer wang{"小王", "oQuickstartWang0000000000001"};
  Customer li{"小李", "oQuickstartLi000000000000002"};
  Customer zhao{"小赵", "oQuickstartZhao0000000000004"};
  Customer sun{"小孙", "oQuickstartSun00000000000005"};

  // The slow answer first, so that the others talk meanwhile.
  slow_asked_ = Clock::now();
  slow_push_ = side_.act(slow_customer_, "text", {{"content", "人工鉴定"}}, false)["push"].number();

  side_.act(wang, "follow", {});
  const auto welcome = side_.messages(wang, 1);
  transcript_.add({wang.name, "follows", welcome.empty() ? "" : welcome[0].text,
                   welcome.empty() ? "" : how_it_came(welcome[0].channel), welcome.size() == 1});
  asks(wang, "什么时候发货？", "当天发货");
  asks(li, "我要退款", "原路退回");
  side_.act(wang, "image", {});
  const auto picture = side_.messages(wang, 1);
  transcript_.add({wang.name, "sends a picture", picture.empty() ? "" : picture[0].text,
                   picture.empty() ? "" : how_it_came(picture[0].channel),
                   picture.size() == 1 && picture[0].text.find("图片已收到") != std::string::npos});
  menu(wang);
  duplicate(sun);
  six_messages(zhao);
  dead_token(li);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s CONTROL_URL HOST_URL HOST_LOG HOST_CONFIG.json SAMPLES.json\n", argv[0]);
    return 2;
  }
  const Json config = Json::file(argv[4]);
  Json account, shop;
  for (const Json& one : config["accounts"].items()) {
    if (one["platform"].text() == "jd") {
      shop = one;
    } else if (!one["recorded"].boolean()) {
      account = one;
    }
  }
  if (!account.present() || !shop.present()) {
    std::fprintf(stderr, "%s does not name both an account of WeChat's twin and a shop of JD's\n", argv[4]);
    return 2;
  }
  const std::string host_url = argv[2];
  const World world(argv[1], host_url, argv[3]);
  Transcript transcript;
  Conversation wechat(world, transcript, account, host_url + "/wechat/" + account["app_id"].text());
  wechat.register_account();
  wechat.replay_samples(config, Json::file(argv[5]));
  wechat.talk();
  ServiceConversation(world, transcript, account).talk();
  JdConversation jd(world, transcript, config["jd_app"], shop, host_url + "/jd/callback");
  jd.authorize();
  jd.talk();
  wechat.finish();
  jd.skew_the_clock();

  transcript.print();
  std::printf("\n%zu of %zu steps happened\n", transcript.size() - transcript.failed(), transcript.size());
  return transcript.failed() == 0 ? 0 : 1;
}
