#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE

/// What happens if the platform receives the same request twice.
enum class Effect : unsigned char {
  read,        ///< Nothing changes.
  idempotent,  ///< The same end state.
  create,      ///< A second message or ticket: never repeated on doubt.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Effect effect) noexcept;

/// Which credential a request carries. The platform decides where it goes.
enum class Authorization : unsigned char {
  none,          ///< No credential at all, or the secret is a field of the request.
  access_token,  ///< The account's token.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(Authorization authorization) noexcept;

/// The facts about one platform API.
struct OperationInfo {
  std::string_view name;    ///< Stable, for errors, metrics, limits: "wechat.message.custom.send".
  std::string_view method;  ///< "GET" or "POST".
  std::string_view path;    ///< The API's address: "/cgi-bin/message/custom/send", "jingdong.im.pop.chatlog.get".
  Authorization authorization;
  Effect effect;
  std::string_view quota;  ///< Name of the limiter's bucket; all calls count in the account's common one too.
  Millis timeout;          ///< Default for the whole call.
  std::string_view page;   ///< Title of the platform's documentation page.
  /// Empty: two sources or the platform's own say so. Else what about this operation no good source shows: test it with
  /// a real account before relying on it.
  std::string_view weak = {};
};

namespace detail {
class Reply;
}

/// One row of an account's API: the facts and how its values are written and read. Each operation type has exactly one,
/// defined in the source file of its family.
///
/// An operation is a value type with `using Response = ...` (default constructible) and
/// `static const Operation& operation()`.
struct Operation {
  OperationInfo info;
  Result<void> (*encode)(const void* request, HttpRequest& out);
  Result<void> (*decode)(const detail::Reply& reply, void* response);
  /// Last step of a call that succeeded, for operations that leave something on this side (a downloaded file). May be
  /// null. Its error becomes the call's.
  Result<void> (*finish)(const void* request, const detail::Reply& reply, void* response) = nullptr;
  /// Whether this request reads or writes a file of this machine: its `encode` and `finish`, and the source and sink of
  /// its request, then run on the runtime's file thread. May be null: never.
  bool (*uses_file)(const void* request) = nullptr;
};

/// The response of an operation whose answer says nothing but that it was done.
struct NoContent {
  NoContent() {}
};

/// The answer to a raw call: what the platform sent, after its error codes were looked at.
struct RawReply {
  RawReply() {}
  int http_status = 0;
  std::string content_type;
  std::string body;
};

/// An API that kefu does not model (yet), called through the same pipeline: token, limits, retry by `effect`, reply
/// window and redaction. `body` is JSON text for a POST; empty sends `{}`.
struct RawCall {
  using Response = RawReply;
  RawCall(std::string method_, std::string path_, std::string body_ = {}, Effect effect_ = Effect::create)
      : method(std::move(method_)), path(std::move(path_)), body(std::move(body_)), effect(effect_) {}

  std::string method;  ///< "GET" or "POST".
  std::string path;    ///< The address of the API: a path that starts with '/', no query; at JD the method's name.
  std::string body;
  Effect effect;  ///< Default: assume that a repeat would act twice.
  HttpFields query;
  Millis timeout{10'000};
};

KEFU_END_NAMESPACE
