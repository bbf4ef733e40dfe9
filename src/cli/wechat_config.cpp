#include "cli/wechat_config.hpp"

#include "cli/config_reader.hpp"
#include "cli/input.hpp"

#include <kefu/core/executor.hpp>

#include <fmt/format.h>

#include <memory>

namespace kefu_cli {

using kefu::Result;
using kefu::Secret;
using kefu::detail::Document;
using kefu::wechat::OpenPlatform;
using kefu::wechat::OpenPlatformConfig;
using kefu::wechat::PushKeys;

Result<WechatConfig> read_wechat_config(std::string_view json) {
  const Document document = Document::json(json);
  if (!document) return bad_config(fmt::format("the file {}", to_string(document.fault())));
  ConfigReader in(document.root(), "");
  in.known({"component_app_id", "component_app_secret", "token", "encoding_aes_key", "store", "redirect_uri",
            "auth_type", "base_url", "page_url", "mobile_page_url"});
  WechatConfig config(OpenPlatformConfig("", Secret(), PushKeys()));
  OpenPlatformConfig& platform = config.platform;
  in.text("component_app_id", platform.component_app_id);
  in.secret("component_app_secret", platform.component_app_secret);
  in.secret("token", platform.push_keys.token);
  in.secret("encoding_aes_key", platform.push_keys.encoding_aes_key);
  in.text("store", config.store);
  in.text("redirect_uri", platform.redirect_uri);
  in.number("auth_type", platform.auth_type);
  in.text("base_url", platform.base_url);
  in.text("page_url", platform.page_url);
  in.text("mobile_page_url", platform.mobile_page_url);
  if (auto read = in.result(); !read) return read.error();
  return config;
}

Result<WechatWorkplace> open_wechat(const std::string& path) {
  std::string text;
  if (!read_input(path, text)) return bad_config("cannot read " + path);
  auto config = read_wechat_config(text);
  if (!config) return config.error();
  if (config->store.empty()) return bad_config("store is not set: the platform's tickets come to the host's store");
  auto store = open_config_store(config->store);
  if (!store) return store.error();
  kefu::RuntimeOptions options;
  options.multi_instance = true;  // the host uses the same store
  options.store = *std::move(store);
  options.executor = std::make_shared<kefu::InlineExecutor>();
  auto runtime = kefu::Runtime::create(std::move(options));
  if (!runtime) return runtime.error();
  auto platform = OpenPlatform::create(*runtime, std::move(config->platform));
  if (!platform) return platform.error();
  return WechatWorkplace(*std::move(runtime), *std::move(platform));
}

}  // namespace kefu_cli
