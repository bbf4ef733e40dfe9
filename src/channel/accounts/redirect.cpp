#include "channel/accounts/redirect.hpp"

#include "core/text/percent_encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxRedirect = 4 * 1024;
constexpr std::size_t kMaxState = 128;

Error bad_redirect(std::string why) { return Error(ErrorKind::bad_argument, "the redirect's query " + std::move(why)); }

/// '+' is a blank, %XX a byte. False for a broken escape, or for a byte that no URL holds.
bool decode_part(std::string_view text, std::string& out) {
  const auto in_url = [](char c) { return c > ' ' && c <= '~' && c != '#'; };
  if (!std::all_of(text.begin(), text.end(), in_url)) return false;
  out.clear();
  return append_percent_decoded(out, text, PlusSign::blank, BrokenEscape::refused);
}

std::optional<std::string> check_value(std::string_view name, std::string_view value, std::size_t limit) {
  if (value.empty()) return fmt::format("has no {}: the merchant has to follow the link to its end", name);
  if (value.size() > limit) return fmt::format("has a {} of {} bytes, the limit is {}", name, value.size(), limit);
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; }))
    return fmt::format("has a {} with characters that no {} has", name, name);
  return std::nullopt;
}

}  // namespace

Result<Redirect> read_redirect(std::string_view query, std::string_view code_name, std::size_t max_code) {
  if (query.size() > kMaxRedirect)
    return bad_redirect(fmt::format("has {} bytes, the limit is {}", query.size(), kMaxRedirect));
  if (query.find('?') < query.find('=')) return bad_redirect("holds the '?' or the address: give what follows the '?'");
  std::string name, value, code, state;
  bool has_code = false;
  bool has_state = false;
  bool has_error = false;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view raw = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
    if (!decode_part(pair.substr(0, equals), name) || !decode_part(raw, value))
      return bad_redirect("is not well-formed: give it as the browser sent it");
    has_error = has_error || name == "error";
    if (name != code_name && name != "state") continue;
    bool& known = name == code_name ? has_code : has_state;
    if (std::exchange(known, true)) return bad_redirect("names " + name + " twice");
    (name == code_name ? code : state) = value;
  }
  Redirect redirect;
  redirect.code = Secret(code);
  redirect.state = std::move(state);
  if (!has_code && has_error)
    return bad_redirect(
        "has an error in the code's place: the merchant declined, or the platform did; begin anew with a new link");
  auto wrong = check_value(code_name, code, max_code);
  if (!wrong) wrong = check_value("state", redirect.state, kMaxState);
  if (wrong) return bad_redirect(*std::move(wrong));
  return redirect;
}

}  // namespace detail
KEFU_END_NAMESPACE
