#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/articles.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::PublishedArticle) {
  v.optional("title", s.title);
  v.optional("author", s.author);
  v.optional("digest", s.digest);
  v.optional("content", s.content);
  v.optional("content_source_url", s.source_url);
  v.optional("thumb_media_id", s.thumb_media_id);
  v.optional("thumb_url", s.thumb_url);
  v.optional("url", s.url);
  v.optional("need_open_comment", s.comments_open);
  v.optional("only_fans_can_comment", s.only_fans_comment);
  v.optional("is_deleted", s.deleted);
}
KEFU_FIELDS(wechat::Publication) {
  v.required("article_id", s.article_id);
  v.optional("update_time", s.update_time);
  v.group("content", [&s](auto& content) { content.optional("news_item", s.articles); });
}
KEFU_FIELDS(wechat::PublicationPage) {
  v.required("total_count", s.total_count);
  v.optional("item", s.items);
}
KEFU_FIELDS(wechat::ListPublications) {
  v.value("offset", s.offset, Check().range(0, INT64_MAX));
  v.value("count", s.count, Check().range(1, 20));
  v.value("no_content", s.with_content ? 0 : 1);
}

KEFU_FIELDS(wechat::PublicationArticles) { v.required("news_item", s.articles); }
KEFU_FIELDS(wechat::GetPublication) { v.required("article_id", s.article_id); }

}  // namespace detail

namespace wechat {
namespace {

constexpr Accounts kPublished{kCert, kCert, kNo, "7"};

}  // namespace

// clang-format off
#define KEFU_ARTICLE_ROWS(ROW)                                                                         \
  ROW(ListPublications, post("/cgi-bin/freepublish/batchget", kRead, "获取成功发布列表", kPublished)   \
      .from("24").within(Millis(30'000)))                                                              \
  ROW(GetPublication, post("/cgi-bin/freepublish/getarticle", kRead, "通过 article_id 获取已发布文章", \
      kPublished).from("24").within(Millis(30'000)))
// clang-format on
KEFU_WECHAT_FAMILY(article_rows, KEFU_ARTICLE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
