#pragma once

#include "sandbox/wechat/twin.hpp"

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Code points of UTF-8 text.
std::size_t character_count(std::string_view text);
/// Not empty, and of [A-Za-z0-9_-] only.
bool is_word(std::string_view text);

/// What a file is by its first bytes: "jpg", "png", "gif", "bmp", "amr", "mp3", "wma", "wav", "mp4"; empty: none of
/// these.
std::string_view file_format(std::string_view bytes);
/// The extension of a file name in lower case, without the dot; "jpeg" is "jpg".
std::string file_extension(std::string_view name);
/// The one file of an upload, in a part named "media" with a name that has an extension.
ApiResult find_upload(const WechatCall& call, const FormPart*& file);

}  // namespace sandbox
KEFU_END_NAMESPACE
