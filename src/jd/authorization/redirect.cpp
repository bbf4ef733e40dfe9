#include "jd/authorization/redirect.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kMaxRedirect = 4 * 1024;
constexpr std::size_t kMaxCode = 256;
constexpr std::size_t kMaxState = 128;

Error bad_redirect(std::string why) { return Error(ErrorKind::bad_argument, "the redirect's query " + std::move(why)); }

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// '+' is a blank, %XX a byte. False for a broken escape, or for a byte that no URL holds.
bool decode_part(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] <= ' ' || text[i] > '~' || text[i] == '#') return false;
    if (text[i] != '%') {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return true;
}

std::optional<std::string> check_value(std::string_view name, std::string_view value, std::size_t limit) {
  if (value.empty()) return fmt::format("has no {}: the merchant has to follow the link to its end", name);
  if (value.size() > limit) return fmt::format("has a {} of {} bytes, the limit is {}", name, value.size(), limit);
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; }))
    return fmt::format("has a {} with characters that no {} has", name, name);
  return std::nullopt;
}

}  // namespace

Result<Redirect> read_redirect(std::string_view query) {
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
    if (name != "code" && name != "state") continue;
    bool& known = name == "code" ? has_code : has_state;
    if (std::exchange(known, true)) return bad_redirect("names " + name + " twice");
    (name == "code" ? code : state) = value;
  }
  Redirect redirect;
  redirect.code = Secret(code);
  redirect.state = std::move(state);
  if (!has_code && has_error)
    return bad_redirect(
        "has an error in the code's place: the merchant declined, or JD did; begin anew with a new link");
  auto wrong = check_value("code", code, kMaxCode);
  if (!wrong) wrong = check_value("state", redirect.state, kMaxState);
  if (wrong) return bad_redirect(*std::move(wrong));
  return redirect;
}

}  // namespace jd
KEFU_END_NAMESPACE
