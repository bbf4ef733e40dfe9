#pragma once

#include "core/async/file_thread.hpp"
#include "core/net/io_loop.hpp"

#include <kefu/core/curl_options.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/result.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The default transport: libcurl on the I/O loop. `done` is called on the loop; sources and sinks that wait for a disk
/// (HttpRequest::on_file_thread) on the file thread.
///
/// Thread safety: `send` from any thread; cheapest on the loop.
class CurlTransport final : public Transport {
 public:
  /// Errors: `configuration` (CA file, certificate, proxy), `bad_argument` (limits). Call before the loop starts.
  static Result<std::shared_ptr<CurlTransport>> create(CurlOptions options, const std::shared_ptr<IoLoop>& loop,
                                                       std::shared_ptr<FileThread> files);
  ~CurlTransport() override;

  void send(HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done) override;

 private:
  class Impl;
  explicit CurlTransport(std::shared_ptr<Impl> impl);
  const std::shared_ptr<Impl> impl_;
};

}  // namespace detail
KEFU_END_NAMESPACE
