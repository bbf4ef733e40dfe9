#pragma once

#include "core/call/code_table.hpp"
#include "core/call/fields.hpp"
#include "core/call/pipeline.hpp"
#include "core/call/platform.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// An operation that changes nothing.
struct ReadThing {
  struct Response {
    Response() {}
    std::string name;
  };
  explicit ReadThing(std::string i) : id(std::move(i)) {}
  static const kefu::Operation& operation();
  std::string id;
};

/// An operation that must never act twice on doubt.
struct SendThing {
  using Response = kefu::NoContent;
  SendThing(std::string t, std::string c) : to(std::move(t)), content(std::move(c)) {}
  static const kefu::Operation& operation();
  std::string to;
  std::string content;
};

/// A platform that speaks the WeChat dialect (errcode, errmsg) and lets a test hold, refuse or delay each step.
class TestPlatform : public kefu::detail::Platform {
 public:
  std::string_view platform() const override { return "test"; }
  std::string_view account() const override { return "app1"; }
  const std::string& base_url(const kefu::OperationInfo&) const override { return base; }
  std::vector<kefu::detail::LimitRule> limits() const override { return rules; }
  kefu::detail::KnowsFormat known_formats() const override {
    return [](std::string_view head) { return head.substr(0, 4) == "\x89PNG" || head.substr(0, 1) == "\xFF"; };
  }

  void gate(const kefu::OperationInfo&, const kefu::HttpRequest& request, Gated done) override {
    gated_bodies.push_back(request.body);
    if (hold_gate) return held_gates.push_back(std::move(done));
    if (gate_error) return done(*gate_error);
    done(std::unique_ptr<Permit>(std::make_unique<Permit>()));
  }
  void settle(std::unique_ptr<Permit>, const kefu::Error* error) override {
    settled.push_back(error == nullptr ? "ok" : std::string(to_string(error->delivery())));
  }
  void authorize(const kefu::OperationInfo&, kefu::HttpRequest& request, kefu::MonoTime, kefu::CancelToken,
                 Authorized done) override {
    ++authorized;
    if (hold_authorize) return held_authorizations.push_back(std::move(done));
    if (authorize_error) return done(*authorize_error);
    request.query.emplace_back("access_token", "token" + std::to_string(token));
    kefu::detail::CredentialTag tag;
    tag.digest = token;
    done(tag);
  }
  void renew(kefu::detail::CredentialTag refused, kefu::MonoTime, kefu::CancelToken,
             kefu::MoveFunction<void(kefu::Result<void>)> done) override {
    ++renewed;
    if (hold_renew) return held_renewals.push_back(std::move(done));
    if (renew_error) return done(*renew_error);
    if (refused.digest == token) ++token;
    done({});
  }
  kefu::Result<void> sign(const kefu::OperationInfo&, kefu::HttpRequest& request, kefu::WallTime now) override {
    request.headers.emplace_back("signed-at", std::to_string(kefu::unix_seconds(now)));
    return {};
  }
  kefu::detail::Verdict classify(const kefu::OperationInfo& info, const kefu::detail::Reply& reply) const override {
    const auto root = reply.document.root();
    kefu::detail::PlatformAnswer answer;
    answer.code = std::string(root["errcode"].text());
    answer.message = std::string(root["errmsg"].text());
    if (const auto at = answer.message.find("rid: "); at != std::string::npos)
      answer.request_id = answer.message.substr(at + 5);
    return kefu::detail::classify_answer(table, Conditions(condition), std::move(answer), info, reply);
  }

  std::string base = "https://api.example.test";
  std::vector<kefu::detail::LimitRule> rules;
  kefu::detail::CodeTable table = default_table();
  std::string condition;  ///< The one that holds.
  std::uint64_t token = 1;
  int authorized = 0;
  int renewed = 0;
  bool hold_gate = false, hold_authorize = false, hold_renew = false;
  std::optional<kefu::Error> gate_error, authorize_error, renew_error;
  std::vector<Gated> held_gates;
  std::vector<Authorized> held_authorizations;
  std::vector<kefu::MoveFunction<void(kefu::Result<void>)>> held_renewals;
  std::vector<std::string> settled, gated_bodies;

  static kefu::detail::CodeTable default_table();

 private:
  class Conditions final : public kefu::detail::ConditionCheck {
   public:
    explicit Conditions(std::string_view name) : name_(name) {}
    bool holds(std::string_view condition) const override { return condition == name_; }

   private:
    const std::string_view name_;
  };
};

}  // namespace kefu_test
