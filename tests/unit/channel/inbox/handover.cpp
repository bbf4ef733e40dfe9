// A transfer to an agent that comes after the request was answered.
#include "unit/channel/inbox/shop.hpp"

#include <deque>
#include <optional>

namespace {

using namespace std::chrono_literals;
using kefu::Agent;
using kefu::CallOptions;
using kefu::CustomerId;
using kefu::Error;
using kefu::ErrorKind;
using kefu::Pending;
using kefu_test::failure;
using kefu_test::Shop;
using kefu_test::three_tries;
using kefu_test::World;

/// Answers from scripts and notes who was given to whom.
class FakeSessions final : public kefu::AgentSessions {
 public:
  explicit FakeSessions(const kefu::Runtime& runtime) : home_(runtime.home()) {}

  Pending<std::vector<Agent>> agents(CallOptions) override { return answer<std::vector<Agent>>(agents_at_work); }
  Pending<kefu::AgentSessionPage> sessions(kefu::AgentSessionQuery, CallOptions) override {
    return answer<kefu::AgentSessionPage>(kefu::AgentSessionPage());
  }
  Pending<std::optional<kefu::AgentSession>> session_of(CustomerId, CallOptions) override {
    return answer<std::optional<kefu::AgentSession>>(std::optional<kefu::AgentSession>());
  }
  Pending<void> open(CustomerId customer, std::string agent, CallOptions) override {
    opened.push_back(customer.id + " to " + agent);
    kefu::Promise<void> promise(home_);
    auto pending = promise.pending();
    if (failures.empty()) {
      promise.answer(kefu::Result<void>());
    } else {
      promise.answer(kefu::Result<void>(failures.front()));
      failures.pop_front();
    }
    return pending;
  }
  Pending<void> close(CustomerId, std::string, CallOptions) override {
    kefu::Promise<void> promise(home_);
    auto pending = promise.pending();
    promise.answer(kefu::Result<void>());
    return pending;
  }
  Pending<std::vector<kefu::WaitingCustomer>> waiting(CallOptions) override {
    return answer<std::vector<kefu::WaitingCustomer>>(std::vector<kefu::WaitingCustomer>());
  }

  std::vector<Agent> agents_at_work;
  std::vector<std::string> opened;
  std::deque<Error> failures;

 private:
  template <class T>
  Pending<T> answer(T value) {
    kefu::Promise<T> promise(home_);
    auto pending = promise.pending();
    promise.answer(std::move(value));
    return pending;
  }
  const std::shared_ptr<kefu::detail::PendingHome> home_;
};

Agent agent(const std::string& id, bool online, int sessions) {
  Agent one(id);
  one.online = online;
  one.sessions = sessions;
  return one;
}

struct Case {
  Case() : shop(world, three_tries()), sessions(std::make_shared<FakeSessions>(shop.runtime)) {
    shop.channel->sessions = sessions;
  }
  void transfer_late(const std::string& to) {
    shop.push("e1|c1|hi");
    shop.pass(5s);
    shop.turn().answer(kefu::TransferToAgent(to));
    shop.pass(1ms);
  }
  World world;
  Shop shop;
  std::shared_ptr<FakeSessions> sessions;
};

}  // namespace

TEST_CASE("BOT-3: a late transfer opens a session with the agent it names") {
  Case c;
  c.transfer_late("a@shop");
  CHECK(c.sessions->opened == std::vector<std::string>{"c1 to a@shop"});
  CHECK(c.shop.dead().empty());
  CHECK(c.shop.sent().empty());
}

TEST_CASE("BOT-3: a late transfer to anybody goes to the agent at work who serves fewest") {
  Case c;
  c.sessions->agents_at_work = {agent("off@shop", false, 0), agent("busy@shop", true, 3), agent("free@shop", true, 1)};
  c.transfer_late("");
  CHECK(c.sessions->opened == std::vector<std::string>{"c1 to free@shop"});
  CHECK(c.shop.dead().empty());
}

TEST_CASE("BOT-3: nobody at work, or another agent, is told in the dead letters") {
  Case nobody;
  nobody.sessions->agents_at_work = {agent("off@shop", false, 0)};
  nobody.transfer_late("");
  REQUIRE(nobody.shop.dead().size() == 1);
  CHECK(nobody.shop.dead()[0].why.find("no agent is online") != std::string::npos);
  CHECK(nobody.sessions->opened.empty());

  Case taken;
  taken.sessions->failures.push_back(failure(ErrorKind::conflict, kefu::Delivery::refused));
  taken.transfer_late("a@shop");
  CHECK(taken.shop.dead().size() == 1);
  CHECK(taken.sessions->opened.size() == 1);
}

TEST_CASE("BOT-2: a late transfer that failed in passing is tried again") {
  Case c;
  c.sessions->failures.push_back(failure(ErrorKind::unavailable, kefu::Delivery::refused));
  c.transfer_late("a@shop");
  CHECK(c.sessions->opened.size() == 1);
  c.shop.pass(1min);
  CHECK(c.sessions->opened.size() == 2);
  CHECK(c.shop.dead().empty());
}
