#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace kefu_cli {

/// A configuration file of the `kefu wechat` commands, a JSON object about one third-party platform (第三方平台):
///
///   {"component_app_id", "component_app_secret", "token", "encoding_aes_key",
///    "store": "kefu.db",       the host's own (open_store_place): tickets come to the host, grants are shared with it
///    "redirect_uri",           needed to make links
///    "auth_type": 3, "base_url", "page_url", "mobile_page_url"}
struct WechatConfig {
  explicit WechatConfig(kefu::wechat::OpenPlatformConfig p) : platform(std::move(p)) {}
  kefu::wechat::OpenPlatformConfig platform;
  std::string store;
};

/// Errors: `bad_argument` naming the member, one that is not known too; never a value.
kefu::Result<WechatConfig> read_wechat_config(std::string_view json);

/// What a command works with. The runtime ends last.
struct WechatWorkplace {
  WechatWorkplace(kefu::Runtime r, kefu::wechat::OpenPlatform p) : runtime(std::move(r)), platform(std::move(p)) {}
  kefu::Runtime runtime;
  kefu::wechat::OpenPlatform platform;
};
/// From a file ("-": standard input). Errors: as read_wechat_config; `bad_argument` without a store; of the store.
/// What is heard of merchants is heard before the call that brought it is answered.
kefu::Result<WechatWorkplace> open_wechat(const std::string& path);

}  // namespace kefu_cli
