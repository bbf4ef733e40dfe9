#include "core/async/runtime_core.hpp"
#include "core/call/pipeline.hpp"
#include "core/net/base_url.hpp"
#include "core/report/reporting.hpp"
#include "core/tokens/broker.hpp"
#include "wechat/component/platform.hpp"
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
  return detail::check_base_url("base_url", config.base_url);
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
        client(pipeline) {}

  void report_refused(const OpenedComponentPush& opened) const {
    if (!runtime->observer) return;
    detail::log(*runtime->observer, LogLevel::warning, log_event::kPushRefused, opened.detail,
                {{"platform", "wechat"},
                 {"account", config->component_app_id},
                 {"event_id", ""},
                 {"why", std::string(to_string(*opened.fault))}});
  }

  const std::shared_ptr<detail::RuntimeCore> runtime;
  const std::shared_ptr<const OpenPlatformConfig> config;
  const ComponentPushReceiver receiver;
  const std::string tickets_key;
  const std::shared_ptr<detail::Pipeline> pipeline;
  const ApiClient client;
};

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
  const auto* pushed = std::get_if<ComponentTicket>(&opened.push.body);
  if (opened.outcome != OpenedComponentPush::Outcome::event || pushed == nullptr) {
    promise.answer(std::move(opened));
    return pending;
  }
  StoredTicket ticket;
  ticket.value = pushed->ticket;
  ticket.created = from_unix_seconds(std::clamp<std::int64_t>(opened.push.create_time, 0, 9'000'000'000));
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
