#include "host_accounts.hpp"

#include <kefu/wechat/account.hpp>

#include <chrono>
#include <utility>

namespace {

kefu::wechat::AccountConfig account_config(const Json& config) {
  using namespace kefu::wechat;
  const auto kind = config["kind"].text() == "mini_program" ? AccountKind::mini_program : AccountKind::service_account;
  AccountConfig account(config["app_id"].text(), kefu::Secret(config["app_secret"].text()), kind);
  PushConfig push(account.app_id,
                  PushKeys(kefu::Secret(config["token"].text()), kefu::Secret(config["encoding_aes_key"].text())));
  const std::string mode = config["mode"].text("safe");
  push.mode = mode == "plain" ? PushMode::plain : mode == "compatible" ? PushMode::compatible : PushMode::safe;
  push.original_id = config["original_id"].text();
  // Published samples are years old.
  if (config["recorded"].boolean()) push.freshness.mode = PushFreshness::Mode::off;
  account.push = std::move(push);
  if (config["base_url"].present()) account.base_url = config["base_url"].text();
  return account;
}

kefu::jd::AppConfig app_config(const Json& config, const std::string& own_url) {
  kefu::jd::AppConfig app(config["app_key"].text(), kefu::Secret(config["app_secret"].text()));
  app.redirect_uri = own_url + "/jd/callback";
  // As the platform's console tells it: polling goes no faster than this allows.
  app.calls_per_day = config["calls_per_day"].number(0);
  if (config["gateway_url"].present()) app.gateway_url = config["gateway_url"].text();
  if (config["oauth_url"].present()) app.oauth_url = config["oauth_url"].text();
  return app;
}

kefu::jd::ShopConfig shop_config(const Json& config) {
  kefu::jd::ShopConfig shop(config["shop"].text());
  if (const Json grant = config["dongdong"]; grant.present())
    shop.dongdong.emplace(grant["aspid"].text(), kefu::Secret(grant["secret"].text()), grant["from_pin"].text());
  if (const Json desk = config["after_sale"]; desk.present())
    shop.after_sale.emplace(desk["bu_id"].text(), desk["operate_pin"].text(), desk["operate_nick"].text());
  shop.polling.interval = std::chrono::seconds(config["poll_seconds"].number(30));
  return shop;
}

std::string said(const kefu::InboundEvent& event) {
  if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) return text->body;
  if (std::get_if<kefu::ReceivedMedia>(&event.payload) != nullptr) return "(media)";
  if (const auto* rated = std::get_if<kefu::CustomerRated>(&event.payload))
    return "(" + rated->agent + " is rated " + std::to_string(rated->score) + ": " + rated->comment + ")";
  if (const auto* session = std::get_if<kefu::AgentSessionChanged>(&event.payload))
    return std::string(session->what == kefu::AgentSessionChanged::What::closed ? "(session closed: " : "(session: ") +
           session->agent + ")";
  if (const auto* ticket = std::get_if<kefu::TicketChanged>(&event.payload))
    return "(ticket " + ticket->ticket_id + ": " + ticket->status_text + ")";
  if (const auto* other = std::get_if<kefu::PlatformEvent>(&event.payload)) return "(" + other->name + ")";
  return "(" + event.trigger + ")";
}

}  // namespace

kefu::Result<std::unique_ptr<Accounts>> Accounts::open(const kefu::Runtime& runtime, const Json& config,
                                                       const std::string& own_url) {
  std::unique_ptr<Accounts> accounts(new Accounts(runtime));
  if (config["jd_app"].present()) {
    auto app = kefu::jd::App::create(runtime, app_config(config["jd_app"], own_url));
    if (!app) return app.error();
    accounts->jd_ = *std::move(app);
  }
  for (const Json& one : config["accounts"].items()) {
    auto added = one["platform"].text() == "jd" ? accounts->add_shop(one) : accounts->add_wechat(one);
    if (!added)
      return kefu::Error(added.error().kind(),
                         one["app_id"].text() + one["shop"].text() + ": " + added.error().to_string());
  }
  return accounts;
}

kefu::Result<void> Accounts::add_wechat(const Json& config) {
  auto account = kefu::wechat::Account::create(runtime_, account_config(config));
  if (!account) return account.error();
  Account added;
  added.channel = *account;
  added.answers = std::make_shared<Answers>(added.channel, kefu::ImageContent());
  accounts_.emplace(added.channel->id(), added);
  return listen((*account)->id());
}

kefu::Result<void> Accounts::add_shop(const Json& config) {
  if (!jd_) return kefu::Error(kefu::ErrorKind::bad_argument, "a shop of JD needs \"jd_app\"");
  auto shop = kefu::jd::Shop::create(*jd_, shop_config(config));
  if (!shop) return shop.error();
  Account added;
  added.channel = added.shop = *shop;
  kefu::ImageContent size_chart;
  size_chart.url = config["size_chart_url"].text();
  added.answers = std::make_shared<Answers>(added.channel, std::move(size_chart));
  accounts_.emplace(added.channel->id(), added);
  const auto merchant = jd_->authorizer()->merchant((*shop)->id()).get();
  if (merchant) return listen((*shop)->id());
  return merchant.error().kind() == kefu::ErrorKind::not_found ? kefu::Result<void>() : merchant.error();
}

kefu::Result<void> Accounts::listen(const std::string& id) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return kefu::Error(kefu::ErrorKind::not_found, "no account is called " + id);
  Account& account = found->second;
  if (account.inbox) return {};
  auto inbox = kefu::Inbox::create(runtime_, account.channel,
                                   [answers = account.answers](kefu::InboundEvent event, kefu::InboxTurn turn) {
                                     log_line({{"what", "event"},
                                               {"platform", event.platform},
                                               {"account", event.account},
                                               {"customer", event.customer.id},
                                               {"event_id", event.event_id},
                                               {"said", said(event)}});
                                     answers->answer(event, turn);
                                   });
  if (!inbox) return inbox.error();
  account.inbox = std::make_shared<const kefu::Inbox>(*std::move(inbox));
  return {};
}

std::shared_ptr<const kefu::Inbox> Accounts::inbox(const std::string& id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.inbox;
}

std::shared_ptr<kefu::Transcripts> Accounts::transcripts(const std::string& id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.channel->transcripts();
}

std::shared_ptr<kefu::jd::Shop> Accounts::shop(const std::string& id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.shop;
}
