#include "soak/platforms.hpp"

#include "core/async/runtime_core.hpp"
#include "support/planted_secrets.hpp"

#include <cstdio>
#include <cstdlib>

namespace kefu_soak {
namespace {

template <class T>
T taken(kefu::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "soak: %s\n", result.error().to_string().c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

kefu::sandbox::WechatApp wechat_app(const char* app, const char* original, kefu::sandbox::WechatKind kind) {
  kefu::sandbox::WechatApp one;
  one.appid = app;
  one.original_id = original;
  one.kind = kind;
  one.secret = kefu_test::kPlantedAppSecret;
  one.token = kefu_test::kPlantedPushToken;
  one.encoding_aes_key = kefu_test::kPlantedAesKey;
  // The clear copy tells the judge which message a request carries; the client opens the encrypted one.
  one.push_mode = kefu::sandbox::PushMode::compatible;
  one.unlimited_windows = true;
  return one;
}

}  // namespace

Platforms::Platforms(const kefu::Runtime& runtime, kefu::Millis push_deadline) : runtime_(runtime) {
  taken(sandbox_.start());
  taken(sandbox_.add(wechat_app(kServiceAccount, kServiceOriginal, kefu::sandbox::WechatKind::service)));
  taken(sandbox_.add(wechat_app(kMiniProgram, kMiniOriginal, kefu::sandbox::WechatKind::mini_program)));
  const std::string limit = std::to_string(push_deadline.count());
  sandbox_.control("POST", "/switches",
                   "{\"push_deadline_ms\":" + limit + ",\"push_retry_interval_ms\":" + limit + "}");
  kefu::sandbox::JdApp app;
  app.app_key = kJdKey;
  app.app_secret = kefu_test::kPlantedJdAppSecret;
  app.dongdong_aspid = kAspid;
  app.dongdong_secret = kefu_test::kPlantedDongDongSecret;
  taken(sandbox_.add(app));
  kefu::sandbox::JdShop shop;
  shop.shop = kShop;
  shop.main_account = kAgent;
  taken(sandbox_.add(shop));
  jd_token_ = taken(sandbox_.jd_authorize(kJdKey, kShop)).access_token;
}

void Platforms::connect(const std::string& account, kefu::sandbox::PushHandler handler) {
  sandbox_.connect_webhook(account, std::move(handler), kefu::detail::core_of(runtime_)->scheduler);
}

void Platforms::tell(Setup& setup) const {
  setup.wechat_url = sandbox_.wechat_url();
  setup.jd_url = sandbox_.jd_url();
  setup.jd_token = jd_token_;
}

std::uint64_t Platforms::write(const std::string& account, const std::string& customer, const std::string& text) {
  read_.try_emplace({account, customer}, 0);
  if (account != kShop) return taken(sandbox_.customer_writes(account, customer, text));
  taken(sandbox_.jd_buyer_writes(kShop, customer, text));
  return 0;
}

std::string Platforms::state_of_push(std::uint64_t number) {
  const auto reply = sandbox_.control("GET", "/pushes/" + std::to_string(number));
  const std::string_view name = "\"state\":\"";
  const std::size_t begin = reply.body.find(name);
  if (begin == std::string::npos) return "gone";
  const std::size_t first = begin + name.size();
  return reply.body.substr(first, reply.body.find('"', first) - first);
}

std::vector<std::pair<std::string, std::string>> Platforms::new_answers() {
  std::vector<std::pair<std::string, std::string>> found;
  const auto take = [&found](const std::string& customer, std::string_view text) {
    if (std::string id = id_in(text, "re:"); !id.empty()) found.emplace_back(std::move(id), customer);
  };
  for (auto& [whose, last] : read_) {
    if (whose.first == kShop) {
      for (const auto& one : sandbox_.jd_received(kShop, whose.second, last)) {
        take(whose.second, one.text);
        last = one.number;
      }
      continue;
    }
    for (const auto& one : sandbox_.messages(whose.first, whose.second, last)) {
      take(whose.second, one.content.empty() ? one.text : one.content);
      last = one.number;
    }
  }
  return found;
}

void Platforms::lose_a_reply() {
  kefu::sandbox::FaultSwitch fault("reset_before_reply");
  fault.path = "/cgi-bin/message/custom/send";
  taken(sandbox_.switch_on(fault));
}

}  // namespace kefu_soak
