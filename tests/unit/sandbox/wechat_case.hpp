#pragma once

#include "core/document.hpp"
#include "core/json_writer.hpp"
#include "sandbox/web_text.hpp"
#include "support/vectors.hpp"

#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
    request.base = "https://api.weixin.qq.com";
    request.path = path;
    request.query = query;
    request.body = body;
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
