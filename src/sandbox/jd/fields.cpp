#include "sandbox/jd/fields.hpp"

#include "sandbox/http/json_text.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {

std::string json_text(std::string_view text) {
  std::string out;
  detail::JsonWriter(out).string(text);
  return out;
}

JsonFields fields_of(const detail::Value& object) {
  JsonFields out;
  for (const auto& member : object) out.emplace(member.name, json_of(member.value));
  return out;
}

JdFields& JdFields::raw(std::string_view name, std::string json) {
  fields_[std::string(name)] = std::move(json);
  return *this;
}
JdFields& JdFields::text(std::string_view name, std::string_view value) { return raw(name, json_text(value)); }
JdFields& JdFields::number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
JdFields& JdFields::flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
JdFields& JdFields::time(std::string_view name, WallTime value) {
  if (value == kNotYet) return raw(name, "null");
  if (twin_.setting("jd_dates_as_text") != 0) return text(name, jd_time_text(value));
  return number(name, unix_millis(value));
}
JdFields& JdFields::replace_with(const JsonFields& own) {
  for (const auto& [name, json] : own) fields_[name] = json;
  return *this;
}

void JdFields::write(detail::JsonWriter& writer) const {
  writer.begin_object();
  for (const auto& [name, json] : fields_) writer.key(name).raw(json);
  writer.end_object();
}

}  // namespace sandbox
KEFU_END_NAMESPACE
