// Every operation of a third-party platform: its vectors (ours, by the sections of the reference that they name), its
// answers, its run against the twin.
#include "sandbox/http/json_text.hpp"
#include "support/component_world.hpp"
#include "support/push_requests.hpp"
#include "support/vectors.hpp"
#include "wechat/operations/families.hpp"

#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/wechat/operations.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::ComponentWorld;
using kefu_test::kOtherTwinApp;
using kefu_test::kPlantedAppSecret;
using kefu_test::kTwinApp;
using kefu_test::kTwinComponent;
using kefu_test::kTwinCustomer;

namespace {

const std::string kComponent = "wxcomponent00000001";
const std::string kMerchant = "wxf8b4f85f3a794e77";

/// What an operation writes, with the vectors' token where the platform would put it.
template <class Op>
Result<HttpRequest> component_request(Op op) {
  op.component_app_id = kComponent;
  const Operation& row = Op::operation();
  HttpRequest request;
  request.method = row.info.method;
  request.path = row.info.path;
  if (auto done = row.encode(&op, request); !done) return done.error();
  const bool login = request.path.compare(0, 5, "/sns/") == 0;
  if (row.info.authorization == Authorization::access_token)
    request.query.emplace_back(login ? "component_access_token" : "access_token", "COMPONENT_ACCESS_TOKEN");
  return request;
}

using Writers = std::map<std::string, std::function<Result<HttpRequest>()>, std::less<>>;
Writers writers() {
  const Secret secret("SECRET");
  return {
      {"start_push_ticket", [=] { return component_request(StartPushTicket(secret)); }},
      {"component_token", [=] { return component_request(FetchComponentToken(secret, Secret("ticket@@@T"))); }},
      {"create_preauthcode", [] { return component_request(CreatePreAuthCode()); }},
      {"query_auth", [] { return component_request(RedeemAuthorizationCode(Secret("queryauthcode@@@Q"))); }},
      {"authorizer_token",
       [] { return component_request(FetchAuthorizerToken(kMerchant, Secret("refreshtoken@@@R"))); }},
      {"get_authorizer_info", [] { return component_request(GetAuthorizer(kMerchant)); }},
      {"get_authorizer_list", [] { return component_request(ListAuthorizers()); }},
      {"get_authorizer_option", [] { return component_request(GetAuthorizerOption(kMerchant, "voice_recognize")); }},
      {"set_authorizer_option",
       [] { return component_request(SetAuthorizerOption(kMerchant, "voice_recognize", "1")); }},
      {"clear_quota", [=] { return component_request(ClearComponentQuota(secret)); }},
      {"clear_quota_of_authorizer", [=] { return component_request(ClearComponentQuota(secret, kMerchant)); }},
      {"web_login", [] { return component_request(RedeemAuthorizerLoginCode(kMerchant, Secret("CODE"))); }},
      {"web_login_refresh", [] { return component_request(RefreshAuthorizerLogin(kMerchant, Secret("REFRESH"))); }},
      {"jscode2session",
       [] { return component_request(RedeemAuthorizerMiniProgramCode(kMerchant, Secret("JSCODE"))); }},
  };
}

/// A platform whose API is a script; a ticket has come and tokens are always given.
struct ScriptedPlatform {
  ScriptedPlatform() {
    RuntimeOptions options;
    options.clock = time;
    options.scheduler = time;
    options.transport = transport;
    options.executor = std::make_shared<InlineExecutor>();
    runtime = std::make_unique<Runtime>(Runtime::create(std::move(options)).value());
    platform.emplace(ComponentWorld::platform(*runtime));
    const kefu_test::PushSender sender(ComponentWorld::config().push_keys, kTwinComponent);
    const auto ticket = sender.sealed(
        "<xml><InfoType>component_verify_ticket</InfoType><CreateTime>1700000000</CreateTime>"
        "<ComponentVerifyTicket>ticket@@@T</ComponentVerifyTicket></xml>");
    REQUIRE(platform->receive(ticket.view()).get().value().answer.body == "success");
    answer("/cgi-bin/component/api_component_token",
           R"({"component_access_token":"COMPONENT_ACCESS_TOKEN","expires_in":7200})");
  }
  void answer(std::string_view path, const std::string& body) {
    transport->on(std::string(path), [body](const HttpRequest&) {
      HttpReply reply;
      reply.status = 200;
      reply.headers.emplace_back("content-type", "application/json");
      reply.body = body;
      return HttpOutcome(std::move(reply));
    });
  }
  template <class Op>
  Result<typename Op::Response> ask(Op op, const std::string& body) {
    answer(Op::operation().info.path, body);
    return platform->call(std::move(op)).get();
  }
  std::shared_ptr<sandbox::SimulatedTime> time = std::make_shared<sandbox::SimulatedTime>();
  std::shared_ptr<sandbox::ScriptedTransport> transport = std::make_shared<sandbox::ScriptedTransport>(time);
  std::unique_ptr<Runtime> runtime;
  std::optional<OpenPlatform> platform;
};

std::string reply_body(const detail::Document& vectors, const std::string& name) {
  for (const auto one : vectors.root()["replies"].items()) {
    if (one["name"].text() != name) continue;
    return sandbox::json_of(one["body"]);
  }
  FAIL("no reply vector " << name);
  return {};
}

}  // namespace

TEST_CASE("TST-2: every request of a third-party platform is written as its vector, and every operation has one") {
  const auto vectors = kefu_test::load_vectors("component-ours.json");
  CHECK(vectors.root()["origin"].text() == "ours");
  auto all = writers();
  std::set<std::string> compared;
  for (const auto vector : vectors.root()["requests"].items()) {
    const std::string name(vector["name"].text());
    CAPTURE(name);
    const auto writer = all.find(name);
    REQUIRE(writer != all.end());
    const auto request = writer->second();
    all.erase(writer);
    REQUIRE_MESSAGE(request.has_value(), (request ? "" : request.error().to_string()));
    CHECK(request->method == vector["method"].text());
    CHECK(request->path == vector["path"].text());
    CHECK(request->query.size() == vector["query"].size());
    for (const auto& parameter : request->query)
      CHECK_MESSAGE(vector["query"][parameter.first].text() == parameter.second, parameter.first);
    if (vector["body"])
      CHECK_MESSAGE(kefu_test::same_json(detail::Document::json(request->body).root(), vector["body"]), request->body);
    compared.insert(request->path);
    bool known = false;
    for (const Row* row : component_rows())
      known = known || (row->operation.info.path == request->path && vector["section"].text() == row->source);
    CHECK_MESSAGE(known, "the vector's section is the row's source");
  }
  CHECK(all.empty());
  for (const Operation* row : component_operations()) CHECK(compared.count(std::string(row->info.path)) == 1);
}

TEST_CASE("B7, B9, B10: answers in all the forms that were seen") {
  const auto vectors = kefu_test::load_vectors("component-ours.json");
  ScriptedPlatform scripted;
  const auto query = [&](const char* name) {
    return scripted.ask(RedeemAuthorizationCode(Secret("queryauthcode@@@Q")), reply_body(vectors, name));
  };
  const auto full = query("query_auth_full");
  REQUIRE_MESSAGE(full.has_value(), (full ? "" : full.error().to_string()));
  CHECK(full->app_id == kMerchant);
  CHECK(full->access_token == Secret("ACCESS"));
  CHECK(full->refresh_token == Secret("refreshtoken@@@R"));
  REQUIRE(full->permission_sets.size() == 2);
  CHECK(full->permission_sets[0].id == 19);
  CHECK(full->permission_sets[0].is_confirmed);
  CHECK(full->permission_sets[1].name == "消息管理");
  const auto bare = query("query_auth_without_api");
  REQUIRE(bare.has_value());
  CHECK(bare->refresh_token.empty());
  CHECK(bare->permission_sets.empty());
  const auto spent = query("query_auth_error");
  REQUIRE(!spent);
  CHECK(spent.error().kind() == ErrorKind::needs_authorization);
  CHECK(spent.error().platform_code() == "61010");
  CHECK(spent.error().details().request_id == "5f3ded7d-22929d02-4ba1f5f6");
  CHECK(query("query_auth_nameless").error().kind() == ErrorKind::malformed_reply);

  const auto official = scripted.ask(GetAuthorizer(kMerchant), reply_body(vectors, "info_official"));
  REQUIRE_MESSAGE(official.has_value(), (official ? "" : official.error().to_string()));
  CHECK(official->authorization.app_id == kMerchant);
  CHECK(official->original_id == "gh_eb5e3a772040");
  CHECK(official->service_type.id == 2);
  CHECK(!official->mini_program.has_value());
  const auto mini = scripted.ask(GetAuthorizer(kMerchant), reply_body(vectors, "info_mini"));
  REQUIRE(mini.has_value());
  REQUIRE(mini->mini_program.has_value());
  CHECK(mini->mini_program->categories.at(0).second == "文娱");
  CHECK(mini->has_phone);
  CHECK(!mini->has_email);
  CHECK(mini->verify_type.id == -1);
  CHECK(mini->authorization.refresh_token.empty());

  const auto list = scripted.ask(ListAuthorizers(), reply_body(vectors, "list_with_a_bare_entry"));
  REQUIRE(list.has_value());
  CHECK(list->total_count == 33);
  REQUIRE(list->list.size() == 2);
  CHECK(list->list[0].auth_time == 1558000607);
  CHECK(list->list[1].refresh_token.empty());
  CHECK(scripted.ask(GetAuthorizerOption(kMerchant, "voice_recognize"), reply_body(vectors, "option"))->value == "1");
  CHECK(scripted.ask(StartPushTicket(Secret("S")), reply_body(vectors, "ticket_push_normal"))->message ==
        "in a normal state");
  CHECK(scripted.ask(ListAuthorizers(0, 501), "{}").error().kind() == ErrorKind::bad_argument);
}

TEST_CASE("TST-2: every operation of a third-party platform runs against the twin") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  twin.connect(platform);
  twin.push_ticket();
  const Secret secret(kPlantedAppSecret);
  std::set<std::string_view> ran;
  const auto ask = [&](auto op) {
    using Op = decltype(op);
    auto answer = platform.call(std::move(op)).get();
    REQUIRE_MESSAGE(answer, std::string(Op::operation().info.path)
                                << ": " << (answer ? "" : answer.error().to_string()));
    ran.insert(Op::operation().info.path);
    return *std::move(answer);
  };
  CHECK(ask(StartPushTicket(secret)).message == "in a normal state");
  CHECK(!ask(CreatePreAuthCode()).code.empty());
  const auto granted = ask(RedeemAuthorizationCode(Secret(twin.authorize(kTwinApp, "1,4,24"))));
  CHECK(granted.app_id == kTwinApp);
  CHECK(granted.permission_sets.size() == 3);
  const auto renewed = ask(FetchAuthorizerToken(kTwinApp, granted.refresh_token));
  CHECK(renewed.access_token != granted.access_token);
  CHECK(renewed.refresh_token == granted.refresh_token);
  const auto mini = ask(RedeemAuthorizationCode(Secret(twin.authorize(kOtherTwinApp))));
  CHECK(mini.app_id == kOtherTwinApp);
  const auto details = ask(GetAuthorizer(kOtherTwinApp));
  CHECK(details.mini_program.has_value());
  CHECK(details.original_id.compare(0, 3, "gh_") == 0);
  CHECK(details.authorization.refresh_token == mini.refresh_token);
  CHECK(ask(GetAuthorizer(kTwinApp)).service_type.id == 2);
  const auto first = ask(ListAuthorizers(0, 1));
  CHECK(first.total_count == 2);
  CHECK(first.list.size() == 1);
  CHECK(ask(ListAuthorizers(1, 500)).list.size() == 1);
  CHECK(ask(ListAuthorizers(2, 500)).list.empty());
  ask(SetAuthorizerOption(kTwinApp, "location_report", "2"));
  CHECK(ask(GetAuthorizerOption(kTwinApp, "location_report")).value == "2");
  ask(ClearComponentQuota(secret));
  ask(ClearComponentQuota(secret, kTwinApp));
  const auto web = twin.world.sandbox.customer_logs_in(kTwinApp, kTwinCustomer, "web", "snsapi_userinfo");
  REQUIRE(web.has_value());
  const auto login = ask(RedeemAuthorizerLoginCode(kTwinApp, Secret(*web)));
  CHECK(login.openid == kTwinCustomer);
  CHECK(ask(RefreshAuthorizerLogin(kTwinApp, login.refresh_token)).scope == "snsapi_userinfo");
  const auto code = twin.world.sandbox.customer_logs_in(kOtherTwinApp, kTwinCustomer, "mini");
  REQUIRE(code.has_value());
  CHECK(!ask(RedeemAuthorizerMiniProgramCode(kOtherTwinApp, Secret(*code))).session_key.empty());
  ran.insert(FetchComponentToken::operation().info.path);  // the platform's own
  CHECK(twin.token_fetches() == 1);
  for (const Operation* row : component_operations())
    CHECK_MESSAGE(ran.count(row->info.path) == 1, "no run of " << std::string(row->info.path));
}

TEST_CASE("B18: what the twin refuses comes back with its kind") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  twin.connect(platform);
  twin.push_ticket();
  const auto code_of = [&platform](auto op) {
    const auto answer = platform.call(std::move(op)).get();
    return answer ? std::string("ok") : answer.error().platform_code() + " " + kefu_test::kind_of(answer);
  };
  CHECK(code_of(GetAuthorizer(kTwinApp)) == "61003 needs_authorization");
  const std::string code = twin.authorize(kTwinApp, "2");
  const auto granted = platform.call(RedeemAuthorizationCode(Secret(code))).get();
  REQUIRE(granted.has_value());
  CHECK(code_of(RedeemAuthorizationCode(Secret(code))) == "61010 needs_authorization");
  CHECK(code_of(RedeemAuthorizationCode(Secret("queryauthcode@@@none"))) == "61009 needs_authorization");
  CHECK(code_of(FetchAuthorizerToken(kTwinApp, Secret("refreshtoken@@@wrong"))) == "61023 needs_authorization");
  CHECK(code_of(GetAuthorizerOption(kTwinApp, "no_such")) == "61012 bad_argument");
  CHECK(code_of(SetAuthorizerOption(kTwinApp, "voice_recognize", "7")) == "61013 bad_argument");
  CHECK_MESSAGE(code_of(RedeemAuthorizerLoginCode(kTwinApp, Secret("x"))) == "61007 permission",
                "set 4 was not granted");
  CHECK(code_of(ClearComponentQuota(Secret(kPlantedAppSecret), kOtherTwinApp)) == "43007 needs_authorization");

  // A component's token does not open an account's API, nor an account's a component's.
  const auto users = platform.client().call(RawCall("GET", "/cgi-bin/user/get", "", Effect::read)).get();
  REQUIRE(!users);
  CHECK(users.error().platform_code() == "61015");
  auto config = kefu_test::TwinWorld::config();
  const auto account = kefu_test::TwinWorld::account(*runtime, config);
  const RawCall list("POST", "/cgi-bin/component/api_get_authorizer_list", "{}", Effect::read);
  const auto refused = account->call(list).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::unsupported);
  CHECK(refused.error().delivery() == Delivery::not_sent);
  CHECK(refused.error().message().find("those that do: a third-party platform in its own name") != std::string::npos);
  config.check_account_kind = false;
  CHECK(kefu_test::TwinWorld::account(*runtime, config)->call(list).get().error().platform_code() == "61014");

  // The merchant's token carries what was granted, until the merchant ends it.
  twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
  CHECK(code_of(FetchAuthorizerToken(kTwinApp, granted->refresh_token)) == "61003 needs_authorization");
  CHECK(platform.call(ListAuthorizers()).get()->total_count == 0);
}
