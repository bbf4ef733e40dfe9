#include "customers_jd.hpp"

#include <set>
#include <utility>

namespace {

constexpr char kPushText[] = "jingdong.MessagePushService.pushChatTextMessage";
constexpr char kReadChatLog[] = "jingdong.im.pop.chatlog.get";

std::string how_it_came(const std::string& channel) {
  return channel == "dongdong" ? "polled; DongDong" : channel == "after_sale" ? "polled; after-sale reply" : channel;
}

std::string times(std::int64_t count) { return std::to_string(count) + (count == 1 ? " time" : " times"); }

}  // namespace

JdConversation::JdConversation(World world, Transcript& transcript, Json app, Json shop,
                               const std::string& redirect_uri)
    : world_(std::move(world)),
      transcript_(transcript),
      app_(std::move(app)),
      shop_(std::move(shop)),
      app_key_(app_["app_key"].text()),
      shop_name_(shop_["shop"].text()) {
  const Json grant = shop_["dongdong"];
  world_.control("POST", "/jd/apps",
                 json_line({{"app_key", app_key_},
                            {"app_secret", app_["app_secret"].text()},
                            {"redirect_uri", redirect_uri},
                            {"dongdong_aspid", grant["aspid"].text()},
                            {"dongdong_secret", grant["secret"].text()}}));
  world_.control(
      "POST", "/jd/shops?vender_id=" + shop_["after_sale"]["bu_id"].text(),
      json_line({{"shop", shop_name_}, {"name", "京小铺旗舰店"}, {"main_account", grant["from_pin"].text()}}));
}

void JdConversation::authorize() {
  const auto page = world_.host_page("/jd/authorize/" + shop_name_);
  const auto check = world_.host_page("/jd/check/" + shop_name_);
  transcript_.add({"merchant (JD)", "opens the host's link, logs in", page.body, "link, code, token",
                   page.status == 200 && check.status == 200});
}

void JdConversation::write(const Buyer& buyer, const std::string& text) {
  world_.control("POST", "/jd/shops/" + shop_name_ + "/buyers/" + buyer.pin + "/write", json_line({{"content", text}}));
}

std::vector<JdConversation::Got> JdConversation::messages(Buyer& buyer, int count) {
  const Json answer = world_.control("GET", "/jd/shops/" + shop_name_ + "/buyers/" + buyer.pin +
                                                "/messages?after=" + std::to_string(buyer.seen) +
                                                "&count=" + std::to_string(count) + "&wait_ms=10000");
  std::vector<Got> got;
  for (const Json& message : answer["messages"].items()) {
    got.push_back({message["text"].text(), message["url"].text(), message["channel"].text(), message["type"].text()});
    buyer.seen = message["n"].number();
  }
  return got;
}

std::vector<Json> JdConversation::handled(const std::string& said, std::size_t wanted, int wait_ms) {
  return world_.host_lines({{"what", "event"}, {"account", shop_name_}, {"said", said}}, wanted, wait_ms);
}

std::int64_t JdConversation::refreshes() {
  for (const Json& grant : world_.control("GET", "/jd/grants")["grants"].items()) {
    if (grant["shop"].text() == shop_name_) return grant["refreshes"].number(-1);
  }
  return -1;
}

void JdConversation::asks(Buyer& buyer, const std::string& text, const std::string& wanted) {
  write(buyer, text);
  const auto got = messages(buyer);
  const Got first = got.empty() ? Got() : got[0];
  transcript_.add({buyer.name, "writes: " + text, first.text, how_it_came(first.channel),
                   got.size() == 1 && first.text.find(wanted) != std::string::npos});
}

// Each round reads again what was read before; the platform gives its lines no ids.
void JdConversation::overlap() {
  const std::int64_t before = world_.calls(kReadChatLog);
  const std::int64_t read = world_.calls(kReadChatLog, before + 2, 10'000);
  const auto lines = world_.host_lines({{"what", "event"}, {"account", shop_name_}}, 0, 0);
  std::set<std::string> ids;
  for (const Json& line : lines) ids.insert(line["event_id"].text());
  transcript_.add({"host", "has read chat logs " + times(read) + "; its windows overlap",
                   std::to_string(lines.size()) + " events, each handled once", "no ids from JD",
                   read >= before + 2 && ids.size() >= 6 && ids.size() == lines.size()});
}

void JdConversation::picture(Buyer& buyer) {
  write(buyer, "有尺码表吗");
  const auto got = messages(buyer);
  const Got first = got.empty() ? Got() : got[0];
  transcript_.add({buyer.name, "writes: 有尺码表吗", "(picture) " + first.url, how_it_came(first.channel),
                   got.size() == 1 && first.type == "image" && first.url == shop_["size_chart_url"].text()});
}

void JdConversation::menu(Buyer& buyer) {
  write(buyer, "帮助");
  const auto got = messages(buyer);
  const Got first = got.empty() ? Got() : got[0];
  transcript_.add({buyer.name, "writes: 帮助", first.text, how_it_came(first.channel) + ": the menu as text",
                   got.size() == 1 && first.text.find("何时发货") != std::string::npos});
}

void JdConversation::dead_token(Buyer& buyer) {
  const std::int64_t before = refreshes();
  world_.control("POST", "/jd/grants/void", json_line({{"app_key", app_key_}, {"shop", shop_name_}}));
  write(buyer, "我要退款");
  const auto got = messages(buyer);
  const std::int64_t made = refreshes() - before;
  transcript_.add({buyer.name, "writes: 我要退款, while the shop's token is dead (19)", got.empty() ? "" : got[0].text,
                   std::to_string(made) + " refresh",
                   before >= 0 && made == 1 && got.size() == 1 && got[0].text.find("原路退回") != std::string::npos});
}

// The platform takes the message and its answer is lost; the repeat carries the same accessid.
void JdConversation::lost_answer(Buyer& buyer) {
  const std::int64_t before = world_.calls(kPushText);
  world_.control("POST", "/faults", json_line({{"fault", "reset_before_reply"}, {"path", kPushText}}));
  write(buyer, "怎么开发票");
  const std::int64_t pushes = world_.calls(kPushText, before + 2, 10'000) - before;
  const auto got = messages(buyer);
  transcript_.add({buyer.name, "writes: 怎么开发票; the answer to the push is lost", got.empty() ? "" : got[0].text,
                   "pushed " + times(pushes) + ", shown " + times(static_cast<std::int64_t>(got.size())),
                   pushes == 2 && got.size() == 1});
}

void JdConversation::after_sale(Buyer& buyer) {
  const std::string text = "退款什么时候到账";
  const Json ticket = world_.control("POST", "/jd/shops/" + shop_name_ + "/tickets",
                                     json_line({{"customer", buyer.pin}, {"content", text}}));
  const auto got = messages(buyer);
  const Got first = got.empty() ? Got() : got[0];
  const Json after = world_.control("GET", "/jd/shops/" + shop_name_ + "/tickets/" + ticket["service_id"].text());
  const auto written = after["messages"].items();
  transcript_.add({buyer.name, "writes on a service order: " + text, first.text, how_it_came(first.channel),
                   got.size() == 1 && first.channel == "after_sale" && written.size() == 2 &&
                       !written[1]["by_customer"].boolean(true) && handled(text, 2, 0).size() == 1});
}

void JdConversation::rating(const Buyer& buyer) {
  world_.control("POST", "/jd/shops/" + shop_name_ + "/buyers/" + buyer.pin + "/rate?score=5",
                 json_line({{"text", "回复很快"}}));
  const std::string said = "(" + shop_["dongdong"]["from_pin"].text() + " is rated 5: 回复很快)";
  const auto lines = handled(said);
  transcript_.add(
      {buyer.name, "rates the agent: 5, 回复很快", lines.empty() ? "" : said, "polled; event", lines.size() == 1});
}

void JdConversation::talk() {
  Buyer zhou{"小周 (JD)", "jd_quickstart_zhou"};
  Buyer wu{"小吴 (JD)", "jd_quickstart_wu"};
  asks(zhou, "什么时候发货？", "当天发货");
  picture(zhou);
  menu(zhou);
  dead_token(zhou);
  lost_answer(zhou);
  after_sale(wu);
  rating(zhou);
  overlap();
}

void JdConversation::skew_the_clock() {
  world_.control("POST", "/clock/advance?seconds=1200");
  const auto page = world_.host_page("/jd/check/" + shop_name_);
  world_.control("POST", "/clock/advance?seconds=-1200");
  transcript_.add({"host", "calls JD with a clock 20 minutes slow", page.body, "code 8, explained",
                   page.status == 503 && page.body.find("clock is 1200 s behind") != std::string::npos});
}
