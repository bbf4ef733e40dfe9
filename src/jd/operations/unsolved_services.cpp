#include "core/call/fields.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/after_sale.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using MessageAuthor = UnsolvedMessage::Author;

template <class V, class Self>
void unsolved_filters(V& v, Self& s) {
  begin_and_end(v, "applyTimeBegin", "applyTimeEnd", s.applied);
  v.required("buId", s.by.bu_id);
  v.optional("customerPin", s.customer.pin);
  v.optional("expressCode", s.express_code);
  v.optional("extJsonStr", s.by.ext_json);
  v.optional("jdInterveneFlag", s.intervened);
  v.optional("messageStatus", s.message_status);
  v.optional("open_id_buyer", s.customer.open_id);
  operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  v.optional("orderType", s.order_type);
}

/// What stands behind the pages in the alphabet.
template <class V, class Self>
void more_unsolved_filters(V& v, Self& s) {
  v.optional("processResult", s.process_result);
  v.optional("serviceId", s.service_id);
  v.optional("verificationCode", s.verification_code);
  v.optional("xid_buyer", s.customer.xid);
}

}  // namespace

UnsolvedMessage::Author author_of(const UnsolvedMessage& message, const BuyerIds& buyer, std::string_view operate_pin) {
  const std::string& speaker = message.speaker;
  if (speaker.empty()) return MessageAuthor::unknown;
  if (speaker == operate_pin) return MessageAuthor::merchant;
  const bool bought = speaker == buyer.pin || speaker == buyer.open_id || speaker == buyer.xid;
  return bought ? MessageAuthor::customer : MessageAuthor::unknown;
}

}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::ListUnsolvedServices) {
  jd::unsolved_filters(v, s);
  jd::asc_page(v, s);
  jd::more_unsolved_filters(v, s);
}
KEFU_FIELDS(jd::UnsolvedCount) {
  v.group("result", [&](auto& result) { result.required("data", s.count); });
}
KEFU_FIELDS(jd::CountUnsolvedServices) {
  jd::unsolved_filters(v, s);
  jd::more_unsolved_filters(v, s);
}

KEFU_FIELDS(jd::UnsolvedMessage) {
  v.optional("context", s.text);
  v.optional("createDate", s.time);
  v.optional("createPin", s.speaker);
  v.optional("createName", s.speaker_name);
  v.optional("messageType", s.type);
  v.optional("messageTypeName", s.type_name);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ListUnsolvedMessages) {
  jd::who_acts(v, s.by);
  v.value("orderId", s.order_id, Check().range(1, INT64_MAX));
  jd::asc_page(v, s);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}
KEFU_FIELDS(jd::ReplyUnsolvedMessage) {
  jd::who_acts(v, s.by);
  v.value("orderId", s.order_id, Check().range(1, INT64_MAX));
  v.required("replyContext", s.text);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}
KEFU_FIELDS(jd::SolveUnsolved) { jd::service_of_order(v, s); }

}  // namespace detail

namespace jd {
namespace {
constexpr std::string_view kUnsolvedPage = "商家售后服务开放";
}  // namespace

KEFU_JD_ROW_DECODED(ListUnsolvedServices, "asc.unsolved.list", Effect::read, kUnsolvedPage, "",
                    &decode_page<CompletedService>)
KEFU_JD_ROW(CountUnsolvedServices, "asc.unsolved.count", Effect::read, kUnsolvedPage, "")
KEFU_JD_ROW_DECODED(ListUnsolvedMessages, "asc.unsolved.message.list", Effect::read, kUnsolvedPage, "",
                    &decode_page<UnsolvedMessage>)
KEFU_JD_ROW_DECODED(ReplyUnsolvedMessage, "asc.unsolved.message.reply", Effect::create, kUnsolvedPage, "",
                    (&decode_lenient<AfterSaleDone, read_done>))
KEFU_JD_ROW_DECODED(SolveUnsolved, "asc.unsolved.solve", Effect::idempotent, kUnsolvedPage, "",
                    (&decode_lenient<AfterSaleDone, read_done>))

std::vector<const Operation*> unsolved_service_operations() {
  return {&ListUnsolvedServices::operation(), &CountUnsolvedServices::operation(), &ListUnsolvedMessages::operation(),
          &ReplyUnsolvedMessage::operation(), &SolveUnsolved::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
