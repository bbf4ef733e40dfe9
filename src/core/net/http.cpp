#include <kefu/core/http.hpp>

#include <array>

KEFU_BEGIN_NAMESPACE

namespace {

constexpr std::array<bool, 256> raw_in_query() {
  std::array<bool, 256> raw{};
  for (int c = 'a'; c <= 'z'; ++c) raw[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) raw[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) raw[static_cast<std::size_t>(c)] = true;
  for (const char c : {'-', '.', '_', '~', '@'}) raw[static_cast<std::size_t>(c)] = true;
  return raw;
}

void append_encoded(std::string& out, std::string_view text) {
  static constexpr auto kRaw = raw_in_query();
  constexpr char hex[] = "0123456789ABCDEF";
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;  // tokens and ids are raw from end to end: copied in one piece
    while (end < text.size() && kRaw[static_cast<unsigned char>(text[end])]) ++end;
    out.append(text.data() + at, end - at);
    if (end == text.size()) return;
    const auto byte = static_cast<unsigned char>(text[end]);
    const char escape[] = {'%', hex[byte >> 4], hex[byte & 15]};
    out.append(escape, sizeof escape);
    at = end + 1;
  }
}

}  // namespace

void append_request_target(std::string& out, const HttpRequest& request) {
  out += request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    out += separator;
    append_encoded(out, name);
    out += '=';
    append_encoded(out, value);
    separator = '&';
  }
}

KEFU_END_NAMESPACE
