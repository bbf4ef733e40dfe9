#pragma once

#include "sandbox/jd/twin.hpp"

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// An object of an answer whose members a test may replace: computed ones first, then those of the record.
class JdFields {
 public:
  explicit JdFields(const JdTwin& twin) : twin_(twin) {}
  JdFields& text(std::string_view name, std::string_view value);
  JdFields& number(std::string_view name, std::int64_t value);
  JdFields& flag(std::string_view name, bool value);
  JdFields& time(std::string_view name, WallTime value);
  JdFields& raw(std::string_view name, std::string json);
  JdFields& replace_with(const JsonFields& own);
  void write(detail::JsonWriter& writer) const;
  const JsonFields& fields() const { return fields_; }

 private:
  const JdTwin& twin_;
  JsonFields fields_;
};

/// A JSON object's members as texts.
JsonFields fields_of(const detail::Value& object);
std::string json_text(std::string_view text);

}  // namespace sandbox
KEFU_END_NAMESPACE
