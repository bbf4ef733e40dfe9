#pragma once

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/channel/webhook.hpp>

#include <optional>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// An answer as JSON, for records of the store: {"kind":"text","body":"..."}, {"kind":"transfer","agent":"..."},
/// {"kind":"none"}. Invalid UTF-8 is replaced.
void write_answer(JsonWriter& json, const PassiveReply& answer);
/// Nothing for what this version does not know.
std::optional<PassiveReply> read_answer(Value value);

}  // namespace detail
KEFU_END_NAMESPACE
