#include "channel/inbox/account.hpp"

#include "channel/window/window_key.hpp"
#include "core/crypto/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// `%XX` in a part of a key back to its byte.
std::string unescaped(std::string_view part) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '%' && i + 2 < part.size()) {
      out += static_cast<char>(digit(part[i + 1]) * 16 + digit(part[i + 2]));
      i += 2;
    } else {
      out += part[i];
    }
  }
  return out;
}

/// Escaped it may be three times as long, and a key holds two of them at most.
constexpr std::size_t kLongestName = 128;

std::string short_name(std::string_view name) { return digest(DigestKind::sha256, name).hex(); }

std::string keys_of_all(std::string_view name_space, std::string_view platform, std::string_view kind) {
  const std::string one = StoreKey(name_space, platform, kind, "x").str();
  return one.substr(0, one.rfind('/') + 1);
}

}  // namespace

AccountKeys::AccountKeys(std::string_view name_space, std::string_view platform, std::string_view account)
    : events_(name_space, platform, "inbox", account),
      lanes_(name_space, platform, "inbox-lane", account),
      dead_(name_space, platform, "inbox-dead", account),
      humans_(name_space, platform, "inbox-human", account),
      windows_(window_keys(name_space, platform, account)),
      polling_(StoreKey(name_space, platform, "inbox-poll", account).str()) {}

void AccountKeys::name(InboundEvent& event) {
  if (event.event_id.empty()) event.event_id = short_name(event.raw);
  if (event.event_id.size() > kLongestName) event.event_id = short_name(event.event_id);
}

std::string AccountKeys::lane(const InboundEvent& event) const {
  const std::string& customer = event.customer.id;
  if (!customer.empty()) return lanes_.with(customer.size() > kLongestName ? short_name(customer) : customer);
  return StoreKey(lanes_).add({}).with(event.event_id);
}

std::string AccountKeys::dead(std::int64_t received, std::string_view event_id) const {
  return StoreKey(dead_).add(fmt::format("{:015}", std::max<std::int64_t>(received, 0))).with(event_id);
}

std::string AccountKeys::all_lanes(std::string_view name_space, std::string_view platform) {
  return keys_of_all(name_space, platform, "inbox-lane");
}

std::string AccountKeys::all_dead(std::string_view name_space, std::string_view platform) {
  return keys_of_all(name_space, platform, "inbox-dead");
}

std::string AccountKeys::account_of(std::string_view key) {
  constexpr int kBefore = 5;  // kefu, format, namespace, platform, kind
  for (int i = 0; i < kBefore; ++i) key.remove_prefix(std::min(key.find('/') + 1, key.size()));
  return unescaped(key.substr(0, key.find('/')));
}

std::string AccountKeys::event_of(std::string_view key) { return unescaped(key.substr(key.rfind('/') + 1)); }

}  // namespace detail
KEFU_END_NAMESPACE
