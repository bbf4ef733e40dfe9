#include "sandbox/wechat/text.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostSubMerchants = 500;
constexpr std::int64_t kMostSubMerchantsListed = 200;

/// 4 to 30, a character of more than one byte counts two.
bool is_business_nickname(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) width += byte < 0x80 ? 1 : 2;
  }
  return width >= 4 && width <= 30;
}

ApiResult check_icon(const WechatCall& call, std::string_view id) {
  if (call.twin.setting("check_media") == 0) return {};
  const Media* media = call.twin.find_media(id, call.now, call.account->app.appid);
  if (media == nullptr) return refuse(40007);
  return media->type.empty() || media->type == "image" ? ApiResult() : refuse(40004);
}

BusinessRow* business_of(const WechatCall& call) {
  const std::int64_t id = call.body["business_id"].integer().value_or(0);
  const std::string_view name = call.body["account_name"].text();
  for (BusinessRow& row : call.account->business.rows)
    if (id != 0 ? row.business_id == id : !name.empty() && row.account_name == name) return &row;
  return nullptr;
}

ApiResult register_business(WechatCall& call) {
  auto& rows = call.account->business.rows;
  BusinessRow row;
  row.account_name = call.body["account_name"].text();
  row.nickname = call.body["nickname"].text();
  row.icon_media_id = call.body["icon_media_id"].text();
  row.transfer_to_commkf = call.body["transfer_to_commkf"].boolean().value_or(false);
  if (!is_word(row.account_name) || row.account_name.size() < 6 || row.account_name.size() > 30) return refuse(45091);
  if (!is_business_nickname(row.nickname)) return refuse(45078);
  if (ApiResult bad = check_icon(call, row.icon_media_id); bad.code != 0) return bad;
  for (const BusinessRow& one : rows)
    if (one.account_name == row.account_name) return refuse(45070);
  if (rows.size() >= kMostSubMerchants) return refuse(45077);
  row.business_id = static_cast<std::int64_t>(rows.size()) + 1;
  rows.push_back(row);
  return ok_answer([&row](detail::JsonWriter& writer) { writer.key("business_id").integer(row.business_id); });
}

void write_business(detail::JsonWriter& writer, const BusinessRow& row) {
  writer.begin_object().key("business_id").integer(row.business_id).key("account_name").string(row.account_name);
  writer.key("nickname").string(row.nickname);
  writer.key("icon_url").string("http://mmbiz.qpic.cn/sandbox/icon/" + row.icon_media_id).end_object();
}

ApiResult get_business(WechatCall& call) {
  const BusinessRow* row = business_of(call);
  if (row == nullptr) return refuse(45071);
  return ok_answer([row](detail::JsonWriter& writer) {
    writer.key("business_info");
    write_business(writer, *row);
  });
}

ApiResult list_businesses(WechatCall& call) {
  const auto& rows = call.account->business.rows;
  const std::int64_t offset = call.body["offset"].integer().value_or(-1);
  const std::int64_t count = call.body["count"].integer().value_or(0);
  if (offset < 0 || count < 1 || count > kMostSubMerchantsListed) return refuse(40097);
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key("list").begin_array();
    const std::size_t begin = std::min(rows.size(), static_cast<std::size_t>(offset));
    const std::size_t end = std::min(rows.size(), begin + static_cast<std::size_t>(count));
    for (std::size_t i = begin; i < end; ++i) write_business(writer, rows[i]);
    writer.end_array();
  });
}

ApiResult update_business(WechatCall& call) {
  BusinessRow* row = business_of(call);
  if (row == nullptr) return refuse(45071);
  const std::string_view nickname = call.body["nickname"].text();
  const std::string_view icon = call.body["icon_media_id"].text();
  if (!is_business_nickname(nickname)) return refuse(45078);
  if (!icon.empty())
    if (ApiResult bad = check_icon(call, icon); bad.code != 0) return bad;
  row->nickname = nickname;
  if (!icon.empty()) row->icon_media_id = icon;
  return {};
}

bool is_corp_id(std::string_view text) { return is_word(text) && (starts_with(text, "ww") || starts_with(text, "wx")); }

ApiResult bind_corp(WechatCall& call) {
  const std::string_view corp = call.body["corpid"].text();
  if (corp.empty()) return refuse(10130002);
  if (!is_corp_id(corp)) return refuse(10130600);
  BusinessState& business = call.account->business;
  if (!business.corp_id.empty()) return refuse(10130603);
  business.corp_id = corp;
  business.corp_bound = call.now;
  return {};
}

ApiResult unbind_corp(WechatCall& call) {
  const std::string_view corp = call.body["corpid"].text();
  if (corp.empty()) return refuse(10130002);
  BusinessState& business = call.account->business;
  if (business.corp_id.empty()) return refuse(10130604);
  if (business.corp_id != corp) return refuse(10130601);
  business.corp_id.clear();
  return {};
}

ApiResult show_corp(WechatCall& call) {
  const BusinessState& business = call.account->business;
  return ok_answer([&business](detail::JsonWriter& writer) {
    writer.key("entityName").string("Sandbox");
    if (business.corp_id.empty()) return;
    writer.key("corpid").string(business.corp_id).key("bindTime").integer(unix_seconds(business.corp_bound));
  });
}

}  // namespace

ApiResult check_business(const WechatCall& call, bool path_wants_one) {
  const detail::Value named = call.body["businessid"];
  if (named.text().empty()) return path_wants_one ? call.gap("business_path_without_id_code") : ApiResult();
  if (!path_wants_one && call.twin.setting("common_path_ignores_business_id") != 0) return {};
  const std::int64_t id = named.integer().value_or(0);
  const auto& rows = call.account->business.rows;
  const bool known =
      std::any_of(rows.begin(), rows.end(), [id](const BusinessRow& row) { return row.business_id == id; });
  return known ? ApiResult() : call.gap("unknown_business_id_code");
}

std::vector<WechatRoute> wechat_business_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/business/register", Credential::token, register_business},
          {"POST", "/cgi-bin/business/get", Credential::token, get_business},
          {"POST", "/cgi-bin/business/list", Credential::token, list_businesses},
          {"POST", "/cgi-bin/business/update", Credential::token, update_business},
          {"POST", "/customservice/work/bind", Credential::token, bind_corp},
          {"POST", "/customservice/work/unbind", Credential::token, unbind_corp},
          {"GET", "/customservice/work/get", Credential::token, show_corp}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
