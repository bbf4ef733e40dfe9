#include "sandbox/twin/twin.hpp"

#include "core/crypto/crypto.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {

std::int64_t platform_day(WallTime now) { return (unix_seconds(now) + 8 * 3600) / 86400; }

std::string random_hex(std::size_t digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string bytes(digits, '\0');
  if (!detail::random_bytes(bytes.data(), bytes.size())) return bytes;
  for (char& c : bytes) c = kDigits[static_cast<unsigned char>(c) & 15];
  return bytes;
}

Twin::Twin(const std::vector<TwinSwitch>& switches) : switches_(switches) {
  for (const TwinSwitch& row : switches) settings.emplace(row.name, row.value);
}

std::int64_t Twin::setting(std::string_view name) const {
  const auto found = settings.find(name);
  return found == settings.end() ? 0 : found->second;
}

const TwinSwitch* Twin::find_switch(std::string_view name) const {
  for (const TwinSwitch& row : switches_)
    if (row.name == name) return &row;
  return nullptr;
}

void Twin::note_call(const std::string& name, int code) {
  constexpr std::size_t kNamesBound = 1000;
  auto counted = calls.find(name);
  if (counted == calls.end())
    counted = calls.emplace(calls.size() < kNamesBound ? name : std::string("other"), CallCount()).first;
  ++counted->second.calls;
  ++counted->second.codes[code];
}

}  // namespace sandbox
KEFU_END_NAMESPACE
