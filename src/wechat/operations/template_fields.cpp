#include "wechat/operations/template_fields.hpp"

#include "core/text/json_writer.hpp"
#include "wechat/operations/field_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
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
  const std::string_view prefix = prefix_of(value.key);
  const auto rule = std::find_if(std::begin(kKeyRules), std::end(kKeyRules),
                                 [prefix](const KeyRule& one) { return one.prefix == prefix; });
  const bool typed = rule != std::end(kKeyRules) || prefix == "name" || prefix == "amount";
  // Under a key without a type the platform takes line ends and shows one line.
  if (typed && has_control_characters(value.value)) return "holds control characters";
  if (prefix == "name") {
    const std::size_t width = width_of(value.value);
    return width <= kNameWidth
               ? std::string()
               : fmt::format("has a length of {} (a Chinese character counts two), at most {}", width, kNameWidth);
  }
  if (prefix == "amount") {
    // Whether decimals count is not said: those before the point are counted.
    const std::string_view whole = std::string_view(value.value).substr(0, value.value.find('.'));
    const auto digits = std::count_if(whole.begin(), whole.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits <= kAmountDigits ? std::string()
                                   : fmt::format("has {} digits before the point, at most {}", digits, kAmountDigits);
  }
  return rule == std::end(kKeyRules) ? std::string()
                                     : detail::Check().max_characters(rule->characters).text(value.value);
}

bool has_each_key_once(const TemplateValues& values) {
  std::set<std::string_view> keys;
  return std::all_of(values.begin(), values.end(), [&keys](const auto& one) { return keys.insert(one.key).second; });
}

std::string typed_value_rules() {
  std::string text = "values of typed keys hold no control characters and at most";
  for (const KeyRule& rule : kKeyRules) text += fmt::format(" {} {},", rule.prefix, rule.characters);
  return text + fmt::format(" name {} (a Chinese character counts two), amount {} digits before the point", kNameWidth,
                            kAmountDigits);
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
