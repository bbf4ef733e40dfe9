#pragma once

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace kefu_bench {

// What one customer message says, in ours and in the reference.
inline const std::string kToken(140, 'T');
inline const std::string kOpenId = "oGfBu5vJkVdHhP3mN1qRsTuVwXyZ";
inline const std::string kText = "您好，您的订单已于今天上午发出，预计明天送达。如有问题请随时联系我们。";

/// Everything a careful program does once is done once: one multi, handles used again, the body and headers built
/// before.
class BareLoop {
 public:
  /// Once per process, before threads.
  static void prepare() { curl_global_init(CURL_GLOBAL_DEFAULT); }

  /// `parsed_once`: the loop also knows our transport's trick, a base URL that libcurl parses once and the rest as the
  /// request's target.
  BareLoop(const std::string& base, int in_flight, bool parsed_once) : multi_(curl_multi_init()), replies_(in_flight) {
    if (parsed_once) {
      base_ = curl_url();
      curl_url_set(base_, CURLUPART_URL, (base + "/").c_str(), 0);
    }
    url_ = (parsed_once ? "" : base) + "/cgi-bin/message/custom/send?access_token=" + kToken;
    body_ = R"({"touser":")" + kOpenId + R"(","msgtype":"text","text":{"content":")" + kText + "\"}}";
    headers_ = curl_slist_append(nullptr, "Content-Type: application/json; charset=utf-8");
    headers_ = curl_slist_append(headers_, "Expect:");
    for (std::string& reply : replies_) handles_.push_back(make(reply));
  }
  ~BareLoop() {
    for (CURL* easy : handles_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
    curl_url_cleanup(base_);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  void run(int total) {
    int started = 0;
    int finished = 0;
    for (CURL* easy : handles_)
      if (started < total) start(easy, started);
    while (finished < total) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        CURL* easy = message->easy_handle;
        check(easy, message->data.result);
        curl_multi_remove_handle(multi_, easy);
        ++finished;
        if (started < total) start(easy, started);
      }
      if (finished < total) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  static std::size_t write(char* data, std::size_t size, std::size_t count, void* reply) {
    static_cast<std::string*>(reply)->append(data, size * count);
    return size * count;
  }
  CURL* make(std::string& reply) {
    CURL* easy = curl_easy_init();
    if (base_ != nullptr) {
      curl_easy_setopt(easy, CURLOPT_CURLU, base_);
      curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, url_.c_str());
    } else {
      curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10'000L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 3'000L);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &BareLoop::write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &reply);
    return easy;
  }
  void start(CURL* easy, int& started) {
    ++started;
    std::string* reply = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &reply);
    reply->clear();
    curl_multi_add_handle(multi_, easy);
  }
  static void check(CURL* easy, CURLcode code) {
    long status = 0;
    std::string* reply = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &reply);
    if (code == CURLE_OK && status == 200 && reply->size() == 27) return;
    std::fprintf(stderr, "the bare loop failed: %s, status %ld\n", curl_easy_strerror(code), status);
    std::exit(1);
  }

  CURLM* multi_;
  CURLU* base_ = nullptr;
  std::string url_;
  std::string body_;
  curl_slist* headers_ = nullptr;
  std::vector<std::string> replies_;
  std::vector<CURL*> handles_;
};

}  // namespace kefu_bench
