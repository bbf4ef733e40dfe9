#pragma once

#include "core/crypto/crypto.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/http/web_text.hpp"

#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kefu_test {

inline constexpr char kJdKey[] = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
inline constexpr char kJdSecret[] = "5f1d3b7a9c2e4f6081a3c5e7092b4d6f";
inline constexpr char kJdShop[] = "flagship";

/// A sandbox in simulated time (2024-06-01 08:30:00 in Beijing) with one JD application and one shop that has
/// authorized it, and the calls that a test makes of it as a foreign client would.
class JdCase {
 public:
  JdCase() : sandbox(options(time)) {
    kefu::sandbox::JdApp app;
    app.app_key = kJdKey;
    app.app_secret = kJdSecret;
    app.redirect_uri = "https://shop.example.com/jd/callback";
    app.dongdong_aspid = "110.200.0000002.001";
    app.dongdong_secret = "dd-secret";
    REQUIRE(sandbox.add(app).has_value());
    kefu::sandbox::JdShop shop;
    shop.shop = kJdShop;
    shop.vender_id = 10001;
    shop.agents = {"flagship-li"};
    REQUIRE(sandbox.add(shop).has_value());
    authorize();
    transport = sandbox.transport(time);
  }

  struct Answer {
    std::string code;  ///< Of error_response, or of the answer node.
    bool refused = false;
    kefu::HttpReply reply;
    std::optional<kefu::TransportFault> fault;
    kefu::detail::Value node;  ///< Of a document that lives as long as the case.
    kefu::detail::Value operator[](std::string_view name) const { return node[name]; }
  };
  using Params = std::map<std::string, std::string>;

  void authorize() {
    auto given = sandbox.jd_authorize(kJdKey, kJdShop);
    REQUIRE(given.has_value());
    token = *given;
  }

  /// Everything a call carries but the sign.
  Params params(std::string_view method, std::string_view json) const {
    return {{"method", std::string(method)}, {"app_key", kJdKey}, {"access_token", token.access_token},
            {"timestamp", now_text()},       {"v", "2.0"},        {"360buy_param_json", std::string(json)}};
  }
  static std::string sign(const Params& params, std::string_view secret = kJdSecret) {
    std::string text(secret);
    for (const auto& [name, value] : params)
      if (name != "sign" && !value.empty()) text += name + value;
    text += secret;
    return kefu::detail::digest(kefu::detail::DigestKind::md5, text).upper_hex();
  }

  Answer call(std::string_view method, std::string_view json = "{}") { return send(params(method, json)); }
  /// Signs and posts as one form, unless the parameters hold a sign.
  Answer send(Params params) {
    if (params.count("sign") == 0) params["sign"] = sign(params);
    kefu::sandbox::Pairs pairs(params.begin(), params.end());
    kefu::HttpRequest request;
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"}};
    request.body = kefu::sandbox::raw_query(pairs);
    return exchange(std::move(request));
  }
  Answer exchange(kefu::HttpRequest request) {
    request.base = "https://api.jd.com";
    request.path = "/routerjson";
    Answer answer = raw(std::move(request));
    const auto root = keep(answer.reply.body);
    answer.refused = root["error_response"].present();
    for (const auto& member : root) answer.node = member.value;
    answer.code = answer.node["code"].text();
    return answer;
  }
  Answer raw(kefu::HttpRequest request) {
    std::optional<kefu::HttpOutcome> outcome;
    transport->send(std::move(request), time->mono() + kefu::Millis(10'000), {},
                    [&outcome](kefu::HttpOutcome one) { outcome = std::move(one); });
    while (!outcome && time->help() == kefu::Scheduler::Help::worked) {
    }
    REQUIRE(outcome.has_value());
    Answer answer;
    answer.fault = outcome->fault;
    answer.reply = outcome->reply;
    return answer;
  }

  /// A page of the authorization service.
  Answer page(std::string_view host, std::string_view path, const kefu::HttpFields& query) {
    kefu::HttpRequest request;
    request.method = "GET";
    request.base = "https://" + std::string(host);
    request.path = path;
    request.query = query;
    Answer answer = raw(std::move(request));
    answer.node = keep(answer.reply.body);
    answer.code = answer.node["code"].text();
    return answer;
  }

  kefu::detail::Document control(std::string_view method, std::string_view target, std::string_view json = {}) {
    const auto reply = sandbox.control(method, target, json);
    INFO(method << " " << target << ": " << reply.body);
    REQUIRE(reply.status == 200);
    return kefu::detail::Document::json(reply.body);
  }
  void turn(std::string_view name, std::int64_t value) {
    control("POST", "/switches", fmt::format(R"({{"{}":{}}})", name, value));
  }
  void pass(std::int64_t seconds) { sandbox.advance(kefu::Millis(seconds * 1000)); }
  std::string buyer_writes(std::string_view pin, std::string_view text) {
    auto sid = sandbox.jd_buyer_writes(kJdShop, pin, text);
    REQUIRE_MESSAGE(sid.has_value(), (sid ? "" : sid.error().to_string()));
    return *sid;
  }
  void buyer_does(std::string_view pin, std::string_view act, std::string_view json = {}) {
    const auto done = sandbox.jd_buyer_does(kJdShop, pin, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  void agent_does(std::string_view agent, std::string_view act, std::string_view json = {}) {
    const auto done = sandbox.jd_agent_does(kJdShop, agent, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  /// Of the sandbox's clock, in Beijing; good for 2024.
  std::string now_text() const { return beijing(sandbox.now()); }
  static std::string beijing(kefu::WallTime time) {
    const std::int64_t since = kefu::unix_seconds(time) - 1'717'171'200;  // 2024-06-01 00:00:00 there.
    const std::int64_t day = since >= 0 ? since / 86400 : (since - 86399) / 86400;
    const std::int64_t second = since - day * 86400;
    static constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::int64_t month = 6;
    std::int64_t of_month = 1 + day;
    while (of_month < 1) of_month += kDays[--month - 1];
    while (of_month > kDays[month - 1]) of_month -= kDays[month++ - 1];
    return fmt::format("2024-{:02}-{:02} {:02}:{:02}:{:02}", month, of_month, second / 3600, second / 60 % 60,
                       second % 60);
  }

  std::shared_ptr<kefu::sandbox::SimulatedTime> time =
      std::make_shared<kefu::sandbox::SimulatedTime>(kefu::from_unix_seconds(1'717'201'800));
  kefu::sandbox::Sandbox sandbox;
  kefu::sandbox::JdToken token;
  std::shared_ptr<kefu::Transport> transport;

 private:
  kefu::detail::Value keep(std::string_view json) {
    kefu::detail::ReadLimits limits;
    limits.trailing_commas = true;
    return documents_.emplace_back(kefu::detail::Document::json(json, limits)).root();
  }
  static kefu::sandbox::SandboxOptions options(std::shared_ptr<const kefu::Clock> clock) {
    kefu::sandbox::SandboxOptions out;
    out.clock = std::move(clock);
    return out;
  }

  std::deque<kefu::detail::Document> documents_;
};

}  // namespace kefu_test
