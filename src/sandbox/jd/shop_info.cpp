#include "core/crypto/crypto.hpp"
#include "sandbox/jd/fields.hpp"
#include "sandbox/jd/lists.hpp"

#include <algorithm>
#include <set>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

/// A node of one member that is an object of these fields.
JdResult node_of(std::string_view name, const JdFields& fields) {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key(name);
  fields.write(writer);
  writer.end_object();
  return result;
}

JdResult vender_info(JdCall& call) {
  const JdShop& shop = call.shop->shop;
  JdFields fields(call.twin);
  fields.number("vender_id", shop.vender_id).number("col_type", shop.col_type).number("shop_id", shop.shop_id);
  fields.text("shop_name", shop.name);
  fields.number(call.twin.setting("jd_legacy_wrappers") != 0 ? "cate_main" : "category_main", 1315);
  return node_of("vender_info_result", fields);
}

JdResult shop_info(JdCall& call) {
  const JdShop& shop = call.shop->shop;
  JdFields fields(call.twin);
  fields.number("vender_id", shop.vender_id).number("shop_id", shop.shop_id).text("shop_name", shop.name);
  fields.number("open_time", 1'400'000'000'000).text("logo_url", "//img.example.com/l.png").text("brief", "官方旗舰");
  fields.number("category_main", 1315).text("category_main_name", "服饰内衣");
  return node_of("shop_jos_result", fields);
}

JdResult child_accounts(JdCall& call) {
  const std::int64_t number = call.number("page", 1);
  const std::int64_t size = call.number("size", 20);
  if (number < 1 || size < 1 || size > 20) return jd_error(61);
  JdPage page;
  page.number = static_cast<std::size_t>(number);
  page.size = static_cast<std::size_t>(size);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("result").begin_object().key("success").boolean(true);
  writer.key("totalCount").unsigned_integer(call.shop->shop.agents.size()).key("data").begin_array();
  for (const std::string& agent : page_of(call.shop->shop.agents, page))
    writer.begin_object().key("accountName").string(agent).key("status").integer(1).end_object();
  writer.end_array().end_object().end_object();
  return result;
}

JdResult account_details(JdCall& call) {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("result").begin_array();
  for (const std::string& agent : call.shop->shop.agents)
    if (call.text("account_name_s").find(agent) != std::string_view::npos)
      writer.begin_object().key("accountName").string(agent).key("name").string("客服").end_object();
  writer.end_array().end_object();
  return result;
}

/// The members that `field` names, as a list or with commas; all without it.
JdFields selected(const JdCall& call, const JsonFields& all) {
  JdFields out(call.twin);
  std::set<std::string, std::less<>> wanted;
  for (const auto& one : call.body["field"].items()) {
    std::string_view rest = one.text();
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      wanted.emplace(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  for (const auto& [name, json] : all)
    if (wanted.empty() || wanted.count(name) != 0) out.raw(name, json);
  return out;
}

JdResult find_sku(JdCall& call) {
  const auto found = call.shop->skus.find(call.number("skuId", -1));
  if (found == call.shop->skus.end()) return jd_failure(*call.route, "69", "sku 不存在");
  return node_of("sku", selected(call, found->second));
}

JdResult find_ware(JdCall& call) {
  const auto found = call.shop->wares.find(call.number("wareId", -1));
  if (found == call.shop->wares.end()) return jd_failure(*call.route, "69", "商品不存在");
  return node_of("ware", selected(call, found->second));
}

JdResult search_wares(JdCall& call) {
  const std::int64_t number = call.number("pageNo", 1);
  const std::int64_t size = call.number("pageSize", 20);
  const auto ids = call.body["wareId"].items();
  if (number < 1 || size < 1 || size > 100 || ids.size() > 20) return jd_error(61);
  const std::string_view key = call.text("searchKey");
  std::vector<const JsonFields*> found;
  for (const auto& [id, ware] : call.shop->wares) {
    const auto title = ware.find("title");
    if (!key.empty() && (title == ware.end() || title->second.find(key) == std::string::npos)) continue;
    if (!ids.empty() && std::none_of(ids.begin(), ids.end(),
                                     [wanted = id](const detail::Value& one) { return one.integer() == wanted; }))
      continue;
    found.push_back(&ware);
  }
  JdPage page;
  page.number = static_cast<std::size_t>(number);
  page.size = static_cast<std::size_t>(size);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("page").begin_object().key("pageNo").integer(number).key("pageSize").integer(size);
  writer.key("totalItem").unsigned_integer(found.size()).key("data").begin_array();
  for (const JsonFields* ware : page_of(found, page)) selected(call, *ware).write(writer);
  writer.end_array().end_object().end_object();
  return result;
}

/// Conversions between the names of a person; `data` is JSON.
JdResult converted(const JdCall& call, std::string_view data) {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key(call.route->wrapper).begin_object().key("code").integer(200).key("data").raw(data);
  writer.key("requestId").string(random_hex(16)).end_object().end_object();
  return result;
}

JdBuyer* buyer_of_mixed_pin(JdCall& call, std::string_view mixed) {
  for (auto& [pin, buyer] : call.shop->buyers)
    if (buyer.mixed_pin == mixed) return &buyer;
  return nullptr;
}

JdResult to_xid(JdCall& call, std::string_view field) {
  const std::string_view name = call.text(field);
  if (name.empty()) return jd_error(60);
  const JdBuyer* buyer = field == "mixPin" ? buyer_of_mixed_pin(call, name) : call.twin.find_buyer(*call.shop, name);
  if (buyer == nullptr) return jd_failure(*call.route, "404", "用户不存在");
  return converted(call, json_text(buyer->xid));
}
JdResult pin_to_xid(JdCall& call) { return to_xid(call, "userPin"); }
JdResult mixed_pin_to_xid(JdCall& call) { return to_xid(call, "mixPin"); }
JdResult open_id_to_xid(JdCall& call) { return to_xid(call, "openId"); }

JdResult pins_to_xids(JdCall& call) {
  std::string data;
  JsonWriter writer(data);
  writer.begin_object();
  for (const auto& pin : call.body["userPins"].items())
    if (const JdBuyer* buyer = call.twin.find_buyer(*call.shop, pin.text())) writer.key(pin.text()).string(buyer->xid);
  writer.end_object();
  return converted(call, data);
}

JdResult pin_to_open_id(JdCall& call) {
  const JdBuyer* buyer = call.twin.find_buyer(*call.shop, call.text("pin"));
  if (buyer == nullptr) return jd_failure(*call.route, "404", "用户不存在");
  return converted(call, json_text(buyer->open_id));
}

JdResult encrypt_pin(JdCall& call) {
  if (call.text("pin").empty()) return jd_error(60);
  return converted(call, json_text(call.twin.buyer(*call.shop, call.text("pin")).mixed_pin));
}

/// A Jingmai token stands for itself here: its hash is the open_id.
JdResult token_to_open_id(JdCall& call) {
  if (call.text("token").empty() || call.text("source").empty()) return jd_error(60);
  const std::string hash = detail::digest(detail::DigestKind::sha256, call.text("token")).hex();
  return converted(call, json_text(hash.substr(0, 43)));
}

}  // namespace

std::vector<JdRoute> jd_shop_routes() {
  constexpr JdFamily kPlain = JdFamily::plain;
  constexpr JdFamily kInner = JdFamily::inner;
  return {
      {"jingdong.seller.vender.info.get", kPlain, "", vender_info},
      {"jingdong.vender.shop.query", kPlain, "", shop_info},
      {"jingdong.vender.childAccount.query", kPlain, "", child_accounts, true},
      {"jingdong.vender.childaccount.role.query", kPlain, "", account_details, true},
      {"jingdong.vender.childaccount.privilege.query", kPlain, "", account_details, true},
      {"jingdong.sku.read.findSkuById", kPlain, "", find_sku},
      {"jingdong.ware.read.findWareById", kPlain, "", find_ware, true},
      {"jingdong.ware.read.searchWare4Valid", kPlain, "", search_wares},
      {"jingdong.jos.oauth.rpc.xid.pin2Xid", kInner, "returnType", pin_to_xid, true},
      {"jingdong.jos.oauth.rpc.xid.mixPin2Xid", kInner, "returnType", mixed_pin_to_xid},
      {"jingdong.jos.oauth.rpc.xid.openId2Xid", kInner, "returnType", open_id_to_xid, true},
      {"jingdong.jos.oauth.rpc.xid.batchPin2Xid", kInner, "returnType", pins_to_xids, true},
      {"jingdong.UserRelatedRpcI18nService.getOpenId", kInner, "returnType", pin_to_open_id, true},
      {"jingdong.jos.getEncryptPin", kInner, "returnType", encrypt_pin, true},
      {"jingdong.jos.token.source.to.openId", kInner, "returnType", token_to_open_id, true},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
