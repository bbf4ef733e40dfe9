// The kinds of WeChat accounts, at the twin.
#include "channel_under_test.hpp"
#include "support/twin_world.hpp"

#include <map>
#include <string_view>
#include <utility>

using namespace kefu;

namespace kefu_test {
namespace {

constexpr char kSendPath[] = "/cgi-bin/message/custom/send";
constexpr char kMedia[] = "media-of-the-suite";

constexpr char kAgent[] = "kf2001@kefu";

/// One of the APIs behind each name.
const std::map<std::string_view, std::string> kApis = {
    {"agents", "/cgi-bin/customservice/getonlinekflist"},
    {"list_sessions", "/customservice/kfsession/getsessionlist"},
    {"find_session", "/customservice/kfsession/getsession"},
    {"open_session", "/customservice/kfsession/create"},
    {"close_session", "/customservice/kfsession/close"},
    {"waiting", "/customservice/kfsession/getwaitcase"},
    {"transcripts", "/customservice/msgrecord/getmsglist"},
    {"profiles", "/cgi-bin/user/info"},
};

/// Asks a twin of its own.
bool twin_knows(const std::string& path) {
  static std::map<std::string, bool> known;
  const auto found = known.find(path);
  if (found != known.end()) return found->second;
  TwinWorld world;
  const auto runtime = world.runtime();
  wechat::AccountConfig config = TwinWorld::config();
  config.check_account_kind = false;
  const auto answer =
      TwinWorld::account(*runtime, std::move(config))->call(RawCall("GET", path, "", Effect::read)).get();
  const bool is_known = answer.has_value() || answer.error().platform_code() != "40066";  // no API at this path
  return known.emplace(path, is_known).first->second;
}

struct WechatRow {
  const char* name;
  const char* account_kind;
  wechat::AccountKind kind;
  sandbox::WechatKind twin_kind;
  bool verified = true;
  bool pushed = true;
};

class WechatChannel final : public ChannelUnderTest {
 public:
  explicit WechatChannel(const WechatRow& row) : row_(row) {
    sandbox::WechatApp app;
    app.appid = kOtherTwinApp;
    app.secret = kPlantedAppSecret;
    app.token = kPlantedPushToken;
    app.encoding_aes_key = kPlantedAesKey;
    app.kind = row.twin_kind;
    app.verified = row.verified;
    app.unlimited_windows = true;
    app.agents = {kAgent};
    REQUIRE(world_.sandbox.add(app).has_value());
    world_.add_customer(kOtherTwinApp, kTwinCustomer);
    tell("/media", R"({"media_id":")" + std::string(kMedia) + R"(","type":"image"})");
    if (twin_plays("open_session"))
      tell("/agents/" + std::string(kAgent), R"({"appid":")" + std::string(kOtherTwinApp) + R"(","online":true})");
    runtime_ = world_.runtime();
    wechat::AccountConfig config = TwinWorld::config(kOtherTwinApp, row.kind);
    config.verified = row.verified;
    if (row.pushed) config.push.emplace(app.appid, wechat::PushKeys(Secret(app.token), Secret(app.encoding_aes_key)));
    account_ = TwinWorld::account(*runtime_, std::move(config));
  }

  ChannelFacts facts() const override {
    ChannelFacts facts;
    facts.platform = "wechat";
    facts.id = kOtherTwinApp;
    facts.account_kind = row_.account_kind;
    if (row_.verified) facts.facets.push_back(Facet::messenger);
    if (row_.pushed) facts.facets.push_back(Facet::push_receiver);
    return facts;
  }
  std::shared_ptr<Channel> channel() const override { return account_; }
  void drop_channel() override { account_.reset(); }
  void remove() override { account_->remove(); }
  Runtime& runtime() override { return *runtime_; }
  sandbox::SimulatedTime& time() override { return *world_.time; }

  Address reachable() override { return Address("", CustomerId(kTwinCustomer)); }
  void customer_writes(const std::string& text) override {
    const auto pushed = world_.sandbox.customer_writes(kOtherTwinApp, kTwinCustomer, text);
    REQUIRE_MESSAGE(pushed.has_value(), why(pushed));
    last_push_ = *pushed;
  }
  std::vector<Shown> shown() const override {
    std::vector<Shown> all;
    for (const auto& message : world_.sandbox.messages(kOtherTwinApp, kTwinCustomer))
      all.push_back(Shown{message.text, message.text + message.content});
    return all;
  }
  bool converse(const std::vector<std::string>& lines) override {
    if (!twin_plays("transcripts")) return false;
    for (const std::string& line : lines) {
      customer_writes(line);
      world_.time->advance(Millis(5'000));
    }
    return true;
  }
  bool begin_sessions(int count) override {
    const auto sessions = channel()->agent_sessions();
    if (!sessions || !twin_plays("open_session")) return false;
    for (int i = 0; i < count; ++i) {
      const std::string openid = "oSUITE34567890abcdefghijklm" + std::to_string(i);
      world_.add_customer(kOtherTwinApp, openid);
      const auto opened = sessions->open(CustomerId(openid), kAgent).get();
      REQUIRE_MESSAGE(opened.has_value(), why(opened));
      world_.time->advance(Millis(5'000));
    }
    return true;
  }

  void connect(Inbox& inbox) override {
    if (!row_.pushed) return;
    world_.sandbox.connect_webhook(
        kOtherTwinApp,
        [&inbox](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
          inbox.handle(WebhookRequest(request.method, request.path, request.raw_query, request.body))
              .then([answer = std::move(answer)](Result<WebhookResponse> response) mutable {
                answer(response ? sandbox::PushReply(response->status, response->body) : sandbox::PushReply(503, ""));
              });
        },
        world_.time);
  }
  bool push_again() override {
    const auto again =
        world_.sandbox.control("POST", "/pushes/" + std::to_string(last_push_) + "/repeat", R"({"signature":"same"})");
    REQUIRE_MESSAGE(again.status == 200, again.body);
    return true;
  }
  void spoil_credential() override { world_.sandbox.rotate_tokens(kOtherTwinApp); }
  std::uint64_t renewals() const override { return world_.stable_fetches(); }
  std::string send_path() const override { return kSendPath; }
  sandbox::Sandbox& twin() override { return world_.sandbox; }
  RawContent raw(const std::string& text) const override {
    return RawContent("text", R"({"content":")" + text + R"("})");
  }
  std::string agent() const override { return kAgent; }
  AgentSessionQuery sessions_since(WallTime) override {
    AgentSessionQuery query;
    query.agent = kAgent;
    return query;
  }
  bool twin_plays(std::string_view name) const override {
    const auto api = kApis.find(name);
    return api == kApis.end() || twin_knows(api->second);
  }

 private:
  void tell(const std::string& path, const std::string& json) {
    const auto done = world_.sandbox.control("POST", path, json);
    REQUIRE_MESSAGE(done.status == 200, done.body);
  }

  const WechatRow row_;
  TwinWorld world_;
  std::unique_ptr<Runtime> runtime_;
  std::shared_ptr<wechat::Account> account_;
  std::uint64_t last_push_ = 0;
};

}  // namespace

std::vector<ChannelRow> wechat_channels() {
  using Kind = wechat::AccountKind;
  using Twin = sandbox::WechatKind;
  std::vector<ChannelRow> rows;
  for (const WechatRow& row : {
           WechatRow{"wechat service account", "official_account.service", Kind::service_account, Twin::service},
           WechatRow{"wechat subscription account", "official_account.subscription", Kind::subscription_account,
                     Twin::subscription},
           WechatRow{"wechat mini program", "mini_program", Kind::mini_program, Twin::mini_program},
           WechatRow{"wechat unverified service account", "official_account.service", Kind::service_account,
                     Twin::service, false},
           WechatRow{"wechat subscription account without verification and pushes", "official_account.subscription",
                     Kind::subscription_account, Twin::subscription, false, false},
           WechatRow{"wechat service account without pushes", "official_account.service", Kind::service_account,
                     Twin::service, true, false},
       })
    rows.push_back(ChannelRow{row.name, [row] { return std::make_unique<WechatChannel>(row); }});
  return rows;
}

}  // namespace kefu_test
