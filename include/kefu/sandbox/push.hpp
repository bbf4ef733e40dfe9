#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>

#include <functional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// One delivery of a push (or a URL verification) as it reaches the host's webhook.
struct PushRequest {
  PushRequest() {}
  std::string method = "POST";
  std::string path = "/";
  std::string raw_query;  ///< Signature, timestamp, nonce ...; percent-encoded.
  std::string content_type;
  std::string body;
};

/// What the host answered.
struct PushReply {
  PushReply() {}
  PushReply(int http_status, std::string text) : status(http_status), body(std::move(text)) {}
  int status = 0;
  std::string body;
  /// Why there was no answer: "timeout", "refused", "closed", "bad_answer", "handler_threw"; empty if there was one.
  std::string fault;
};

/// A webhook in the same process. `answer` may be called later and from any thread; after the platform's deadline it
/// is ignored. Called with no lock held.
using PushHandler = std::function<void(PushRequest request, MoveFunction<void(PushReply)> answer)>;

}  // namespace sandbox
KEFU_END_NAMESPACE
