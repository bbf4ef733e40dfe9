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
/// `jingdong.pop.PopCommentJsfService.getVenderCommentsForJos` [A]. Effect: read.
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
  std::string is_vender_reply;  ///< "0": not answered [C].
  std::string cid;
  std::string order_ids;  ///< Comma list of at most 50.
  int page = 1;
  int page_size = 20;  ///< At most 50 [B].
};

struct ReviewReplied {
  ReviewReplied() {}
  std::string code;  ///< `resultCode`: 0, or nothing.
  std::string message;
};
/// Answers a review: `jingdong.pop.PopCommentJsfService.saveReply`. Effect: create. Weak: which `resultCode` says yes
/// is not public, so any but 0 is an error with `delivery` unknown: look before you repeat; the error carries code and
/// text.
struct KEFU_EXPORT ReplyToReview {
  using Response = ReviewReplied;
  static const Operation& operation();
  ReplyToReview(std::string comment, std::string content_)
      : comment_id(std::move(comment)), content(std::move(content_)) {}
  std::string comment_id;
  std::string content;
  std::string reply_id = "-1";  ///< "-1": an answer to the review itself.
};
/// The older `jingdong.club.pop.commentreply.save`. Effect: create. Weak: as the one above.
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
