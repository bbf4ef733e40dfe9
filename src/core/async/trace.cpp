#include <kefu/core/trace.hpp>

#include <fmt/format.h>

#include <optional>

KEFU_BEGIN_NAMESPACE

namespace {

/// Lower-case hex only, as the specification demands.
std::optional<std::uint64_t> hex_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return std::nullopt;
    number = (number << 4) | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return number;
}

constexpr std::size_t kTraceParentBytes = 55;  // 2 + 32 + 16 + 2 digits and three dashes

}  // namespace

Result<TraceParent> TraceParent::parse(std::string_view text) {
  const Error wrong(ErrorKind::bad_argument,
                    "this is no traceparent: it looks like 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, in lower "
                    "case, ids not all zero");
  if (text.size() < kTraceParentBytes || text[2] != '-' || text[35] != '-' || text[52] != '-') return wrong;
  const auto version = hex_number(text.substr(0, 2));
  if (!version || *version == 0xFF) return wrong;
  if (text.size() > kTraceParentBytes && (*version == 0 || text[kTraceParentBytes] != '-')) return wrong;
  const auto high = hex_number(text.substr(3, 16));
  const auto low = hex_number(text.substr(19, 16));
  const auto span = hex_number(text.substr(36, 16));
  const auto flags = hex_number(text.substr(53, 2));
  if (!high || !low || !span || !flags) return wrong;
  const TraceParent parent(*high, *low, *span, (*flags & 1U) != 0);
  if (!parent) return wrong;
  return parent;
}

std::string TraceParent::to_string() const {
  if (!*this) return {};
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", high_, low_, span_, flags_);
}

KEFU_END_NAMESPACE
