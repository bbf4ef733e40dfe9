#pragma once

#include <kefu/core/export.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// One part of a multipart/form-data body (RFC 7578).
struct FormPart {
  std::string name;
  std::optional<std::string> file_name;
  std::string content_type;
  std::string_view bytes;  ///< In the request's body.
};

/// Nothing if the body is none of that type, or its parts do not end as the boundary wants it.
std::optional<std::vector<FormPart>> read_form_data(std::string_view content_type, std::string_view body);

}  // namespace sandbox
KEFU_END_NAMESPACE
