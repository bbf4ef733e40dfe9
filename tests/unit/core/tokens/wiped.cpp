// foundation l: what held a token is wiped before its memory goes back. The program's own operator delete looks at
// every block, so that nothing of the library has to tell on itself.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include "core/call/fields.hpp"
#include "core/call/pipeline.hpp"
#include "core/tokens/vault.hpp"
#include "support/simulated_core.hpp"
#include "support/test_clock.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

using namespace kefu;

namespace {

constexpr std::string_view kPlantedToken = "planted-access-token-0123456789-abcdefghijklmnopqrstuvwxyz";
std::atomic<bool> watching_blocks{false};
std::atomic<int> blocks_with_token{0};

void look_at_block(void* block) noexcept {
  if (block == nullptr || !watching_blocks.load(std::memory_order_relaxed)) return;
  const std::string_view bytes(static_cast<const char*>(block), malloc_usable_size(block));
  if (bytes.find(kPlantedToken.substr(8, 40)) == std::string_view::npos) return;
  ++blocks_with_token;
  std::memset(block, 0, bytes.size());  // or it is found again in the unused part of whatever comes here next
}

/// Blocks that were freed with the token in them while `work` ran.
template <class Work>
int blocks_left_by(Work&& work) {
  blocks_with_token = 0;
  watching_blocks = true;
  work();
  watching_blocks = false;
  return blocks_with_token;
}

struct FetchThing {
  struct Response {
    Response() {}
    Secret access_token;
  };
  static const Operation& operation();
};

/// Gives its one answer, whose body it does not keep.
struct TokenWire final : Transport {
  void send(HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) override {
    HttpReply reply;
    reply.status = 200;
    reply.body = std::move(body);
    done(HttpOutcome(std::move(reply)));
  }
  std::string body;
};

}  // namespace

void* operator new(std::size_t size) {
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  look_at_block(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { ::operator delete(block); }

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(FetchThing) {}
KEFU_FIELDS(FetchThing::Response) { v.required("access_token", s.access_token); }

}  // namespace detail
KEFU_END_NAMESPACE

const Operation& FetchThing::operation() {
  static const Operation row = detail::make_operation<FetchThing>(
      {"test.thing.fetch", "GET", "/token", Authorization::none, Effect::read, "", Millis(60'000), "Token"});
  return row;
}

TEST_CASE("foundation l: a block that is freed with a token in it is seen here") {
  CHECK(blocks_left_by([] { const std::string text(kPlantedToken); }) == 1);
  CHECK(blocks_left_by([] { const Secret secret(kPlantedToken); }) == 0);
}

TEST_CASE("foundation l: the answer that brings a token leaves none behind") {
  kefu_test::SimulatedCore world;
  const auto wire = std::make_shared<TokenWire>();
  world.core->transport = wire;
  const ApiClient client(std::make_shared<detail::Pipeline>(world.core, std::make_shared<kefu_test::TestPlatform>()));
  wire->body.reserve(200);
  wire->body.append(R"({"access_token":")").append(kPlantedToken).append(R"(","expires_in":7200})");
  wire->body.append(R"( )");
  Secret token;
  SUBCASE("read") {
    CHECK(blocks_left_by([&] { token = client.call(FetchThing()).get()->access_token; }) == 0);
    CHECK(token == Secret(kPlantedToken));
  }
  SUBCASE("unreadable") {
    wire->body.back() = '{';
    CHECK(blocks_left_by([&] { CHECK_FALSE(client.call(FetchThing()).get()); }) == 0);
  }
}

TEST_CASE("foundation l: a record leaves no token behind on its way to the store and back") {
  const auto clock = std::make_shared<kefu_test::TestClock>();
  MemoryStore store(clock);
  const detail::TokenVault vault(clock, "token", "budget", detail::TokenIdentity::text_and_generation);
  CHECK(blocks_left_by([&] {
          detail::TokenRecord record;
          record.value = Secret(kPlantedToken);
          record.generation = 1;
          record.issued = clock->wall();
          record.expires = clock->wall() + std::chrono::hours(2);
          CHECK(vault.keep(store, record, 0, 0));
          record.generation = 2;
          CHECK(vault.keep(store, std::move(record), 7, 0));  // loses against the first
          const auto found = vault.look(store, "me", Millis(1000), 0, 0);
          REQUIRE(found);
          CHECK(found->usable);
          CHECK(found->record->value == Secret(kPlantedToken));
        }) == 0);
}

#endif
