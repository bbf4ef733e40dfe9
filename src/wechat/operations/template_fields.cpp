#include "wechat/operations/template_fields.hpp"

#include "core/text/json_writer.hpp"
#include "wechat/operations/field_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// The longest value under keys of one prefix; wechat-messages 10.1.
struct KeyRule {
  std::string_view prefix;
  std::size_t characters;
};
constexpr KeyRule kKeyRules[] = {
    {"thing", 20}, {"number", 32},       {"letter", 32},    {"symbol", 5}, {"character_string", 32},
    {"phrase", 5}, {"phone_number", 17}, {"car_number", 8},
};
constexpr std::size_t kNameWidth = 20;
constexpr std::ptrdiff_t kAmountDigits = 10;

std::string_view prefix_of(std::string_view key) {
  const auto last = key.find_last_not_of("0123456789");
  return last == std::string_view::npos || last + 1 == key.size() ? std::string_view() : key.substr(0, last + 1);
}

}  // namespace

std::string complaint_about(const TemplateValue& value) {
  if (has_control_characters(value.value)) return "holds control characters";
  const std::string_view prefix = prefix_of(value.key);
  if (prefix == "name") {
    const std::size_t width = width_of(value.value);
    return width <= kNameWidth
               ? std::string()
               : fmt::format("has a length of {} (a Chinese character counts two), at most {}", width, kNameWidth);
  }
  if (prefix == "amount") {
    const auto digits =
        std::count_if(value.value.begin(), value.value.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits <= kAmountDigits ? std::string() : fmt::format("has {} digits, at most {}", digits, kAmountDigits);
  }
  for (const KeyRule& rule : kKeyRules)
    if (rule.prefix == prefix) return detail::Check().max_characters(rule.characters).text(value.value);
  return {};
}

std::string template_data_json(const TemplateValues& values) {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object();
  for (const TemplateValue& value : values) {
    json.key(value.key).begin_object().key("value").string(value.value);
    if (!value.color.empty()) json.key("color").string(value.color);
    json.end_object();
  }
  json.end_object();
  return out;
}

}  // namespace wechat
KEFU_END_NAMESPACE
