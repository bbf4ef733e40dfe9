#pragma once

#include "core/call/field_checks.hpp"

#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/template_values.hpp>

#include <algorithm>
#include <string>
#include <type_traits>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What is wrong with a value under its key, empty if nothing is: "has 21 characters, at most 20".
std::string complaint_about(const TemplateValue& value);
bool has_each_key_once(const TemplateValues& values);
/// What such values must keep, for the table of checks.
std::string typed_value_rules();
/// The values as the object that `data` is.
std::string template_data_json(const TemplateValues& values);

/// The member `data` of every kind of template message.
template <class V>
void template_data(V& v, const TemplateValues& values) {
  if constexpr (std::is_same_v<V, detail::CheckLister>) v.rule("data", true, typed_value_rules());
  v.rule("data", std::none_of(values.begin(), values.end(), [](const auto& one) { return one.key.empty(); }),
         "must have a key for each value");
  v.rule("data", has_each_key_once(values), "must have each key once");
  for (const TemplateValue& value : values)
    if (const std::string wrong = complaint_about(value); !wrong.empty())
      v.complain(("data." + value.key).c_str(), wrong);
  if (values.empty()) return v.lack("data");
  v.raw_json("data", template_data_json(values));
}

template <class V>
void mini_program_target(V& v, const MiniProgramTarget& target) {
  v.rule("miniprogram.appid", !target.app_id.empty() || target.page_path.empty(),
         "must not be empty beside a pagepath");
  if (target.app_id.empty()) return;
  v.group("miniprogram", [&target](auto& inner) {
    inner.required("appid", target.app_id);
    inner.optional("pagepath", target.page_path);
  });
}

}  // namespace wechat

namespace detail {

/// The answer that subscription and template messages have in common.
KEFU_FIELDS(wechat::NotificationSent) { v.optional("msgid", s.message_id); }

}  // namespace detail
KEFU_END_NAMESPACE
