#include "unit/sandbox/wechat/case.hpp"

using kefu_test::app_of_kind;
using kefu_test::WechatCase;

namespace {

constexpr char kAnna[] = "anna@shop";
constexpr char kBen[] = "ben@shop";
constexpr char kCustomer[] = "oCustomer";

kefu::sandbox::WechatApp with_agents() {
  kefu::sandbox::WechatApp app;
  app.agents = {kAnna, kBen};
  return app;
}

/// Two agents with people bound to them, of whom the first is online, and a customer.
struct Console : WechatCase {
  Console() : WechatCase(with_agents()) {
    control("POST", std::string("/customers/") + kCustomer);
    agent(kAnna, "login");
  }
  void agent(const char* who, const char* act, std::string_view json = {}) {
    const auto done = sandbox.agent_does(account.appid, who, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  kefu::ErrorKind refused(const char* who, const char* act, std::string_view json = {}) {
    const auto done = sandbox.agent_does(account.appid, who, act, json);
    REQUIRE(!done.has_value());
    return done.error().kind();
  }
  Answer session(const char* path, const char* who) {
    return post(std::string("/customservice/kfsession/") + path,
                fmt::format(R"({{"kf_account":"{}","openid":"{}"}})", who, kCustomer));
  }
  std::string served_by() {
    return std::string(get("/customservice/kfsession/getsession", {{"openid", kCustomer}})["kf_account"].text());
  }
  std::string last_push_state() {
    const auto pushes = control("GET", "/pushes");
    return std::string(pushes.root()["pushes"].items().back()["state"].text());
  }
};

WechatCase::Answer add(WechatCase& test, std::string_view name, std::string_view nickname = "客服") {
  return test.post("/customservice/kfaccount/add",
                   fmt::format(R"({{"kf_account":"{}","nickname":"{}"}})", name, nickname));
}

}  // namespace

TEST_CASE("agents' names, nicknames and number are checked") {
  kefu::sandbox::WechatApp app;
  app.wechat_id = "shop";
  WechatCase test(app);
  CHECK(add(test, "anna@shop").code == 0);
  CHECK(add(test, "anna@shop").code == 65406);
  for (const char* name : {"anna", "@shop", "elevenchars@shop", "an na@shop", "anna@other", ""})
    CHECK(add(test, name).code == 65404);
  CHECK(add(test, "ben@shop", "").code == 65403);
  CHECK(add(test, "ben@shop", "一二三四五六七八九十一二三四五六七").code == 65403);
  for (int i = 0; i < 99; ++i) CHECK(add(test, fmt::format("a{}@shop", i)).code == 0);
  CHECK(add(test, "ben@shop").code == 65405);
  CHECK(test.post("/customservice/kfaccount/del", R"({"kf_account":"a0@shop"})").code == 0);
  CHECK(test.post("/customservice/kfaccount/del", R"({"kf_account":"a0@shop"})").code == 65401);
  CHECK(test.get("/customservice/kfaccount/del", {{"kf_account", "a1@shop"}}).code == 0);
  CHECK(test.post("/customservice/kfaccount/update", R"({"kf_account":"no@shop","nickname":"x"})").code == 65401);
  test.change_app(R"({"customer_service":false})");
  CHECK(add(test, "ben@shop").code == 65400);
  CHECK(test.get("/cgi-bin/customservice/getkflist").code == 65400);
}

TEST_CASE("an invitation is open, refused, taken or over") {
  WechatCase test;
  const auto invite = [&test](std::string_view agent, std::string_view person) {
    return test.post("/customservice/kfaccount/inviteworker",
                     fmt::format(R"({{"kf_account":"{}","invite_wx":"{}"}})", agent, person));
  };
  const auto status = [&test] {
    return std::string(test.get("/cgi-bin/customservice/getkflist")["kf_list"].items().front()["invite_status"].text());
  };
  REQUIRE(add(test, kAnna).code == 0);
  REQUIRE(add(test, kBen).code == 0);
  CHECK(invite("no@shop", "wx_p").code == 65401);
  CHECK(invite(kAnna, "not a name").code == 65409);
  CHECK(invite(kAnna, "wx_p").code == 0);
  CHECK(status() == "waiting");
  CHECK(invite(kAnna, "wx_p").code == 65408);
  CHECK(invite(kAnna, "wx_q").code == 65411);
  test.pass(86400);
  CHECK(status() == "expired");
  CHECK(!test.sandbox.agent_does(test.account.appid, kAnna, "accept-invitation").has_value());
  CHECK(invite(kAnna, "wx_p").code == 0);
  REQUIRE(test.sandbox.agent_does(test.account.appid, kAnna, "reject-invitation").has_value());
  CHECK(status() == "rejected");
  CHECK(invite(kAnna, "wx_p").code == 0);
  REQUIRE(test.sandbox.agent_does(test.account.appid, kAnna, "accept-invitation").has_value());
  CHECK(invite(kAnna, "wx_q").code == 65412);
  CHECK(invite(kBen, "wx_p").code == 65407);
  CHECK(test.get("/cgi-bin/customservice/getonlinekflist")["kf_online_list"].size() == 0);
  REQUIRE(test.sandbox.agent_does(test.account.appid, kAnna, "login").has_value());
  CHECK(test.get("/cgi-bin/customservice/getonlinekflist")["kf_online_list"].size() == 1);
}

TEST_CASE("a picture of an agent is a file with a name, of a picture's format") {
  WechatCase test(with_agents());
  const std::string jpg = "\xFF\xD8\xFF picture";
  const auto upload = [&](const char* agent, const char* name, const std::string& bytes, const char* part = "media") {
    return test.upload("/customservice/kfaccount/uploadheadimg", {{"kf_account", agent}}, name, bytes, part).code;
  };
  CHECK(upload(kAnna, "a.jpg", jpg) == 0);
  CHECK(upload("no@shop", "a.jpg", jpg) == 65401);
  CHECK(upload(kAnna, "a.jpg", jpg, "file") == 41005);
  CHECK(upload(kAnna, "a", jpg) == 40005);
  CHECK(upload(kAnna, "a.jpg", "text") == 40005);
  CHECK(upload(kAnna, "a.jpg", jpg + std::string(5 * 1024 * 1024, 'x')) == 40009);
  CHECK(test.post("/customservice/kfaccount/uploadheadimg", "{}").code == 41005);
}

TEST_CASE("a mini program binds a person directly; sessions and updates are not for it") {
  WechatCase test(app_of_kind(kefu::sandbox::WechatKind::mini_program));
  CHECK(test.post("/customservice/kfaccount/add", R"({"kf_wx":"kfwx1"})").code == 0);
  CHECK(test.post("/customservice/kfaccount/add", R"({"kf_wx":"kfwx1"})").code == 65407);
  const auto list = test.get("/cgi-bin/customservice/getkflist");
  const auto one = list["kf_list"].items().front();
  CHECK(one["kf_account"].text().empty());
  const std::string person(one["kf_openid"].text());
  CHECK(test.get("/customservice/kfaccount/setadmin", {{"kf_openid", person}}).code == 0);
  CHECK(test.get("/customservice/kfaccount/setadmin", {{"kf_openid", "nobody"}}).code == 65401);
  CHECK(test.post("/customservice/kfaccount/update", R"({"kf_account":"a@b","nickname":"x"})").code == 48001);
  CHECK(test.get("/customservice/kfsession/getwaitcase").code == 48001);
  CHECK(test.post("/customservice/kfaccount/del", fmt::format(R"({{"kf_openid":"{}"}})", person)).code == 0);
  CHECK(test.get("/cgi-bin/customservice/getkflist")["kf_list"].size() == 0);
}

TEST_CASE("sessions need an agent who is bound and online, and a customer whom nobody else serves") {
  Console test;
  REQUIRE(add(test, "free@shop").code == 0);
  CHECK(test.session("create", "no@shop").code == 65401);
  CHECK(test.session("create", "free@shop").code == 65402);
  CHECK(test.session("create", kBen).code == 65415);
  CHECK(test.session("close", kAnna).code == 65413);
  CHECK(test.session("create", kAnna).code == 0);
  CHECK(test.session("create", kAnna).code == 0);
  CHECK(test.served_by() == kAnna);
  test.agent(kBen, "login");
  CHECK(test.session("create", kBen).code == 65414);
  CHECK(test.session("close", kBen).code == 65414);
  const auto sessions = test.get("/customservice/kfsession/getsessionlist", {{"kf_account", kAnna}});
  CHECK(sessions["sessionlist"].items().front()["openid"].text() == kCustomer);
  CHECK(test.get("/cgi-bin/customservice/getonlinekflist")["kf_online_list"].items().front()["accepted_case"].text() ==
        "1");
  test.agent(kAnna, "switch", fmt::format(R"({{"openid":"{}","to":"{}"}})", kCustomer, kBen));
  CHECK(test.served_by() == kBen);
  CHECK(test.session("close", kBen).code == 0);
  CHECK(test.served_by().empty());
  CHECK(test.events() == std::vector<std::string>{"kf_create_session", "kf_switch_session", "kf_close_session"});
  CHECK(test.get("/customservice/kfsession/getsession", {{"openid", "oNobody"}}).code == 40003);
}

TEST_CASE(
    "while an agent serves, the customer's messages go there and not to the callback, for 30 minutes of silence") {
  Console test;
  const std::string to = fmt::format(R"({{"openid":"{}","content":"好的"}})", kCustomer);
  REQUIRE(test.session("create", kAnna).code == 0);
  test.does(kCustomer, "text", R"({"content":"一"})");
  CHECK(test.last_push_state() == "with_agent");
  test.pass(1500);
  test.agent(kAnna, "write", to);
  CHECK(test.refused(kBen, "write", to) == kefu::ErrorKind::conflict);
  test.pass(1500);
  test.does(kCustomer, "text", R"({"content":"二"})");
  CHECK(test.last_push_state() == "with_agent");
  test.pass(1800);
  test.does(kCustomer, "text", R"({"content":"三"})");
  CHECK(test.last_push_state() == "not_delivered");  // there is no callback
  CHECK(test.served_by().empty());
  CHECK(test.refused(kAnna, "write", to) == kefu::ErrorKind::conflict);
  const auto got = test.sandbox.messages(test.account.appid, kCustomer);
  REQUIRE(got.size() == 1);
  CHECK(got[0].channel == "agent");
  CHECK(got[0].text == "好的");
  CHECK(got[0].agent == kAnna);
}

TEST_CASE("a message that is handed over waits in the queue until an agent takes the customer") {
  Console test;
  test.change_app(R"({"push_mode":"plain"})");
  const auto transfer = [&test](const std::string& named) {
    test.sandbox.connect_webhook(
        test.account.appid,
        [&test, named](kefu::sandbox::PushRequest, kefu::MoveFunction<void(kefu::sandbox::PushReply)> respond) {
          kefu::sandbox::PushReply reply;
          reply.status = 200;
          reply.body = fmt::format(
              "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>1</CreateTime>"
              "<MsgType>transfer_customer_service</MsgType>{}</xml>",
              kCustomer, test.account.original_id, named);
          respond(std::move(reply));
        },
        test.time);
    test.does(kCustomer, "text", R"({"content":"人工"})");
    while (test.time->help() == kefu::Scheduler::Help::worked) {
    }
  };
  const auto waiting = [&test] {
    return test.get("/customservice/kfsession/getwaitcase")["count"].integer().value_or(-1);
  };
  transfer("");
  CHECK(waiting() == 1);
  CHECK(test.served_by().empty());
  test.agent(kAnna, "accept");
  CHECK(waiting() == 0);
  CHECK(test.served_by() == kAnna);
  CHECK(test.session("close", kAnna).code == 0);

  transfer("<TransInfo><KfAccount>ben@shop</KfAccount></TransInfo>");
  CHECK(waiting() == 1);
  CHECK(test.refused(kAnna, "accept") == kefu::ErrorKind::conflict);  // the customer waits for the named one
  test.agent(kBen, "login");
  test.agent(kBen, "accept");
  CHECK(test.served_by() == kBen);
  CHECK(test.session("close", kBen).code == 0);

  test.control("POST", "/agents/anna@shop", R"({"auto_accept":1})");
  transfer("");
  CHECK(waiting() == 0);
  CHECK(test.served_by() == kAnna);
}

TEST_CASE("the records have what account, agents and customers wrote, a day at most, in pages") {
  Console test;
  test.change_app(R"({"unlimited_windows":true})");
  test.does(kCustomer, "text", R"({"content":"问"})");
  CHECK(test.send_text(kCustomer, "答").code == 0);
  REQUIRE(test.session("create", kAnna).code == 0);
  test.does(kCustomer, "image");
  test.agent(kAnna, "write", fmt::format(R"({{"openid":"{}","content":"再见"}})", kCustomer));
  const std::int64_t now = kefu::unix_seconds(test.sandbox.now());
  const auto ask = [&](std::int64_t start, std::int64_t end, std::int64_t from, std::int64_t number) {
    return test.post(
        "/customservice/msgrecord/getmsglist",
        fmt::format(R"({{"starttime":{},"endtime":{},"msgid":{},"number":{}}})", start, end, from, number));
  };
  const auto all = ask(now - 60, now, 1, 100);
  const auto lines = all["recordlist"].items();
  REQUIRE(lines.size() == 4);
  const std::string expected[4][3] = {
      {"2003", "问", ""}, {"2002", "答", ""}, {"2003", "[image]", kAnna}, {"2002", "再见", kAnna}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(lines[i]["opercode"].text() == expected[i][0]);
    CHECK(lines[i]["text"].text() == expected[i][1]);
    CHECK(lines[i]["worker"].text() == expected[i][2]);
  }
  const auto first = ask(now - 60, now, 1, 2);
  CHECK(first["number"].text() == "2");
  const auto repeated = ask(now - 60, now, first["msgid"].integer().value_or(0), 2);
  CHECK(repeated["recordlist"].items().front()["text"].text() == "答");
  test.turn("records_repeat_last", 0);
  const auto next = ask(now - 60, now, first["msgid"].integer().value_or(0), 2);
  CHECK(next["recordlist"].items().front()["text"].text() == "[image]");
  test.turn("records_number", 1);
  CHECK(ask(now - 60, now, 1, 100)["number"].text() == "100");
  test.turn("records_number", 2);
  const auto bare = ask(now - 60, now, 1, 100);
  CHECK((bare["recordlist"].items().size() == 4 && !bare["number"].present() && !bare["msgid"].present()));
  test.turn("records_number", 0);
  CHECK(ask(now - 86401, now, 1, 100).code == 65417);
  CHECK(ask(now, now - 1, 1, 100).code == 65416);
  CHECK(ask(now - 60, now, 1, 10'001).code == 65416);
  CHECK(ask(now - 7200, now - 3600, 1, 100)["number"].text() == "0");
}

TEST_CASE("an agent of a mini program serves whom its server handed over; no events tell of it") {
  auto app = with_agents();
  app.kind = kefu::sandbox::WechatKind::mini_program;
  app.push_mode = kefu::sandbox::PushMode::plain;
  WechatCase test(app);
  test.sandbox.connect_webhook(
      test.account.appid,
      [&test](kefu::sandbox::PushRequest, kefu::MoveFunction<void(kefu::sandbox::PushReply)> respond) {
        respond({200,
                 fmt::format("<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>1</CreateTime>"
                             "<MsgType>transfer_customer_service</MsgType></xml>",
                             kCustomer, test.account.original_id)});
      },
      test.time);
  test.does(kCustomer, "text", R"({"content":"人工"})");
  while (test.time->help() == kefu::Scheduler::Help::worked) {
  }
  for (const char* act : {"login", "accept"})
    REQUIRE(test.sandbox.agent_does(test.account.appid, kAnna, act).has_value());
  const std::string answer = fmt::format(R"({{"openid":"{}","content":"在"}})", kCustomer);
  REQUIRE(test.sandbox.agent_does(test.account.appid, kAnna, "write", answer).has_value());
  CHECK(test.sandbox.messages(test.account.appid, kCustomer).back().text == "在");
  CHECK(test.events().empty());
}
