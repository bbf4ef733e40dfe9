#include "core/async/call_deadline.hpp"
#include "core/async/runtime_core.hpp"
#include "core/call/pipeline.hpp"
#include "core/net/base_url.hpp"
#include "core/report/reporting.hpp"
#include "core/tokens/broker.hpp"
#include "wechat/component/authorizer.hpp"
#include "wechat/component/authorizer_tokens.hpp"
#include "wechat/component/platform.hpp"
#include "wechat/component/reconcile.hpp"
#include "wechat/component/release_check.hpp"
#include "wechat/component/tickets.hpp"
#include "wechat/component/token_fetcher.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

Error bad_platform(std::string message) { return Error(ErrorKind::bad_argument, std::move(message)); }

Result<void> check_redirect_address(const std::string& uri) {
  constexpr std::size_t kLongestRedirect = 1024;
  if (uri.empty()) return {};
  if (uri.size() > kLongestRedirect)
    return bad_platform(fmt::format("redirect_uri has {} bytes, the limit is {}", uri.size(), kLongestRedirect));
  const bool printable = std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || uri.find('#') != std::string::npos ||
      (uri.compare(0, 7, "http://") != 0 && uri.compare(0, 8, "https://") != 0))
    return bad_platform("redirect_uri must begin with https:// or http:// and hold printable ASCII, no blanks, no '#'");
  return {};
}

Result<void> check_platform(const OpenPlatformConfig& config) {
  const auto is_plain_id = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  const std::string& id = config.component_app_id;
  if (id.empty() || id.size() > 64 || !std::all_of(id.begin(), id.end(), is_plain_id))
    return bad_platform(
        "component_app_id must be 1 to 64 letters, digits, '_' and '-': take it from the open "
        "platform's console (第三方平台详情)");
  const std::string_view secret = config.component_app_secret.expose();
  if (secret.empty() || secret.find_first_not_of("xX*") == std::string_view::npos)
    return bad_platform("component_app_secret is empty or a placeholder: take it from the open platform's console");
  if (secret.find_first_of(" \t\r\n") != std::string_view::npos)
    return bad_platform("component_app_secret holds blanks or line ends: look for what copying added");
  if (config.calls_per_second < 0)
    return bad_platform(fmt::format("calls_per_second is {}: 0 for no limit, or more", config.calls_per_second));
  for (const auto& [field, url] : {std::pair("base_url", &config.base_url), std::pair("page_url", &config.page_url),
                                   std::pair("mobile_page_url", &config.mobile_page_url)})
    if (auto checked = detail::check_base_url(field, *url); !checked) return checked;
  return check_redirect_address(config.redirect_uri);
}

Result<ComponentPushReceiver> make_component_receiver(const OpenPlatformConfig& config) {
  ComponentPushConfig push(config.component_app_id, config.push_keys);
  push.previous = config.previous_push_keys;
  push.freshness = config.push_freshness;
  return ComponentPushReceiver::create(std::move(push));
}

std::shared_ptr<detail::Pipeline> make_component_pipeline(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                                          const std::shared_ptr<const OpenPlatformConfig>& config,
                                                          std::shared_ptr<detail::TokenProvider> tokens) {
  return std::make_shared<detail::Pipeline>(runtime, std::make_shared<ComponentPlatform>(config, std::move(tokens)));
}

std::shared_ptr<detail::TokenProvider> make_component_tokens(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                                             const std::shared_ptr<const OpenPlatformConfig>& config) {
  // Its fetches have a pipeline of their own, as the platform's calls wait for them.
  auto fetcher = std::make_shared<ComponentTokenFetcher>(runtime, config,
                                                         ApiClient(make_component_pipeline(runtime, config, nullptr)));
  return std::make_shared<detail::TokenBroker>(runtime, std::move(fetcher),
                                               component_token_settings(config->component_app_id));
}

}  // namespace

class OpenPlatform::Core {
 public:
  Core(std::shared_ptr<detail::RuntimeCore> shared, std::shared_ptr<const OpenPlatformConfig> settings,
       ComponentPushReceiver pushes)
      : runtime(std::move(shared)),
        config(std::move(settings)),
        receiver(std::move(pushes)),
        tickets_key(ticket_key(runtime->name_space, config->component_app_id)),
        pipeline(make_component_pipeline(runtime, config, make_component_tokens(runtime, config))),
        client(pipeline),
        authorizer(std::make_shared<ComponentAuthorizer>(runtime, config, client)) {}

  void report_refused(const OpenedComponentPush& opened) const {
    if (!runtime->observer) return;
    detail::log(*runtime->observer, LogLevel::warning, log_event::kPushRefused, opened.detail,
                {{"platform", "wechat"},
                 {"account", config->component_app_id},
                 {"event_id", ""},
                 {"why", std::string(to_string(*opened.fault))}});
  }

  void report_release_check(const Error& error) const {
    if (!runtime->observer) return;
    detail::log(
        *runtime->observer, LogLevel::warning, log_event::kPushRefused, "the release check could not be answered",
        {{"platform", "wechat"}, {"account", config->component_app_id}, {"event_id", ""}, {"why", error.to_string()}});
  }

  const std::shared_ptr<detail::RuntimeCore> runtime;
  const std::shared_ptr<const OpenPlatformConfig> config;
  const ComponentPushReceiver receiver;
  const std::string tickets_key;
  const std::shared_ptr<detail::Pipeline> pipeline;
  const ApiClient client;
  const std::shared_ptr<ComponentAuthorizer> authorizer;
};

Result<std::shared_ptr<Account>> OpenPlatform::make_account(const Core& core, const ComponentGrant& grant) {
  const OpenPlatformConfig& config = *core.config;
  AccountConfig account(grant.app_id, Secret(), *grant.kind);
  account.verified = grant.verified;
  account.permission_sets = grant.permission_sets;
  account.base_url = config.base_url;
  account.max_answer_bytes = config.max_answer_bytes;
  // Everything that the platform is pushed comes under its own keys, also what is meant for its merchants.
  PushConfig push(grant.app_id, config.push_keys);
  push.previous = config.previous_push_keys;
  push.receiver_id = config.component_app_id;
  push.original_id = grant.original_id;
  push.format = PushFormat::xml;
  push.freshness = config.push_freshness;
  account.push = std::move(push);
  const ComponentRecords records(core.runtime->name_space, config.component_app_id);
  auto tokens = std::make_shared<detail::TokenBroker>(
      core.runtime,
      std::make_shared<AuthorizerTokenFetcher>(core.runtime, core.client, records, core.authorizer->events(),
                                               grant.app_id),
      authorizer_token_settings(config.component_app_id, grant.app_id));
  return Account::make(core.runtime, std::move(account), std::move(tokens));
}

Result<OpenPlatform> OpenPlatform::create(const Runtime& runtime, OpenPlatformConfig config) {
  if (auto checked = check_platform(config); !checked) return checked.error();
  auto receiver = make_component_receiver(config);
  if (!receiver) return receiver.error();
  return OpenPlatform(std::make_shared<Core>(
      detail::core_of(runtime), std::make_shared<const OpenPlatformConfig>(std::move(config)), *std::move(receiver)));
}

const std::string& OpenPlatform::component_app_id() const { return core_->config->component_app_id; }
const ApiClient& OpenPlatform::client() const { return core_->client; }
void OpenPlatform::close() const { core_->pipeline->close(); }

Pending<OpenedComponentPush> OpenPlatform::receive(const WebhookRequest& request) {
  const auto& runtime = core_->runtime;
  Promise<OpenedComponentPush> promise(runtime);
  auto pending = promise.pending();
  const WallTime now = runtime->clock->wall();
  OpenedComponentPush opened = core_->receiver.open(request, now);
  if (opened.outcome == OpenedComponentPush::Outcome::refused) core_->report_refused(opened);
  if (opened.outcome != OpenedComponentPush::Outcome::event) {
    promise.answer(std::move(opened));
    return pending;
  }
  const auto* pushed = std::get_if<ComponentTicket>(&opened.push.body);
  if (pushed == nullptr) {
    const ComponentPush push = opened.push;
    core_->authorizer->take_push(
        push, [promise = std::move(promise), opened = std::move(opened)](const Result<void>& kept) mutable {
          if (!kept) return promise.answer(kept.error());
          promise.answer(std::move(opened));
        });
    return pending;
  }
  StoredTicket ticket;
  ticket.value = pushed->ticket;
  ticket.created = from_unix_seconds(std::max<std::int64_t>(opened.push.create_time, 0));
  ticket.received = now;
  runtime->with_store<void>(
      detail::Affinity(core_->tickets_key).surely(),
      [key = core_->tickets_key, ticket = std::move(ticket)](Store& store) { return keep_ticket(store, key, ticket); },
      [promise = std::move(promise), opened = std::move(opened)](const Result<void>& kept) mutable {
        if (!kept) return promise.answer(kept.error());
        promise.answer(std::move(opened));
      });
  return pending;
}

std::shared_ptr<Authorizer> OpenPlatform::authorizer() const { return core_->authorizer; }

Pending<std::shared_ptr<Account>> OpenPlatform::account(std::string merchant, CallOptions options) const {
  Promise<std::shared_ptr<Account>> promise(core_->runtime);
  auto pending = promise.pending();
  if (auto complaint = detail::check_merchant_name(merchant)) {
    promise.answer(bad_platform(*std::move(complaint)));
    return pending;
  }
  core_->authorizer->find_account(
      merchant, std::move(options), [core = core_, promise = std::move(promise)](Result<ComponentGrant> grant) mutable {
        if (!grant) return promise.answer(grant.error());
        if (!grant->kind)
          return promise.answer(Error(ErrorKind::unavailable, "the platform did not say what kind of account it is"));
        promise.answer(make_account(*core, *grant));
      });
  return pending;
}

std::optional<WebhookResponse> OpenPlatform::answer_release_check(const std::string& app_id,
                                                                  const WebhookRequest& request) const {
  auto check = read_release_check(*core_->config, app_id, request, core_->runtime->clock->wall());
  if (!check) return std::nullopt;
  if (check->customer.empty()) return std::move(check->answer);
  auto send = [core = core_, to = check->customer, text = check->text](Result<ComponentGrant> grant) {
    const auto account = grant && grant->kind
                             ? make_account(*core, *grant)
                             : Result<std::shared_ptr<Account>>(
                                   grant ? Error(ErrorKind::unavailable, "its kind is not known") : grant.error());
    if (!account) return core->report_release_check(account.error());
    Message message(Address("", CustomerId(to)), TextContent(text));
    (*account)->send(std::move(message)).then([core, account = *account](const Result<Receipt>& sent) {
      if (!sent) core->report_release_check(sent.error());
    });
  };
  if (check->code.empty())
    core_->authorizer->find_account(app_id, CallOptions(), std::move(send));
  else
    core_->authorizer->redeem_code(check->code, std::move(send));
  return std::move(check->answer);
}

Pending<ReconcileReport> OpenPlatform::reconcile(CallOptions options) const {
  constexpr Millis kReconcileWithin{600'000};
  const auto& runtime = core_->runtime;
  Promise<ReconcileReport> promise(runtime);
  auto pending = promise.pending();
  const auto deadline = detail::deadline_of(*runtime, options, kReconcileWithin);
  if (!deadline) {
    promise.answer(deadline.error());
    return pending;
  }
  const CancelToken dropped = promise.cancelled();
  auto job = std::make_shared<Reconciliation>(
      runtime, core_->client, ComponentRecords(runtime->name_space, core_->config->component_app_id),
      core_->authorizer->events(), *deadline, options, dropped,
      [promise = std::move(promise)](Result<ReconcileReport> report) mutable { promise.answer(std::move(report)); });
  job->run();
  return pending;
}

Pending<TicketPushState> OpenPlatform::start_push_ticket(CallOptions options) const {
  return call(StartPushTicket(core_->config->component_app_secret), std::move(options));
}

Pending<TicketState> OpenPlatform::ticket_state() const {
  const auto& runtime = core_->runtime;
  Promise<TicketState> promise(runtime);
  auto pending = promise.pending();
  runtime->with_store<TicketRecord>(
      detail::Affinity(core_->tickets_key),
      [key = core_->tickets_key](Store& store) { return read_tickets(store, key); },
      [promise = std::move(promise), now = runtime->clock->wall()](const Result<TicketRecord>& record) mutable {
        if (!record) return promise.answer(record.error());
        TicketState state;
        if (!record->tickets.empty()) {
          state.received = record->tickets.front().received;
          state.usable = record->tickets.front().usable(now);
        }
        if (!state.usable) state.advice = no_ticket(*record, now).message();
        promise.answer(std::move(state));
      });
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
