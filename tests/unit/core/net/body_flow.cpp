// Bodies that come from or go to a slow disk (foundation j): on the loop, one of them would stop every account.
#include "support/raw_server.hpp"
#include "support/transport_case.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <string>

using namespace kefu;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::told;
using kefu_test::TransportCase;

namespace {

/// A disk that stands still until it is let go; it may be let go from the start.
class DiskSource final : public BodySource {
 public:
  explicit DiskSource(std::string text, bool stuck = false) : text_(std::move(text)) {
    if (!stuck) let_go();
  }
  std::uint64_t length() const override { return text_.size(); }
  std::size_t read(char* data, std::size_t size) override {
    if (!std::exchange(began_, true)) reading.set_value();
    go_.wait();
    const std::size_t given = text_.copy(data, std::min<std::size_t>(size, 30'000), at_);
    at_ += given;
    return given;
  }
  bool rewind() override {
    ++rewinds;
    return at_ = 0, true;
  }
  void let_go() { release_.set_value(); }
  std::promise<void> reading;
  int rewinds = 0;

 private:
  const std::string text_;
  std::size_t at_ = 0;
  bool began_ = false;
  std::promise<void> release_;
  const std::shared_future<void> go_ = release_.get_future().share();
};

std::string varied_text(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i / 7 + i % 23) % 26);
  return text;
}

/// Answers with the body it was sent.
void echo_body(RawConnection& connection, int) {
  for (;;) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    connection.reply(request.substr(request.find("\r\n\r\n") + 4));
  }
}

HttpRequest upload(const RawServer& server, std::shared_ptr<BodySource> source) {
  HttpRequest request = TransportCase::post(server.base(), "");
  request.source = std::move(source);
  request.on_file_thread = true;
  return request;
}

HttpRequest download(const RawServer& server, std::function<bool(std::string_view)> sink) {
  HttpRequest request = TransportCase::get(server.base());
  request.sink = std::move(sink);
  request.on_file_thread = true;
  return request;
}

constexpr std::size_t kLarge = 3 * 1024 * 1024;

}  // namespace

TEST_CASE("foundation j: while the disk of one upload stands still, other requests go on, and then it is sent whole") {
  RawServer server(echo_body);
  TransportCase c;
  const std::string text = varied_text(1'000'000);
  const auto source = std::make_shared<DiskSource>(text, true);
  auto uploaded = c.start(upload(server, source));
  source->reading.get_future().wait();
  for (int i = 0; i < 3; ++i) CHECK(told(c.exchange(c.post(server.base(), "12345"))) == "200 12345");
  source->let_go();
  CHECK(uploaded.get().reply.body == text);
}

TEST_CASE("foundation j: the deadline and a cancel hold while a disk stands still, read or written") {
  RawServer server([](RawConnection& connection, int) {
    while (!connection.read_request().empty()) connection.reply("12345");
  });
  TransportCase c;
  CancelSource cancel;
  bool cancels = false;
  SUBCASE("deadline") {}
  SUBCASE("cancel") { cancels = true; }
  const Millis limit(cancels ? 20'000 : 300);
  const auto source = std::make_shared<DiskSource>(std::string(200'000, 'u'), true);
  auto uploaded = c.start(upload(server, source), limit, cancel.token());
  source->reading.get_future().wait();
  if (cancels) cancel.request();
  CHECK(uploaded.get().fault ==
        (cancels ? TransportFault::cancelled_after_sending : TransportFault::timeout_after_send));
  source->let_go();

  CancelSource other;
  std::promise<void> writing;
  std::promise<void> release;
  auto downloaded = c.start(download(server,
                                     [&](std::string_view) {
                                       writing.set_value();
                                       release.get_future().wait();
                                       return true;
                                     }),
                            limit, other.token());
  writing.get_future().wait();
  if (cancels) other.request();
  CHECK(downloaded.get().fault ==
        (cancels ? TransportFault::cancelled_after_sending : TransportFault::timeout_inside_reply));
  CHECK(told(c.exchange(c.get(server.base()))) == "200 12345");
  release.set_value();
  c.stop();
}

TEST_CASE("foundation j: a body that goes back to its start on a new connection is whole there") {
  const std::string text = varied_text(5000);
  RawServer* self = nullptr;
  RawServer server([&](RawConnection& connection, int number) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      self->note(request);
      if (number == 0 && self->notes().size() == 2) return;
      connection.reply("{}");
    }
  });
  self = &server;
  TransportCase c;
  REQUIRE_FALSE(c.exchange(c.post(server.base(), "1")).fault);
  const auto source = std::make_shared<DiskSource>(text);
  HttpRequest request = upload(server, source);
  request.repeatable = true;
  const HttpOutcome outcome = c.exchange(std::move(request));
  CHECK_MESSAGE(!outcome.fault, told(outcome));
  CHECK(source->rewinds == 1);
  REQUIRE(server.notes().size() == 3);
  CHECK(server.notes()[2].substr(server.notes()[2].find("\r\n\r\n") + 4) == text);
}

TEST_CASE("foundation j: a source that ends early fails the request") {
  RawServer server(echo_body);
  TransportCase c;
  struct Short final : BodySource {
    std::uint64_t length() const override { return 100'000; }
    std::size_t read(char*, std::size_t size) override { return left_-- > 0 ? size / 2 : 0; }
    bool rewind() override { return false; }
    int left_ = 1;
  };
  const auto outcome = c.exchange(upload(server, std::make_shared<Short>()));
  CHECK(outcome.fault == TransportFault::cancelled_after_sending);
  CHECK(outcome.detail.find("source") != std::string::npos);
}

TEST_CASE("foundation j: a large download passes the file thread whole and in order") {
  const std::string text = varied_text(kLarge);
  RawServer server([&](RawConnection& connection, int) {
    while (!connection.read_request().empty()) connection.reply(text);
  });
  TransportCase c;
  std::string got;
  const auto outcome = c.exchange(download(server, [&got](std::string_view part) { return got += part, true; }));
  CHECK_MESSAGE(!outcome.fault, told(outcome));
  CHECK(got == text);
}

TEST_CASE("foundation j: a receiver that ends a download ends it, with its first bytes, in the middle or its last") {
  const std::string text = varied_text(kLarge);
  RawServer server([&](RawConnection& connection, int) {
    while (!connection.read_request().empty()) connection.reply(text);
  });
  TransportCase c;
  for (const std::size_t most : {std::size_t{1}, std::size_t{500'000}, kLarge}) {
    CAPTURE(most);
    std::size_t got = 0;
    const auto outcome =
        c.exchange(download(server, [&, most](std::string_view part) { return (got += part.size()) < most; }));
    CHECK(outcome.fault == TransportFault::cancelled_after_sending);
    CHECK(got >= most);
  }
}
