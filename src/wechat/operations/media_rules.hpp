#pragma once

#include "core/call/field_checks.hpp"
#include "core/net/multipart.hpp"

#include <kefu/channel/media.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The places that take files; each has its own limits.
enum class UploadPlace : unsigned char { temporary, permanent, article, kf_picture };

/// A file that may be sent there: opened, its size and format within the limits, named so that the platform takes it.
/// `max_bytes` replaces the documented size if it is not 0. Error: `bad_argument`.
Result<detail::MultipartFile> checked_upload(UploadPlace place, MediaKind kind, const MediaContent& content,
                                             std::size_t max_bytes);

/// The platform's word for a kind ("thumb"); empty if it has none.
std::string_view type_of(MediaKind kind) noexcept;

/// What is looked at of an upload to this place, by kind.
std::vector<detail::FieldCheck> upload_checks(UploadPlace place);

}  // namespace wechat
KEFU_END_NAMESPACE
