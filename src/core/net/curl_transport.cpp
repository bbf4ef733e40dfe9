#include "core/net/curl_transport.hpp"

#include "core/net/curl_settings.hpp"
#include "core/net/curl_transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What is known and under way for one base URL.
struct CurlHost {
  CurlHost() = default;
  CurlHost(const CurlHost&) = delete;
  CurlHost& operator=(const CurlHost&) = delete;
  ~CurlHost() { curl_url_cleanup(url); }
  std::string refusal;
  CURLU* url = nullptr;
  int active = 0;
  std::deque<CurlTransfer*> waiting;  ///< For a connection, in order of arrival.
};

/// Touched on the loop only, but for `submit`.
class CurlTransport::Impl final : public CurlTransfer::Owner, public std::enable_shared_from_this<Impl> {
 public:
  Impl(CurlSettings settings, std::shared_ptr<IoLoop> loop, std::shared_ptr<FileThread> files)
      : settings_(std::move(settings)), loop_(std::move(loop)), files_(std::move(files)) {}
  ~Impl() override;

  bool open();
  void send(HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done);
  void ended(CurlTransfer& transfer, int curl_code) override;
  void ended(CurlTransfer& transfer, Wait::End end) override;
  void stop();

  const std::shared_ptr<IoLoop>& loop() const { return loop_; }

 private:
  using Done = MoveFunction<void(HttpOutcome)>;

  CurlHost& host_of(const std::string& base);
  std::shared_ptr<CurlTransfer> unused_transfer();
  void launch(CurlTransfer& transfer);
  void connection_free(CurlHost& host);
  void leave_queue(CurlTransfer& transfer);
  CurlTransfer* find(std::uint64_t id) const;
  std::weak_ptr<CurlTransfer> heard_by(const CurlTransfer& transfer) const;
  void use_files(CurlTransfer& transfer);
  void flowed(std::uint64_t id);
  void leave_wire(CurlTransfer& transfer);
  void complete(CurlTransfer& transfer, HttpOutcome outcome);
  void answer_later(Done done, TransportFault fault, std::string detail);
  Done release(CurlTransfer& transfer);

  const CurlSettings settings_;
  const std::shared_ptr<IoLoop> loop_;
  const std::shared_ptr<FileThread> files_;
  CURLSH* share_ = nullptr;  ///< TLS sessions; names and connections are the multi's. No locks: one thread.
  std::vector<std::shared_ptr<CurlTransfer>> unused_;
  std::vector<std::shared_ptr<CurlTransfer>> used_;
  std::unordered_map<std::string, CurlHost> hosts_;
  std::pair<const std::string, CurlHost>* last_host_ = nullptr;
  std::uint64_t last_id_ = 0;
  bool stopped_ = false;
};

namespace {
constexpr std::size_t kMostHosts = 1024;  ///< Entries kept; those with work under way stay in any case.
constexpr std::size_t kMostUnused = 256;  ///< Easy handles kept for the next requests.
}  // namespace

CurlTransport::Impl::~Impl() {
  if (loop_->forked()) {  // the parent's sockets hang on these handles
    for (auto* list : {&unused_, &used_}) static_cast<void>(new auto(std::move(*list)));
    return;
  }
  unused_.clear();
  used_.clear();
  if (share_ != nullptr) curl_share_cleanup(share_);
}

bool CurlTransport::Impl::open() {
  share_ = curl_share_init();
  if (share_ == nullptr || curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
    return false;
  const long kept = std::max(64L, static_cast<long>(settings_.options().connections_per_host) * 4);
  return curl_multi_setopt(loop_->multi(), CURLMOPT_MAXCONNECTS, kept) == CURLM_OK &&
         curl_multi_setopt(loop_->multi(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING)) == CURLM_OK;
}

CurlHost& CurlTransport::Impl::host_of(const std::string& base) {
  if (last_host_ != nullptr && last_host_->first == base) return last_host_->second;
  auto found = hosts_.find(base);
  if (found == hosts_.end()) {
    if (hosts_.size() >= kMostHosts)
      for (auto at = hosts_.begin(); at != hosts_.end();)
        at = at->second.active == 0 && at->second.waiting.empty() ? hosts_.erase(at) : std::next(at);
    found = hosts_.try_emplace(base).first;
    CurlHost& host = found->second;
    host.refusal = settings_.refusal(base);
    host.url = curl_url();
    if (host.refusal.empty() && curl_url_set(host.url, CURLUPART_URL, (base + "/").c_str(), 0) != CURLUE_OK)
      host.refusal = "the base URL is not of the form scheme://host:port";
  }
  last_host_ = &*found;
  return found->second;
}

std::shared_ptr<CurlTransfer> CurlTransport::Impl::unused_transfer() {
  if (!unused_.empty()) {
    auto transfer = std::move(unused_.back());
    unused_.pop_back();
    return transfer;
  }
  auto transfer = std::make_shared<CurlTransfer>(weak_from_this(), settings_, share_);
  return transfer->usable() ? std::move(transfer) : nullptr;
}

/// Ends the transfer's stay: gives its `done` out and keeps the handle for the next request.
CurlTransport::Impl::Done CurlTransport::Impl::release(CurlTransfer& transfer) {
  transfer.wait.reset();
  auto own = std::move(used_[transfer.place]);
  if (transfer.place + 1 < used_.size()) {
    used_[transfer.place] = std::move(used_.back());
    used_[transfer.place]->place = transfer.place;
  }
  used_.pop_back();
  auto done = transfer.finish();
  if (unused_.size() < kMostUnused) unused_.push_back(std::move(own));
  return done;
}

void CurlTransport::Impl::answer_later(Done done, TransportFault fault, std::string detail) {
  loop_->post([done = std::move(done), outcome = HttpOutcome(fault, std::move(detail))]() mutable {
    done(std::move(outcome));
  });
}

void CurlTransport::Impl::send(HttpRequest request, MonoTime deadline, CancelToken cancel_token, Done done) {
  if (stopped_) return;  // `done` ends here, which answers its call
  if (cancel_token.requested())
    return answer_later(std::move(done), TransportFault::cancelled_before_sending, "cancelled");
  if (std::chrono::steady_clock::now() >= deadline)
    return answer_later(std::move(done), TransportFault::deadline_before_sending, "no time was left for sending");
  CurlHost& host = host_of(request.base);
  if (!host.refusal.empty()) return answer_later(std::move(done), TransportFault::refused_locally, host.refusal);
  const auto& limits = settings_.options();
  if (host.waiting.size() >= limits.waiting_per_host)
    return answer_later(std::move(done), TransportFault::too_many_waiting,
                        "too many requests wait for a connection: raise connections_per_host, or call less");
  auto own = unused_transfer();
  if (!own)
    return answer_later(std::move(done), TransportFault::refused_locally, "libcurl has no memory for a request");
  CurlTransfer* transfer = own.get();

  transfer->id = ++last_id_;
  transfer->host = &host;
  transfer->wait.emplace(loop_, deadline, std::move(cancel_token));
  transfer->place = used_.size();
  used_.push_back(std::move(own));
  if (std::string wrong = transfer->prepare(std::move(request), host.url, std::move(done)); !wrong.empty())
    return answer_later(release(*transfer), TransportFault::refused_locally, std::move(wrong));
  if (transfer->wants_files()) use_files(*transfer);
  if (host.active < limits.connections_per_host) return launch(*transfer);
  transfer->queued = true;
  host.waiting.push_back(transfer);
  transfer->wait->hear(heard_by(*transfer));
}

std::weak_ptr<CurlTransfer> CurlTransport::Impl::heard_by(const CurlTransfer& transfer) const {
  return used_[transfer.place];
}

void CurlTransport::Impl::launch(CurlTransfer& transfer) {
  ++transfer.host->active;
  transfer.limit_time(std::chrono::ceil<Millis>(transfer.wait->deadline() - std::chrono::steady_clock::now()));
  transfer.wait->hear_cancel(heard_by(transfer));
  loop_->add(transfer.easy());
}

void CurlTransport::Impl::leave_queue(CurlTransfer& transfer) {
  auto& waiting = transfer.host->waiting;
  waiting.erase(std::find(waiting.begin(), waiting.end(), &transfer));
  transfer.queued = false;
  transfer.wait->stop_hearing();
}

CurlTransfer* CurlTransport::Impl::find(std::uint64_t id) const {
  const auto found = std::find_if(used_.begin(), used_.end(), [id](const auto& t) { return t->id == id; });
  return found == used_.end() ? nullptr : found->get();
}

void CurlTransport::Impl::ended(CurlTransfer& transfer, Wait::End end) {
  const bool cancelled = end == Wait::End::cancelled;
  if (!transfer.queued)
    return complete(transfer,
                    cancelled ? HttpOutcome(transfer.cancelled(), "cancelled")
                              : HttpOutcome(TransportFault::timeout_inside_reply, "the file was not written in time"));
  leave_queue(transfer);
  auto done = release(transfer);
  done(cancelled ? HttpOutcome(TransportFault::cancelled_before_sending, "cancelled")
                 : HttpOutcome(TransportFault::deadline_before_sending,
                               "no connection became free in time: raise connections_per_host, or call less"));
}

/// A whole reply is one when its last bytes have reached their file, which is waited for until the deadline.
void CurlTransport::Impl::ended(CurlTransfer& transfer, int curl_code) {
  if (curl_code != CURLE_OK || !transfer.draining()) return complete(transfer, transfer.outcome(curl_code));
  leave_wire(transfer);
  transfer.wait->hear_deadline(heard_by(transfer));
}

/// The connection is for others now, whatever is left to do here.
void CurlTransport::Impl::leave_wire(CurlTransfer& transfer) {
  CurlHost* const host = std::exchange(transfer.host, nullptr);
  if (host == nullptr) return;
  curl_multi_remove_handle(loop_->multi(), transfer.easy());
  connection_free(*host);
}

void CurlTransport::Impl::complete(CurlTransfer& transfer, HttpOutcome outcome) {
  leave_wire(transfer);
  auto done = release(transfer);
  done(std::move(outcome));
}

void CurlTransport::Impl::use_files(CurlTransfer& transfer) {
  transfer.use_files(files_, [weak = weak_from_this(), loop = std::weak_ptr(loop_), id = transfer.id] {
    const auto running = loop.lock();
    if (!running) return;
    running->post([weak, id] {
      if (const auto self = weak.lock()) self->flowed(id);
    });
  });
}

/// The file thread is further on with a transfer.
void CurlTransport::Impl::flowed(std::uint64_t id) {
  CurlTransfer* transfer = find(id);
  if (transfer == nullptr || transfer->queued) return;
  if (transfer->host == nullptr) {
    if (!transfer->draining()) complete(*transfer, transfer->outcome(CURLE_OK));
  } else if (const int code = transfer->go_on(); code != CURLE_OK) {
    complete(*transfer, transfer->outcome(code));
  }
}

void CurlTransport::Impl::connection_free(CurlHost& host) {
  --host.active;
  if (host.waiting.empty()) return;
  CurlTransfer& next = *host.waiting.front();
  leave_queue(next);
  launch(next);  // one whose time has just run out fails in libcurl's first step
}

// The loop ends: everything under way is told how far it got.
void CurlTransport::Impl::stop() {
  stopped_ = true;
  while (!used_.empty()) {
    CurlTransfer& transfer = *used_.back();
    const TransportFault fault = transfer.cancelled();
    if (transfer.queued) {
      leave_queue(transfer);
    } else {
      curl_multi_remove_handle(loop_->multi(), transfer.easy());  // also one that left the wire
    }
    auto done = release(transfer);
    done(HttpOutcome(fault, "the runtime was stopped"));
  }
  unused_.clear();
}

CurlTransport::CurlTransport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlTransport::~CurlTransport() = default;

Result<std::shared_ptr<CurlTransport>> CurlTransport::create(CurlOptions options, const std::shared_ptr<IoLoop>& loop,
                                                             std::shared_ptr<FileThread> files) {
  auto settings = CurlSettings::check(std::move(options));
  if (!settings) return settings.error();
  if (loop->multi() == nullptr) return Error(ErrorKind::unavailable, "libcurl could not be started");
  auto impl = std::make_shared<Impl>(*std::move(settings), loop, std::move(files));
  if (!impl->open()) return Error(ErrorKind::unavailable, "libcurl could not be started");
  loop->at_stop([weak = std::weak_ptr(impl)] {
    if (const auto held = weak.lock()) held->stop();
  });
  return std::shared_ptr<CurlTransport>(new CurlTransport(std::move(impl)));
}

void CurlTransport::send(HttpRequest request, MonoTime deadline, CancelToken cancel,
                         MoveFunction<void(HttpOutcome)> done) {
  IoLoop& loop = *impl_->loop();
  if (loop.is_own_thread()) return impl_->send(std::move(request), deadline, std::move(cancel), std::move(done));
  loop.post([impl = impl_, request = std::move(request), deadline, cancel = std::move(cancel),
             done = std::move(done)]() mutable {
    impl->send(std::move(request), deadline, std::move(cancel), std::move(done));
  });
}

}  // namespace detail
KEFU_END_NAMESPACE
