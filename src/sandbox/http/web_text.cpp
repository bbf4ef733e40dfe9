#include "sandbox/http/web_text.hpp"

#include "core/text/percent_encoding.hpp"

#include <algorithm>
#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string percent_decoded(std::string_view text, bool form) {
  std::string out;
  const auto plus = form ? detail::PlusSign::blank : detail::PlusSign::itself;
  detail::append_percent_decoded(out, text, plus, detail::BrokenEscape::itself);
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  detail::append_percent_encoded(out, text);
  return out;
}

Pairs query_pairs(std::string_view raw) {
  Pairs pairs;
  while (!raw.empty()) {
    const std::size_t end = raw.find('&');
    const std::string_view part = raw.substr(0, end);
    raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    pairs.emplace_back(percent_decoded(part.substr(0, equals), true), percent_decoded(value, true));
  }
  return pairs;
}

std::string raw_query(const Pairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    out += percent_encoded(name);
    out.push_back('=');
    out += percent_encoded(value);
  }
  return out;
}

std::optional<std::string_view> find_pair(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return std::nullopt;
}

std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t least, std::int64_t most, int base) {
  std::int64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, number, base);
  if (text.empty() || fault != std::errc() || end != last || number < least || number > most) return std::nullopt;
  return number;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::optional<LoopbackUrl> loopback_url(std::string_view url, std::string& why) {
  constexpr std::string_view kScheme = "http://";
  if (!starts_with(url, kScheme)) {
    why = "the callback URL must start with http:// (the sandbox speaks plain HTTP on this machine only)";
    return std::nullopt;
  }
  std::string_view rest = url.substr(kScheme.size());
  rest = rest.substr(0, rest.find('#'));
  const std::size_t host_end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, host_end);
  rest.remove_prefix(host_end == std::string_view::npos ? rest.size() : host_end);
  LoopbackUrl out;
  out.host = authority;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view name = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    const auto port = whole_number(authority.substr(colon + 1), 1, 65535);
    if (!port) {
      why = "the callback URL's port is not a number from 1 to 65535";
      return std::nullopt;
    }
    out.port = static_cast<int>(*port);
  }
  const bool is_v4_loopback = starts_with(name, "127.") && name.find_first_not_of("0123456789.") == name.npos;
  if (name == "localhost") {
    out.address = "127.0.0.1";
  } else if (name == "[::1]") {
    out.address = "::1";
  } else if (is_v4_loopback) {
    out.address = name;
  } else {
    why = "the callback URL must name this machine: localhost, 127.x.x.x or [::1]";
    return std::nullopt;
  }
  const std::size_t question = rest.find('?');
  out.path = rest.substr(0, question);
  if (out.path.empty()) out.path = "/";
  if (question != std::string_view::npos) out.query = rest.substr(question + 1);
  return out;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
