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
  fields.number(call.twin.setting("jd_legacy_wrappers") != 0 ? "category_main" : "cate_main", 1315);
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

void begin_accounts(JsonWriter& writer, std::string_view wrapper, std::size_t count) {
  writer.begin_object().key(wrapper).begin_object().key("is_success").boolean(true).key("error_code").string("");
  writer.key("error_msg").string("").key("total_count").unsigned_integer(count);
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
  begin_accounts(writer, "child_account_result", call.shop->shop.agents.size());
  writer.key("child_account_s").begin_array();
  std::int64_t id = 30'000 + static_cast<std::int64_t>((page.number - 1) * page.size);
  for (const std::string& agent : page_of(call.shop->shop.agents, page)) {
    writer.begin_object().key("account_id").integer(++id).key("account_name").string(agent);
    writer.key("user_name").string(agent).key("status").integer(1).key("is_phone_open").integer(0);
    writer.key("phone").string("").key("auth_status").integer(1).end_object();
  }
  writer.end_array().end_object().end_object();
  return result;
}

/// `write` adds what is asked about one account, as lists of one.
template <class Write>
JdResult account_details(JdCall& call, std::string_view wrapper, std::string_view list, Write write) {
  std::vector<std::string> found;
  for (const std::string& agent : call.shop->shop.agents)
    if (call.text("account_name_s").find(agent) != std::string_view::npos) found.push_back(agent);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  begin_accounts(writer, wrapper, found.size());
  writer.key(list).begin_array();
  for (const std::string& agent : found) {
    writer.begin_object().key("account_name").begin_array().string(agent).end_array();
    write(writer);
    writer.end_object();
  }
  writer.end_array().end_object().end_object();
  return result;
}
JdResult account_roles(JdCall& call) {
  return account_details(call, "account_role_result", "account_role_s", [](JsonWriter& writer) {
    writer.key("role_id")
        .begin_array()
        .integer(11)
        .end_array()
        .key("role_name")
        .begin_array()
        .string("客服")
        .end_array();
  });
}
JdResult account_privileges(JdCall& call) {
  return account_details(call, "account_privilege_result", "account_privilege_s",
                         [](JsonWriter& writer) { writer.key("codes").begin_array().string("im_chat").end_array(); });
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

/// Conversions between the names of a person. `number` is how that method says success, `member` where the name is.
JdResult converted(const JdCall& call, std::string_view name, std::int64_t number, std::string_view member = "data") {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key(call.route->wrapper).begin_object().key("code").integer(number);
  writer.key(member).string(name).key("requestId").string(random_hex(16)).end_object().end_object();
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
  return converted(call, buyer->xid, field == "mixPin" ? 200 : 0);
}
JdResult pin_to_xid(JdCall& call) { return to_xid(call, "userPin"); }
JdResult mixed_pin_to_xid(JdCall& call) { return to_xid(call, "mixPin"); }
JdResult open_id_to_xid(JdCall& call) { return to_xid(call, "openId"); }

JdResult pin_to_open_id(JdCall& call) {
  const JdBuyer* buyer = call.twin.find_buyer(*call.shop, call.text("pin"));
  if (buyer == nullptr) return jd_failure(*call.route, "404", "用户不存在");
  return converted(call, buyer->open_id, 0);
}

JdResult encrypt_pin(JdCall& call) {
  if (call.text("pin").empty()) return jd_error(60);
  return converted(call, call.twin.buyer(*call.shop, call.text("pin")).mixed_pin, 200);
}

/// A Jingmai token stands for itself here: its hash is the open_id.
JdResult token_to_open_id(JdCall& call) {
  if (call.text("token").empty() || call.text("source").empty()) return jd_error(60);
  const std::string hash = detail::digest(detail::DigestKind::sha256, call.text("token")).hex();
  return converted(call, hash.substr(0, 43), 0, "openId");
}

}  // namespace

std::vector<JdRoute> jd_shop_routes() {
  constexpr JdFamily kPlain = JdFamily::plain;
  constexpr JdFamily kInner = JdFamily::inner;
  return {
      {"jingdong.seller.vender.info.get", kPlain, "", vender_info},
      {"jingdong.vender.shop.query", kPlain, "", shop_info},
      {"jingdong.vender.childAccount.query", kPlain, "", child_accounts},
      {"jingdong.vender.childaccount.role.query", kPlain, "", account_roles},
      {"jingdong.vender.childaccount.privilege.query", kPlain, "", account_privileges},
      {"jingdong.sku.read.findSkuById", kPlain, "", find_sku},
      {"jingdong.ware.read.findWareById", kPlain, "", find_ware},
      {"jingdong.ware.read.searchWare4Valid", kPlain, "", search_wares},
      {"jingdong.jos.oauth.rpc.xid.pin2Xid", kInner, "returnType", pin_to_xid},
      {"jingdong.jos.oauth.rpc.xid.mixPin2Xid", kInner, "returnType", mixed_pin_to_xid},
      {"jingdong.jos.oauth.rpc.xid.openId2Xid", kInner, "returnType", open_id_to_xid},
      {"jingdong.UserRelatedRpcI18nService.getOpenId", kInner, "result", pin_to_open_id},
      {"jingdong.jos.getEncryptPin", kInner, "result", encrypt_pin},
      {"jingdong.jos.token.source.to.openId", kInner, "result", token_to_open_id},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
