#include "cli/recorded_push.hpp"

#include "core/text/json_writer.hpp"
#include "core/text/percent_encoding.hpp"

#include <kefu/wechat/component_push.hpp>
#include <kefu/wechat/push.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace kefu_cli {
namespace {

using kefu::OpenedPush;
using kefu::PushFault;
using kefu::Secret;
using kefu::detail::JsonWriter;
using kefu::detail::Value;
using kefu::wechat::check_encoding_aes_key;
using kefu::wechat::make_push_receiver;
using kefu::wechat::PushConfig;
using kefu::wechat::PushFormat;
using kefu::wechat::PushFreshness;
using kefu::wechat::PushKeys;
using kefu::wechat::read_component_push;

constexpr std::size_t kMostReceivers = 8;
constexpr int kDeepest = 8;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// "AuthorizerAppid" is "authorizer_appid", "MsgID" is "msg_id".
std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins = is_upper(name[i]) && i > 0 &&
                        (is_small(name[i - 1]) ||
                         (is_upper(name[i - 1]) && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z'));
    if (begins) out += '_';
    out += is_upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return out;
}

/// Elements as text, those with elements inside as objects; the first of equal names wins.
void write_elements(JsonWriter& json, Value object, std::set<std::string> taken, int depth) {
  for (const auto& member : object) {
    std::string name = snake_case(member.name);
    if (!taken.insert(name).second) continue;
    json.key(name);
    if (member.value.kind() != Value::Kind::object) {
      json.string(member.value.text());
      continue;
    }
    json.begin_object();
    if (depth < kDeepest) write_elements(json, member.value, {}, depth + 1);
    json.end_object();
  }
}

struct Opened {
  std::string fault;  ///< Empty: accepted.
  std::string detail;
  std::string echo;
  std::string text;  ///< The clear message.
};
Opened not_opened(std::string fault, std::string detail) { return {std::move(fault), std::move(detail), {}, {}}; }
Opened bad_record(std::string why) { return not_opened("bad-case", std::move(why)); }

/// The query as it was on the wire: `raw_query`, or `query` as that text or as an object of its parameters.
std::string query_of(Value request) {
  if (request["raw_query"]) return std::string(request["raw_query"].text());
  const Value query = request["query"];
  if (query.kind() != Value::Kind::object) return std::string(query.text());
  std::string out;
  for (const auto& parameter : query) {
    if (!out.empty()) out += '&';
    kefu::detail::append_percent_encoded(out, parameter.name);
    out += '=';
    kefu::detail::append_percent_encoded(out, parameter.value.text());
  }
  return out;
}

Opened open_for(const std::string& receiver_id, Value config, Value request) {
  PushConfig settings("component", PushKeys(Secret(config["token"].text()), Secret(config["encoding_aes_key"].text())));
  settings.receiver_id = receiver_id;
  const Secret previous(config["previous_encoding_aes_key"].text());
  if (!previous.empty()) settings.previous.emplace_back(Secret(), previous);
  settings.format = PushFormat::xml;
  settings.freshness = PushFreshness(PushFreshness::Mode::off);
  for (const Secret& key : {settings.keys.encoding_aes_key, previous})
    if (!key.empty() && !check_encoding_aes_key(key))
      return not_opened(std::string(to_string(PushFault::bad_key)), "config holds a key that is no EncodingAESKey");
  const auto receiver = make_push_receiver(std::move(settings));
  if (!receiver) return bad_record(receiver.error().message());
  const std::string query = query_of(request);
  const kefu::WebhookRequest pushed(request["method"] ? request["method"].text() : "POST", request["path"].text(),
                                    query, request["body_text"].text());
  OpenedPush opened = (*receiver)->open(pushed, std::chrono::system_clock::now());
  if (opened.outcome == OpenedPush::Outcome::refused)
    return not_opened(std::string(to_string(*opened.fault)), std::move(opened.detail));
  if (opened.outcome == OpenedPush::Outcome::url_check) return {{}, {}, std::move(opened.answer.body), {}};
  return {{}, {}, {}, std::move(opened.event.raw)};
}

/// Tries every receiver id that is accepted.
Opened open_recorded(Value line) {
  if (line["side"].text() != "component") return bad_record("side is not \"component\"");
  const Value config = line["config"];
  const std::vector<Value> receivers = config["accepted_receive_ids"].items();
  if (receivers.empty() || receivers.size() > kMostReceivers)
    return bad_record(fmt::format("config.accepted_receive_ids has {} entries, allowed are 1 to {}", receivers.size(),
                                  kMostReceivers));
  Opened opened;
  for (const Value receiver : receivers) {
    opened = open_for(std::string(receiver.text()), config, line["request"]);
    if (opened.fault != to_string(PushFault::wrong_receiver)) break;
  }
  return opened;
}

}  // namespace

std::string answer_recorded_push(Value line) {
  Opened opened = open_recorded(line);
  const auto document = kefu::detail::Document::xml(opened.text);
  const bool is_event = document && document.root()["InfoType"].present();
  if (opened.fault.empty() && is_event)
    if (const auto push = read_component_push(opened.text); !push)
      opened = not_opened(std::string(to_string(PushFault::bad_message)), push.error().message());
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("id").string(line["id"].text()).key("accept").boolean(opened.fault.empty());
  if (!opened.fault.empty()) {
    json.key("fault").string(opened.fault).key("detail").string(opened.detail);
  } else if (!opened.echo.empty()) {
    json.key("echostr").string(opened.echo);
  } else {
    write_elements(json, document.root(), {"id", "accept"}, 1);
  }
  json.end_object();
  return out;
}

}  // namespace kefu_cli
