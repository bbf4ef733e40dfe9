#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <string>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Writes a value that was read (from JSON or XML) as JSON; numbers keep their digits. Repeated XML elements
/// become one array, as repeated keys would be lost.
void write_value(detail::JsonWriter& writer, const detail::Value& value);
std::string json_of(const detail::Value& value);

}  // namespace sandbox
KEFU_END_NAMESPACE
