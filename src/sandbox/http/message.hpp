#pragma once

#include "sandbox/http/web_text.hpp"

#include <kefu/core/time.hpp>

#include <cstddef>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// One request as a twin sees it, from a socket or from the in-process transport alike.
struct WebRequest {
  std::string method;
  std::string path;  ///< Percent-decoded, without query.
  Pairs query;       ///< Decoded.
  Pairs headers;     ///< Names in lower case.
  std::string body;

  std::string_view query_value(std::string_view name) const { return find_pair(query, name).value_or(""); }
};

/// How the server breaks the protocol while it sends an answer.
enum class Wire : unsigned char {
  whole,
  reset_before_reply,
  reset_inside_reply,
  reset_after_reply,
  close_without_reply,
  close_inside_reply,
  close_after_reply,
  half_headers,
  stall_inside_reply,  ///< Half of the body, then silence until the client gives up.
  length_too_long,     ///< Announces more than it sends, then closes.
  length_too_short,    ///< Announces less than it sends.
};

struct WebAnswer {
  int status = 200;
  std::string content_type = "application/json; encoding=utf-8";
  Pairs headers;
  std::string body;
  Wire wire = Wire::whole;
  Millis delay{0};  ///< Sent this much later.
};

/// Reads one HTTP/1.1 message after the other from what arrived: start line, headers, then a body by length, in chunks,
/// or (answers) until the end of the connection. Bounded, and linear in what arrived.
class MessageReader {
 public:
  enum class Part : unsigned char { more, head, whole, bad };
  static constexpr std::size_t kHeadLimit = 64 * 1024;
  static constexpr std::size_t kBodyLimit = 32 * 1024 * 1024;

  explicit MessageReader(bool answers) : answers_(answers) {}

  /// What arrived, behind what came before.
  void append(std::string_view bytes) { in_.append(bytes); }
  bool has_unread() const { return at_ < in_.size(); }
  /// Reads on. `head` is reported once per message, as soon as the headers are there.
  Part read();
  /// The connection ended: true if that completes the message.
  bool finish() const { return in_body_ && framing_ == Framing::until_close; }
  /// Forgets the message that was read.
  void next();

  const std::string& start_line() const { return start_line_; }
  Pairs& headers() { return headers_; }
  std::string& body() { return body_; }

 private:
  enum class Framing : unsigned char { length, chunked, until_close };
  Part read_part();
  Part read_head();
  Part read_chunks();
  bool choose_framing();
  std::string_view unread() const { return std::string_view(in_).substr(at_); }

  const bool answers_;
  bool in_body_ = false;
  Framing framing_ = Framing::length;
  std::size_t left_ = 0;
  std::string in_;
  std::size_t at_ = 0;  ///< Before it `in_` was read. It is cut off now and then only: small parts would move all.
  std::string start_line_;
  Pairs headers_;
  std::string body_;
};

/// Method, path and query from a request's start line; false if it is none.
bool read_request_line(std::string_view line, WebRequest& request);
/// The status of an answer's start line, or 0.
int read_status_line(std::string_view line);
/// The bytes of an answer as a correct server sends them; `announced` is the Content-Length.
std::string answer_head(const WebAnswer& answer, std::size_t announced, bool keep_alive);

}  // namespace sandbox
KEFU_END_NAMESPACE
