#pragma once

#include "core/text/document.hpp"
#include "core/text/wipe.hpp"

#include <kefu/core/http.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A platform's answer after transport and parsing: what decoders and classifiers see. `document` has a root only if
/// the body is a JSON object. The body is wiped with it, as it may hold a token.
class Reply {
 public:
  Reply() = default;
  Reply(HttpReply h, Document d) : http(std::move(h)), document(std::move(d)), unreadable(document.fault()) {}
  Reply(Reply&&) = default;
  Reply& operator=(Reply&&) = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { wipe(http.body); }

  HttpReply http;
  Document document;
  ReadFault unreadable = ReadFault::empty;  ///< `none` if `document` can be used.
  bool streamed = false;                    ///< The body of this HTTP 200 went to the request's sink.
};

}  // namespace detail
KEFU_END_NAMESPACE
