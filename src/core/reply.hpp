#pragma once

#include <kefu/core/http.hpp>

#include "core/document.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A platform's answer after transport and parsing: what decoders and classifiers see. `document` is empty (a null
/// value) for downloads and for bodies that are no JSON object; `unreadable` says why then.
class Reply {
 public:
  HttpReply http;
  Document document;
  std::string unreadable;  ///< Empty if the body is a JSON object; else "empty", "html", "cut json", "not an object", "too deep".
};

}  // namespace detail
KEFU_END_NAMESPACE
