#pragma once

#include "core/async/wait.hpp"
#include "core/net/body_flow.hpp"
#include "core/net/curl_settings.hpp"
#include "core/net/io_loop.hpp"

#include <kefu/core/http.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

struct curl_slist;

KEFU_BEGIN_NAMESPACE
namespace detail {

struct CurlHost;

/// One request on one easy handle. Objects are used again: what does not depend on the request is set once.
///
/// Thread safety: the I/O loop only.
class CurlTransfer final : public IoLoop::Transfer {
 public:
  /// Told when a transfer ended by itself, or its wait did.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void ended(CurlTransfer& transfer, int curl_code) = 0;
    virtual void ended(CurlTransfer& transfer, Wait::End end) = 0;
  };

  CurlTransfer(std::weak_ptr<Owner> owner, const CurlSettings& settings, void* share);
  ~CurlTransfer() override;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  bool usable() const noexcept { return easy_ != nullptr; }

  /// Takes the request; `usable()` is known. `base_url` is the CURLU of request.base: parsed once per host, because
  /// libcurl takes a whole URL apart and together again for every transfer. Returns what is wrong, or nothing.
  std::string prepare(HttpRequest request, void* base_url, MoveFunction<void(HttpOutcome)> done);
  /// Of a prepared request: its source and sink are called on the file thread.
  bool wants_files() const noexcept { return request_.on_file_thread; }
  /// Then, before the transfer begins. `changed` is called on the file thread when the loop should look again.
  void use_files(const std::shared_ptr<FileThread>& files, const std::function<void()>& changed);
  /// The file thread is further on. Not 0: the transfer cannot go on, and this is why.
  int go_on();
  /// Bytes of the reply have not reached the sink yet.
  bool draining() const { return drain_ && !drain_->idle(); }
  void limit_time(Millis left);
  void completed(int curl_code) override {
    if (const auto owner = owner_.lock()) owner->ended(*this, curl_code);
  }
  /// Of `wait`. What was posted for the request before finds another one here, which nobody cancelled.
  void ended(Wait::End end) {
    if (!wait || (end == Wait::End::cancelled && !wait->cancelled())) return;
    if (const auto owner = owner_.lock()) owner->ended(*this, end);
  }

  /// What the end of libcurl's work means.
  HttpOutcome outcome(int curl_code);
  /// What a cancel at this moment means.
  TransportFault cancelled() const noexcept;
  /// Gives `done` out and makes the object ready for the next request.
  MoveFunction<void(HttpOutcome)> finish();

  void* easy() const noexcept { return easy_; }

  // Kept for the transport.
  std::uint64_t id = 0;
  std::size_t place = 0;
  CurlHost* host = nullptr;
  std::optional<Wait> wait;  ///< Of the request. On the wire libcurl keeps its deadline.
  bool queued = false;       ///< It waits for a connection.

 private:
  enum class Stop : unsigned char { none, replay, too_large, no_memory, sink, source };

  bool configure();
  void set_method();
  std::string set_headers();
  void forget_content();
  TransportFault fault_of(int curl_code) const;
  TransportFault fault_after_sending(int curl_code) const;
  std::string detail_of(int curl_code, TransportFault fault) const;

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, long long offset, int origin);
  static int on_send(void* self, char*, char*, int, int);
  std::size_t take(std::string_view part, bool (CurlTransfer::*step)(std::string_view)) noexcept;
  bool take_body(std::string_view part);
  bool give_to_files(std::string_view part);
  bool take_header(std::string_view line);

  const std::weak_ptr<Owner> owner_;
  const CurlSettings& settings_;
  void* const share_;
  void* easy_ = nullptr;
  ::curl_slist* header_list_ = nullptr;
  HttpFields listed_headers_;  ///< What header_list_ was made of: most requests of an account have the same.
  bool listed_ = false;
  bool unusual_ = false;  ///< The request set options that the next one would not undo.
  std::string target_;
  std::string error_text_;

  HttpRequest request_;
  MoveFunction<void(HttpOutcome)> done_;
  std::shared_ptr<BodyFeed> feed_;
  std::shared_ptr<BodyDrain> drain_;
  bool paused_ = false;  ///< libcurl waits for one of them.
  HttpReply reply_;
  std::size_t body_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  bool headers_whole_ = false;  ///< libcurl calls a reply that ends inside its headers a success.
  int sends_ = 0;               ///< How often libcurl began to send the request.
  Stop stop_ = Stop::none;
};

}  // namespace detail
KEFU_END_NAMESPACE
