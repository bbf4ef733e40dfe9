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

// Reviews of products and answers to them (jd 4.8); customers' ratings of agents are in <kefu/jd/im_pop.hpp>.

/// A customer's review [A].
struct ProductReview {
  ProductReview() {}
  std::string comment_id;
  std::string content;
  std::optional<int> score;
  std::string sku_id;  ///< `skuid`.
  std::string sku_name;
  std::string order_id;
  BuyerIds buyer;
  std::string nick_name;
  bool is_answered = false;  ///< `isVenderReply`.
  Time time;                 ///< `creationTime`.
  std::string raw;           ///< Its answers and pictures too.
};
struct ProductReviews {
  ProductReviews() {}
  std::vector<ProductReview> reviews;
  std::optional<std::int64_t> total;  ///< `totalItem`; a hint.
};
/// `jingdong.pop.PopCommentJsfService.getVenderCommentsForJos` [A]. Effect: read. Errors: the platform's 32 (too many
/// calls), 33 (a page too far), 417 (a parameter) in `platform_code`.
struct KEFU_EXPORT ListProductReviews {
  using Response = ProductReviews;
  static const Operation& operation();
  ListProductReviews(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string sku_ids;  ///< Comma list.
  std::string ware_name;
  std::string score;  ///< 0 all, 3 good, 2 middle, 1 bad [B].
  std::string content;
  BuyerIds buyer;
  std::string is_vender_reply;  ///< "true" or "false"; empty: all.
  std::string cid;
  std::string order_ids;  ///< Comma list of at most 50.
  int page = 1;
  int page_size = 20;  ///< At most 50 [A].
};

struct ReviewReplied {
  ReviewReplied() {}
  std::string code;  ///< `resultCode`: 200 or 0.
  std::string message;
};
/// Answers a review: `jingdong.pop.PopCommentJsfService.saveReply` [A]. Effect: create. Errors, by the platform's
/// number in `platform_code`: 19 no such review, 29 no such answer, 32 too many calls, 417 a parameter: refused; 11 the
/// same answer again, 24 and others: `delivery` unknown, look before you repeat.
struct KEFU_EXPORT ReplyToReview {
  using Response = ReviewReplied;
  static const Operation& operation();
  ReplyToReview(std::string comment, std::string content_)
      : comment_id(std::move(comment)), content(std::move(content_)) {}
  std::string comment_id;
  std::string content;
  std::string reply_id = "-1";  ///< "-1": an answer to the review itself.
};
/// The older `jingdong.club.pop.commentreply.save`. Effect: create. Weak: that its numbers are those of the one above
/// is in no public source.
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
