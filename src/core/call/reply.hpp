#pragma once

#include "core/text/document.hpp"

#include <kefu/core/http.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A platform's answer after transport and parsing: what decoders and classifiers see. `document` has a root only if
/// the body is a JSON object.
class Reply {
 public:
  HttpReply http;
  Document document;
  ReadFault unreadable = ReadFault::empty;  ///< `none` if `document` can be used.
  bool streamed = false;                    ///< The body of this HTTP 200 went to the request's sink.
};

}  // namespace detail
KEFU_END_NAMESPACE
