#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Articles that an official account has published, for MpNewsArticle and menus (wechat-messages 24). Verified accounts.
// Operations are values; any thread.

struct PublishedArticle {
  PublishedArticle() {}
  std::string title;
  std::string author;
  std::string digest;
  std::string content;     ///< HTML, up to 1 MB; empty where it was not asked for.
  std::string source_url;  ///< content_source_url
  std::string thumb_media_id;
  std::string thumb_url;
  std::string url;
  bool comments_open = false;      ///< need_open_comment
  bool only_fans_comment = false;  ///< only_fans_can_comment
  bool deleted = false;            ///< is_deleted
};

/// One publication: up to eight articles under one id.
struct Publication {
  Publication() {}
  std::string article_id;
  std::int64_t update_time = 0;  ///< Unix seconds.
  std::vector<PublishedArticle> articles;
};
struct PublicationPage {
  PublicationPage() {}
  std::int64_t total_count = 0;
  std::vector<Publication> items;
};

/// Lists what was published, newest first; what was sent by mass message is not among it.
///
/// Effect: read. Limits: `count` 1 to 20. With contents a page may have many MB: AccountConfig::max_answer_bytes.
/// Codes: 48001. Page: 获取成功发布列表.
struct KEFU_EXPORT ListPublications {
  using Response = PublicationPage;
  static const Operation& operation();
  explicit ListPublications(std::int64_t offset_ = 0, std::int64_t count_ = 20) : offset(offset_), count(count_) {}
  std::int64_t offset;
  std::int64_t count;
  bool with_content = false;
};

struct PublicationArticles {
  PublicationArticles() {}
  std::vector<PublishedArticle> articles;
};
/// Effect: read. Errors: `not_found` (53600). Page: 通过 article_id 获取已发布文章.
struct KEFU_EXPORT GetPublication {
  using Response = PublicationArticles;
  static const Operation& operation();
  explicit GetPublication(std::string id) : article_id(std::move(id)) {}
  std::string article_id;
};

}  // namespace wechat
KEFU_END_NAMESPACE
