#pragma once

#include "core/text/document.hpp"
#include "sandbox/http/web_text.hpp"
#include "support/jd_world.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// One call that reached the gateway.
struct JdCall {
  std::string method;
  std::string params;  ///< 360buy_param_json.
  kefu::Millis at{0};  ///< Simulated time since the start.

  /// A member of the parameters as text; dots go deeper.
  std::string operator[](const std::string& path) const {
    const auto document = kefu::detail::Document::json(params);
    kefu::detail::Value value = document.root();
    for (std::size_t from = 0; from <= path.size();) {
      const std::size_t dot = std::min(path.find('.', from), path.size());
      value = value[path.substr(from, dot - from)];
      from = dot + 1;
    }
    return std::string(value.text());
  }
};

/// A JdWorld whose gateway answers by method; all calls are kept. A method without an answer is "15", unknown.
struct JdGateway : JdWorld {
  using Answer = std::function<kefu::HttpOutcome(const JdCall&)>;

  JdGateway() {
    transport->on("/routerjson", [this](const kefu::HttpRequest& request) {
      const auto form = kefu::sandbox::query_pairs(request.body);
      JdCall call;
      call.method = std::string(kefu::sandbox::find_pair(form, "method").value_or(""));
      call.params = std::string(kefu::sandbox::find_pair(form, "360buy_param_json").value_or(""));
      call.at = time->elapsed();
      calls.push_back(call);
      const auto answer = answers.find(call.method);
      return answer == answers.end() ? json_reply(error_response("15")) : answer->second(call);
    });
  }

  void on(const std::string& method, Answer answer) { answers[method] = std::move(answer); }
  /// The answer node of a method, in the gateway's envelope.
  static kefu::HttpOutcome node(const std::string& method, const std::string& json) {
    std::string name = method;
    for (char& c : name)
      if (c == '.') c = '_';
    return json_reply("{\"" + name + "_responce\":" + json + "}");
  }
  void on_node(const std::string& method, const std::string& json) {
    on(method, [method, json](const JdCall&) { return node(method, json); });
  }
  std::vector<JdCall> calls_of(const std::string& method) const {
    std::vector<JdCall> found;
    for (const JdCall& call : calls)
      if (call.method == method) found.push_back(call);
    return found;
  }

  kefu::jd::ShopConfig settings(const std::string& name = "shop-2") const {
    kefu::jd::ShopConfig made(name);
    made.token_source = tokens;
    return made;
  }

  std::vector<JdCall> calls;
  std::map<std::string, Answer> answers;
};

}  // namespace kefu_test
