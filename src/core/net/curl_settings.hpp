#pragma once

#include <kefu/core/curl_options.hpp>
#include <kefu/core/result.hpp>

#include <memory>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Checked settings of the default transport, and what of them every easy handle gets.
///
/// Thread safety: immutable after `check`.
class CurlSettings {
 public:
  /// Errors: `configuration` (a file that cannot be read, a proxy that is no URL), `bad_argument` (limits). No message
  /// holds the proxy's text: it may hold a password.
  static Result<CurlSettings> check(CurlOptions options);

  const CurlOptions& options() const noexcept { return options_; }
  /// Sets everything that does not depend on the request. False if libcurl lacks something we rely on.
  bool apply(void* easy) const;

  /// Why requests to `base` ("https://api.example.com:8443") are refused; empty if they are allowed. Plain http goes to
  /// loopback addresses and to the hosts that were listed.
  std::string refusal(std::string_view base) const;

 private:
  explicit CurlSettings(CurlOptions options) : options_(std::move(options)) {}
  bool apply_trust(void* easy) const;
  bool apply_proxy(void* easy) const;
  CurlOptions options_;
  std::string system_ca_file_;
};

}  // namespace detail
KEFU_END_NAMESPACE
