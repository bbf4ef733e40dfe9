#pragma once

#include "core/call/fields.hpp"
#include "jd/operations/chat_text.hpp"
#include "jd/operations/lenient_reading.hpp"

#include <kefu/jd/im_pop.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// `waiterSend`: a boolean or a number, by the method.
template <class V>
void author_field(V& v, ChatLine::Author& author) {
  std::optional<bool> waiter_send;
  v.optional("waiterSend", waiter_send);
  if (waiter_send) author = *waiter_send ? ChatLine::Author::waiter : ChatLine::Author::customer;
}

}  // namespace jd

namespace detail {

// The entries that the everyday and the real-time methods share.

KEFU_FIELDS(jd::Evaluation) {
  jd::buyer_fields(v, "customer", s.customer);
  v.optional("waiter", s.waiter);
  v.optional("desc", s.description);
  v.optional("score", s.score);
  v.optional("evaTime", s.time);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::ChatSession) {
  jd::buyer_fields(v, "customer", s.customer);
  v.optional("waiter", s.waiter);
  v.optional("beginTime", s.begin);
  v.optional("replyTime", s.reply);
  v.optional("endTime", s.end);
  v.optional("sessionType", s.session_type);
  v.optional("transfer", s.transfer);
  v.optional("sid", s.sid);
  v.optional("skuId", s.sku_id);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::ChatLine) {
  jd::buyer_fields(v, "customer", s.customer);
  v.optional("waiter", s.waiter);
  v.optional("content", s.content);
  s.content = jd::decode_entities(s.content);
  v.optional("sid", s.sid);
  v.optional("skuId", s.sku_id);
  v.optional("time", s.time);
  v.optional("channel", s.channel);
  jd::author_field(v, s.author);
  v.whole(s.raw);
}

}  // namespace detail
KEFU_END_NAMESPACE
