#pragma once

#include <kefu/core/http.hpp>
#include <kefu/core/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The one file of a form.
struct MultipartFile {
  MultipartFile() {}
  std::string part;  ///< The field's name: "media".
  std::string name;  ///< File name in UTF-8, written as plain filename="..." (MED-1).
  std::string content_type;
  std::shared_ptr<BodySource> source;
  std::uint64_t length = 0;  ///< So many bytes of the source are sent; one that ends before fails the call.
};

/// Makes `out` a multipart/form-data upload of one file and of text fields behind it, streamed, with its length known
/// in advance. The boundary is 190 random bits, so that no content holds it. Error: `internal` (no random bytes).
Result<void> encode_multipart(MultipartFile file, const HttpFields& fields, HttpRequest& out);

}  // namespace detail
KEFU_END_NAMESPACE
