#pragma once

#include "core/call/fields.hpp"

#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/template_values.hpp>

#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What is wrong with a value under its key, empty if nothing is: "has 21 characters, at most 20".
std::string complaint_about(const TemplateValue& value);
/// The values as the object that `data` is.
std::string template_data_json(const TemplateValues& values);

/// The member `data` of every kind of template message.
template <class V>
void template_data(V& v, const TemplateValues& values) {
  if (values.empty()) return v.complain("data", "is empty, but required");
  for (const TemplateValue& value : values) {
    if (value.key.empty()) return v.complain("data", "has a value without a key");
    if (const std::string wrong = complaint_about(value); !wrong.empty())
      return v.complain(("data." + value.key).c_str(), wrong);
  }
  v.raw_json("data", template_data_json(values));
}

template <class V>
void mini_program_target(V& v, const MiniProgramTarget& target) {
  if (target.app_id.empty() && !target.page_path.empty())
    return v.complain("miniprogram.appid", "is empty, but there is a pagepath");
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
