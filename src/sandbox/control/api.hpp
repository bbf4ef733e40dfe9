#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/control/core.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Answer of the control API: always a JSON object; errors are {"error": "..."}.
struct ControlAnswer {
  int status = 200;
  std::string body;
};

/// An answer, or a question that is asked again after every change until it is answered or its time is over.
struct ControlResult {
  ControlResult(ControlAnswer answer) : now(std::move(answer)) {}
  ControlResult(Millis limit, std::function<std::optional<ControlAnswer>(bool last)> question)
      : wait(limit), ask(std::move(question)) {}
  ControlAnswer now;
  Millis wait{0};
  /// Called with the core's lock held; with `last` it must answer.
  std::function<std::optional<ControlAnswer>(bool last)> ask;
};

ControlAnswer control_error(int status, std::string_view message);

/// One call of the control API, with the core's lock held.
struct ControlCall {
  SandboxCore& core;
  const WebRequest& request;
  std::vector<std::string> names;  ///< What stands in the places of {…} in the pattern.
  detail::Document document = {};
  detail::Value body = {};

  /// From the body, else from the query; empty if absent.
  std::string_view text(std::string_view name) const;
  std::int64_t number(std::string_view name, std::int64_t fallback) const;
  bool flag(std::string_view name, bool fallback) const;
  /// From the body; what it does not have stays as it is.
  void take(std::string_view name, std::string& to) const;
  void take(std::string_view name, std::vector<std::string>& to) const;
  WallTime now() const { return core.now(); }
};

/// Of routes whose body is data of its own; they take nothing in the query.
constexpr std::string_view kAnyMember = "*";

/// A row of the control API's table.
struct ControlRoute {
  std::string_view method;
  std::string_view pattern;
  std::string_view about;
  ControlResult (*run)(ControlCall& call);
  /// The members that its body and its query may have, with blanks between, and behind a name what it is if it is no
  /// text: # a whole number, % any number, ? a flag, * data that the call reads. See wrong_member.
  std::string_view takes = {};
};
/// What is wrong with the members of a call, before anything is done: one that the route does not take is misspelt, and
/// one that is not what it should be would be a default instead.
std::optional<std::string> wrong_member(const ControlRoute& route, const ControlCall& call);
std::vector<ControlRoute> control_app_routes();
std::vector<ControlRoute> control_component_routes();
std::vector<ControlRoute> control_customer_routes();
std::vector<ControlRoute> control_agent_routes();
std::vector<ControlRoute> control_platform_routes();
std::vector<ControlRoute> control_push_routes();
std::vector<ControlRoute> control_twin_routes();
const std::vector<ControlRoute>& control_routes();

/// Does one call. Takes the core's lock.
ControlResult control(SandboxCore& core, const WebRequest& request);
/// The table of routes, acts, faults and switches as text for people.
KEFU_EXPORT std::string control_help();

/// The first setting that the platform's console would refuse, as a sentence that names it.
std::optional<std::string> wrong_setting(const WechatApp& app);

class Sandbox;
/// Applies a configuration: {"apps": [as for POST /apps], "jd_apps", "jd_shops": [as for POST /jd/...], "switches":
/// {name: value}}. Empty, or what is wrong with it.
KEFU_EXPORT std::string apply_config(Sandbox& sandbox, std::string_view json);

/// Shared by the families: the account a call is about, or the error why there is none.
WechatAccount* account_of(ControlCall& call, std::optional<ControlAnswer>& error);
void write_push(detail::JsonWriter& writer, const Push& push);
/// The error of a call that would push while there is no room for one.
std::optional<ControlAnswer> no_room_for_push(ControlCall& call);
/// Answers with the push, once it is over if the caller gave `wait_ms`.
ControlResult push_result(ControlCall& call, std::uint64_t number);

/// A customer act's row, for the table and for help.
struct ActKind {
  std::string_view name;
  std::string_view about;
  CustomerAct (*make)(ControlCall& call, WechatAccount& account);
};
const std::vector<ActKind>& act_kinds();

}  // namespace sandbox
KEFU_END_NAMESPACE
