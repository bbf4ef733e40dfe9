#pragma once

#include <kefu/core/export.hpp>

#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// One value of a template: TemplateValue("thing1", "订单已发货").
///
/// Where the key's prefix has a rule (wechat-messages 10.1) it is checked before the call: thing up to 20 characters;
/// number, letter, character_string 32; symbol 5; phone_number 17; car_number 8; phrase 5; name 10 Chinese or 20 Latin;
/// amount up to 10 digits; no control characters in any. Keys without a rule ("keyword1") are sent as they are. The
/// platform answers 47003 for what breaks a rule.
struct TemplateValue {
  TemplateValue(std::string key_, std::string value_) : key(std::move(key_)), value(std::move(value_)) {}
  std::string key;
  std::string value;
  std::string color;  ///< "#173177"; obsolete, shown by old templates only.
};
using TemplateValues = std::vector<TemplateValue>;

/// Where a tap on a message leads.
struct MiniProgramTarget {
  MiniProgramTarget() {}
  MiniProgramTarget(std::string app, std::string path) : app_id(std::move(app)), page_path(std::move(path)) {}
  std::string app_id;     ///< Must be linked to the sending account. Empty: no mini program.
  std::string page_path;  ///< "pages/index?foo=bar"
};

}  // namespace wechat
KEFU_END_NAMESPACE
