#include "core/net/curl_transfer.hpp"

#include "core/async/host_code.hpp"
#include "core/crypto/crypto.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::size_t kMostHeaderBytes = 64 * 1024;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

bool is_sendable_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  return std::none_of(path.begin(), path.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7f || c == '?' || c == '#';
  });
}

bool equal_without_case(std::string_view a, std::string_view lower_case) {
  return a.size() == lower_case.size() && std::equal(a.begin(), a.end(), lower_case.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
         });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

CurlTransfer::CurlTransfer(std::weak_ptr<Owner> owner, const CurlSettings& settings, void* share)
    : owner_(std::move(owner)), settings_(settings), share_(share), easy_(curl_easy_init()) {
  error_text_.resize(CURL_ERROR_SIZE);
  if (easy_ != nullptr && !configure()) curl_easy_cleanup(std::exchange(easy_, nullptr));
}

CurlTransfer::~CurlTransfer() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  curl_slist_free_all(header_list_);
}

bool CurlTransfer::configure() {
  curl_easy_setopt(easy_, CURLOPT_SHARE, share_);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, static_cast<IoLoop::Transfer*>(this));
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &CurlTransfer::on_read);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SEEKFUNCTION, &CurlTransfer::on_seek);
  curl_easy_setopt(easy_, CURLOPT_SEEKDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  return curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &CurlTransfer::on_send) == CURLE_OK && settings_.apply(easy_);
}

std::string CurlTransfer::prepare(HttpRequest request, void* base_url, MoveFunction<void(HttpOutcome)> done) {
  request_ = std::move(request);
  done_ = std::move(done);
  if (!is_sendable_path(request_.path))
    return "the path does not begin with '/', or holds '?', '#', a blank or bytes that are not ASCII";
  target_.clear();
  append_request_target(target_, request_);
  if (curl_easy_setopt(easy_, CURLOPT_CURLU, static_cast<CURLU*>(base_url)) != CURLE_OK ||
      curl_easy_setopt(easy_, CURLOPT_REQUEST_TARGET, target_.c_str()) != CURLE_OK)
    return "path and query are too long";
  set_method();
  return set_headers();
}

void CurlTransfer::set_method() {
  const bool has_body = request_.source != nullptr || !request_.body.empty();
  const bool post = has_body || request_.method == "POST";
  if (post) {
    const auto size = request_.source ? request_.source->length() : request_.body.size();
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.source ? nullptr : request_.body.data());
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
  if (request_.method == (post ? "POST" : "GET")) return;
  unusual_ = true;
  if (request_.method == "HEAD" && !post) {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

std::string CurlTransfer::set_headers() {
  if (listed_ && listed_headers_ == request_.headers) return {};
  curl_slist* list = nullptr;
  const auto add = [&list](const char* line) {
    if (curl_slist* longer = curl_slist_append(list, line)) list = longer;
  };
  add("Expect:");  // no 100-continue: a round trip for nothing
  bool has_type = false;
  for (const auto& [name, value] : request_.headers) {
    if (name.empty() || has_control(name) || has_control(value) || name.find_first_of(": \t") != std::string::npos) {
      curl_slist_free_all(list);
      return fmt::format("the header \"{}\" has a name or value with control characters",
                         has_control(name) ? "" : name);
    }
    has_type = has_type || equal_without_case(name, "content-type");
    // "name:" would take a header away; "name;" is libcurl's way to send it empty.
    add(value.empty() ? (name + ";").c_str() : (name + ": " + value).c_str());
  }
  if (!has_type) add("Content-Type:");  // else libcurl calls every body a form
  curl_slist_free_all(std::exchange(header_list_, list));
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_);
  listed_headers_ = request_.headers;
  listed_ = true;
  return {};
}

void CurlTransfer::limit_time(Millis left) {
  const auto longest = std::chrono::duration_cast<Millis>(std::chrono::hours(24));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(std::clamp(left, Millis(1), longest).count()));
}

void CurlTransfer::use_files(const std::shared_ptr<FileThread>& files, const std::function<void()>& changed) {
  if (request_.source) feed_ = std::make_shared<BodyFeed>(request_.source, files, changed);
  if (request_.sink) drain_ = std::make_shared<BodyDrain>(request_.sink, files, changed);
}

int CurlTransfer::go_on() {
  return std::exchange(paused_, false) ? static_cast<int>(curl_easy_pause(easy_, CURLPAUSE_CONT)) : CURLE_OK;
}

/// Handles are kept for the next request: what this one held (tokens in the target, a customer's words) is not.
void CurlTransfer::forget_content() {
  const auto wipe_text = [](std::string& text) {
    wipe(text.data(), text.size());
    text.clear();
  };
  curl_easy_setopt(easy_, CURLOPT_REQUEST_TARGET, nullptr);  // libcurl has a copy
  wipe_text(target_);
  wipe_text(request_.body);
  wipe_text(reply_.body);
  for (auto& field : request_.query) wipe_text(field.second);
  for (auto& field : request_.headers) wipe_text(field.second);
  request_ = HttpRequest();
  reply_ = HttpReply();
}

MoveFunction<void(HttpOutcome)> CurlTransfer::finish() {
  auto done = std::move(done_);
  forget_content();
  if (drain_) drain_->close();
  drain_ = nullptr;
  feed_ = nullptr;
  unusual_ = std::exchange(paused_, false) || unusual_;
  body_bytes_ = 0;
  header_bytes_ = 0;
  headers_whole_ = false;
  sends_ = 0;
  stop_ = Stop::none;
  error_text_[0] = '\0';
  host = nullptr;
  if (std::exchange(unusual_, false)) {
    curl_easy_reset(easy_);
    configure();
    listed_ = false;
  }
  return done;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->take({data, size * count}, &CurlTransfer::take_body);
}

bool CurlTransfer::take_body(std::string_view part) {
  // Counted after inflating: a small reply may unfold without end.
  if (part.size() > request_.max_reply_bytes - std::min(body_bytes_, request_.max_reply_bytes)) {
    stop_ = Stop::too_large;
    return false;
  }
  if (drain_ && reply_.status == 200) return give_to_files(part);
  body_bytes_ += part.size();
  if (!request_.sink || reply_.status != 200) {
    reply_.body.append(part);
    return true;
  }
  bool wanted = false;
  static_cast<void>(call_host_quietly([&] { wanted = request_.sink(part); }));
  if (!wanted) stop_ = Stop::sink;
  return wanted;
}

bool CurlTransfer::give_to_files(std::string_view part) {
  if (drain_->put(part)) {
    body_bytes_ += part.size();
    return true;
  }
  if (drain_->refused()) {
    stop_ = Stop::sink;
  } else {
    paused_ = true;  // the same part comes again
  }
  return false;
}

/// Nothing may unwind through libcurl.
std::size_t CurlTransfer::take(std::string_view part, bool (CurlTransfer::*step)(std::string_view)) noexcept {
  bool taken = false;
  if (!call_host_quietly([&] { taken = (this->*step)(part); })) stop_ = Stop::no_memory;
  if (taken) return part.size();
  return stop_ == Stop::none && paused_ ? CURL_WRITEFUNC_PAUSE : part.size() + 1;
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->take({data, size * count}, &CurlTransfer::take_header);
}

bool CurlTransfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) {
    stop_ = Stop::too_large;
    return false;
  }
  if (line.substr(0, 5) == "HTTP/") {  // also after "100 Continue"
    reply_.headers.clear();
    reply_.status = 0;
    headers_whole_ = false;
    const auto blank = std::min(line.find(' '), line.size() - 1) + 1;
    std::from_chars(line.data() + blank, line.data() + line.size(), reply_.status);
    return true;
  }
  if (line == "\r\n" || line == "\n") headers_whole_ = true;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(line.substr(0, colon));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "content-length") {
    std::size_t announced = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), announced);
    if (read.ec == std::errc::result_out_of_range || announced > request_.max_reply_bytes) {
      stop_ = Stop::too_large;
      return false;
    }
    if (!request_.sink) reply_.body.reserve(announced);
  }
  if (reply_.headers.empty()) reply_.headers.reserve(8);
  reply_.headers.emplace_back(std::move(name), value);
  return true;
}

std::size_t CurlTransfer::on_read(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const auto& source = transfer.request_.source;
  std::size_t read = 0;
  if (transfer.feed_) {
    read = transfer.feed_->take(data, size * count);
    if (read == 0 && !transfer.feed_->failed()) {
      transfer.paused_ = true;
      return CURL_READFUNC_PAUSE;
    }
  } else {
    static_cast<void>(call_host_quietly([&] { read = source ? source->read(data, size * count) : 0; }));
  }
  if (read > 0 && read <= size * count) return read;
  transfer.stop_ = Stop::source;
  return CURL_READFUNC_ABORT;
}

int CurlTransfer::on_seek(void* self, long long offset, int origin) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (offset != 0 || origin != SEEK_SET || !transfer.request_.source) return CURL_SEEKFUNC_FAIL;
  if (transfer.feed_) {
    transfer.feed_->rewind();
    return CURL_SEEKFUNC_OK;
  }
  bool rewound = false;
  static_cast<void>(call_host_quietly([&] { rewound = transfer.request_.source->rewind(); }));
  return rewound ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

// Called each time before the request is sent: on a reused connection that turns out dead, libcurl would silently send
// it again on a new one.
int CurlTransfer::on_send(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (transfer.sends_ > 0 && !transfer.request_.repeatable) {
    transfer.stop_ = Stop::replay;
    return CURL_PREREQFUNC_ABORT;
  }
  ++transfer.sends_;
  return CURL_PREREQFUNC_OK;
}

TransportFault CurlTransfer::cancelled() const noexcept {
  return sends_ == 0 ? TransportFault::cancelled_before_sending : TransportFault::cancelled_after_sending;
}

HttpOutcome CurlTransfer::outcome(int curl_code) {
  if (stop_ == Stop::none && drain_ && drain_->refused()) stop_ = Stop::sink;  // it ended with its last bytes
  if (curl_code == CURLE_OK && headers_whole_ && stop_ == Stop::none) return HttpOutcome(std::move(reply_));
  const TransportFault fault = fault_of(curl_code);
  return HttpOutcome(fault, detail_of(curl_code, fault));
}

}  // namespace detail
KEFU_END_NAMESPACE
