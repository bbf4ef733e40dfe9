#include "core/async/time_range.hpp"
#include "sandbox/control/api.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

ControlAnswer clock_answer(const ControlCall& call) {
  ControlAnswer answer;
  const WallTime now = call.now();
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("unix").integer(unix_seconds(now));
  writer.key("unix_ms").integer(unix_millis(now));
  writer.key("offset_ms").integer(call.core.offset_ms()).end_object();
  return answer;
}

ControlResult show_clock(ControlCall& call) { return clock_answer(call); }

ControlResult advance_clock(ControlCall& call) {
  const Millis by = detail::bounded_span<Millis>(std::chrono::seconds(call.number("seconds", 0))) +
                    detail::bounded_span<Millis>(Millis(call.number("ms", 0)));
  if (by.count() == 0) return control_error(400, "seconds or ms is missing");
  call.core.move_clock(by);
  return clock_answer(call);
}

ControlResult set_clock(ControlCall& call) {
  const std::int64_t to = call.number("unix", -1);
  if (to < 0) return control_error(400, "unix is missing: seconds since 1970");
  call.core.move_clock(std::chrono::duration_cast<Millis>(from_unix_seconds(to) - call.now()));
  return clock_answer(call);
}

ControlResult show_calls(ControlCall& call) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  std::uint64_t total = 0;
  writer.begin_object().key("calls").begin_object();
  for (const Twin* twin : call.core.twins)
    for (const auto& [name, count] : twin->calls) {
      total += count.calls;
      writer.key(name).begin_object().key("calls").unsigned_integer(count.calls).key("codes").begin_object();
      for (const auto& [code, times] : count.codes) writer.key(std::to_string(code)).unsigned_integer(times);
      writer.end_object().end_object();
    }
  writer.end_object().key("total").unsigned_integer(total).end_object();
  return answer;
}

ControlResult forget_calls(ControlCall& call) {
  for (Twin* twin : call.core.twins) twin->calls.clear();
  return show_calls(call);
}

ControlResult show_faults(ControlCall& call) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("names").begin_array();
  for (const FaultKind& kind : fault_kinds()) writer.string(kind.name);
  writer.end_array().key("active").begin_array();
  for (const Fault& fault : call.core.faults.active()) {
    writer.begin_object().key("number").unsigned_integer(fault.number).key("fault").string(fault.name);
    writer.key("path").string(fault.path).key("left").integer(fault.left).key("skip").integer(fault.skip);
    writer.key("errcode").integer(fault.errcode).key("delay_ms").integer(fault.delay_ms);
    writer.key("size").integer(fault.size).key("acts").boolean(fault.acts).end_object();
  }
  writer.end_array().end_object();
  return answer;
}

ControlResult add_fault(ControlCall& call) {
  Fault fault;
  fault.name = call.text("fault");
  const FaultKind* kind = find_fault_kind(fault.name);
  fault.path = call.text("path");
  fault.left = call.number("count", 1);
  fault.skip = call.number("skip", 0);
  fault.errcode = static_cast<int>(call.number("errcode", -1));
  fault.delay_ms = call.number("delay_ms", 0);
  fault.size = call.number("size", 0);
  fault.acts = call.flag("acts", kind != nullptr && kind->acts);
  fault.status = static_cast<int>(call.number("status", 200));
  fault.body = call.text("body");
  fault.content_type = call.text("content_type");
  if (auto wrong = wrong_fault(fault)) return control_error(400, *wrong);
  call.core.faults.add(std::move(fault));
  return show_faults(call);
}

ControlResult remove_faults(ControlCall& call) {
  call.core.faults.clear();
  return show_faults(call);
}

ControlResult remove_fault(ControlCall& call) {
  const auto number = whole_number(call.names.front(), 1);
  if (!number || !call.core.faults.remove(static_cast<std::uint64_t>(*number)))
    return control_error(404, "no such fault is on");
  return show_faults(call);
}

ControlResult show_switches(ControlCall& call) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object();
  for (const Twin* twin : call.core.twins)
    for (const auto& [name, value] : twin->settings) writer.key(name).integer(value);
  writer.end_object();
  return answer;
}

ControlResult set_switches(ControlCall& call) {
  for (const auto& member : call.body) {
    const std::string name(member.name);
    Twin* owner = nullptr;
    for (Twin* twin : call.core.twins)
      if (twin->find_switch(name) != nullptr) owner = twin;
    const auto value = member.value.integer();
    if (owner == nullptr) return control_error(400, "unknown switch: " + name);
    if (!value) return control_error(400, "the switch wants a whole number: " + name);
    const TwinSwitch& row = *owner->find_switch(name);
    if (*value < row.least || *value > row.most)
      return control_error(400, name + " takes " + std::to_string(row.least) + " to " + std::to_string(row.most));
    owner->settings[name] = *value;
  }
  return show_switches(call);
}

}  // namespace

std::vector<ControlRoute> control_twin_routes() {
  return {
      {"GET", "/clock", "the sandbox's time: unix, unix_ms, offset_ms", show_clock},
      {"POST", "/clock/advance", "lets time pass: seconds and/or ms", advance_clock, "seconds# ms#"},
      {"POST", "/clock/set", "sets the time: unix", set_clock, "unix#"},
      {"GET", "/calls", "calls of the platforms' APIs by path or method, with the codes answered", show_calls},
      {"DELETE", "/calls", "starts counting again", forget_calls},
      {"GET", "/faults", "names of all faults, and those that are on", show_faults},
      {"POST", "/faults",
       "switches one on: fault, path or method (absent: all), count (-1: always), skip, errcode, delay_ms, "
       "size, acts, status, body, content_type",
       add_fault, "fault path count# skip# errcode# delay_ms# size# acts? status# body content_type"},
      {"DELETE", "/faults", "switches all off", remove_faults},
      {"DELETE", "/faults/{number}", "switches one off", remove_fault},
      {"GET", "/switches", "the twins' settings where sources leave a gap", show_switches},
      {"POST", "/switches", "sets some of them", set_switches, kAnyMember},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
