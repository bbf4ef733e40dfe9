#include "wechat/push/query.hpp"

#include "core/text/percent_encoding.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

// The platform's own query has about 200 bytes; an encrypted echostr (WeCom) adds a few hundred.
constexpr std::size_t kMaxQuery = 8 * 1024;

constexpr std::array<std::string_view, PushQuery::kNames> kQueryNames = {"signature", "msg_signature", "timestamp",
                                                                         "nonce",     "encrypt_type",  "echostr"};

bool form_decode(std::string_view text, std::string& out) {
  out.clear();
  return detail::append_percent_decoded(out, text, detail::PlusSign::blank, detail::BrokenEscape::refused);
}

// find_first_of would search the set by a call for every character.
bool needs_decoding(std::string_view text) noexcept {
  return text.find('%') != std::string_view::npos || text.find('+') != std::string_view::npos;
}

}  // namespace

std::optional<std::string> PushQuery::read(std::string_view query) {
  if (query.size() > kMaxQuery) {
    return "the query has " + std::to_string(query.size()) + " bytes, the limit is " + std::to_string(kMaxQuery);
  }
  if (!query.empty() && query.front() == '?') return "the query begins with '?': pass what stands behind it";
  const bool coded = needs_decoding(query);  // The platform's queries are not.
  std::string name_buffer;
  std::string ignored;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string_view name = pair.substr(0, equals);
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
    if (coded && needs_decoding(name)) {
      if (!form_decode(name, name_buffer)) return "the query has a broken %-escape";
      name = name_buffer;
    }
    const auto known = std::find(kQueryNames.begin(), kQueryNames.end(), name);
    if (known == kQueryNames.end()) {
      if (coded && needs_decoding(value) && !form_decode(value, ignored)) return "the query has a broken %-escape";
      continue;
    }
    const auto index = static_cast<std::size_t>(known - kQueryNames.begin());
    if (values_[index].data() != nullptr) return "the parameter " + std::string(*known) + " is repeated";
    if (value.empty()) return "the parameter " + std::string(*known) + " is empty";
    values_[index] = value;
    if (coded && needs_decoding(value)) {
      if (!form_decode(value, decoded_[index]))
        return "the parameter " + std::string(*known) + " has a broken %-escape";
      values_[index] = decoded_[index];
    }
  }
  return std::nullopt;
}

}  // namespace wechat
KEFU_END_NAMESPACE
