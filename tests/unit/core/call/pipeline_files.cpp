// Calls that use a file: while the file thread has them, they end as calls in every other step do.
#include "core/call/pipeline.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace kefu;

namespace {

/// A download into a file, as a media operation with a path is one.
struct FetchFile {
  using Response = NoContent;
  static const Operation& operation() {
    static const Operation row{
        {"test.fetch.file", "GET", "/file", Authorization::access_token, Effect::read, "", Millis(60'000), "File"},
        [](const void* request, HttpRequest& out) -> Result<void> {
          out.sink = [to = static_cast<const FetchFile*>(request)->file](std::string_view bytes) {
            to->append(bytes);
            return true;
          };
          return {};
        },
        [](const detail::Reply&, void*) -> Result<void> { return {}; },
        [](const void*, const detail::Reply&, void*) -> Result<void> { return {}; },
        [](const void*) { return true; }};
    return row;
  }
  std::shared_ptr<std::string> file = std::make_shared<std::string>();
};

/// A host's transport that keeps neither deadlines nor cancels; the test answers.
struct HeldTransport final : Transport {
  void send(HttpRequest given, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> answer) override {
    request = std::move(given);
    done = std::move(answer);
  }
  void answer() {
    REQUIRE(std::exchange(request, HttpRequest()).sink("\xFF file"));
    HttpReply reply;
    reply.status = 200;
    std::exchange(done, nullptr)(HttpOutcome(std::move(reply)));
  }
  HttpRequest request;
  MoveFunction<void(HttpOutcome)> done;
};

/// The loop in simulated time, the disk on a real thread that the test stops and lets go.
struct Disk : kefu_test::SimulatedCore {
  Disk() {
    core->files = std::make_shared<detail::FileThread>(Millis(20'000));
    core->transport = transport;
  }
  ~Disk() { let_go(); }

  /// All that the file thread was given is done, and the loop has heard of it.
  void work() {
    std::promise<void> done;
    REQUIRE(core->files->post([&] { done.set_value(); }));
    done.get_future().wait();
    time->run_ready();
  }
  /// What the file thread was given is done, and then it stands still.
  void stop_here() {
    std::promise<void> stopped;
    REQUIRE(core->files->post([&, go = go_.get_future().share()] {
      stopped.set_value();
      go.wait();
    }));
    stopped.get_future().wait();
    stands_ = true;
  }
  void let_go() {
    if (std::exchange(stands_, false)) go_.set_value();
  }

  /// Begins a call and brings it to the wire; its file will not be written before `let_go`.
  void fetch(CancelToken cancel = CancelToken()) {
    client.call(op, CallOptions(std::move(cancel))).then([this](Result<NoContent> result) {
      answer.emplace(std::move(result));
    });
    time->run_ready();
    stop_here();
    time->run_ready();
    REQUIRE(transport->done);
  }

  const FetchFile op;
  const std::shared_ptr<HeldTransport> transport = std::make_shared<HeldTransport>();
  const std::shared_ptr<detail::Pipeline> pipeline =
      std::make_shared<detail::Pipeline>(core, std::make_shared<kefu_test::TestPlatform>());
  const ApiClient client{pipeline};
  std::optional<Result<NoContent>> answer;

 private:
  std::promise<void> go_;
  bool stands_ = false;
};

}  // namespace

TEST_CASE("foundation j: a call waits for its file until its deadline, and no longer holds anything then") {
  Disk disk;
  disk.fetch();
  disk.transport->answer();
  disk.time->advance(Millis(59'000));
  CHECK_FALSE(disk.answer);
  SUBCASE("written in time") {
    disk.let_go();
    disk.work();
    REQUIRE(disk.answer);
    CHECK_MESSAGE(*disk.answer, (*disk.answer ? "" : disk.answer->error().to_string()));
    CHECK(*disk.op.file == "\xFF file");
  }
  SUBCASE("not written in time: the platform did its part") {
    disk.time->advance(Millis(2'000));
    REQUIRE(disk.answer);
    CHECK(disk.answer->error().kind() == ErrorKind::timeout);
    CHECK(disk.answer->error().delivery() == Delivery::unknown);
    disk.let_go();
    disk.work();
  }
  CHECK(disk.op.file.use_count() == 1);
  CHECK(disk.time->waiting() == 0);
}

TEST_CASE("foundation h: a cancel while the file is written ends the call, which was sent") {
  Disk disk;
  const CancelSource source;
  disk.fetch(source.token());
  disk.transport->answer();
  source.request();
  disk.time->run_ready();
  REQUIRE(disk.answer);
  CHECK(disk.answer->error().kind() == ErrorKind::cancelled);
  CHECK(disk.answer->error().delivery() == Delivery::unknown);
}

TEST_CASE("foundation c: what the platform has answered is written to its file also when the account is closed") {
  Disk disk;
  disk.fetch();
  disk.transport->answer();
  disk.pipeline->close();
  disk.time->run_ready();
  CHECK_FALSE(disk.answer);
  disk.let_go();
  disk.work();
  REQUIRE(disk.answer);
  CHECK_MESSAGE(*disk.answer, (*disk.answer ? "" : disk.answer->error().to_string()));
}

TEST_CASE("foundation h: a reply that comes right behind a cancel is taken, and the call holds nothing afterwards") {
  Disk disk;
  const CancelSource source;
  disk.fetch(source.token());
  source.request();
  disk.time->advance(Millis(10));
  disk.transport->answer();
  disk.time->advance(Millis(1'000));
  CHECK_FALSE(disk.answer);
  disk.let_go();
  disk.work();
  REQUIRE(disk.answer);
  CHECK_MESSAGE(*disk.answer, (*disk.answer ? "" : disk.answer->error().to_string()));
  CHECK(disk.time->waiting() == 0);
}
