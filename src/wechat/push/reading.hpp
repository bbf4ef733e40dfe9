#pragma once

#include "core/text/document.hpp"

#include <kefu/channel/inbound.hpp>
#include <kefu/wechat/events.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

enum class TextFormat : unsigned char { none, xml, json };
/// By the first character that is not blank; `none` if it is neither '<' nor '{'.
TextFormat text_format(std::string_view text) noexcept;
/// Reads XML or JSON. Values may point into `text` and `room`, which must outlive them.
detail::Document read_text(std::string_view text, TextFormat format, detail::DocumentRoom& room);

/// The typed push of a message's root. Never fails: what is missing is empty, what is new is UnknownPush.
Push typed_push(detail::Value root);

/// Makes a new event what the push is to the channel, save its raw text. `root` is what `push` was read from; `push` is
/// used up.
void fill_channel_event(Push&& push, detail::Value root, std::string_view account, WallTime received,
                        InboundEvent& event);

}  // namespace wechat
KEFU_END_NAMESPACE
