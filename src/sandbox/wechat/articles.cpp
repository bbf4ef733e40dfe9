#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/twin.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// What the account has published: set from outside (WechatApp::publications).
detail::Document publications_of(const WechatCall& call) {
  const std::string& kept = call.account->app.publications;
  return detail::Document::json("{\"item\":" + (kept.empty() ? "[]" : kept) + "}");
}

void write_article(detail::JsonWriter& writer, const detail::Value& article, bool content) {
  writer.begin_object();
  for (const auto& member : article) {
    if (!content && member.name == "content") continue;
    writer.key(member.name);
    write_value(writer, member.value);
  }
  writer.end_object();
}

ApiResult list_publications(WechatCall& call) {
  const std::int64_t offset = call.body["offset"].integer().value_or(-1);
  const std::int64_t count = call.body["count"].integer().value_or(0);
  if (offset < 0 || count < 1 || count > 20) return refuse(40097);
  const detail::Document kept = publications_of(call);
  const auto all = kept.root()["item"].items();
  const auto total = static_cast<std::int64_t>(all.size());
  const std::int64_t begin = std::min(total, offset);
  const std::int64_t end = std::min(total, begin + count);
  const bool content = call.body["no_content"].integer().value_or(0) != 1;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("total_count").integer(total).key("item_count").integer(end - begin);
    writer.key("item").begin_array();
    for (std::int64_t i = begin; i < end; ++i) {
      const detail::Value item = all[static_cast<std::size_t>(i)];
      writer.begin_object().key("article_id").string(item["article_id"].text());
      writer.key("content").begin_object().key("news_item").begin_array();
      for (const detail::Value& article : item["content"]["news_item"].items()) write_article(writer, article, content);
      writer.end_array().end_object();
      writer.key("update_time").integer(item["update_time"].integer().value_or(0)).end_object();
    }
    writer.end_array();
  });
}

ApiResult get_publication(WechatCall& call) {
  const detail::Document kept = publications_of(call);
  for (const detail::Value& item : kept.root()["item"].items())
    if (item["article_id"].text() == call.body["article_id"].text())
      return fields_answer([&item](detail::JsonWriter& writer) {
        writer.key("news_item").begin_array();
        for (const detail::Value& article : item["content"]["news_item"].items()) write_article(writer, article, true);
        writer.end_array();
      });
  return refuse(53600);
}

}  // namespace

std::vector<WechatRoute> wechat_article_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/freepublish/batchget", Credential::token, list_publications},
          {"POST", "/cgi-bin/freepublish/getarticle", Credential::token, get_publication}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
