#include "sandbox/control/api.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

ControlAnswer push_answer(const Push& push) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  write_push(writer, push);
  return answer;
}

std::uint64_t number_in_path(const ControlCall& call) {
  return static_cast<std::uint64_t>(whole_number(call.names.front(), 0).value_or(0));
}

ControlResult list_pushes(ControlCall& call) {
  const auto after = static_cast<std::uint64_t>(std::max<std::int64_t>(0, call.number("after", 0)));
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("last").unsigned_integer(call.core.wechat.next_push - 1).key("pushes").begin_array();
  std::size_t written = 0;
  for (const auto& [number, push] : call.core.wechat.pushes)
    if (number > after && written++ < 1000) write_push(writer, push);
  writer.end_array().end_object();
  return answer;
}

ControlResult show_push(ControlCall& call) {
  const std::uint64_t number = number_in_path(call);
  if (find_push(call.core.wechat, number) == nullptr) return control_error(404, "no such push (any more)");
  return push_result(call, number);
}

/// Delivers once more and answers when that delivery is over.
ControlResult repeat_push(ControlCall& call) {
  const std::uint64_t number = number_in_path(call);
  const Push* push = find_push(call.core.wechat, number);
  if (push == nullptr) return control_error(404, "no such push (any more)");
  const std::string_view signature = call.text("signature");
  if (!signature.empty() && signature != "same" && signature != "new")
    return control_error(400, "signature must be same or new");
  const std::size_t before = push->attempts.size();
  call.core.deliver_again(number, signature == "same");
  const Millis limit(std::clamp<std::int64_t>(call.number("wait_ms", 0), 0, 120'000));
  return {limit, [&core = call.core, number, before](bool last) -> std::optional<ControlAnswer> {
            const Push* one = find_push(core.wechat, number);
            if (one == nullptr) return control_error(404, "no such push (any more)");
            const bool over = one->attempts.size() > before && one->attempts.back().result != "under_way";
            if (!over && !last) return std::nullopt;
            return push_answer(*one);
          }};
}

}  // namespace

void write_push(detail::JsonWriter& writer, const Push& push) {
  writer.begin_object().key("push").unsigned_integer(push.number).key("appid").string(push.appid);
  writer.key("openid").string(push.openid).key("msgid").string(push.msgid).key("msgtype").string(push.msgtype);
  writer.key("event").string(push.event).key("time").integer(unix_seconds(push.time));
  writer.key("misbehave").string(push.misbehaviour).key("state").string(push.state);
  writer.key("passive_reply").string(push.passive_reply).key("body").string(push.body);
  writer.key("attempts").begin_array();
  for (const PushAttempt& attempt : push.attempts) {
    writer.begin_object().key("time").integer(unix_seconds(attempt.time)).key("result").string(attempt.result);
    writer.key("detail").string(attempt.detail).key("http_status").integer(attempt.http_status);
    writer.key("ms").integer(attempt.milliseconds).key("query").begin_object();
    for (const auto& [name, value] : attempt.query) writer.key(name).string(value);
    writer.end_object().end_object();
  }
  writer.end_array().end_object();
}

std::optional<ControlAnswer> no_room_for_push(ControlCall& call) {
  if (has_room_for_push(call.core.wechat)) return std::nullopt;
  return control_error(429, "too many pushes are still to be delivered; wait until some are over");
}

ControlResult push_result(ControlCall& call, std::uint64_t number) {
  const Millis limit(std::clamp<std::int64_t>(call.number("wait_ms", 0), 0, 120'000));
  return {limit, [&core = call.core, number](bool last) -> std::optional<ControlAnswer> {
            const Push* push = find_push(core.wechat, number);
            if (push == nullptr) return control_error(404, "no such push (any more)");
            if (!last && push->state == "waiting") return std::nullopt;
            return push_answer(*push);
          }};
}

std::vector<ControlRoute> control_push_routes() {
  return {
      {"GET", "/pushes", "pushes and their deliveries after number `after`", list_pushes, "after#"},
      {"GET", "/pushes/{push}", "one push; wait_ms waits until it is over", show_push, "wait_ms#"},
      {"POST", "/pushes/{push}/repeat", "delivers it once more: signature (same|new), wait_ms", repeat_push,
       "signature wait_ms#"},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
