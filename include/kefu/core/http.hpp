#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A body that is read while it is sent (an upload from a file or callback). The length is known in advance.
///
/// `read` fills `data` with up to `size` bytes and returns how many; 0 ends early and fails the call. It runs on the
/// I/O thread and must not block for long. `rewind` goes back to the start for a repeat; false if it cannot. What a
/// member throws fails the call with `internal`.
class KEFU_EXPORT BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t length() const = 0;
  virtual std::size_t read(char* data, std::size_t size) = 0;
  virtual bool rewind() = 0;
};

/// One HTTP request as the pipeline hands it to the transport. There is no way to print it: the query and the headers
/// hold credentials.
struct HttpRequest {
  HttpRequest() {}
  std::string method = "GET";
  std::string base;  ///< Scheme, host and port, no path: "https://api.weixin.qq.com".
  std::string path;  ///< Starts with '/'; sent as it is.
  HttpFields query;  ///< Not yet percent-encoded.
  HttpFields headers;
  std::string body;
  std::shared_ptr<BodySource> source;  ///< Instead of `body`.
  /// If the reply is a download: receives the bytes of a reply whose status is 200. `HttpReply::body` then stays
  /// empty. Returns false to end the transfer. Runs on the I/O thread. Once the transport has answered, or its call has
  /// without it, sink and source reach nobody: the sink returns false, the source reads 0 bytes.
  std::function<bool(std::string_view)> sink;
  /// Source and sink wait for a disk: the default transport calls them on the runtime's file thread instead. When the
  /// request ends early (a cancel, the deadline), bytes at hand may still be on their way into the sink.
  bool on_file_thread = false;
  /// True for reads: the transport may use a connection again and repeat the request on it if it died before the first
  /// byte of the reply. False: it must never send twice what it was given once.
  bool repeatable = false;
  std::size_t max_reply_bytes = 4 * 1024 * 1024;
};

/// Path and percent-encoded query, the one place that writes them. Unreserved characters and '@' stay as they are
/// (WeChat's `kf_account` is wanted with a raw '@'), everything else becomes %XX. Other transports use it too.
KEFU_EXPORT void append_request_target(std::string& out, const HttpRequest& request);

/// An HTTP answer of any status: only the pipeline knows what a status means for a platform.
struct HttpReply {
  HttpReply() {}
  int status = 0;
  HttpFields headers;  ///< Names in lower case.
  std::string body;

  /// The first header of that (lower-case) name, or an empty view.
  std::string_view header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

/// Why no whole HTTP answer came. The names are those of `transport_faults` in `error-kinds.json`, which gives each
/// its kind and delivery.
enum class TransportFault : unsigned char {
  dns_failure,
  connection_refused,
  host_unreachable,
  timeout_before_connect,
  tls_handshake_failed,
  tls_verification_failed,
  proxy_refused_tunnel,
  proxy_wants_authentication,
  deadline_before_sending,  ///< Time was over before anything left.
  cancelled_before_sending,
  connection_lost_while_sending,
  replay_prevented,  ///< A reused connection died; sending again was stopped.
  reset_before_reply,
  closed_without_reply,
  reset_inside_reply,  ///< Also fewer bytes than announced.
  timeout_after_send,
  timeout_inside_reply,
  cancelled_after_sending,
  reply_too_large,
  too_many_waiting,  ///< As many wait for a connection as may: not sent.
  refused_locally,   ///< The URL is not allowed (plain http to a host that is not listed, bad scheme).
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(TransportFault fault) noexcept;

/// Answer or fault of one exchange. `detail` says more for the operator, without URL and secret.
struct HttpOutcome {
  HttpOutcome(HttpReply r) : reply(std::move(r)) {}
  HttpOutcome(TransportFault f, std::string d) : fault(f), detail(std::move(d)) {}
  HttpReply reply;
  std::optional<TransportFault> fault;
  std::string detail;
};

/// Sends requests over the wire. Hosts may bring their own; the default is CurlTransport.
///
/// `done` is called exactly once, on any thread, never inside `send`; a transport that is destroyed drops it (the call
/// is then answered `cancelled`). One that throws fails the call with `internal`. Thread safety: `send` may be called
/// from any thread.
class KEFU_EXPORT Transport {
 public:
  virtual ~Transport() = default;
  virtual void send(HttpRequest request, MonoTime deadline, CancelToken cancel,
                    MoveFunction<void(HttpOutcome)> done) = 0;
};

KEFU_END_NAMESPACE
