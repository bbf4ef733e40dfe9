// The kinds of WeChat accounts, at the twin.
#include "channel_under_test.hpp"
#include "support/component_world.hpp"

#include <optional>
#include <utility>

using namespace kefu;

namespace kefu_test {
namespace {

constexpr char kSendPath[] = "/cgi-bin/message/custom/send";
constexpr char kMedia[] = "media-of-the-suite";

constexpr char kAgent[] = "kf2001@kefu";

struct WechatRow {
  const char* name;
  const char* account_kind;
  wechat::AccountKind kind;
  sandbox::WechatKind twin_kind;
  bool verified = true;
  bool pushed = true;
  bool authorized = false;  ///< Served through a third-party platform, with the permission sets that are usual.
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
    tell("/media", R"({"media_id":")" + voice() + R"(","type":"voice"})");
    tell("/agents/" + std::string(kAgent), R"({"appid":")" + std::string(kOtherTwinApp) + R"(","online":true})");
    runtime_ = world_.runtime();
    wechat::AccountConfig config = TwinWorld::config(kOtherTwinApp, row.kind);
    config.verified = row.verified;
    if (row.pushed) config.push.emplace(app.appid, wechat::PushKeys(Secret(app.token), Secret(app.encoding_aes_key)));
    if (row.authorized)
      authorize();
    else
      account_ = TwinWorld::account(*runtime_, std::move(config));
  }

  ChannelFacts facts() const override {
    ChannelFacts facts;
    facts.platform = "wechat";
    facts.id = kOtherTwinApp;
    facts.account_kind = row_.account_kind;
    const bool mini = row_.kind == wechat::AccountKind::mini_program;
    facts.facets.push_back(Facet::media_library);
    if (!mini) facts.facets.push_back(Facet::profiles);
    if (row_.verified) facts.facets.insert(facts.facets.end(), {Facet::messenger, Facet::agent_sessions});
    if (row_.verified && !mini) facts.facets.push_back(Facet::transcripts);
    if (row_.verified && row_.kind != wechat::AccountKind::subscription_account)
      facts.facets.push_back(Facet::outreach);
    if (row_.pushed) facts.facets.push_back(Facet::push_receiver);
    return facts;
  }
  std::shared_ptr<Channel> channel() const override { return account_; }
  void drop_channel() override { account_.reset(); }
  void remove() override { account_->close(); }
  Runtime& runtime() override { return *runtime_; }
  sandbox::SimulatedTime& time() override { return *world_.time; }
  void time_passes(Millis length) override {
    world_.time->advance(length);
    if (row_.authorized) push_ticket();
  }

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
  void converse(const std::vector<std::string>& lines) override {
    for (const std::string& line : lines) {
      customer_writes(line);
      world_.time->advance(Millis(5'000));
    }
  }
  void begin_sessions(int count) override {
    for (int i = 0; i < count; ++i) {
      const std::string openid = "oSUITE34567890abcdefghijklm" + std::to_string(i);
      world_.add_customer(kOtherTwinApp, openid);
      const auto opened = account_->agent_sessions()->open(CustomerId(openid), kAgent).get();
      REQUIRE_MESSAGE(opened.has_value(), why(opened));
      world_.time->advance(Millis(5'000));
    }
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
  std::uint64_t renewals() const override {
    return row_.authorized ? world_.sandbox.calls("/cgi-bin/component/api_authorizer_token") : world_.stable_fetches();
  }
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
  std::string voice() const override { return "voice-of-the-suite"; }
  std::string outreach_template(Ability right) override {
    const std::string id = "template-of-the-suite";
    const std::string subject = R"({"appid":")" + std::string(kOtherTwinApp) + R"(","template_id":")" + id + R"(")";
    const bool by_consent = right == Ability::subscription_message;
    tell("/templates", subject + R"(,"kind":")" + (by_consent ? "once" : "message") +
                           R"(","title":"suite","content":"{{thing1.DATA}}"})");
    if (by_consent) tell("/customers/" + std::string(kTwinCustomer) + "/subscribe", subject + R"(,"count":10})");
    return id;
  }

 private:
  /// The account's owner lets a third-party platform act; the account comes of that grant.
  void authorize() {
    sandbox::WechatApp component;
    component.appid = kTwinComponent;
    component.secret = kPlantedAppSecret;
    component.token = kPlantedPushToken;
    component.encoding_aes_key = kPlantedAesKey;
    component.kind = sandbox::WechatKind::component;
    REQUIRE(world_.sandbox.add(component).has_value());
    platform_.emplace(ComponentWorld::platform(*runtime_));
    world_.sandbox.connect_webhook(
        kTwinComponent,
        [this](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
          platform_->receive(WebhookRequest(request.method, request.path, request.raw_query, request.body))
              .then([answer = std::move(answer)](Result<wechat::OpenedComponentPush> opened) mutable {
                answer(opened ? sandbox::PushReply(opened->answer.status, opened->answer.body)
                              : sandbox::PushReply(503, ""));
              });
        },
        world_.time, world_.time);
    push_ticket();
    tell(component_path() + "/authorize", R"({"authorizer":")" + std::string(kOtherTwinApp) + R"("})");
    world_.time->advance(Millis(1'000));
    auto account = platform_->account(kOtherTwinApp).get();
    REQUIRE_MESSAGE(account.has_value(), why(account));
    account_ = *std::move(account);
  }
  static std::string component_path() { return std::string("/components/") + kTwinComponent; }
  /// In whole seconds, in which records of conversations count.
  void push_ticket() {
    tell(component_path() + "/push-ticket", "{}");
    world_.time->advance(Millis(1'000));
  }
  void tell(const std::string& path, const std::string& json) {
    const auto done = world_.sandbox.control("POST", path, json);
    REQUIRE_MESSAGE(done.status == 200, done.body);
  }

  const WechatRow row_;
  TwinWorld world_;
  std::unique_ptr<Runtime> runtime_;
  std::optional<wechat::OpenPlatform> platform_;  ///< Of an authorized account.
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
           WechatRow{"wechat service account that authorized", "official_account.service", Kind::service_account,
                     Twin::service, true, true, true},
           WechatRow{"wechat subscription account that authorized", "official_account.subscription",
                     Kind::subscription_account, Twin::subscription, true, true, true},
           WechatRow{"wechat mini program that authorized", "mini_program", Kind::mini_program, Twin::mini_program,
                     true, true, true},
       })
    rows.push_back(ChannelRow{row.name, [row] { return std::make_unique<WechatChannel>(row); }});
  return rows;
}

}  // namespace kefu_test
