// The tables of facets and of content per account in both READMEs are what the accounts' capabilities say.
// KEFU_WRITE_README=1 writes them anew.
#include "jd/answering/capabilities.hpp"
#include "support/readme_section.hpp"
#include "wechat/operations/capabilities.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/jd/shop.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using namespace kefu;

namespace {

constexpr std::string_view kBegin = "<!-- capabilities: written by tests/contract/capabilities_table.cpp -->\n";
constexpr std::string_view kEnd = "<!-- /capabilities -->\n";

/// One column: the account as it comes, and with everything it can be granted.
struct Column {
  Capabilities plain;
  Capabilities granted;
};

jd::ShopConfig shop_without_grants() {
  jd::ShopConfig config("shop");
  return config;
}

jd::ShopConfig shop_with_grants() {
  jd::ShopConfig config("shop");
  config.dongdong.emplace("aspid", Secret("secret"), "agent");
  config.after_sale.emplace("10001", "agent", "nick");
  config.host_feed = true;
  return config;
}

std::array<Column, 3> columns() {
  const Capabilities official = wechat::capabilities_of(wechat::AccountKind::service_account, true);
  const Capabilities mini = wechat::capabilities_of(wechat::AccountKind::mini_program, true);
  return {Column{official, official}, Column{mini, mini},
          Column{jd::capabilities_of(shop_without_grants()), jd::capabilities_of(shop_with_grants())}};
}

struct Words {
  const char* file;
  const char* facet_head;
  const char* content_head;
  const char* after;  ///< Says where the reasons are.
  const char* yes;
  const char* granted;
  const char* as;  ///< In front of the kind that something becomes.
  std::array<const char*, kFacets> facets;
  std::array<const char*, kContentKinds> kinds;
};

/// What the facets are called in the interface.
constexpr std::array<const char*, kFacets> kFacetTypes{"Messenger",     "PushReceiver", "Poller",   "MediaLibrary",
                                                       "AgentSessions", "Transcripts",  "Profiles", "Outreach"};

std::string table(const Words& words) {
  const auto accounts = columns();
  std::string text(kBegin);
  text.append(words.facet_head).append("| --- | --- | --- | --- | --- |\n");
  for (std::size_t i = 0; i < kFacets; ++i) {
    const auto facet = static_cast<Facet>(i);
    text.append("| `").append(kFacetTypes[i]).append("` | ").append(words.facets[i]);
    for (const Column& account : accounts)
      text.append(" | ").append(account.plain.has(facet)     ? words.yes
                                : account.granted.has(facet) ? words.granted
                                                             : "-");
    text.append(" |\n");
  }
  text.append("\n").append(words.content_head).append("| --- | --- | --- | --- |\n");
  for (std::size_t i = 0; i < kContentKinds; ++i) {
    const auto kind = static_cast<ContentKind>(i);
    text.append("| ").append(words.kinds[i]);
    for (const Column& account : accounts) {
      const ContentRule& rule = account.granted.rule(kind);
      text.append(" | ");
      if (rule.supported) {
        text.append(account.plain.rule(kind).supported ? words.yes : words.granted);
      } else if (rule.becomes) {
        text.append(words.as).append(words.kinds[static_cast<std::size_t>(*rule.becomes)]);
      } else {
        text.append("-");
      }
    }
    text.append(" |\n");
  }
  return text.append("\n").append(words.after).append("\n").append(kEnd);
}

void check_readme(const Words& words) {
  kefu_test::check_readme_section(words.file, kBegin, kEnd, table(words), "*facets and content*");
}

}  // namespace

TEST_CASE("the tables of facets and content in README.md are what the capabilities say") {
  check_readme(
      {"README.md",
       "| facet | what it does | WeChat official account | mini program | JD shop |\n",
       "| content | WeChat official account | mini program | JD shop |\n",
       "`granted`: with what JD grants on application ([JD](include/kefu/jd/README.md)). `as text`, `as link`: only "
       "where\n"
       "`Message::allow.simplify` lets it, and `Receipt::changes` tells. Official accounts are verified ones; the "
       "others may\nnot send. `Capabilities` holds the reason for every `-`.",
       "yes",
       "granted",
       "as ",
       {"sends to customers", "opens what the platform pushes", "pulls what the platform does not push",
        "uploads and downloads", "agents and their sessions", "chat records", "who the customer is",
        "reaches customers past the reply window"},
       {"text", "image", "voice", "video", "file", "location", "link", "music", "menu", "mini-program card", "product",
        "order", "the platform's own"}});
}

TEST_CASE("the tables of facets and content in README.zh-CN.md are what the capabilities say") {
  check_readme({"README.zh-CN.md",
                "| 能力 | 作用 | 微信公众号 | 小程序 | 京东店铺 |\n",
                "| 内容 | 微信公众号 | 小程序 | 京东店铺 |\n",
                "“须授权”：须京东另行开通（见[京东](include/kefu/jd/README.zh-CN.md)）。“转为……”：仅在 "
                "`Message::allow.simplify` 允许时转换，并记入 "
                "`Receipt::changes`。\n公众号指已认证的账号，未认证的不能发消息。每个 `-` 的原因见 `Capabilities`。",
                "有",
                "须授权",
                "转为",
                {"向客户发消息", "解密并验签平台推送", "拉取平台不推送的内容", "上传与下载素材", "客服账号与会话",
                 "聊天记录", "客户身份", "在回复窗口之外联系客户"},
                {"文本", "图片", "语音", "视频", "文件", "位置", "链接", "音乐", "菜单", "小程序卡片", "商品", "订单",
                 "平台原生消息"}});
}
