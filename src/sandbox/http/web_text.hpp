#pragma once

#include <kefu/core/export.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Percent-decodes; with `form`, `+` is a blank. A broken escape stays as it is.
std::string percent_decoded(std::string_view text, bool form);
/// Escapes all but unreserved characters.
std::string percent_encoded(std::string_view text);
/// Parameters of a raw query, decoded by the form rule, in order.
Pairs query_pairs(std::string_view raw_query);
std::string raw_query(const Pairs& pairs);
/// The first value of that name, or nothing.
std::optional<std::string_view> find_pair(const Pairs& pairs, std::string_view name);

/// A whole number from `least` to `most`, written with nothing but its digits and, before them, a minus sign.
std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t least = INT64_MIN,
                                         std::int64_t most = INT64_MAX, int base = 10);

bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with(std::string_view text, std::string_view prefix);

/// A callback URL: plain http to this machine only, as the sandbox never talks to anybody else.
struct LoopbackUrl {
  std::string host;     ///< As written, with port, for the Host header.
  std::string address;  ///< Numeric: "127.0.0.1" or "::1".
  int port = 80;
  std::string path;   ///< With leading slash, without query.
  std::string query;  ///< Raw, without "?".
};
/// Nothing if it is not `http://` to localhost, 127.x.x.x or [::1]; `why` then says what is wrong.
std::optional<LoopbackUrl> loopback_url(std::string_view url, std::string& why);

}  // namespace sandbox
KEFU_END_NAMESPACE
