#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/reviews.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

void read_replied(detail::Value, ReviewReplied&) {}

template <class V, class Self>
void reply_to_review(V& v, Self& s) {
  v.required("commentId", s.comment_id);
  v.required("content", s.content);
  v.required("replyId", s.reply_id);
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::ProductReview) {
  const Value from = v.here();
  s.comment_id = jd::first_text(from, {"commentId", "id"});
  s.content = jd::first_text(from, {"content", "commentContent"});
  v.optional("score", s.score);
  s.sku_id = jd::first_text(from, {"skuid", "skuId"});
  v.optional("orderId", s.order_id);
  jd::buyer_fields(v, "pin", s.buyer);
  FieldScalar<jd::Time>::read(jd::first_of(from, {"creationTime", "createTime", "commentTime", "time"}), s.time);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::ListProductReviews) {
  v.required("beginTime", s.from);
  v.optional("cid", s.cid);
  v.optional("content", s.content);
  v.required("endTime", s.to);
  if (!s.from.empty() && !s.to.empty() && *s.to.at < *s.from.at) v.complain("endTime", "is before beginTime");
  v.optional("isVenderReply", s.is_vender_reply);
  v.optional("open_id_buyer", s.buyer.open_id);
  v.optional("orderIds", s.order_ids);
  v.value("page", s.page, Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, Check().range(1, INT32_MAX));
  v.optional("pin", s.buyer.pin);
  v.optional("score", s.score);
  v.optional("skuids", s.sku_ids);
  v.optional("wareName", s.ware_name);
  v.optional("xid_buyer", s.buyer.xid);
}
KEFU_FIELDS(jd::ReplyToReview) { jd::reply_to_review(v, s); }
KEFU_FIELDS(jd::ReplyToReviewByClub) { jd::reply_to_review(v, s); }

}  // namespace detail

namespace jd {
namespace {

void read_reviews(detail::Value node, ProductReviews& to) { to.reviews = entries_as<ProductReview>(first_list(node)); }

}  // namespace

KEFU_JD_ROW_DECODED(ListProductReviews, "pop.PopCommentJsfService.getVenderCommentsForJos", Effect::read,
                    "PopCommentJsfService.getVenderCommentsForJos", kAnswerUnknown,
                    (&decode_lenient<ProductReviews, read_reviews>))
KEFU_JD_ROW_DECODED(ReplyToReview, "pop.PopCommentJsfService.saveReply", Effect::create,
                    "PopCommentJsfService.saveReply", kAnswerUnknown, (&decode_lenient<ReviewReplied, read_replied>))
KEFU_JD_ROW_DECODED(ReplyToReviewByClub, "club.pop.commentreply.save", Effect::create, "club.pop.commentreply.save",
                    kAnswerUnknown, (&decode_lenient<ReviewReplied, read_replied>))

std::vector<const Operation*> review_operations() {
  return {&ListProductReviews::operation(), &ReplyToReview::operation(), &ReplyToReviewByClub::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
