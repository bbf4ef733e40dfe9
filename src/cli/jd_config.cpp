#include "cli/jd_config.hpp"

#include "cli/input.hpp"
#include "cli/store_place.hpp"
#include "core/text/document.hpp"

#include <kefu/core/token_source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iostream>

namespace kefu_cli {
namespace {

using kefu::Error;
using kefu::ErrorKind;
using kefu::Result;
using kefu::Secret;
using kefu::detail::Document;
using kefu::detail::Value;
namespace jd = kefu::jd;

Error bad_config(std::string message) { return Error(ErrorKind::bad_argument, "config: " + message); }

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

/// Reads one object; remembers the first complaint.
class ConfigReader {
 public:
  ConfigReader(Value object, std::string path) : object_(object), path_(std::move(path)) {}

  void known(std::initializer_list<std::string_view> names) {
    if (object_.kind() != Value::Kind::object) return complain("", "must be a JSON object");
    for (const auto& member : object_)
      if (std::find(names.begin(), names.end(), member.name) == names.end()) complain(member.name, "is not known");
  }
  void text(std::string_view name, std::string& to) {
    const Value value = object_[name];
    if (!value.present()) return;
    if (value.kind() != Value::Kind::string) return complain(name, "is no text");
    to = std::string(value.text());
  }
  void secret(std::string_view name, Secret& to) {
    std::string value;
    text(name, value);
    if (!value.empty()) to = Secret(value);
  }
  void flag(std::string_view name, bool& to) {
    const Value value = object_[name];
    if (!value.present()) return;
    if (const auto read = value.boolean()) {
      to = *read;
    } else {
      complain(name, "is neither true nor false");
    }
  }
  template <class T>
  void number(std::string_view name, T& to) {
    const Value value = object_[name];
    if (!value.present()) return;
    const auto read = value.integer();
    if (!read || static_cast<std::int64_t>(static_cast<T>(*read)) != *read) return complain(name, "is no whole number");
    to = static_cast<T>(*read);
  }
  Result<void> result() const {
    if (complaint_.empty()) return {};
    return bad_config(complaint_);
  }

 private:
  void complain(std::string_view name, std::string_view what) {
    if (complaint_.empty())
      complaint_ = fmt::format("{}{}{} {}", path_, path_.empty() || name.empty() ? "" : ".", name, what);
  }
  const Value object_;
  const std::string path_;
  std::string complaint_;
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

Result<std::shared_ptr<kefu::Store>> open_store(const std::string& path) {
  if (path.empty()) return std::shared_ptr<kefu::Store>();
  auto opened = open_store_place(path);
  if (!opened) return opened.error();
  return std::move(opened->store);
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
  auto store = open_store(config.store);
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
  const kefu::ErrorDetails& details = error.details();
  std::cerr << "kefu jd " << command << ": " << to_string(error.kind());
  if (!details.platform_code.empty()) std::cerr << ", code " << details.platform_code;
  if (!details.platform_message.empty()) std::cerr << ": " << details.platform_message;
  std::cerr << '\n';
  if (!details.message.empty()) std::cerr << "advice    " << details.message << '\n';
  if (!details.operation.empty()) std::cerr << "operation " << details.operation << '\n';
  if (!details.request_id.empty()) std::cerr << "request   " << details.request_id << '\n';
  if (details.http_status != 0 && details.http_status != 200) std::cerr << "http      " << details.http_status << '\n';
  if (details.attempts != 0)
    std::cerr << "sent      " << details.attempts << (details.attempts == 1 ? " time" : " times") << ", delivery "
              << to_string(error.delivery()) << '\n';
}

}  // namespace kefu_cli
