#include "soak/model/process.hpp"

#include "core/async/runtime_core.hpp"

namespace kefu_model {
namespace {

using namespace std::chrono_literals;

constexpr Millis kBeyondLeases{45'000};

/// Everything arrives, unless the process is dead.
class Sender final : public kefu::Messenger {
 public:
  explicit Sender(Process& process) : process_(process) {}
  kefu::Pending<kefu::Receipt> send(kefu::Message message, kefu::CallOptions) override {
    kefu::Promise<kefu::Receipt> promise(process_.runtime->home());
    auto pending = promise.pending();
    const std::string id = id_in(message.content);
    if (!process_.dead && !id.empty()) ++process_.world.events.at(std::stoul(id)).sent;
    promise.answer(kefu::Receipt());
    return pending;
  }
  kefu::Pending<kefu::SendPlan> plan(kefu::Message, kefu::CallOptions) override {
    kefu::Promise<kefu::SendPlan> promise(process_.runtime->home());
    auto pending = promise.pending();
    kefu::SendPlan plan;
    plan.allowed = true;
    plan.messages = 1;
    promise.answer(std::move(plan));
    return pending;
  }
  kefu::Pending<void> typing(kefu::Address, bool, kefu::CallOptions) override {
    kefu::Promise<void> promise(process_.runtime->home());
    auto pending = promise.pending();
    promise.answer(kefu::Result<void>());
    return pending;
  }

 private:
  static std::string id_in(const kefu::Content& content) {
    if (const auto* text = std::get_if<kefu::TextContent>(&content)) return text->body;
    if (const auto* menu = std::get_if<kefu::MenuContent>(&content)) return menu->head;
    return {};
  }
  Process& process_;
};

class Account final : public kefu::Channel {
 public:
  explicit Account(Process& process) : sender_(std::make_shared<Sender>(process)) {}
  const std::string& id() const override { return id_; }
  const std::string& platform() const override { return platform_; }
  const kefu::Capabilities& capabilities() const override { return capabilities_; }
  std::shared_ptr<kefu::Messenger> messenger() const override { return sender_; }
  std::shared_ptr<kefu::PushReceiver> push_receiver() const override { return receiver_; }

 private:
  const std::string id_ = "shop";
  const std::string platform_ = "fake";
  const kefu::Capabilities capabilities_;
  const std::shared_ptr<Sender> sender_;
  const std::shared_ptr<kefu::PushReceiver> receiver_ = std::make_shared<kefu_test::FakeReceiver>();
};

class NoJitter final : public kefu::Jitter {
 public:
  double unit() override { return 0.5; }
};

}  // namespace

kefu::Scheduler::Ticket Loop::run_at(kefu::MonoTime when, kefu::Task task) {
  if (ended_) return 0;
  const Ticket ticket = ++last_;
  tasks_->emplace(ticket, std::move(task));
  time_->run_at(when, [self = self_, ticket] {
    if (*self != nullptr) (*self)->due(ticket);
  });
  return ticket;
}

void Loop::due(Ticket ticket) {
  const auto place = tasks_->find(ticket);
  if (place == tasks_->end()) return;
  if (time_->mono() < stands_until_) {
    time_->run_at(stands_until_, [self = self_, ticket] {
      if (*self != nullptr) (*self)->due(ticket);
    });
    return;
  }
  kefu::Task task = std::move(place->second);
  tasks_->erase(place);
  task();
}

template <class Work>
auto MishapStore::operate(bool is_commit, Work work) -> decltype(work()) {
  Process& process = process_;
  if (process.dead || world_.time->mono() < process.cut_off_until) return failure(kefu::Delivery::refused);
  const auto accident = world_.next(is_commit);
  if (!accident) return work();
  switch (*accident) {
    case Accident::fails:
      return failure(kefu::Delivery::refused);
    case Accident::doubtful:
      static_cast<void>(work());
      return failure(kefu::Delivery::unknown);
    case Accident::lost:
      return failure(kefu::Delivery::unknown);
    case Accident::delayed:
    case Accident::long_after:
      world_.time->run_at(world_.time->mono() + (*accident == Accident::delayed ? Millis(700) : kBeyondLeases),
                          [work] { static_cast<void>(work()); });
      return failure(kefu::Delivery::unknown);
    case Accident::dies_before:
      process.die();
      return failure(kefu::Delivery::unknown);
    case Accident::dies_after: {
      auto outcome = work();
      process.die();
      return outcome;
    }
    case Accident::stops:
    case Accident::pauses: {
      auto outcome = work();
      process.loop->stand_still(*accident == Accident::stops ? kBeyondLeases : Millis(6'000));
      return outcome;
    }
    case Accident::cut_off:
      process.cut_off_until = world_.time->mono() + kBeyondLeases;
      return failure(kefu::Delivery::refused);
  }
  return work();
}

kefu::Result<kefu::WallTime> MishapStore::now() { return world_.store->now(); }
kefu::Result<std::optional<kefu::StoreEntry>> MishapStore::get(std::string_view key) {
  // A look for what others left comes every second and changes nothing: no accident is spent on it.
  const bool is_look = key.find("/inbox-free/") != std::string_view::npos;
  const bool reaches = !process_.dead && world_.time->mono() >= process_.cut_off_until;
  if (is_look && reaches) return world_.store->get(key);
  return operate(false, [store = world_.store, key = std::string(key)] { return store->get(key); });
}
kefu::Result<std::vector<std::optional<kefu::StoreEntry>>> MishapStore::get_many(const std::vector<std::string>& keys) {
  return operate(false, [store = world_.store, keys] { return store->get_many(keys); });
}
kefu::Result<kefu::CommitOutcome> MishapStore::commit(const std::vector<kefu::StoreWrite>& writes,
                                                      kefu::Durability durability) {
  return operate(true, [store = world_.store, writes, durability] { return store->commit(writes, durability); });
}
kefu::Result<kefu::StorePage> MishapStore::list(std::string_view prefix, std::string_view after,
                                                kefu::ListLimits limits) {
  return operate(false, [store = world_.store, prefix = std::string(prefix), after = std::string(after), limits] {
    return store->list(prefix, after, limits);
  });
}
kefu::Result<std::optional<kefu::Lease>> MishapStore::lease(std::string_view key, std::string_view owner,
                                                            std::chrono::milliseconds ttl) {
  return operate(false, [store = world_.store, key = std::string(key), owner = std::string(owner), ttl] {
    return store->lease(key, owner, ttl);
  });
}
kefu::Result<void> MishapStore::release(const kefu::Lease& lease) {
  return operate(false, [store = world_.store, lease] { return store->release(lease); });
}

Process::Process(World& w, int n) : world(w), number(n), loop(std::make_shared<Loop>(w.time)) {
  kefu::RuntimeOptions options;
  options.clock = w.time;
  options.scheduler = loop;
  options.store = std::make_shared<MishapStore>(w, *this);
  options.transport = std::make_shared<kefu::sandbox::ScriptedTransport>(w.time);
  options.jitter = std::make_shared<NoJitter>();
  options.multi_instance = true;
  runtime.emplace(kefu::Runtime::create(std::move(options)).value());
  channel = std::make_shared<Account>(*this);
  inbox.emplace(
      kefu::Inbox::create(*runtime, channel, [this](const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
        handle(event, turn);
      }).value());
}

Process::~Process() { die(); }

void Process::die() {
  dead = true;
  loop->end();
}

void Process::handle(const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
  Record& record = world.events.at(std::stoul(event.event_id));
  record.processes.push_back(number);
  if (!record.first_handled) record.first_handled = world.time->mono();
  const bool is_menu = record.manner == Manner::menu || record.manner == Manner::menu_slowly;
  auto answer = [id = event.event_id, is_menu, turn, is_silent = record.manner == Manner::nothing] {
    if (is_silent) return turn.done();
    if (!is_menu) return turn.answer(kefu::TextContent(id));
    turn.answer(kefu::MenuContent(id, {kefu::MenuContent::Item("1", "yes"), kefu::MenuContent::Item("2", "no")}));
  };
  switch (record.manner) {
    case Manner::at_once:
    case Manner::menu:
    case Manner::nothing:
      return answer();
    case Manner::slowly:
    case Manner::menu_slowly:
      loop->run_at(world.time->mono() + Millis(500), std::move(answer));
      return;
    case Manner::late:
      loop->run_at(world.time->mono() + Millis(6'000), std::move(answer));
      return;
  }
}

}  // namespace kefu_model
