#include "channel/window/rules_check.hpp"
#include "core/text/utf8.hpp"
#include "core/tokens/sourced_tokens.hpp"
#include "jd/answering/capabilities.hpp"
#include "jd/answering/push_gate.hpp"
#include "jd/authorization/grant_tokens.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/polling/events.hpp"
#include "jd/polling/feed.hpp"
#include "jd/polling/poller.hpp"
#include "jd/shop/agent_sessions.hpp"
#include "jd/shop/profiles.hpp"
#include "jd/shop/shop_core.hpp"
#include "jd/shop/transcripts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

const std::string kPlatformName = "jd";

Error bad_shop(std::string message) { return Error(ErrorKind::bad_argument, std::move(message)); }

Result<void> check_shop_name(const std::string& shop) {
  constexpr std::size_t kLongest = 64;
  if (shop.empty()) return bad_shop("shop is empty: give it the name under which it was authorized");
  if (shop.size() > kLongest) return bad_shop(fmt::format("shop has {} bytes, the limit is {}", shop.size(), kLongest));
  if (!std::all_of(shop.begin(), shop.end(), [](char c) { return c >= ' ' && c <= '~'; }))
    return bad_shop("shop may hold printable ASCII only");
  return {};
}

Result<void> check_dongdong(const DongDongGrant& grant) {
  if (grant.aspid.empty()) return bad_shop("dongdong.aspid is empty: JD's DongDong team gives it on application");
  if (grant.secret.empty() && grant.access_token.empty())
    return bad_shop("dongdong.secret and dongdong.access_token are empty: give one of them");
  if (grant.from_pin.empty()) return bad_shop("dongdong.from_pin is empty: name the agent account that speaks");
  if (grant.token_life.count() <= 0 || grant.token_life > std::chrono::hours(24 * 366))
    return bad_shop(fmt::format("dongdong.token_life is {} s: more than 0, up to a year", grant.token_life.count()));
  return {};
}

Result<void> check_after_sale(const AfterSaleDesk& desk) {
  if (desk.bu_id.empty()) return bad_shop("after_sale.bu_id is empty: it is the merchant's number");
  if (desk.operate_pin.empty()) return bad_shop("after_sale.operate_pin is empty: name the account that acts");
  if (desk.operate_nick.empty()) return bad_shop("after_sale.operate_nick is empty: name the agent who acts");
  for (const auto& [name, value] :
       {std::pair("operate_pin", &desk.operate_pin), std::pair("operate_nick", &desk.operate_nick)})
    if (const std::size_t size = detail::utf8_length(*value); size > kOperatorCharacters)
      return bad_shop(fmt::format("after_sale.{} has {} characters, the limit is {}", name, size, kOperatorCharacters));
  return {};
}

Result<void> check_polling(const PollingSettings& polling) {
  using std::chrono::hours;
  if (polling.interval.count() <= 0 || polling.interval > hours(24 * 90))
    return bad_shop(fmt::format("polling.interval is {} s: more than 0, up to 90 days", polling.interval.count()));
  if (polling.overlap.count() < 0 || polling.overlap > hours(48))
    return bad_shop(fmt::format("polling.overlap is {} s: from 0 to 48 hours", polling.overlap.count()));
  if (polling.max_delay.count() <= 0 || polling.max_delay > hours(24))
    return bad_shop(fmt::format("polling.max_delay is {} s: more than 0, up to a day", polling.max_delay.count()));
  if (polling.look_back.count() < 0 || polling.look_back > hours(24 * 90))
    return bad_shop(fmt::format("polling.look_back is {} s: from 0 to 90 days, older the platform has none",
                                polling.look_back.count()));
  if (polling.page_size < 1) return bad_shop(fmt::format("polling.page_size is {}: 1 or more", polling.page_size));
  if (std::any_of(polling.agents.begin(), polling.agents.end(), [](const auto& agent) { return agent.empty(); }))
    return bad_shop("polling.agents holds an empty name: leave the list empty to poll the main account");
  return {};
}

Result<void> check_shop(const ShopConfig& config) {
  if (auto checked = check_shop_name(config.shop); !checked) return checked;
  if (config.dongdong)
    if (auto checked = check_dongdong(*config.dongdong); !checked) return checked;
  if (config.after_sale)
    if (auto checked = check_after_sale(*config.after_sale); !checked) return checked;
  if (auto checked = detail::check_reply_rules(config.reply_rules, {"message"}); !checked) return checked;
  return check_polling(config.polling);
}

std::shared_ptr<detail::TokenProvider> make_shop_tokens(const App::Core& app, const ShopConfig& config) {
  if (config.token_source) return std::make_shared<detail::SourcedTokens>(app.runtime, config.token_source);
  return make_grant_tokens(app, config.shop);
}

std::shared_ptr<ReplyLedger> make_ledger(const detail::RuntimeCore& runtime, const ShopConfig& config) {
  if (!config.reply_rules) return nullptr;
  return std::make_shared<ReplyLedger>(runtime.store, runtime.name_space, kPlatformName, config.shop,
                                       *config.reply_rules);
}

void make_facets(Shop::Core& shop, std::shared_ptr<detail::WindowGate> window) {
  const auto& runtime = shop.app->runtime;
  const ShopConfig& config = *shop.config;
  if (shop.capabilities->has(Facet::messenger))
    shop.messenger =
        std::make_shared<ShopMessenger>(runtime, shop.client, shop.config, shop.customers, std::move(window));
  if (config.host_feed)
    shop.push_receiver = std::make_shared<FeedReceiver>(config.shop, config.polling.chats, shop.customers);
  const std::shared_ptr<const PollingSettings> polling(shop.config, &config.polling);
  PollParts parts;
  parts.runtime = runtime;
  parts.shop = config.shop;
  parts.settings = config.polling;
  parts.budget = shop.app->poll_budget;
  parts.customers = shop.customers;
  shop.poller = make_shop_poller(std::move(parts), shop.client, shop.config);
  shop.agent_sessions =
      std::make_shared<ShopAgentSessions>(runtime, shop.client, polling, shop.customers, shop.capabilities);
  shop.transcripts = std::make_shared<ShopTranscripts>(runtime, shop.client, polling, shop.customers);
  shop.profiles = std::make_shared<ShopProfiles>(runtime, shop.client, shop.app->config, shop.customers);
}

}  // namespace

Shop::Shop(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Shop::~Shop() = default;

Result<std::shared_ptr<Shop>> Shop::create(const App& app, ShopConfig config) {
  if (auto checked = check_shop(config); !checked) return checked.error();
  const auto& shared = app.core();
  auto tokens = make_shop_tokens(*shared, config);
  auto ledger = make_ledger(*shared->runtime, config);
  auto window = ledger ? std::make_shared<detail::WindowGate>(
                             shared->runtime, ledger, detail::WindowGateSettings(kPlatformName, config.shop, {}))
                       : nullptr;
  auto customers = std::make_shared<CustomerBook>(shared->runtime, config.shop);
  auto pipeline = shared->make_pipeline(config.shop, tokens, window ? push_gate(window, customers) : nullptr);
  auto capabilities = shared_capabilities_of(*shared->runtime, config);
  auto core = std::make_shared<Core>(shared, std::make_shared<const ShopConfig>(std::move(config)),
                                     std::move(capabilities), std::move(tokens), std::move(pipeline));
  core->reply_ledger = std::move(ledger);
  core->customers = std::move(customers);
  make_facets(*core, std::move(window));
  return std::shared_ptr<Shop>(new Shop(std::move(core)));
}

const std::string& Shop::id() const { return core_->config->shop; }
const std::string& Shop::platform() const { return kPlatformName; }
const Capabilities& Shop::capabilities() const { return *core_->capabilities; }
const Capabilities& Shop::capabilities_at(const Address& to) const {
  return core_->messenger ? core_->messenger->capabilities_at(to) : *core_->capabilities;
}
std::shared_ptr<Messenger> Shop::messenger() const { return core_->messenger; }
std::shared_ptr<PushReceiver> Shop::push_receiver() const { return core_->push_receiver; }
std::shared_ptr<Poller> Shop::poller() const { return core_->poller; }
std::shared_ptr<AgentSessions> Shop::agent_sessions() const { return core_->agent_sessions; }
std::shared_ptr<Transcripts> Shop::transcripts() const { return core_->transcripts; }
std::shared_ptr<Profiles> Shop::profiles() const { return core_->profiles; }
std::shared_ptr<ReplyLedger> Shop::reply_ledger() const { return core_->reply_ledger; }

AccountHealth Shop::health() const {
  AccountHealth health = core_->poller ? core_->poller->health() : AccountHealth();
  if (core_->poller && core_->app->config->calls_per_day == 0)
    health.notes.push_back(fmt::format("calls_per_day is not set: {} are assumed, of which polling takes {:.0f} %",
                                       AppConfig::kAssumedCallsPerDay, 100 * core_->app->config->polling_share));
  return health;
}

Result<void> Shop::skip(const std::string& stream) const {
  if (core_->poller && core_->poller->skip(stream)) return {};
  return Error(ErrorKind::bad_argument, "this shop has polled no stream of that name: see health().streams");
}

Result<InboundEvent> Shop::reopen(std::string_view raw, WallTime received) const {
  return reopen_event(core_->config->shop, raw, received);
}

const ApiClient& Shop::client() const { return core_->client; }

void Shop::close() const {
  core_->removed.request();
  core_->pipeline->close();
  if (core_->messenger) core_->messenger->close();
}

}  // namespace jd
KEFU_END_NAMESPACE
