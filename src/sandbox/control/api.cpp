#include "sandbox/control/api.hpp"

#include "core/async/host_code.hpp"
#include "sandbox/control/jd.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// True if the path fits; `names` then holds the variable segments.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& names) {
  names.clear();
  for (;;) {
    const std::size_t pattern_end = pattern.find('/', 1);
    const std::size_t path_end = path.find('/', 1);
    const std::string_view wanted = pattern.substr(0, pattern_end);
    const std::string_view given = path.substr(0, path_end);
    if (wanted.size() > 2 && wanted[1] == '{') {
      if (given.size() < 2) return false;
      names.emplace_back(given.substr(1));
    } else if (wanted != given) {
      return false;
    }
    if (pattern_end == std::string_view::npos || path_end == std::string_view::npos)
      return pattern_end == std::string_view::npos && path_end == std::string_view::npos;
    pattern.remove_prefix(pattern_end);
    path.remove_prefix(path_end);
  }
}

const std::vector<TwinSwitch>& all_switches() {
  static const std::vector<TwinSwitch> all = [] {
    std::vector<TwinSwitch> rows;
    for (const auto* of_twin : {&wechat_switches(), &jd_switches()})
      rows.insert(rows.end(), of_twin->begin(), of_twin->end());
    return rows;
  }();
  return all;
}

template <class Rows>
void write_rows(detail::JsonWriter& writer, std::string_view key, const Rows& rows) {
  writer.key(key).begin_object();
  for (const auto& row : rows) writer.key(row.name).string(row.about);
  writer.end_object();
}

ControlResult list_routes(ControlCall&) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("routes").begin_array();
  for (const ControlRoute& route : control_routes()) {
    writer.begin_object().key("method").string(route.method).key("path").string(route.pattern);
    writer.key("about").string(route.about).end_object();
  }
  writer.end_array();
  write_rows(writer, "acts", act_kinds());
  write_rows(writer, "misbehaviours", push_misbehaviours());
  write_rows(writer, "faults", fault_kinds());
  write_rows(writer, "switches", all_switches());
  writer.end_object();
  return answer;
}

template <class Rows>
std::string help_rows(std::string_view title, const Rows& rows) {
  std::string out = fmt::format("\n{}:\n", title);
  for (const auto& row : rows) out += fmt::format("  {:<34} {}\n", row.name, row.about);
  return out;
}

}  // namespace

ControlAnswer control_error(int status, std::string_view message) {
  ControlAnswer answer;
  answer.status = status;
  detail::JsonWriter(answer.body).begin_object().key("error").string(message).end_object();
  return answer;
}

std::string_view ControlCall::text(std::string_view name) const {
  const detail::Value value = body[name];
  return value.present() ? value.text() : request.query_value(name);
}

std::int64_t ControlCall::number(std::string_view name, std::int64_t fallback) const {
  if (body[name].present()) return body[name].integer().value_or(fallback);
  return whole_number(request.query_value(name)).value_or(fallback);
}

bool ControlCall::flag(std::string_view name, bool fallback) const {
  if (body[name].present()) return body[name].boolean().value_or(fallback);
  const std::string_view text = request.query_value(name);
  return text.empty() ? fallback : text == "1" || text == "true";
}

void ControlCall::take(std::string_view name, std::string& to) const {
  if (body[name].present()) to = body[name].text();
}

void ControlCall::take(std::string_view name, std::vector<std::string>& to) const {
  if (!body[name].present()) return;
  to.clear();
  for (const auto& item : body[name].items()) to.emplace_back(item.text());
}

const std::vector<ControlRoute>& control_routes() {
  static const std::vector<ControlRoute> all = [] {
    std::vector<ControlRoute> rows = {{"GET", "/", "this list: routes, acts, faults, switches", list_routes}};
    for (const auto& family :
         {control_app_routes(), control_component_routes(), control_agent_routes(), control_platform_routes(),
          control_customer_routes(), control_push_routes(), control_jd_account_routes(), control_jd_chat_routes(),
          control_jd_record_routes(), control_twin_routes()})
      rows.insert(rows.end(), family.begin(), family.end());
    return rows;
  }();
  return all;
}

ControlResult control(SandboxCore& core, const WebRequest& request) {
  ControlCall call{core, request, {}};
  bool path_known = false;
  for (const ControlRoute& route : control_routes()) {
    if (!fits(route.pattern, request.path, call.names)) continue;
    path_known = true;
    if (route.method != request.method) continue;
    if (!request.body.empty()) {
      call.document = detail::Document::json(request.body);
      if (!call.document) return control_error(400, "the body is no JSON object");
      call.body = call.document.root();
    }
    if (auto wrong = wrong_member(route, call)) return control_error(400, *wrong);
    const std::lock_guard<std::mutex> lock(core.mutex);
    ControlResult result = control_error(500, "the sandbox failed at this call");
    static_cast<void>(detail::call_host_quietly([&] { result = route.run(call); }));
    core.deliver_new();
    return result;
  }
  if (path_known) return control_error(405, "this path exists, but not with method " + request.method);
  return control_error(404, "no such path in the control API; GET / lists all: " + request.path);
}

std::string control_help() {
  std::string out = "Control API (JSON in and out; an empty body is {}; errors are {\"error\": \"...\"}):\n";
  for (const ControlRoute& route : control_routes())
    out += fmt::format("  {:<6} {:<34} {}\n", route.method, route.pattern, route.about);
  out += help_rows("Acts of a customer, POST /customers/{openid}/{act}", act_kinds());
  out += help_rows("\"misbehave\" of a push", push_misbehaviours());
  out += help_rows("Faults, POST /faults {\"fault\", \"path\", \"count\", ...}", fault_kinds());
  out += help_rows("Switches, POST /switches {name: value}", all_switches());
  out += "\nMethods of JD whose answers no source shows (weak; POST /jd/answers replaces the twin's guess):\n";
  for (const JdRoute& route : jd_routes())
    if (route.weak) out += fmt::format("  {}\n", route.method);
  return out;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
