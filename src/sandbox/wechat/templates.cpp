#include "sandbox/wechat/notices.hpp"
#include "sandbox/wechat/text.hpp"

#include <fmt/format.h>

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::chrono::minutes kRepeatsForgotten(10);
constexpr std::size_t kClientIdsBound = 1000;
constexpr std::size_t kLongestOneTimeTitle = 15;

/// The first industries of the documentation's list.
struct Industry {
  std::string_view first;
  std::string_view second;
};
constexpr Industry kIndustries[] = {{"IT科技", "互联网|电子商务"}, {"IT科技", "IT软件与服务"},
                                    {"IT科技", "IT硬件与设备"},    {"IT科技", "电子技术"},
                                    {"IT科技", "通信与运营商"},    {"IT科技", "网络游戏"}};

const Industry* industry_of(std::string_view id) {
  if (id.size() != 1 || id[0] < '1' || id[0] > '6') return nullptr;
  return &kIndustries[id[0] - '1'];
}

ApiResult set_industry(WechatCall& call) {
  NoticeState& notices = call.account->notices;
  const std::string first(call.body["industry_id1"].text());
  const std::string second(call.body["industry_id2"].text());
  if (industry_of(first) == nullptr || industry_of(second) == nullptr) return call.gap("unknown_industry_code");
  const std::int64_t month = platform_month(call.now);
  if (notices.industry_changes.in(month) > 0)
    if (ApiResult again = call.gap("industry_changed_again_code"); again.code != 0) return again;
  notices.industry_changes.add(month);
  notices.industries = {first, second};
  return {};
}

ApiResult get_industry(WechatCall& call) {
  return fields_answer([&call](detail::JsonWriter& writer) {
    for (const std::size_t place : {0, 1}) {
      const Industry& one = *industry_of(call.account->notices.industries[place]);
      writer.key(place == 0 ? "primary_industry" : "secondary_industry").begin_object();
      writer.key("first_class").string(one.first).key("second_class").string(one.second).end_object();
    }
  });
}

ApiResult add_template(WechatCall& call) {
  NoticeTemplate made;
  made.source = call.body["template_id_short"].text();
  if (made.source.empty()) return refuse(40037);
  made.title = "模板" + made.source;
  int number = 0;
  for (const detail::Value& keyword : call.body["keyword_name_list"].items()) {
    made.content += fmt::format("{}:{{{{keyword{}.DATA}}}}\n", keyword.text(), ++number);
    made.example += fmt::format("{}:示例\n", keyword.text());
  }
  return add_notice_template(call, std::move(made), "template_id");
}

ApiResult delete_template(WechatCall& call) {
  return delete_notice_template(call, call.body["template_id"].text(), true);
}

ApiResult list_templates(WechatCall& call) {
  const Industry& first = *industry_of(call.account->notices.industries[0]);
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("template_list").begin_array();
    for (const NoticeTemplate& one : call.account->notices.templates) {
      if (one.type != NoticeTemplate::kMessage) continue;
      writer.begin_object().key("template_id").string(one.template_id).key("title").string(one.title);
      writer.key("primary_industry").string(first.first).key("deputy_industry").string(first.second);
      writer.key("content").string(one.content).key("example").string(one.example).end_object();
    }
    writer.end_array();
  });
}

ApiResult check_recipient(const WechatCall& call, WechatCustomer*& customer) {
  customer = call.twin.find_customer(*call.account, call.body["touser"].text());
  if (customer == nullptr) return refuse(40003);
  if (!customer->following) return refuse(43004);
  if (customer->blacklisted) return refuse(43019);
  constexpr int kBlocks = 48002;  // A template's message is taken and fails later.
  return customer->refuse_code != 0 && customer->refuse_code != kBlocks ? refuse(customer->refuse_code) : ApiResult();
}

/// True if this customer got one with the same client_msg_id a short while ago.
bool is_repeated(const WechatCall& call, WechatCustomer& customer) {
  const std::string id(call.body["client_msg_id"].text());
  if (id.empty()) return false;
  auto& known = customer.client_message_ids;
  const auto found = known.find(id);
  if (found != known.end() && call.now - found->second < kRepeatsForgotten) return true;
  if (known.size() >= kClientIdsBound) known.clear();
  known[id] = call.now;
  return false;
}

ApiResult template_answer(const std::string& id) {
  return ok_answer([&id](detail::JsonWriter& writer) { writer.key("msgid").raw(id); });
}

ApiResult send_template(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = check_recipient(call, customer); bad.code != 0) return bad;
  const NoticeTemplate* notice = find_template(*call.account, call.body["template_id"].text());
  if (notice == nullptr || notice->type != NoticeTemplate::kMessage) return refuse(40037);
  if (ApiResult bad = check_mini_program_target(call); bad.code != 0) return bad;
  if (ApiResult bad = check_template_values(call, *notice); bad.code != 0) return bad;
  const std::int64_t most = call.twin.setting("templates_per_customer_day");
  if (most > 0 && customer->templates_today.in(platform_day(call.now)) >= most) return refuse(43117);
  if (is_repeated(call, *customer)) {
    if (ApiResult again = call.gap("repeated_client_msg_id_code"); again.code != 0) return again;
    return template_answer("0");
  }
  customer->templates_today.add(platform_day(call.now));
  return template_answer(show_notice(call, *customer, *notice, "template"));
}

/// The older one-time subscription: the consent page is a visit of its own.
ApiResult send_one_time(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = check_recipient(call, customer); bad.code != 0) return bad;
  const NoticeTemplate* notice = find_template(*call.account, call.body["template_id"].text());
  if (notice == nullptr) return refuse(40037);
  const std::int64_t scene = call.body["scene"].integer().value_or(-1);
  if (scene < 0 || scene > 10'000) return refuse(40129);
  const std::string_view title = call.body["title"].text();
  if (title.empty() || character_count(title) > kLongestOneTimeTitle) return refuse(45003);
  if (call.body["data"]["content"]["value"].text().empty()) return refuse(47003);
  if (ApiResult bad = check_mini_program_target(call); bad.code != 0) return bad;
  const auto consent = customer->consents.find(notice->template_id);
  if (consent == customer->consents.end() || consent->second == 0) return refuse(43101);
  if (consent->second > 0) --consent->second;
  show_notice(call, *customer, *notice, "one_time");
  return {};
}

}  // namespace

std::vector<WechatRoute> wechat_template_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/message/template/send", Credential::token, send_template, WechatRoute::Body::json, true},
          {"POST", "/cgi-bin/message/template/subscribe", Credential::token, send_one_time},
          {"POST", "/cgi-bin/template/api_set_industry", Credential::token, set_industry},
          {"GET|POST", "/cgi-bin/template/get_industry", Credential::token, get_industry},
          {"POST", "/cgi-bin/template/api_add_template", Credential::token, add_template},
          {"GET|POST", "/cgi-bin/template/get_all_private_template", Credential::token, list_templates},
          {"POST", "/cgi-bin/template/del_private_template", Credential::token, delete_template}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
