// Uploads and downloads through the pipeline: what can go back is repeated, what cannot is not.
#include "core/call/download_gate.hpp"
#include "core/call/pipeline.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

using namespace kefu;

namespace {

struct TextSource final : BodySource {
  std::uint64_t length() const override { return text.size(); }
  std::size_t read(char* data, std::size_t size) override {
    const std::size_t n = std::min(size, text.size() - at);
    text.copy(data, n, at);
    at += n;
    return n;
  }
  bool rewind() override { return rewindable && (at = 0, true); }
  std::string text = "file body";
  std::size_t at = 0;
  bool rewindable = true;
};

/// A transfer with an upload and a download, written by hand as a media operation would be.
struct Transfer {
  struct Response {
    Response() {}
    std::string url;
    bool streamed = false;
  };
  static const Operation& operation() {
    static const Operation row{
        {"test.transfer", "POST", "/file", Authorization::access_token, Effect::read, "", Millis(60'000), "File"},
        [](const void* request, HttpRequest& out) -> Result<void> {
          const auto& op = *static_cast<const Transfer*>(request);
          out.source = op.source;
          out.sink = [to = op.received](std::string_view bytes) {
            to->append(bytes);
            return to->size() < 200'000;
          };
          return {};
        },
        [](const detail::Reply& reply, void* response) -> Result<void> {
          auto& out = *static_cast<Response*>(response);
          out.url = std::string(reply.document.root()["video_url"].text());
          out.streamed = reply.streamed;
          return {};
        },
        [](const void* request, const detail::Reply&, void*) -> Result<void> {
          if (!static_cast<const Transfer*>(request)->refuse_at_the_end) return {};
          return Error(ErrorKind::unavailable, "the disk is full");
        }};
    return row;
  }
  std::shared_ptr<TextSource> source = std::make_shared<TextSource>();
  std::shared_ptr<std::string> received = std::make_shared<std::string>();
  bool refuse_at_the_end = false;
};

/// A host's transport that keeps neither deadline nor cancel, and goes on with what it was given.
struct LateTransport final : Transport {
  void send(HttpRequest given, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> answer) override {
    request = std::move(given);
    done = std::move(answer);
  }
  HttpRequest request;
  MoveFunction<void(HttpOutcome)> done;
};

struct Account : kefu_test::SimulatedCore {
  Account() : client(std::make_shared<detail::Pipeline>(core, std::make_shared<kefu_test::TestPlatform>())) {}
  const ApiClient client;
};

}  // namespace

TEST_CASE("MED-2: a file goes to the receiver, an error in its place does not") {
  Account a;
  Transfer op;
  a.wire->reply("\x89PNG bytes");
  auto file = a.client.call(op).get();
  REQUIRE(file);
  CHECK(file->streamed);
  CHECK(*op.received == "\x89PNG bytes");

  Transfer refused;
  a.wire->reply(R"({"errcode":45015,"errmsg":"no"})");
  CHECK(a.client.call(refused).get().error().kind() == ErrorKind::window_closed);
  CHECK(refused.received->empty());

  Transfer video;
  a.wire->reply(R"({"video_url":"http://v"})");
  CHECK(a.client.call(video).get()->url == "http://v");
  CHECK(video.received->empty());

  Transfer odd;  // a file that only begins like an answer
  HttpReply brace;
  brace.status = 200;
  brace.headers.emplace_back("content-type", "voice/speex");
  brace.body = "{ not json at all";
  a.wire->reply(brace);
  CHECK(a.client.call(odd).get()->streamed);
  CHECK(*odd.received == "{ not json at all");

  Transfer page;
  for (int i = 0; i < 4; ++i) a.wire->reply("<html><body>502 Bad Gateway</body></html>");
  CHECK(a.client.call(page).get().error().kind() == ErrorKind::malformed_reply);
  CHECK(page.received->empty());

  Transfer cut;  // an answer that lost its end
  HttpReply half;
  half.status = 200;
  half.headers.emplace_back("content-type", "text/plain");
  half.body = R"({"errcode":40007,"errm)";
  for (int i = 0; i < 4; ++i) a.wire->reply(half);
  CHECK(a.client.call(cut).get().error().kind() == ErrorKind::malformed_reply);
  CHECK(cut.received->empty());

  Transfer none;
  for (int i = 0; i < 4; ++i) a.wire->reply("");
  CHECK(a.client.call(none).get().error().kind() == ErrorKind::malformed_reply);
}

TEST_CASE("the last step of a call on this side has the last word") {
  Account a;
  Transfer op;
  op.refuse_at_the_end = true;
  a.wire->reply("\xFF file");
  const auto result = a.client.call(op).get();
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::unavailable);
  CHECK(result.error().message() == "the disk is full");
  CHECK(result.error().details().operation == "test.transfer");
}

namespace {

HttpReply file_of(std::string body, const char* type) {
  HttpReply reply;
  reply.status = 200;
  if (*type != '\0') reply.headers.emplace_back("content-type", type);
  reply.body = std::move(body);
  return reply;
}

}  // namespace

TEST_CASE("shops B1: an answer in a file's place is one whatever its length and type") {
  const std::string much(200'000, 'x');
  for (const char* type : {"image/jpeg", "text/plain", "application/octet-stream", "TEXT/HTML", ""}) {
    CAPTURE(type);
    Account a;
    Transfer video;
    a.wire->reply(file_of(R"({"note":")" + much + R"(","video_url":"http://v"})", type));
    const auto told = a.client.call(video).get();
    REQUIRE_MESSAGE(told.has_value(), (told ? "" : told.error().to_string()));
    CHECK(told->url == "http://v");
    CHECK(video.received->empty());

    Transfer marked;  // behind a byte-order mark and blanks
    a.wire->reply(file_of("\xEF\xBB\xBF \r\n { \"errcode\": 45015, \"errmsg\": \"" + much + "\" }", type));
    CHECK(a.client.call(marked).get().error().kind() == ErrorKind::window_closed);
    CHECK(marked.received->empty());

    for (const std::string& body :
         {"<!DOCTYPE html>" + much, "\xEF\xBB\xBF<html>" + much, "\n<?xml version='1.0'?>" + much,
          R"({"errcode":40007,"errmsg":")" + much, std::string("{"), std::string("\xEF\xBB\xBF"), std::string("  ")}) {
      CAPTURE(body.substr(0, 20));
      Transfer broken;
      for (int i = 0; i < 4; ++i) a.wire->reply(file_of(body, type));
      const auto result = a.client.call(broken).get();
      REQUIRE(!result);
      CHECK(result.error().kind() == ErrorKind::malformed_reply);
      CHECK(broken.received->empty());
    }
  }
  Account a;  // a gateway's line of text
  Transfer line;
  for (int i = 0; i < 4; ++i) a.wire->reply(file_of("no healthy upstream", "text/plain"));
  CHECK(a.client.call(line).get().error().kind() == ErrorKind::malformed_reply);
  CHECK(line.received->empty());
}

TEST_CASE("an error in a file's place is one in any charset") {
  const std::string gbk = "\xCF\xB5\xCD\xB3\xB7\xB1\xC3\xA6";
  const std::string zero(1, '\0');
  struct Row {
    const char* type;
    std::string body;
  };
  const Row rows[] = {{"text/html; charset=gbk", gbk},
                      {"text/plain", "error " + gbk},
                      {"application/json;charset=gbk", "{\"errcode\":40007,\"errmsg\":\"" + gbk + "\"}"},
                      {"text/html; charset=utf-16", std::string("\xFE<\0h\0t\0m\0l\0>\0", 12)},
                      {"", gbk},
                      {"text/plain", "error\x07 code 5"},
                      {"Text/Plain", "internal error" + zero},
                      {"text/html", std::string("\x1F\x8B\x08\0\0\0\0\0\0\3abc", 13)},
                      {"application/octet-stream", "upstream connect error"},
                      {"application/problem+json", "upstream connect error"},
                      {"application/problem+xml", gbk},
                      {"application/javascript", "[{\"errcode\":40007}]"},
                      {"application/javascript", "callback({\"errcode\":40007})"},
                      {"image/jpeg", "\f{\"errcode\":40007}"}};
  for (const Row& row : rows) {
    for (const std::size_t more : {std::size_t{0}, std::size_t{100'000}}) {
      CAPTURE(row.type);
      CAPTURE(row.body);
      Account a;
      Transfer op;
      for (int i = 0; i < 4; ++i) a.wire->reply(file_of(row.body + std::string(more, 'x'), row.type));
      const auto result = a.client.call(op).get();
      REQUIRE(!result);
      if (row.body.front() != '{')  // an error that can be read is told as such
        CHECK(result.error().kind() == ErrorKind::malformed_reply);
      CHECK(op.received->empty());
    }
  }
}

TEST_CASE("shops B1: a file is a file whatever its length: of a known format under any type, others by their headers") {
  const std::string bytes("\x01\xFF", 2);
  const auto check = [](const std::string& file, const char* type, const char* disposition = "") {
    CAPTURE(file);
    CAPTURE(type);
    for (const std::size_t more : {std::size_t{0}, std::size_t{100'000}}) {
      Account a;
      Transfer op;
      HttpReply reply = file_of(file + std::string(more, 'x'), type);
      if (*disposition != '\0') reply.headers.emplace_back("content-disposition", disposition);
      a.wire->reply(reply);
      const auto result = a.client.call(op).get();
      REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().to_string()));
      CHECK(result->streamed);
      CHECK(*op.received == file + std::string(more, 'x'));
    }
  };
  for (const char* type : {"image/jpeg", "text/plain", "application/json", ""})
    for (const char* known : {"\xFF\xD8\xFF", "\x89PNG"}) check(known, type);
  for (const std::string& file : {bytes, "{" + bytes, "<" + bytes, "< " + bytes, " \n" + bytes, "{ 1" + bytes,
                                  "plain" + bytes, "\xE5\x9B" + bytes}) {
    for (const char* type : {"image/jpeg", "Voice/speex", "application/octet-stream"}) check(file, type);
    check(file, "text/plain", "attachment; filename=\"M.speex\"");
  }
  check("words", "audio/amr");  // text, but under a type of its own
}

TEST_CASE("MED-2: a file of a known format passes at once, and a receiver may end the transfer") {
  std::string got;
  const auto receiver = [&got](std::string_view bytes) { return got.append(bytes), got.size() < 300'000; };
  const auto knows = [](std::string_view head) { return head.substr(0, 4) == "\x89PNG"; };
  detail::DownloadGate gate(receiver, nullptr, knows);
  CHECK(gate.take("\x89P"));  // not enough to tell
  CHECK(got.empty());
  CHECK(gate.take("NG" + std::string(60'000, 'x')));
  CHECK(got.size() == 60'004);
  CHECK(gate.held().empty());
  CHECK_FALSE(gate.take(std::string(300'000, 'z')));

  got.clear();
  detail::DownloadGate unknown(receiver, nullptr, knows);
  for (int i = 0; i < 1000; ++i) CHECK(unknown.take("\x01 not of a format that is known"));
  CHECK(got.empty());
  CHECK(unknown.release());
  CHECK(got.size() == 31'000);

  Account a;
  Transfer endless;
  a.wire->reply("\xFF" + std::string(250'000, 'x'));
  const auto result = a.client.call(endless).get();
  CHECK(result.error().kind() == ErrorKind::cancelled);
}

TEST_CASE("a download that has begun to arrive is not repeated: the receiver would get its begin twice") {
  for (const bool begun : {true, false}) {
    CAPTURE(begun);
    Account a;
    const auto late = std::make_shared<LateTransport>();
    a.core->transport = late;
    Transfer op;
    auto pending = a.client.call(op);
    a.time->advance(Millis(10));
    REQUIRE(late->done);
    if (begun) CHECK(late->request.sink("\x89PNG"));
    std::exchange(late->done, nullptr)(HttpOutcome(TransportFault::reset_inside_reply, "reset"));
    a.time->advance(Millis(5000));
    CHECK(bool(late->done) == !begun);
    CHECK(pending.wait_for(Millis(0)) == begun);
    CHECK(*op.received == (begun ? "\x89PNG" : ""));
    late->request = {};  // it belongs to the core that it keeps alive
    late->done = nullptr;
  }
}

TEST_CASE("an upload that can go back is repeated whole, after a pause and after a renewal") {
  Account a;
  Transfer op;
  a.wire->reply(R"({"errcode":-1})").reply(R"({"errcode":40001})").reply("\xFF file");
  REQUIRE(a.client.call(op).get());
  REQUIRE(a.wire->count() == 3);
  for (const HttpRequest& request : a.wire->requests()) CHECK(request.body == "file body");
}

TEST_CASE("an upload that cannot go back is not repeated") {
  for (const char* answer : {R"({"errcode":-1})", R"({"errcode":40001})"}) {
    Account a;
    Transfer op;
    op.source->rewindable = false;
    a.wire->reply(answer).reply("\xFF file");
    CHECK_FALSE(a.client.call(op).get());
    CHECK(a.wire->count() == 1);
  }
}

TEST_CASE("foundation b: a transport that goes on after the answer reaches neither the receiver nor the source") {
  Account a;
  const auto late = std::make_shared<LateTransport>();
  a.core->transport = late;
  Transfer op;
  auto pending = a.client.call(op, CallOptions(Millis(1000)));
  a.time->advance(Millis(500));
  REQUIRE(late->request.sink);
  std::string before;
  SUBCASE("before its first byte") {}
  SUBCASE("inside the file") { before = "\x89PNG"; }
  SUBCASE("while its begin is held back") { before = "{half"; }
  SUBCASE("after it said itself that it was over") {
    before = "\x89PNG";
    CHECK(late->request.sink(before));
    HttpReply reply;
    reply.status = 200;
    late->done(HttpOutcome(std::move(reply)));
    before.clear();
  }
  if (!before.empty()) CHECK(late->request.sink(before));
  char room[4];
  if (late->done) CHECK(late->request.source->read(room, sizeof room) == 4);
  const auto result = pending.get();
  const std::string received = *op.received;
  CHECK(received == (result || before == "\x89PNG" ? "\x89PNG" : ""));

  CHECK_FALSE(late->request.sink("more"));
  CHECK_FALSE(late->request.sink(std::string(70'000, 'x')));
  CHECK(*op.received == received);
  const std::size_t at = op.source->at;
  CHECK(late->request.source->read(room, sizeof room) == 0);
  CHECK_FALSE(late->request.source->rewind());
  CHECK(op.source->at == at);
  late->request = {};  // the transport belongs to the core that its request keeps alive
  late->done = nullptr;
}
