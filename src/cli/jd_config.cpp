#include "cli/jd_config.hpp"

#include "cli/config_reader.hpp"
#include "cli/error_text.hpp"
#include "cli/input.hpp"
#include "core/text/document.hpp"

#include <kefu/core/token_source.hpp>

#include <fmt/format.h>

namespace kefu_cli {
namespace {

using kefu::Error;
using kefu::ErrorKind;
using kefu::Result;
using kefu::Secret;
using kefu::detail::Document;
using kefu::detail::Value;
namespace jd = kefu::jd;

/// A token that the configuration gives; nobody can renew it.
class GivenToken final : public kefu::TokenSource {
 public:
  explicit GivenToken(Secret token) : token_(std::move(token)) {}
  void get(kefu::MoveFunction<void(Result<Secret>)> done) override { done(token_); }
  void report_invalid(const Secret&, kefu::MoveFunction<void(Result<void>)> done) override {
    done(Error(ErrorKind::needs_authorization,
               "the platform refused the access_token of the config: put a new one there, or authorize the shop"));
  }

 private:
  const Secret token_;
};

Result<void> read_app(ConfigReader& in, jd::AppConfig& app) {
  in.text("app_key", app.app_key);
  in.secret("app_secret", app.app_secret);
  in.text("gateway_url", app.gateway_url);
  in.text("oauth_url", app.oauth_url);
  in.text("redirect_uri", app.redirect_uri);
  in.flag("legacy_oauth", app.legacy_oauth);
  in.number("calls_per_day", app.calls_per_day);
  in.number("calls_per_second", app.calls_per_second);
  return in.result();
}

Result<void> read_dongdong(Value from, jd::ShopConfig& shop) {
  if (!from.present()) return {};
  shop.dongdong.emplace("", Secret(), "");
  ConfigReader in(from, "dongdong");
  in.known({"aspid", "secret", "access_token", "from_pin", "version"});
  in.text("aspid", shop.dongdong->aspid);
  in.secret("secret", shop.dongdong->secret);
  in.secret("access_token", shop.dongdong->access_token);
  in.text("from_pin", shop.dongdong->from_pin);
  in.text("version", shop.dongdong->version);
  return in.result();
}

Result<void> read_after_sale(Value from, jd::ShopConfig& shop) {
  if (!from.present()) return {};
  shop.after_sale.emplace("", "", "");
  ConfigReader in(from, "after_sale");
  in.known({"bu_id", "operate_pin", "operate_nick"});
  in.text("bu_id", shop.after_sale->bu_id);
  in.text("operate_pin", shop.after_sale->operate_pin);
  in.text("operate_nick", shop.after_sale->operate_nick);
  return in.result();
}

Result<void> read_shop(ConfigReader& in, Value root, jd::ShopConfig& shop) {
  in.text("shop", shop.shop);
  Secret token;
  in.secret("access_token", token);
  if (!token.empty()) shop.token_source = std::make_shared<GivenToken>(std::move(token));
  if (auto read = in.result(); !read) return read;
  if (auto read = read_dongdong(root["dongdong"], shop); !read) return read;
  return read_after_sale(root["after_sale"], shop);
}

}  // namespace

Result<JdConfig> read_jd_config(std::string_view json) {
  const Document document = Document::json(json);
  if (!document) return bad_config(fmt::format("the file {}", to_string(document.fault())));
  const Value root = document.root();
  ConfigReader in(root, "");
  in.known({"app_key", "app_secret", "gateway_url", "oauth_url", "redirect_uri", "legacy_oauth", "calls_per_day",
            "calls_per_second", "store", "shop", "access_token", "dongdong", "after_sale"});
  JdConfig config(jd::AppConfig("", Secret()), jd::ShopConfig("default"));
  in.text("store", config.store);
  if (auto read = read_app(in, config.app); !read) return read.error();
  if (auto read = read_shop(in, root, config.shop); !read) return read.error();
  return config;
}

Result<JdConfig> load_jd_config(const std::string& path) {
  std::string text;
  if (!read_input(path, text)) return bad_config("cannot read " + path);
  return read_jd_config(text);
}

Result<JdWorkplace> open_jd(JdConfig config) {
  auto store = open_config_store(config.store);
  if (!store) return store.error();
  kefu::RuntimeOptions options;
  options.multi_instance = *store != nullptr;  // another process may use the same file
  options.store = *std::move(store);
  auto runtime = kefu::Runtime::create(std::move(options));
  if (!runtime) return runtime.error();
  auto app = jd::App::create(*runtime, std::move(config.app));
  if (!app) return app.error();
  auto shop = jd::Shop::create(*app, std::move(config.shop));
  if (!shop) return shop.error();
  return JdWorkplace(*std::move(runtime), *std::move(app), *std::move(shop));
}

void print_jd_error(std::string_view command, const Error& error) {
  print_error(fmt::format("kefu jd {}", command), error);
}

}  // namespace kefu_cli
