#pragma once

#include "sandbox/wechat/text.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// What the platform takes of one type of media.
struct UploadRule {
  std::string_view type;
  std::size_t most_bytes;
  int too_large;
  std::string_view formats;  ///< Extensions with a blank behind each.
};
const UploadRule* temporary_rule(std::string_view type);
const UploadRule* permanent_rule(std::string_view type);

/// The file of the call, checked by the rule.
ApiResult checked_file(const WechatCall& call, const UploadRule& rule, const FormPart*& file);
Media media_of_file(const WechatCall& call, std::string_view type, const FormPart& file);

/// "image/jpeg" of "jpg" ...
std::string_view content_type_of(std::string_view format);
/// The bytes with Content-Type and a file name made of the id.
ApiResult file_answer(const WechatCall& call, std::string_view id, const Media& media);
/// Where a video can be fetched from this twin.
std::string video_url(const WechatCall& call, std::string_view id);
/// Bytes of that type for media of which nobody gave any.
std::string sample_bytes(std::string_view type);

}  // namespace sandbox
KEFU_END_NAMESPACE
