#include "sandbox/wechat/users.hpp"

#include "sandbox/wechat/text.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostUsersAsked = 100;
constexpr std::size_t kFollowersPerPage = 10'000;
constexpr std::size_t kLongestRemark = 30;

void write_user(detail::JsonWriter& writer, const WechatTwin& twin, const WechatCustomer& customer) {
  writer.key("subscribe").integer(customer.following ? 1 : 0).key("openid").string(customer.openid);
  if (!customer.following) return;
  writer.key("language").string("zh_CN").key("subscribe_time").integer(unix_seconds(customer.followed));
  if (twin.setting("answer_union_id") != 0) writer.key("unionid").string(customer.union_id);
  writer.key("remark").string(customer.remark);
  writer.key("groupid").integer(customer.tags.empty() ? 0 : *customer.tags.begin());
  writer.key("tagid_list").begin_array();
  for (const std::int64_t tag : customer.tags) writer.integer(tag);
  writer.end_array().key("subscribe_scene").string(customer.subscribe_scene);
  writer.key("qr_scene").integer(0).key("qr_scene_str").string(customer.qr_scene);
}

ApiResult show_user(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = find_user(call, call.query("openid"), customer); bad.code != 0) return bad;
  return fields_answer([&](detail::JsonWriter& writer) { write_user(writer, call.twin, *customer); });
}

ApiResult show_users(WechatCall& call) {
  const auto wanted = call.body["user_list"].items();
  if (wanted.empty() || wanted.size() > kMostUsersAsked) return refuse(40032);
  std::vector<const WechatCustomer*> found;
  for (const detail::Value& one : wanted) {
    WechatCustomer* customer = nullptr;
    if (ApiResult bad = find_user(call, one["openid"].text(), customer); bad.code != 0) return bad;
    found.push_back(customer);
  }
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("user_info_list").begin_array();
    for (const WechatCustomer* customer : found) {
      writer.begin_object();
      write_user(writer, call.twin, *customer);
      writer.end_object();
    }
    writer.end_array();
  });
}

ApiResult list_followers(WechatCall& call) {
  return page_answer(call, call.query("next_openid"), kFollowersPerPage, true,
                     [](const WechatCustomer& one) { return one.following; });
}

ApiResult set_remark(WechatCall& call) {
  WechatCustomer* customer = nullptr;
  if (ApiResult bad = find_user(call, call.body["openid"].text(), customer); bad.code != 0) return bad;
  const std::string_view remark = call.body["remark"].text();
  if (character_count(remark) >= kLongestRemark)
    if (ApiResult bad = call.gap("long_remark_code"); bad.code != 0) return bad;
  customer->remark = remark;
  return {};
}

}  // namespace

ApiResult find_user(const WechatCall& call, std::string_view openid, WechatCustomer*& customer) {
  customer = call.twin.find_customer(*call.account, openid);
  if (customer != nullptr) return {};
  for (auto& [appid, other] : call.twin.accounts)
    if (call.twin.find_customer(other, openid) != nullptr) return call.gap("openid_of_other_account_code");
  return refuse(40003);
}

ApiResult page_answer(const WechatCall& call, std::string_view after, std::size_t most, bool with_total,
                      const std::function<bool(const WechatCustomer& customer)>& belongs) {
  std::vector<const WechatCustomer*> all;
  std::uint64_t from = 0;
  for (const auto& [openid, customer] : call.account->customers) {
    if (openid == after) from = customer.order;
    if (belongs(customer)) all.push_back(&customer);
  }
  if (!after.empty() && from == 0) return refuse(40003);
  std::sort(all.begin(), all.end(),
            [](const WechatCustomer* a, const WechatCustomer* b) { return a->order < b->order; });
  const auto begin =
      std::find_if(all.begin(), all.end(), [from](const WechatCustomer* one) { return one->order > from; });
  const auto end =
      begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(most, static_cast<std::size_t>(all.end() - begin)));
  return fields_answer([&](detail::JsonWriter& writer) {
    if (with_total) writer.key("total").unsigned_integer(all.size());
    writer.key("count").integer(end - begin);
    if (begin == end) return void(writer.key("next_openid").string(""));
    writer.key("data").begin_object().key("openid").begin_array();
    for (auto one = begin; one != end; ++one) writer.string((*one)->openid);
    writer.end_array().end_object().key("next_openid").string((*(end - 1))->openid);
  });
}

std::vector<WechatRoute> wechat_user_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/cgi-bin/user/info", Credential::token, show_user},
          {"POST", "/cgi-bin/user/info/batchget", Credential::token, show_users},
          {"GET", "/cgi-bin/user/get", Credential::token, list_followers},
          {"POST", "/cgi-bin/user/info/updateremark", Credential::token, set_remark}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
