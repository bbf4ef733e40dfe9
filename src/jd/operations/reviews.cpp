#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/reviews.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::string_view kVerdictUnknown = "which resultCode says yes is in no public source";

/// Flat in the official classes and in programs; inside `map` as the documentation site draws it.
template <class V, class Fields>
void flat_or_in_map(V& v, Fields fields) {
  if (v.here()["map"].kind() == detail::Value::Kind::object) return v.group("map", fields);
  fields(v);
}

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
  v.optional("commentId", s.comment_id);
  v.optional("content", s.content);
  v.optional("score", s.score);
  v.optional("skuid", s.sku_id);
  v.optional("skuName", s.sku_name);
  v.optional("orderId", s.order_id);
  jd::buyer_fields(v, "pin", s.buyer);
  v.optional("nickName", s.nick_name);
  v.optional("isVenderReply", s.is_answered);
  v.optional("creationTime", s.time);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ProductReviews) {
  jd::flat_or_in_map(v, [&](auto& flat) {
    jd::listed(flat, {"comments"}, s.reviews);
    flat.optional("totalItem", s.total);
  });
}
KEFU_FIELDS(jd::ReviewReplied) {
  jd::flat_or_in_map(v, [&](auto& flat) {
    flat.optional("resultMsg", s.message);
    if (s.message.empty()) return flat.required("resultCode", s.code);
    flat.optional("resultCode", s.code);
  });
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
KEFU_JD_ROW(ListProductReviews, "pop.PopCommentJsfService.getVenderCommentsForJos", Effect::read,
            "PopCommentJsfService.getVenderCommentsForJos", "")
KEFU_JD_ROW(ReplyToReview, "pop.PopCommentJsfService.saveReply", Effect::create, "PopCommentJsfService.saveReply", "")
KEFU_JD_ROW(ReplyToReviewByClub, "club.pop.commentreply.save", Effect::create, "club.pop.commentreply.save",
            kVerdictUnknown)

std::vector<const Operation*> review_operations() {
  return {&ListProductReviews::operation(), &ReplyToReview::operation(), &ReplyToReviewByClub::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
