// The table of WeChat's operations in both READMEs is what the rows say, with what is left out.
// KEFU_WRITE_README=1 writes it anew.
#include "support/readme_section.hpp"
#include "support/vectors.hpp"
#include "wechat/operations/on_behalf.hpp"
#include "wechat/operations/rows.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

using namespace kefu;
using wechat::Access;

namespace {

constexpr std::string_view kBegin =
    "<!-- wechat-operations: written by tests/contract/wechat_operations_table.cpp -->\n";
constexpr std::string_view kEnd = "<!-- /wechat-operations -->\n";

/// The version whose tests first covered an operation, where it is not the first one.
constexpr const char* kFirstVersion = "0.1.0";
const std::map<std::string, const char*, std::less<>> kTestedSince{};

/// What the platform has in these fields and kefu has not, and why.
struct LeftOut {
  const char* what;
  const char* why;
  const char* what_in_chinese;
  const char* why_in_chinese;
};
constexpr LeftOut kLeftOut[] = {
    {"`message/wxopen/template/uniform_send`", "withdrawn by the platform on 2023-09-20",
     "`message/wxopen/template/uniform_send`", "平台已于 2023-09-20 下线"},
    {"`customservice/msgrecord/getrecord`", "the older form of the records, no longer documented: use `GetKfRecords`",
     "`customservice/msgrecord/getrecord`", "聊天记录的旧接口，文档已删除：请用 `GetKfRecords`"},
    {"`kfaccount/del` with GET", "the older form; the current page has POST", "GET 方式的 `kfaccount/del`",
     "旧形式，现行文档为 POST"},
    {"`password` of agents, `text` of sessions, `card_ext` of cards", "fields of old pages; ignored or gone",
     "客服账号的 `password`、会话的 `text`、卡券的 `card_ext`", "旧文档的字段，现已忽略或取消"},
    {"version 1 of the content checks", "version 2 took its place", "内容安全识别 1.0", "已由 2.0 取代"},
    {"pushes of cloud functions and cloud hosting", "they come another way than over the callback URL",
     "云函数与云托管的推送", "不经过回调地址"},
    {"fields of `wxa_punish_event`, `notify_service_msg_send_result`", "not documented: read `InboundEvent::raw`",
     "`wxa_punish_event`、`notify_service_msg_send_result` 的字段", "文档未公开：请读 `InboundEvent::raw`"},
};

struct Words {
  const char* file;
  const char* before;  ///< The number of operations follows.
  const char* after;
  const char* summary;
  const char* columns;
  const char* access[4];   ///< In the order of Access.
  const char* effects[3];  ///< In the order of Effect.
  const char* with_sets;   ///< Before the permission sets, one of which an authorized account needs.
  const char* no;
  const char* own_vector;
  const char* weak_head;
  const char* left_out_head;
  const char* colon;
  bool chinese;
};

/// Limits and reasons in Chinese.
std::string in_chinese(std::string_view text) {
  static const std::map<std::string_view, const char*> kTexts{
      {"in the category of e-commerce platforms", "限电商平台类目"},
      {"whose owner is no person and has the corp too", "限非个人主体，且与企业同主体"},
      {"2,000 a day", "每日 2,000"},
      {"10,000 a minute, 500,000 a day; forced 20 a day", "每分钟 10,000，每日 500,000；强制刷新每日 20"},
      {"10 a month, with /v2", "每月 10（与 /v2 合计）"},
      {"10 a month, with clear_quota", "每月 10（与 clear_quota 合计）"},
      {"50 a month", "每月 50"},
      {"500,000 a day; reply window", "每日 500,000；回复窗口"},
      {"reply window", "回复窗口"},
      {"100 agents", "100 个客服"},
      {"24 h a call", "每次跨度 24 小时"},
      {"500 sub-merchants", "500 个子商户"},
      {"100,000 a day; kept 3 days", "每日 100,000；保存 3 天"},
      {"200,000 a day", "每日 200,000"},
      {"100,000 images, 1,000 others", "图片 100,000，其他 1,000"},
      {"10,000,000 a day; 30,000,000 with payment", "每日 10,000,000；开通支付 30,000,000"},
      {"100,000 a day", "每日 100,000"},
      {"25 templates", "25 个模板"},
      {"once a month", "每月 1 次"},
      {"5,000,000 a day", "每日 5,000,000"},
      {"10,000 a day", "每日 10,000"},
      {"500 a day", "每日 500"},
      {"100 tags", "100 个标签"},
      {"whose owner is no person", "限非个人主体"},
      {"100 accounts, 5 of one without verification", "100 个账号；未认证的 5 个"},
      {"the page names authorized accounts; no source says whether an account's own token is taken",
       "文档只写授权账号；账号自己的令牌能否调用，资料未载明"},
      {"100,000 a day; 100,000 permanent", "每日 100,000；永久 100,000"},
      {"1,000 a day", "每日 1,000"},
      {"20,000 a day", "每日 20,000"},
      {"500,000 a day with URL links, 100 a second", "每日 500,000（与 URL Link 合计），每秒 100"},
      {"500,000 a day with URL schemes, 100 a second", "每日 500,000（与 URL Scheme 合计），每秒 100"},
      {"10,000,000 a day; 100,000 permanent", "每日 10,000,000；永久 100,000"},
      {"100,000 in all, with createwxaqrcode", "共 100,000（与 createwxaqrcode 合计）"},
      {"100,000 in all, with getwxacode", "共 100,000（与 getwxacode 合计）"},
      {"5,000 a minute", "每分钟 5,000"},
      {"60,000 a minute", "每分钟 60,000"},
      {"the page opens it to all but personal programs, its row of 43104 to e-commerce ones only",
       "文档称除个人主体外均可用，错误码 43104 一行却只列电商类目"},
      {"no page says whether the 4 KB are bytes or characters", "4 KB 按字节还是字符计，文档未写明"},
      {"pages disagree: kidList empty for tid 10000001 to 19999999, sceneDesc required or not",
       "新旧文档不一：tid 10000001 至 19999999 的 kidList 须为空；sceneDesc 是否必填"},
      {"50,000 a minute", "每分钟 50,000"},
      {"4,000 a minute, 2,000,000 a day", "每分钟 4,000，每日 2,000,000"},
      {"2,000 a minute, 200,000 a day", "每分钟 2,000，每日 200,000"},
      {"rarely used: fields from other libraries", "很少使用，字段取自其他 SDK"},
      {"tables put appid and appsecret into the body, words and examples into the query",
       "文档表格把 appid 与 appsecret 放在请求体，正文与示例放在查询串"},
      {"the page's table names paths of the channels shop only, its remarks other paths as well",
       "文档表格只写视频号小店的路径，备注又写了其他路径"},
      {"path and numeric businessid are one library's; the page shows /cgi-bin/message/custom/send",
       "路径与数字型 businessid 只见于一个 SDK；文档为 /cgi-bin/message/custom/send"},
      {"sources leave open whether the limit of 30 counts bytes or characters", "30 的上限按字节还是字符计，资料不一"},
      {"pages disagree: miniprogram target against miniprogram_state and lang",
       "新旧文档不一：miniprogram 与 miniprogram_state、lang"},
      {"the page's example puts the ids into quotation marks, its table does not", "文档示例的 ids 带引号，表格不带"},
      {"mini programs: an older form {kf_wx} (of_person) against the current page's kf_account and nickname",
       "小程序的旧形式 {kf_wx}（of_person）与现行文档的 kf_account、nickname 并存"},
      {"by kf_openid (of_person): libraries disagree about GET and POST",
       "按 kf_openid 删除（of_person）：各 SDK 用 GET 或 POST 不一"},
  };
  const auto found = kTexts.find(text);
  CHECK_MESSAGE(found != kTexts.end(), "no Chinese words for: " << std::string(text));
  return found == kTexts.end() ? std::string(text) : found->second;
}

std::string in_words(const Words& words, std::string_view text) {
  return words.chinese ? in_chinese(text) : std::string(text);
}

/// Routes that a published sample shows.
std::set<std::string> published_routes() {
  std::set<std::string> routes;
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  for (const auto& entry : vectors.root()["requests"])
    routes.insert(std::string(entry.value["method"].text()) + " " + std::string(entry.value["path"].text()));
  return routes;
}

std::string needs_and_limits(const Words& words, const wechat::Row& row) {
  const std::string_view needs = row.accounts.needs;
  std::string text = needs.empty() ? std::string() : in_words(words, needs);
  if (!needs.empty() && !row.limits.empty()) text += words.chinese ? "；" : "; ";
  if (!row.limits.empty()) text += in_words(words, row.limits);
  return text.empty() ? "-" : text;
}

/// What an account that a merchant authorized can do with it.
std::string on_behalf(const Words& words, const wechat::Row& row) {
  if (const auto* rule = wechat::not_on_behalf(row.operation.info.path))
    return rule->component_operation.empty() ? std::string(words.no)
                                             : "`" + std::string(rule->component_operation) + "`";
  const std::string_view sets = row.accounts.permission_sets;
  return sets.empty() ? std::string(words.access[0]) : words.with_sets + std::string(sets);
}

std::string row_text(const Words& words, const wechat::Row& row, const std::set<std::string>& published) {
  const OperationInfo& info = row.operation.info;
  const auto access = [&](Access a) { return std::string(words.access[static_cast<std::size_t>(a)]); };
  const std::string type(row.type);
  const auto version = kTestedSince.find(type);
  std::string since = version == kTestedSince.end() ? kFirstVersion : version->second;
  if (published.count(std::string(info.method) + " " + std::string(info.path)) == 0) since += words.own_vector;
  return "| `" + type + "` | `" + std::string(info.path) + "` | " + access(row.accounts.subscription) + " | " +
         access(row.accounts.service) + " | " + access(row.accounts.mini_program) + " | " + on_behalf(words, row) +
         " | " + words.effects[static_cast<std::size_t>(info.effect)] + " | " + needs_and_limits(words, row) + " | " +
         since + " |\n";
}

std::string section(const Words& words) {
  const auto published = published_routes();
  const auto& all = wechat::rows();
  std::string rows;
  std::string weak;
  for (const wechat::Row* row : all) {
    rows += row_text(words, *row, published);
    if (!row->operation.info.weak.empty())
      weak += "- `" + std::string(row->type) + "`" + words.colon + in_words(words, row->operation.info.weak) + "\n";
  }
  std::string text(kBegin);
  text.append(words.before).append(std::to_string(all.size())).append(words.after);
  text.append("\n\n<details><summary>").append(words.summary).append("</summary>\n\n");
  text.append(words.columns).append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n").append(rows);
  text.append("\n").append(words.weak_head).append("\n\n").append(weak);
  text.append("\n").append(words.left_out_head).append("\n\n");
  for (const LeftOut& one : kLeftOut)
    text.append("- ")
        .append(words.chinese ? one.what_in_chinese : one.what)
        .append(words.colon)
        .append(words.chinese ? one.why_in_chinese : one.why)
        .append("\n");
  return text.append("\n</details>\n").append(kEnd);
}

void check_table(const Words& words) {
  kefu_test::check_readme_section(words.file, kBegin, kEnd, section(words), "*table of WeChat*");
}

}  // namespace

TEST_CASE("the table of WeChat's operations in its README.md is what the rows say") {
  check_table(
      {"include/kefu/wechat/README.md",
       "Each of WeChat's ",
       " operations is a value type in `kefu::wechat` (headers beside this page),\n"
       "called by `account->call(...)`. What a kind of account lacks is refused before a call is made, naming what "
       "is missing;\n`AccountConfig::check_account_kind` turns that off. Sizes and counts are checked as well: "
       "each header says which.",
       "All operations, by kind of account",
       "| operation | API | subscription account | service account | mini program | authorized account | effect | "
       "needs, and limits of a new account | tested since |\n",
       {"?", "-", "verified", "yes"},
       {"read", "idempotent", "create"},
       "set ",
       "no",
       " *",
       "`?`: no source says. `verified`: with WeChat verification. Authorized account (`OpenPlatform::account`): the "
       "permission sets,\none of which the merchant must have granted (else the call is refused here), the operation "
       "for `OpenPlatform::call` that\ntakes its place, or `?`: no source names a set, the platform decides. `*`: no "
       "published sample; the test vector is our own. Where\nsources disagree or are thin (`OperationInfo::weak`):",
       "Left out:",
       ": ",
       false});
}

TEST_CASE("the table of WeChat's operations in its README.zh-CN.md is what the rows say") {
  check_table({"include/kefu/wechat/README.zh-CN.md",
               "微信共 ",
               " 个接口，每个都是 `kefu::wechat` 中的一个值类型（头文件就在本目录），用\n"
               "`account->call(...)` "
               "调用。账号类型不具备的接口在调用前即被拒绝，并说明缺什么；`AccountConfig::check_account_kind` "
               "可关闭此检查。\n长度与数量也在本地检查，见各头文件。",
               "全部接口，按账号类型",
               "| 操作 | 接口 | 订阅号 | 服务号 | 小程序 | 授权账号 | 作用 | 要求与平台限额（新账号） | 测试始于 |\n",
               {"?", "-", "已认证", "可用"},
               {"读取", "幂等", "新建"},
               "权限集 ",
               "不可用",
               " *",
               "`?`：资料未载明。“已认证”：须通过微信认证。“授权账号”（`OpenPlatform::account`"
               "）：商家须授予其中一个权限集（否则在本地拒绝），\n"
               "或改用 `OpenPlatform::call` 的该操作；`?` "
               "表示资料未载明权限集，由平台决定。`*`：没有公开样例，测试向量为自拟。资料不一或不足之处"
               "（`OperationInfo::weak`）：",
               "未收录：",
               "：",
               true});
}
