// What the members of a control call may be. One place, as a value that is silently a default misleads a test.
#include "sandbox/control/api.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

struct TakenMember {
  std::string_view name;
  char kind;  ///< One of #, %, ?, * or a blank.
};

std::vector<TakenMember> members_of(std::string_view takes) {
  std::vector<TakenMember> out;
  while (!takes.empty()) {
    const std::size_t end = std::min(takes.find(' '), takes.size());
    std::string_view name = takes.substr(0, end);
    const char last = name.empty() ? ' ' : name.back();
    const bool marked = last == '#' || last == '%' || last == '?' || last == '*';
    if (marked) name.remove_suffix(1);
    if (!name.empty()) out.push_back({name, marked ? last : ' '});
    takes.remove_prefix(std::min(end + 1, takes.size()));
  }
  return out;
}

struct MemberRange {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
};
constexpr std::int64_t kCentury = 3'153'600'000;  ///< Seconds: the longest span of our clocks.
/// Numbers that may be less than 0, or must be less than any id.
constexpr MemberRange kMemberRanges[] = {
    {"count", -1, 1'000'000'000},
    {"errcode", INT32_MIN, INT32_MAX},
    {"refuse_code", INT32_MIN, INT32_MAX},
    {"skip", 0, 1'000'000'000},
    {"wait_ms", 0, 120'000},
    {"delay_ms", 0, 600'000},
    {"size", 0, 67'108'864},
    {"status", 100, 599},
    {"seconds", -kCentury, kCentury},
    {"ms", -kCentury * 1000, kCentury * 1000},
    {"late_s", -1, kCentury},
    {"label", 0, INT32_MAX},
    {"type", 0, INT32_MAX},
    {"score", 0, INT32_MAX},
    {"version", 0, INT32_MAX},
    {"expect", 0, INT32_MAX},
    {"col_type", 0, INT32_MAX},
    {"auto_accept", 0, INT32_MAX},
    {"token_life_s", 0, kCentury},
};

MemberRange range_of(std::string_view name) {
  for (const MemberRange& one : kMemberRanges)
    if (one.name == name) return one;
  return {name, 0, INT64_MAX};
}

bool is_scalar(const detail::Value& value) {
  return value.kind() != detail::Value::Kind::object && value.kind() != detail::Value::Kind::array;
}

/// What a member of the body should be and is not, or nothing.
std::optional<std::string> wrong_value(const TakenMember& member, const detail::Value& value) {
  if (!value.present() || member.kind == '*') return std::nullopt;
  if (member.kind == '#') {
    const MemberRange range = range_of(member.name);
    const auto number = is_scalar(value) ? value.integer() : std::nullopt;
    if (number && *number >= range.least && *number <= range.most) return std::nullopt;
    return fmt::format("a whole number from {} to {}", range.least, range.most);
  }
  if (member.kind == '%' && !value.real()) return "a number";
  if (member.kind == '?' && !value.boolean()) return "true or false";
  return is_scalar(value) ? std::nullopt : std::optional<std::string>("a text");
}

/// The same of a parameter of the query, which is a text always.
std::optional<std::string> wrong_parameter(const TakenMember& member, const std::string& text) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("it").string(text).end_object();
  if (text.empty()) return std::nullopt;
  return wrong_value(member, detail::Document::json(json).root()["it"]);
}

}  // namespace

std::optional<std::string> wrong_member(const ControlRoute& route, const ControlCall& call) {
  if (route.takes == kAnyMember) {
    if (call.request.query.empty()) return std::nullopt;
    return "this call has its members in its body, and takes nothing in the query: " + call.request.query.front().first;
  }
  const std::vector<TakenMember> taken = members_of(route.takes);
  const auto unknown = [&taken](std::string_view name) {
    std::string names;
    for (const TakenMember& one : taken) names += (names.empty() ? "" : " ") + std::string(one.name);
    return fmt::format("{} is no member of this call, which takes: {}", name, names.empty() ? "none" : names);
  };
  const auto find = [&taken](std::string_view name) {
    return std::find_if(taken.begin(), taken.end(), [name](const TakenMember& one) { return one.name == name; });
  };
  for (const auto& member : call.body) {
    const auto known = find(member.name);
    if (known == taken.end()) return unknown(member.name);
    if (auto wanted = wrong_value(*known, member.value)) return fmt::format("{} must be {}", known->name, *wanted);
  }
  for (const auto& [name, value] : call.request.query) {
    const auto known = find(name);
    if (known == taken.end()) return unknown(name);
    if (auto wanted = wrong_parameter(*known, value)) return fmt::format("{} must be {}", name, *wanted);
  }
  return std::nullopt;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
