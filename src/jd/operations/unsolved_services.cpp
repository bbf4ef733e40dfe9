#include "core/call/fields.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/after_sale.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using MessageAuthor = UnsolvedMessage::Author;

MessageAuthor named_author(detail::Value from) {
  const bool acted = !first_text(from, {"operatePin", "operateNick"}).empty();
  const bool bought = !first_text(from, {"customerPin", "open_id_buyer", "xid_buyer"}).empty();
  return bought && !acted ? MessageAuthor::customer : MessageAuthor::unknown;
}

void read_unsolved_count(detail::Value node, UnsolvedCount& to) {
  const detail::Value result = asc_result(node);
  to.count = result.integer();
  if (!to.count) to.count = result["data"].integer();
  if (!to.count) to.count = only_count(node);
}

template <class V, class Self>
void unsolved_filters(V& v, Self& s) {
  begin_and_end(v, "applyTimeBegin", "applyTimeEnd", s.applied);
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  v.optional("jdInterveneFlag", s.intervene_flag);
  v.optional("messageStatus", s.message_status);
  operator_names(v, s.by);
}

}  // namespace

UnsolvedMessage::Author author_of(const UnsolvedMessage& message, const BuyerIds& buyer, std::string_view operate_pin) {
  const std::string& speaker = message.speaker;
  if (message.author != MessageAuthor::unknown || speaker.empty()) return message.author;
  if (speaker == operate_pin) return MessageAuthor::merchant;
  const bool bought = speaker == buyer.pin || speaker == buyer.open_id || speaker == buyer.xid;
  return bought ? MessageAuthor::customer : MessageAuthor::unknown;
}

}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::ListUnsolvedServices) {
  jd::unsolved_filters(v, s);
  jd::asc_page(v, s);
}
KEFU_FIELDS(jd::CountUnsolvedServices) { jd::unsolved_filters(v, s); }

KEFU_FIELDS(jd::UnsolvedMessage) {
  const Value from = v.here();
  s.id = jd::first_text(from, {"messageId", "msgId", "id"});
  s.text = jd::first_text(from,
                          {"messageContext", "messageContent", "replyContext", "context", "content", "message", "msg"});
  const Value time =
      jd::first_of(from, {"createTime", "createDate", "created", "messageTime", "msgTime", "operateTime", "time"});
  FieldScalar<jd::Time>::read(time, s.time);
  s.speaker = jd::first_text(from, {"operatePin", "createPin", "senderPin", "pin", "customerPin"});
  s.author = jd::named_author(from);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ListUnsolvedMessages) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  jd::operator_names(v, s.by);
  v.value("orderId", s.order_id, Check().range(1, INT64_MAX));
  jd::asc_page(v, s);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}
KEFU_FIELDS(jd::ReplyUnsolvedMessage) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  jd::operator_names(v, s.by);
  v.value("orderId", s.order_id, Check().range(1, INT64_MAX));
  v.required("replyContext", s.text);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}
KEFU_FIELDS(jd::SolveUnsolved) { jd::service_of_order(v, s); }

}  // namespace detail

namespace jd {
namespace {
constexpr std::string_view kUnsolvedPage = "商家售后服务开放";
constexpr std::string_view kUnsolvedUnknown =
    "the answer is in no public source, and packages of 2020 to 2024 lack the method: see that the application gets it";
}  // namespace

KEFU_JD_ROW_DECODED(ListUnsolvedServices, "asc.unsolved.list", Effect::read, kUnsolvedPage, kAnswerByAnalogy,
                    &decode_weak_page<ServiceOrder>)
KEFU_JD_ROW_DECODED(CountUnsolvedServices, "asc.unsolved.count", Effect::read, kUnsolvedPage, kUnsolvedUnknown,
                    (&decode_lenient<UnsolvedCount, read_unsolved_count>))
KEFU_JD_ROW_DECODED(ListUnsolvedMessages, "asc.unsolved.message.list", Effect::read, kUnsolvedPage, kAnswerUnknown,
                    &decode_weak_page<UnsolvedMessage>)
KEFU_JD_ROW_DECODED(ReplyUnsolvedMessage, "asc.unsolved.message.reply", Effect::create, kUnsolvedPage, kUnsolvedUnknown,
                    (&decode_lenient<AfterSaleDone, read_done>))
KEFU_JD_ROW_DECODED(SolveUnsolved, "asc.unsolved.solve", Effect::idempotent, kUnsolvedPage, kUnsolvedUnknown,
                    (&decode_lenient<AfterSaleDone, read_done>))

std::vector<const Operation*> unsolved_service_operations() {
  return {&ListUnsolvedServices::operation(), &CountUnsolvedServices::operation(), &ListUnsolvedMessages::operation(),
          &ReplyUnsolvedMessage::operation(), &SolveUnsolved::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
