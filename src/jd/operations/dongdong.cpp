#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/dongdong.hpp>

#include <algorithm>
#include <deque>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kAccessIdBytes = 64;
constexpr std::size_t kNoticeTitle = 50;
constexpr std::size_t kNoticeContent = 1500;
constexpr std::size_t kNoticeReceivers = 500;

template <class V, class Push>
void push_head(V& v, Push& s) {
  v.required("accessToken", s.access_token);
  v.required("accessid", s.access_id, detail::Check().max_bytes(kAccessIdBytes));
  v.required("aspid", s.aspid);
}

template <class V, class Push>
void check_receiver(V& v, Push& s) {
  if (s.to.empty())
    v.complain("toPin", "is empty, and so are open_id_buyer and xid_buyer: a message needs its customer");
}

// The text and the picture call: the same members but for one, which stands at its place in the alphabet.
template <class V, class Push>
void push_from(V& v, Push& s) {
  v.required("fromApp", s.from_app);
  v.required("fromClientType", s.from_client_type);
  v.required("fromPin", s.from_pin);
  v.optional("open_id_buyer", s.to.open_id);
  v.optional("open_id_seller", s.open_id_seller);
  v.required("toApp", s.to_app);
  v.optional("toClientType", s.to_client_type);
  v.optional("toPin", s.to.pin);
  check_receiver(v, s);
  v.optional("upid", s.upid);
}

/// The object with that member that is nearest to the top.
detail::Value object_with(detail::Value root, std::string_view name) {
  std::deque<detail::Value> waiting{root};
  while (!waiting.empty()) {
    const detail::Value next = waiting.front();
    waiting.pop_front();
    if (next.kind() != detail::Value::Kind::object) continue;
    if (next[name].present()) return next;
    for (const auto& member : next) waiting.push_back(member.value);
  }
  return {};
}

Result<void> decode_grant(const detail::Reply& reply, void* response) {
  detail::FieldReader reader(object_with(reply.document.root(), "accessToken"));
  reader.root(*static_cast<DongDongToken*>(response));
  return reader.result();
}

Result<void> decode_pushed(const detail::Reply& reply, void* response) {
  detail::FieldReader reader(node_or_root(reply.document.root()));
  reader.root(*static_cast<PushedMessage*>(response));
  return reader.result();
}

Result<void> read_result(detail::Value node, DongDongResult& to) {
  detail::Value result = object_with(node, "errmsg");
  if (!result) result = node;
  to.code = first_text(result, {"code"});
  to.message = first_text(result, {"errmsg"});
  return {};
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::PushedMessage) {
  v.optional("msgid", s.message_id);
  v.optional("accid", s.access_id);
  v.optional("sendTimestamp", s.sent);
  v.optional("code", s.code);
  v.optional("errmsg", s.message);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::PushChatText) {
  jd::push_head(v, s);
  v.optional("chatinfo", s.chat_info);
  v.required("content", s.content);
  jd::push_from(v, s);
  v.optional("ver", s.version);
  v.optional("xid_buyer", s.to.xid);
  v.optional("xid_seller", s.xid_seller);
}

KEFU_FIELDS(jd::PushChatImage) {
  jd::push_head(v, s);
  v.optional("chatinfo", s.chat_info);
  jd::push_from(v, s);
  v.required("url", s.url);
  v.optional("ver", s.version);
  v.optional("xid_buyer", s.to.xid);
  v.optional("xid_seller", s.xid_seller);
}

KEFU_FIELDS(jd::PushChatMessage) {
  v.group("param1", [&](auto& signature) {
    signature.constant("@type", "com.jd.dd.open.gw.api.domain.AccessSignature");
    signature.required("accessToken", s.access_token);
    signature.required("accessid", s.access_id, Check().max_bytes(jd::kAccessIdBytes));
    signature.required("appKey", s.app_key);
    signature.required("aspid", s.aspid);
    signature.required("source", s.source);
    signature.optional("venderId", s.vender_id);
    signature.required("version", s.version);
  });
  v.group("param2", [&](auto& message) {
    message.constant("@type", "com.jd.dd.open.gw.api.domain.jos.ChatMessageJos");
    message.required("body", s.body);
    message.required("fromApp", s.from_app);
    message.required("fromClientType", s.from_client_type);
    message.required("fromPin", s.from_pin);
    message.optional("open_id_buyer", s.to.open_id);
    message.required("toApp", s.to_app);
    message.value("toClientType", s.to_client_type);
    message.optional("toPin", s.to.pin);
    jd::check_receiver(message, s);
    message.optional("upid", s.upid);
    message.required("ver", s.version);
    message.optional("xid_buyer", s.to.xid);
  });
}

KEFU_FIELDS(jd::DongDongToken) {
  v.required("accessToken", s.access_token);
  v.optional("code", s.code);
  v.optional("errmsg", s.message);
}
KEFU_FIELDS(jd::ExchangeDongDongGrant) {
  v.required("aspid", s.aspid);
  v.required("secret", s.secret);
  v.required("version", s.version);
}

// In the order of the one source: it is a text inside the request, not members of it.
KEFU_FIELDS(jd::DongDongNotice) {
  v.constant("type", "notice_message");
  v.required("ver", s.version);
  v.required("title", s.title, Check().max_characters(jd::kNoticeTitle));
  v.required("content", s.content, Check().max_characters(jd::kNoticeContent));
  if (s.content.find_first_of("\r\n") != std::string::npos)
    v.complain("content", "holds a line break, which a notice must not");
  v.optional("noticeId", s.notice_id);
  v.optional("toTerminal", s.to_terminal);
  v.optional("sla", s.sla, Check().range(0, 1));
  v.optional("app", s.app);
  v.optional("tos", s.receivers, Check().max_items(jd::kNoticeReceivers));
  if (!s.url.empty()) v.group("extend", [&](auto& extend) { extend.required("url", s.url); });
}
KEFU_FIELDS(jd::PushNotice) {
  jd::push_head(v, s);
  std::string message = s.json_message;
  if (message.empty()) {
    FieldWriter notice(message);
    notice.root(s.notice);
    if (const auto fine = notice.result(); !fine) v.complain("jsonMsg", fine.error().message());
  }
  v.required("jsonMsg", message);
  v.value("time", unix_millis(s.time));
  v.required("version", s.version);
}

KEFU_FIELDS(jd::QueryDongDongData) {
  v.required("accessToken", s.access_token);
  v.required("accessid", s.access_id, Check().max_bytes(jd::kAccessIdBytes));
  v.required("appid", s.app_id);
  v.required("aspid", s.aspid);
  v.value("biz_timestamp", unix_millis(s.time));
  v.required("jsonParam", s.json_param);
  v.required("reqType", s.request_type);
  v.required("version", s.version);
}

KEFU_FIELDS(jd::DispatchNotice) {
  v.required("appId", s.app_id);
  v.required("content", s.content, Check().max_characters(jd::kNoticeContent));
  if (!s.sender.empty()) {
    std::string extend;
    JsonWriter(extend).begin_object().key("sender").string(s.sender).end_object();
    v.required("extend", extend);
  }
  v.value("nType", s.notice_type);
  v.optional("noticeId", s.notice_id);
  v.required("receiver", s.receivers, Check().max_items(jd::kNoticeReceivers));
  v.value("time", unix_millis(s.time));
  v.required("title", s.title, Check().max_characters(jd::kNoticeTitle));
  v.required("token", s.token);
  v.optional("url", s.url);
}

KEFU_FIELDS(jd::SensitiveWordVerdict) {
  v.group("returnType", [&](auto& type) {
    type.group("responseHeader", [&](auto& header) {
      header.optional("returnCode", s.return_code);
      header.optional("returnMsg", s.return_message);
    });
    type.group("responseBody", [&](auto& body) {
      body.required("containSensitiveWord", s.found);
      body.optional("resultCode", s.result_code);
      body.optional("resultMsg", s.result_message);
    });
  });
}
KEFU_FIELDS(jd::CheckSensitiveWords) {
  v.required("appId", s.app_id);
  v.required("clientType", s.client_type);
  v.required("content", s.content);
  v.required("scope", s.scope);
}

}  // namespace detail

namespace jd {

KEFU_JD_ROW_DECODED(PushChatText, "MessagePushService.pushChatTextMessage", Effect::create,
                    "MessagePushService.pushChatTextMessage", "the answer is in one SDK only", &decode_pushed)
KEFU_JD_ROW_DECODED(PushChatImage, "MessagePushService.pushChatImageMessage", Effect::create,
                    "MessagePushService.pushChatImageMessage", kAnswerByAnalogy, &decode_pushed)
KEFU_JD_ROW_DECODED(PushChatMessage, "dongdong.packet.josChatMessage.push", Effect::create,
                    "dongdong.packet.josChatMessage.push",
                    "the request is in dumps of one SDK only, the answer is in no public source", &decode_pushed)
KEFU_JD_ROW_DECODED(ExchangeDongDongGrant, "com.jd.dd.open.gw.api.GrantService", Effect::idempotent, "GrantService",
                    "the answer is that of an internal entry; how the gateway wraps it is not known", &decode_grant)
KEFU_JD_ROW_DECODED(PushNotice, "com.jd.dd.open.gw.api.MessagePushService", Effect::create, "MessagePushService",
                    "the answer is that of an internal entry; how the gateway wraps it is not known",
                    (&decode_lenient<DongDongResult, read_result>))
KEFU_JD_ROW_DECODED(QueryDongDongData, "com.jd.dd.open.gw.api.DataService", Effect::read, "DataService", kAnswerUnknown,
                    (&decode_lenient<DongDongResult, read_result>))
KEFU_JD_ROW_DECODED(DispatchNotice, "dd.notice.NoticeDispatcher", Effect::create, "NoticeDispatcher", kAnswerUnknown,
                    (&decode_lenient<DongDongResult, read_result>))
KEFU_JD_ROW(CheckSensitiveWords, "risk.sensitiveWordCheck", Effect::read, "risk.sensitiveWordCheck", "")

std::vector<const Operation*> dongdong_operations() {
  return {&PushChatText::operation(),          &PushChatImage::operation(),      &PushChatMessage::operation(),
          &ExchangeDongDongGrant::operation(), &PushNotice::operation(),         &QueryDongDongData::operation(),
          &DispatchNotice::operation(),        &CheckSensitiveWords::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
