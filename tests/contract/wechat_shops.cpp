// What shops meet, through accounts at the twin: taps on menus in mini programs, a cleared quota, scenes of QR codes,
// media that are not what they are called, profiles of mini programs.
#include "support/twin_world.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/qr_codes.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace kefu;
using namespace kefu::wechat;
using namespace std::chrono_literals;
using kefu_test::kind_of;
using kefu_test::kTwinCustomer;
using kefu_test::TwinWorld;

namespace {

/// An account whose windows are kept, and whose pushes go through its receiver into its ledger.
struct PushedAccount {
  explicit PushedAccount(sandbox::WechatKind kind) {
    sandbox::WechatApp app;
    app.appid = "wx00000000000000c3";
    app.secret = kefu_test::kPlantedAppSecret;
    app.kind = kind;
    app.token = kefu_test::kPlantedPushToken;
    app.encoding_aes_key = kefu_test::kPlantedAesKey;
    REQUIRE(world.sandbox.add(app).has_value());
    world.add_customer(app.appid, kTwinCustomer);
    const bool mini = kind == sandbox::WechatKind::mini_program;
    auto config = TwinWorld::config(app.appid, mini ? AccountKind::mini_program : AccountKind::service_account);
    config.push = PushConfig(app.appid, PushKeys(Secret(app.token), Secret(app.encoding_aes_key)));
    account = TwinWorld::account(*runtime, config);
    world.sandbox.connect_webhook(
        app.appid,
        [this](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
          auto opened = account->push_receiver()->open(
              WebhookRequest(request.method, request.path, request.raw_query, request.body), world.time->wall());
          REQUIRE_MESSAGE(opened.outcome == OpenedPush::Outcome::event, opened.detail);
          CHECK(account->reply_ledger()->note(opened.event).has_value());
          last = std::move(opened.event);
          answer(sandbox::PushReply(200, "success"));
        },
        world.time);
  }
  void customer(const char* act, const std::string& json = {}) {
    const auto done = world.sandbox.customer_does(account->id(), kTwinCustomer, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
    world.time->advance(1s);
  }
  std::string send() { return kind_of(account->send(world.text("答")).get()); }

  TwinWorld world;
  std::unique_ptr<Runtime> runtime = world.runtime();
  std::shared_ptr<Account> account;
  InboundEvent last;
};

}  // namespace

TEST_CASE("shops B3: what a tapped menu opens, client and twin agree for each kind of account") {
  for (const auto kind : {sandbox::WechatKind::mini_program, sandbox::WechatKind::service}) {
    PushedAccount shop(kind);
    shop.customer("text", R"({"content":"在吗"})");
    for (int i = 0; i < 5; ++i) CHECK(shop.send() == "ok");
    CHECK(shop.send() == "window_closed");
    shop.customer("menu_item", R"({"id":"101","content":"人工客服"})");
    const int opened = kind == sandbox::WechatKind::mini_program ? 5 : 3;
    for (int i = 0; i < opened; ++i) CHECK(shop.send() == "ok");
    CHECK(shop.send() == "window_closed");
    SendCustomMessage past_the_ledger(kTwinCustomer, TextContent("x"));
    const auto before = shop.world.sends();
    CHECK(kind_of(shop.account->call(past_the_ledger).get()) == "window_closed");
    CHECK(shop.world.sends() == before);
  }
}

TEST_CASE("shops B3: a message of an unknown kind opens the window; after what nobody knows the platform is asked") {
  PushedAccount shop(sandbox::WechatKind::service);
  const auto raw = [&shop](const std::string& inside) {
    shop.customer("raw", R"({"body":"<xml><ToUserName>)" + std::string("gh_x") + R"(</ToUserName><FromUserName>)" +
                             kTwinCustomer + R"(</FromUserName>)" + inside + R"(</xml>"})");
  };
  raw("<MsgType>hologram</MsgType><MsgId>77</MsgId>");
  CHECK(shop.send() == "ok");
  for (int i = 0; i < 4; ++i) CHECK(shop.send() == "ok");
  CHECK(shop.send() == "window_closed");
  const auto sends = shop.world.sends();
  CHECK(shop.send() == "window_closed");
  CHECK(shop.world.sends() == sends);  // our word, which the platform's was
  shop.world.time->advance(1s);
  shop.customer("event", R"({"event":"LOCATION","fields":{"Latitude":"23.1"}})");
  CHECK(shop.send() == "window_closed");
  CHECK(shop.world.sends() == sends + 1);  // the platform's own
  CHECK(shop.send() == "window_closed");
  CHECK(shop.world.sends() == sends + 1);
}

TEST_CASE("shops A5: what a cleared quota opens goes at once, and the console's button is found by a probe") {
  for (const bool by_button : {false, true}) {
    CAPTURE(by_button);
    TwinWorld world;
    const std::string app_id = "wx00000000000000d4";
    sandbox::WechatApp app;
    app.appid = app_id;
    app.secret = kefu_test::kPlantedAppSecret;
    app.unlimited_windows = true;
    app.daily_limits["/cgi-bin/message/custom/send"] = 2;
    REQUIRE(world.sandbox.add(app).has_value());
    world.add_customer(app_id, kTwinCustomer);
    const auto runtime = world.runtime();
    const auto account = TwinWorld::account(*runtime, TwinWorld::config(app_id));
    for (const char* outcome : {"ok", "ok", "quota_exhausted"})
      CHECK(kind_of(account->send(world.text("a")).get()) == outcome);
    const auto sends = world.sends();
    CHECK(kind_of(account->send(world.text("b")).get()) == "quota_exhausted");
    CHECK(world.sends() == sends);
    if (by_button) {
      const auto other = TwinWorld::account(*runtime, TwinWorld::config(app_id));
      REQUIRE(other->call(ClearQuota()).get());  // another process, or the console
      CHECK(kind_of(account->send(world.text("b")).get()) == "quota_exhausted");
      world.time->advance(61s);
    } else {
      REQUIRE(account->call(ClearQuota()).get());
    }
    CHECK(kind_of(account->send(world.text("b")).get()) == "ok");
  }
}

TEST_CASE("shops C: who scans a QR code comes in with its scene, new followers and old ones") {
  PushedAccount shop(sandbox::WechatKind::service);
  const auto code = shop.account->call(CreateQrCode::temporary("shop=42")).get();
  REQUIRE_MESSAGE(code.has_value(), (code ? "" : code.error().to_string()));
  const std::string by_ticket = R"({"ticket":")" + code->ticket + "\"}";
  shop.customer("scan", by_ticket);
  CHECK(std::get<Scanned>(shop.last.payload).scene == "shop=42");
  shop.customer("unfollow");
  shop.customer("follow", by_ticket);
  CHECK(std::get<Followed>(shop.last.payload).scene == "shop=42");
  CHECK(shop.send() == "ok");
  CHECK(shop.account->call(GetQrCodePicture(code->ticket)).get());
  const auto gone = shop.account->call(GetQrCodePicture("gQ/+none==")).get();
  REQUIRE(!gone);
  CHECK(gone.error().kind() == ErrorKind::not_found);
  CHECK(gone.error().delivery() == Delivery::refused);
}

TEST_CASE("shops C: profiles of mini programs: the union id within five minutes of a payment, else the openid alone") {
  PushedAccount shop(sandbox::WechatKind::mini_program);
  const auto profiles = shop.account->profiles();
  REQUIRE(profiles != nullptr);
  const auto before = profiles->look_up(CustomerId(kTwinCustomer)).get();
  REQUIRE_MESSAGE(before.has_value(), (before ? "" : before.error().to_string()));
  CHECK(before->customer.id == kTwinCustomer);
  CHECK(before->customer.union_id.empty());
  CHECK(before->ids.size() == 1);
  const auto paid = shop.world.sandbox.control("POST", std::string("/customers/") + kTwinCustomer + "/pay",
                                               R"({"appid":")" + shop.account->id() + "\"}");
  REQUIRE(paid.status == 200);
  const auto after = profiles->look_up(CustomerId(kTwinCustomer)).get();
  REQUIRE(after);
  CHECK(!after->customer.union_id.empty());
  CHECK(after->ids.back().first == "unionid");
  const auto calls = shop.world.sandbox.calls("/wxa/getpaidunionid");
  CHECK(profiles->look_up(after->customer).get()->customer.union_id == after->customer.union_id);
  CHECK(shop.world.sandbox.calls("/wxa/getpaidunionid") == calls);  // known already
  CHECK(kind_of(profiles->look_up(CustomerId("oNobody")).get()) == "bad_argument");
}

TEST_CASE("shops B6: files are refused or named by what they are, here and at the twin") {
  TwinWorld world;
  const auto runtime = world.runtime();
  const auto account = TwinWorld::account(*runtime);
  const auto iso = [](const char* brand) {
    return std::string(
               "\0\0\0\x18"
               "ftyp",
               8) +
           brand + std::string(8, '\0');
  };
  struct Case {
    MediaKind kind;
    std::string bytes;
    const char* name;  ///< Empty: taken.
  };
  const Case cases[] = {
      {MediaKind::video, iso("isom"), ""},
      {MediaKind::video, iso("mp42"), ""},
      {MediaKind::video, iso("M4V "), ""},
      {MediaKind::video, iso("qt  "), "MOV"},
      {MediaKind::video, iso("3gp5"), "3GP"},
      {MediaKind::video, iso("M4A "), "M4A"},
      {MediaKind::image, iso("heic"), "HEIC"},
      {MediaKind::image, iso("mif1"), "HEIC"},
      {MediaKind::image, iso("avif"), "AVIF"},
      {MediaKind::image, "RIFF\x10\x10\x10\x10WEBPVP8 ", "WebP"},
      {MediaKind::voice, "#!SILK_V3", "SILK"},
      {MediaKind::voice, "\x02#!SILK_V3", "SILK"},
      {MediaKind::voice, "\xFF\xF1\x50", "AAC"},
      {MediaKind::voice, "\xFF\xF9\x50", "AAC"},
      {MediaKind::voice, "\xFF\xFB\x90", ""},
      {MediaKind::voice, "\xFF\xF3\x90", ""},
      {MediaKind::voice, "ID3\x03", ""},
      {MediaKind::voice, "#!AMR\n", ""},
      {MediaKind::voice, "RIFF\x10\x10\x10\x10WAVEfmt ", "WAV"},
      {MediaKind::video, "\x1A\x45\xDF\xA3", "Matroska"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.bytes);
    const bool taken = *one.name == '\0';
    for (const char* name : {"a.jpg", "a.mp4", "a.amr", ""}) {  // a name decides nothing
      const auto result = account->call(UploadMedia(one.kind, MediaContent::memory(one.bytes, name))).get();
      CHECK_MESSAGE(result.has_value() == taken, (result ? "taken" : result.error().to_string()));
      if (!result) CHECK(result.error().message().find(std::string(" is ") + one.name + ",") != std::string::npos);
    }
  }
}
