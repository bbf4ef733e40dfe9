#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/http/web_text.hpp"
#include "support/vectors.hpp"

#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kefu_test {

/// A sandbox in simulated time with one account, and the calls a test makes of it.
class WechatCase {
 public:
  explicit WechatCase(kefu::sandbox::WechatApp app = {}) : sandbox(options(time)), account(add(std::move(app))) {
    transport = sandbox.transport(time);
  }

  struct Answer {
    std::int64_t code = 0;
    std::string text;
    kefu::detail::Document document;
    std::optional<kefu::TransportFault> fault;
    kefu::HttpReply reply;
    kefu::detail::Value operator[](std::string_view name) const { return document.root()[name]; }
  };

  Answer call(std::string_view method, std::string_view path, const kefu::HttpFields& query, std::string_view body = {},
              kefu::Millis limit = kefu::Millis(10'000), kefu::CancelToken cancel = {}) {
    kefu::HttpRequest request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.body = body;
    if (method == "POST") request.headers.emplace_back("Content-Type", "application/json");
    return send(std::move(request), limit, cancel);
  }
  Answer send(kefu::HttpRequest request, kefu::Millis limit = kefu::Millis(10'000), kefu::CancelToken cancel = {}) {
    if (request.base.empty()) request.base = "https://api.weixin.qq.com";
    std::optional<kefu::HttpOutcome> outcome;
    transport->send(std::move(request), time->mono() + limit, cancel,
                    [&outcome](kefu::HttpOutcome one) { outcome = std::move(one); });
    while (!outcome && time->help() == kefu::Scheduler::Help::worked) {
    }
    Answer answer;
    REQUIRE(outcome.has_value());
    answer.fault = outcome->fault;
    answer.reply = outcome->reply;
    answer.document = kefu::detail::Document::json(answer.reply.body);
    answer.code = answer["errcode"].integer().value_or(0);
    answer.text = answer["errmsg"].text();
    return answer;
  }
  Answer post(std::string_view path, std::string_view body) {
    return call("POST", path, {{"access_token", token()}}, body);
  }
  /// An upload of one file, as other clients write it.
  Answer upload(std::string_view path, kefu::HttpFields query, std::string_view file_name, std::string_view bytes,
                std::string_view part = "media", std::string_view description = {}) {
    kefu::HttpRequest request;
    request.method = "POST";
    request.path = path;
    request.query = std::move(query);
    request.query.emplace_back("access_token", token());
    request.headers.emplace_back("Content-Type", "multipart/form-data; boundary=----b0");
    request.body = fmt::format(
        "------b0\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: image/jpeg\r\n\r\n{}"
        "\r\n",
        part, file_name, bytes);
    if (!description.empty())
      request.body +=
          fmt::format("------b0\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n{}\r\n", description);
    request.body += "------b0--\r\n";
    return send(std::move(request));
  }
  Answer get(std::string_view path, kefu::HttpFields query) {
    query.emplace_back("access_token", token());
    return call("GET", path, query);
  }
  /// Events that were pushed, oldest first: their names.
  std::vector<std::string> events() {
    std::vector<std::string> names;
    const auto pushes = control("GET", "/pushes");
    for (const auto push : pushes.root()["pushes"].items())
      if (push["msgtype"].text() == "event") names.emplace_back(push["event"].text());
    return names;
  }
  std::string last_push_body() {
    const auto pushes = control("GET", "/pushes");
    const auto all = pushes.root()["pushes"].items();
    REQUIRE(!all.empty());
    return std::string(all.back()["body"].text());
  }
  void turn(std::string_view name, std::int64_t value) {
    control("POST", "/switches", fmt::format(R"({{"{}":{}}})", name, value));
  }
  Answer get(std::string_view path) { return call("GET", path, {{"access_token", token()}}); }

  Answer classic() {
    return call("GET", "/cgi-bin/token",
                {{"grant_type", "client_credential"}, {"appid", account.appid}, {"secret", account.secret}});
  }
  Answer stable(bool force = false) {
    return call("POST", "/cgi-bin/stable_token", {},
                fmt::format(R"({{"grant_type":"client_credential","appid":"{}","secret":"{}","force_refresh":{}}})",
                            account.appid, account.secret, force));
  }
  /// A token that works now.
  std::string token() { return std::string(stable()["access_token"].text()); }
  Answer with_token(const std::string& access_token) {
    return call("GET", "/cgi-bin/getcallbackip", {{"access_token", access_token}});
  }

  Answer send_text(std::string_view openid, std::string_view content) {
    std::string body;
    kefu::detail::JsonWriter writer(body);
    writer.begin_object().key("touser").string(openid).key("msgtype").string("text");
    writer.key("text").begin_object().key("content").string(content).end_object().end_object();
    return post("/cgi-bin/message/custom/send", body);
  }

  /// The control API; fails the test unless it answers 200.
  kefu::detail::Document control(std::string_view method, std::string_view target, std::string_view json = {}) {
    const auto reply = sandbox.control(method, target, json);
    INFO(method << " " << target << ": " << reply.body);
    REQUIRE(reply.status == 200);
    return kefu::detail::Document::json(reply.body);
  }
  void change_app(std::string_view json) { control("POST", "/apps/" + account.appid, json); }
  void does(std::string_view openid, std::string_view act, std::string_view json = {}) {
    const auto done = sandbox.customer_does(account.appid, openid, act, json);
    REQUIRE(done.has_value());
  }
  void pass(std::int64_t seconds) { sandbox.advance(kefu::Millis(seconds * 1000)); }

  std::shared_ptr<kefu::sandbox::SimulatedTime> time = std::make_shared<kefu::sandbox::SimulatedTime>();
  kefu::sandbox::Sandbox sandbox;
  kefu::sandbox::WechatApp account;
  std::shared_ptr<kefu::Transport> transport;

 private:
  static kefu::sandbox::SandboxOptions options(std::shared_ptr<const kefu::Clock> clock) {
    kefu::sandbox::SandboxOptions out;
    out.clock = std::move(clock);
    return out;
  }
  kefu::sandbox::WechatApp add(kefu::sandbox::WechatApp app) {
    auto added = sandbox.add(app);
    REQUIRE(added.has_value());
    return std::move(*added);
  }
};

inline kefu::sandbox::WechatApp app_of_kind(kefu::sandbox::WechatKind kind) {
  kefu::sandbox::WechatApp app;
  app.kind = kind;
  return app;
}

}  // namespace kefu_test
