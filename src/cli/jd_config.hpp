#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/jd/app.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kefu_cli {

/// A configuration file of the `kefu jd` commands, a JSON object; all but app_key and app_secret may be left out:
///
///   {"app_key", "app_secret", "gateway_url", "oauth_url", "redirect_uri", "legacy_oauth": false,
///    "calls_per_day": 0, "calls_per_second": 0,
///    "store": "kefu.db",          SQLite file for authorizations and cursors; without one they end with the program
///    "shop": "name",              default "default"
///    "access_token",              used as it is instead of the shop's authorization
///    "dongdong": {"aspid", "secret", "access_token", "from_pin", "version"},
///    "after_sale": {"bu_id", "operate_pin", "operate_nick"}}
struct JdConfig {
  JdConfig(kefu::jd::AppConfig a, kefu::jd::ShopConfig s) : app(std::move(a)), shop(std::move(s)) {}
  kefu::jd::AppConfig app;
  kefu::jd::ShopConfig shop;
  std::string store;
};

/// Errors: `bad_argument` naming the member, one that is not known too; never a value.
kefu::Result<JdConfig> read_jd_config(std::string_view json);
/// As read_jd_config, from a file ("-": standard input).
kefu::Result<JdConfig> load_jd_config(const std::string& path);

/// What a command works with. The runtime ends last.
struct JdWorkplace {
  JdWorkplace(kefu::Runtime r, kefu::jd::App a, std::shared_ptr<kefu::jd::Shop> s)
      : runtime(std::move(r)), app(std::move(a)), shop(std::move(s)) {}
  kefu::Runtime runtime;
  kefu::jd::App app;
  std::shared_ptr<kefu::jd::Shop> shop;
};
kefu::Result<JdWorkplace> open_jd(JdConfig config);

/// Prints kind, code, text and advice to standard error, behind "kefu jd <command>: ".
void print_jd_error(std::string_view command, const kefu::Error& error);

}  // namespace kefu_cli
