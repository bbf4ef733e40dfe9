#include "channel/window/rules_check.hpp"
#include "core/async/call_deadline.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/wait.hpp"
#include "core/call/pipeline.hpp"
#include "core/net/base_url.hpp"
#include "core/text/sample_value.hpp"
#include "core/tokens/broker.hpp"
#include "core/tokens/sourced_tokens.hpp"
#include "wechat/account/platform.hpp"
#include "wechat/account/shared_settings.hpp"
#include "wechat/account/token_fetcher.hpp"
#include "wechat/facets/agent_sessions.hpp"
#include "wechat/facets/media_library.hpp"
#include "wechat/facets/messenger.hpp"
#include "wechat/facets/outreach.hpp"
#include "wechat/facets/profiles.hpp"
#include "wechat/facets/send_gate.hpp"
#include "wechat/facets/transcripts.hpp"

#include <kefu/wechat/account.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

const std::string kPlatform = "wechat";
constexpr Millis kForceTimeout{15'000};

Error bad(std::string message) { return Error(ErrorKind::bad_argument, std::move(message)); }

bool is_placeholder(std::string_view value) {
  return detail::is_sample_value(
      value, {"appid", "secret", "appsecret", "yourappid", "yourappsecret", "yoursecret", "changeme"});
}

Result<void> check_credentials(const AccountConfig& config, bool on_behalf) {
  if (config.app_id.empty() || is_placeholder(config.app_id))
    return bad("app_id is empty or a placeholder: take it from the platform's console (开发设置)");
  if (config.app_id.size() > 64) return bad(fmt::format("app_id has {} bytes, the limit is 64", config.app_id.size()));
  const bool plain = std::all_of(config.app_id.begin(), config.app_id.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
  if (config.app_id.compare(0, 3, "gh_") == 0)
    return bad("app_id is the original id (原始ID): take the AppID, which begins with wx, from the console (开发设置)");
  if (!plain) return bad("app_id may hold letters, digits, '_' and '-' only: look for blanks from copying");
  if (config.token_source || on_behalf) return {};
  if (config.app_secret.empty() || is_placeholder(config.app_secret.expose()))
    return bad("app_secret is empty or a placeholder: take it from the platform's console, or set token_source");
  if (config.app_secret.expose().find_first_of(" \t\r\n") != std::string_view::npos)
    return bad("app_secret holds blanks or line ends: look for what copying added");
  return {};
}

Result<void> check_limits(const AccountConfig& config) {
  if (config.calls_per_second < 0)
    return bad(fmt::format("calls_per_second is {}: 0 for no limit, or more", config.calls_per_second));
  if (config.max_answer_bytes == 0) return bad("max_answer_bytes is 0: no answer could be read");
  return detail::check_reply_rules(config.reply_rules, {"message", "menu", "follow", "scan", "enter", "unclear"});
}

Result<std::shared_ptr<PushReceiver>> make_receiver(const AccountConfig& config) {
  if (!config.push) return std::shared_ptr<PushReceiver>();
  PushConfig push = *config.push;
  if (push.app_id.empty()) push.app_id = config.app_id;
  if (push.app_id != config.app_id)
    return bad(fmt::format("push.app_id is {}, the account's app_id is {}", push.app_id, config.app_id));
  push.kind = config.kind;
  auto receiver = make_push_receiver(std::move(push));
  if (!receiver) return bad("push." + receiver.error().message());
  return receiver;
}

/// The account's one source of tokens: the host's own, or a broker whose fetches have a pipeline to themselves.
std::shared_ptr<detail::TokenProvider> make_tokens(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                                   const AccountConfig& config,
                                                   const std::shared_ptr<const SharedSettings>& settings) {
  if (config.token_source) return std::make_shared<detail::SourcedTokens>(runtime, config.token_source);
  auto fetcher = std::make_shared<AccountTokenFetcher>(runtime, settings, config.app_id, config.app_secret);
  const bool stable = config.token_mode == TokenMode::stable;
  detail::TokenSettings token_settings(kPlatform, config.app_id, stable ? "stable_token" : "token");
  token_settings.fetch_without_store = stable;
  return std::make_shared<detail::TokenBroker>(runtime, std::move(fetcher), std::move(token_settings));
}

}  // namespace

/// Facets are members, so that their handles keep the whole alive.
class Account::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(const std::shared_ptr<detail::RuntimeCore>& runtime, const AccountConfig& config,
       const std::shared_ptr<const SharedSettings>& c, const std::shared_ptr<const Capabilities>& capabilities,
       const std::shared_ptr<detail::Pipeline>& p, const std::shared_ptr<ReplyLedger>& l,
       std::shared_ptr<detail::WindowGate> window)
      : app_id(config.app_id),
        settings(c),
        pipeline(p),
        client(p),
        ledger(l),
        messenger(runtime, client, std::move(window), config, capabilities),
        media_library(runtime, client, config.app_id, capabilities),
        agent_sessions(runtime, client, capabilities),
        transcripts(runtime, client, capabilities),
        profiles(runtime, client, config.kind),
        outreach(runtime, client, config.kind, capabilities) {}

  const std::string app_id;
  const std::shared_ptr<const SharedSettings> settings;
  const std::shared_ptr<detail::Pipeline> pipeline;
  const ApiClient client;
  const std::shared_ptr<ReplyLedger> ledger;
  std::shared_ptr<detail::TokenProvider> tokens;
  std::shared_ptr<PushReceiver> receiver;
  AccountMessenger messenger;
  AccountMediaLibrary media_library;
  AccountAgentSessions agent_sessions;
  AccountTranscripts transcripts;
  AccountProfiles profiles;
  AccountOutreach outreach;
  const CancelSource removed;

  template <class T>
  std::shared_ptr<T> if_has(Facet facet, T& one) {
    return settings->capabilities.has(facet) ? std::shared_ptr<T>(shared_from_this(), &one) : nullptr;
  }
};

Account::Account(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Account::~Account() = default;

Result<std::shared_ptr<Account>> Account::create(const Runtime& runtime, AccountConfig config) {
  return make(detail::core_of(runtime), std::move(config), nullptr);
}

Result<std::shared_ptr<Account>> Account::make(const std::shared_ptr<detail::RuntimeCore>& shared, AccountConfig config,
                                               std::shared_ptr<detail::TokenProvider> tokens) {
  const bool on_behalf = tokens != nullptr;
  if (auto checked = check_credentials(config, on_behalf); !checked) return checked.error();
  if (auto checked = detail::check_base_url("base_url", config.base_url); !checked) return checked.error();
  if (auto checked = detail::check_base_url("qr_code_base_url", config.qr_code_base_url); !checked)
    return checked.error();
  if (auto checked = check_limits(config); !checked) return checked.error();
  auto receiver = make_receiver(config);
  if (!receiver) return receiver.error();

  std::shared_ptr<const ApiSeal> seal;
  if (config.api_security) {
    auto made = ApiSeal::create(*config.api_security, config.app_id);
    if (!made) return made.error();
    seal = std::make_shared<const ApiSeal>(*std::move(made));
  }

  const auto settings = shared_settings_of(*shared, config);
  const auto capabilities = std::shared_ptr<const Capabilities>(settings, &settings->capabilities);
  auto ledger = std::make_shared<ReplyLedger>(shared->store, shared->name_space, kPlatform, config.app_id,
                                              std::shared_ptr<const ReplyRules>(settings, &settings->reply_rules));
  auto window = std::make_shared<detail::WindowGate>(shared, ledger,
                                                     detail::WindowGateSettings(kPlatform, config.app_id, kUsedUpCode));
  if (!on_behalf) tokens = make_tokens(shared, config, settings);
  auto pipeline = std::make_shared<detail::Pipeline>(
      shared, std::make_shared<AccountPlatform>(shared, config.app_id, config.app_secret, settings, tokens, window,
                                                std::move(seal), on_behalf));

  auto core = std::make_shared<Core>(shared, config, settings, capabilities, pipeline, ledger, std::move(window));
  core->tokens = std::move(tokens);
  core->receiver = *std::move(receiver);
  return std::shared_ptr<Account>(new Account(std::move(core)));
}

const std::string& Account::id() const { return core_->app_id; }
const std::string& Account::platform() const { return kPlatform; }
const Capabilities& Account::capabilities() const { return core_->settings->capabilities; }

std::shared_ptr<Messenger> Account::messenger() const { return core_->if_has(Facet::messenger, core_->messenger); }

std::shared_ptr<MediaLibrary> Account::media_library() const {
  return core_->if_has(Facet::media_library, core_->media_library);
}
std::shared_ptr<AgentSessions> Account::agent_sessions() const {
  return core_->if_has(Facet::agent_sessions, core_->agent_sessions);
}
std::shared_ptr<Transcripts> Account::transcripts() const {
  return core_->if_has(Facet::transcripts, core_->transcripts);
}
std::shared_ptr<Profiles> Account::profiles() const { return core_->if_has(Facet::profiles, core_->profiles); }
std::shared_ptr<Outreach> Account::outreach() const { return core_->if_has(Facet::outreach, core_->outreach); }

std::shared_ptr<PushReceiver> Account::push_receiver() const { return core_->receiver; }
std::shared_ptr<ReplyLedger> Account::reply_ledger() const { return core_->ledger; }

Pending<Receipt> Account::send(Message message, CallOptions options) const {
  return core_->messenger.send(std::move(message), std::move(options));
}

const ApiClient& Account::client() const { return core_->client; }

Pending<void> Account::force_token_refresh(CallOptions options) const {
  const auto& runtime = core_->pipeline->core();
  Promise<void> promise(runtime);
  auto pending = promise.pending();
  const auto deadline = detail::deadline_of(*runtime, options, kForceTimeout);
  std::optional<Error> refusal = runtime->refusal();
  if (!refusal && core_->removed.requested()) refusal.emplace(ErrorKind::cancelled, "the account was closed");
  if (!refusal && !deadline) refusal = deadline.error();
  if (refusal) {
    promise.answer(*std::move(refusal));
    return pending;
  }
  auto wait = std::make_unique<detail::Wait>(runtime->scheduler, *deadline, std::move(options.cancel),
                                             promise.cancelled(), core_->removed.token());
  runtime->scheduler->post([tokens = core_->tokens, wait = std::move(wait), promise = std::move(promise)]() mutable {
    CancelToken cancel = wait->token();
    const MonoTime until = wait->deadline();  // before the next line moves it away
    tokens->force(until, std::move(cancel),
                  [wait = std::move(wait), promise = std::move(promise)](Result<void> result) mutable {
                    wait.reset();
                    promise.answer(std::move(result));
                  });
  });
  return pending;
}

void Account::close() const {
  core_->removed.request();
  core_->pipeline->close();
  core_->messenger.close();
}

}  // namespace wechat
KEFU_END_NAMESPACE
