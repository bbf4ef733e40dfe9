#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Reviews of products and answers to them (jd 4.8); customers' ratings of agents are in <kefu/jd/im_pop.hpp>. Weak as a
// whole: requests [A], answers in no source.

/// A customer's review; the likely names are tried [C], `raw` has it all.
struct ProductReview {
  ProductReview() {}
  std::string comment_id;  ///< commentId or id.
  std::string content;     ///< content or commentContent.
  std::optional<int> score;
  std::string sku_id;
  std::string order_id;
  BuyerIds buyer;
  Time time;  ///< creationTime, createTime, commentTime or time.
  std::string raw;
};
struct ProductReviews {
  ProductReviews() {}
  std::vector<ProductReview> reviews;
  std::string raw;
};
/// `jingdong.pop.PopCommentJsfService.getVenderCommentsForJos`. Effect: read. Weak: answer in no source; the types of
/// `score` and `is_vender_reply` are not documented (sent as text).
struct KEFU_EXPORT ListProductReviews {
  using Response = ProductReviews;
  static const Operation& operation();
  ListProductReviews(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string sku_ids;  ///< Comma list.
  std::string ware_name;
  std::string score;
  std::string content;
  BuyerIds buyer;
  std::string is_vender_reply;  ///< "0": not answered [C].
  std::string cid;
  std::string order_ids;  ///< Comma list.
  int page = 1;
  int page_size = 20;
};

struct ReviewReplied {
  ReviewReplied() {}
  std::string raw;
};
/// Answers a review: `jingdong.pop.PopCommentJsfService.saveReply`. Effect: create. Weak: answer in no source.
struct KEFU_EXPORT ReplyToReview {
  using Response = ReviewReplied;
  static const Operation& operation();
  ReplyToReview(std::string comment, std::string content_)
      : comment_id(std::move(comment)), content(std::move(content_)) {}
  std::string comment_id;
  std::string content;
  std::string reply_id = "-1";  ///< "-1": an answer to the review itself.
};
/// The older `jingdong.club.pop.commentreply.save`. Effect: create. Weak: answer in no source.
struct KEFU_EXPORT ReplyToReviewByClub {
  using Response = ReviewReplied;
  static const Operation& operation();
  ReplyToReviewByClub(std::string comment, std::string content_)
      : comment_id(std::move(comment)), content(std::move(content_)) {}
  std::string comment_id;
  std::string content;
  std::string reply_id = "-1";
};

}  // namespace jd
KEFU_END_NAMESPACE
