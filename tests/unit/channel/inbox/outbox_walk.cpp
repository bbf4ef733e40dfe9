// Random walks: processes that are stopped and killed, a store that fails before and after it did the work, a platform
// that loses its replies. Whatever comes, what the records say at the end is what the customer saw.
#include "unit/channel/inbox/outbox_world.hpp"

#include <algorithm>
#include <optional>
#include <random>

namespace {

using namespace std::chrono_literals;
using kefu::Delivery;
using kefu::Error;
using kefu::ErrorDetails;
using kefu::ErrorKind;
using kefu::Receipt;
using kefu::Result;
using kefu_test::Millis;
using kefu_test::MonoTime;
using kefu_test::OutboxCarrier;
using kefu_test::OutboxItem;
using kefu_test::OutboxProcess;
using kefu_test::OutboxRecord;
using kefu_test::OutboxState;
using kefu_test::OutboxWorld;
using kefu_test::StoreFault;

constexpr Millis kAnswerWithin{4'000};
constexpr Millis kPlatformWaits{5'000};
constexpr int kPushes = 3;

struct Walk;

/// What the platform knows of one customer's question.
struct Question {
  std::string id;
  Millis key_memory{0};
  bool is_carried = false;  ///< Its request got the answer.
  bool is_acknowledged = false;
  int pushes = 0;
  int seen = 0;                         ///< How often the customer saw the answer.
  std::optional<MonoTime> known_since;  ///< The platform remembers the message's key from here.
  OutboxProcess* owner = nullptr;       ///< Of its lane, in this session:
  std::string session;
  bool is_ended = false;  ///< The Outbox said so.
};

struct WalkItem final : OutboxItem {
  WalkItem(Walk& w, Question& q, OutboxProcess& p) : walk(w), question(q), process(p), session(p.session) {}
  const std::string& id() const override { return question.id; }
  Millis key_memory() const override { return question.key_memory; }
  void send(std::optional<Millis> within, Sent sent) override;
  void over(const Result<OutboxRecord>& record) override {
    if (record) question.is_ended = true;
  }
  Walk& walk;
  Question& question;
  OutboxProcess& process;
  const std::string session;
};

/// One push of the platform, waiting in a process.
struct WalkRequest final : OutboxCarrier, std::enable_shared_from_this<WalkRequest> {
  WalkRequest(Walk& w, Question& q, OutboxProcess& p, int n);
  const std::string& request() const override { return name; }
  bool waits() const override;
  bool carry() override;
  void claimed(const Result<OutboxRecord>& record) override;
  void ask();
  void acknowledge();
  Walk& walk;
  Question& question;
  OutboxProcess& process;
  const std::string name;
  MonoTime begun;
  bool is_answered = false;
};

struct Walk {
  explicit Walk(unsigned seed) : random(seed) {
    world.delay = [this] { return Millis(roll(20) == 0 ? roll(3'000) : 1 + roll(20)); };
    world.fault = [this] {
      if (roll(100) >= fault_rate) return StoreFault::none;
      return static_cast<StoreFault>(1 + roll(3));
    };
    world.written = [this](const std::string& session, const std::string& id, const OutboxRecord& before,
                           const OutboxRecord& after) { written(session, id, before, after); };
    for (int i = 0; i < 3; ++i) add_process();
  }
  ~Walk() {
    for (auto& process : processes) process->end();
  }

  int roll(int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }
  void add_process() { processes.push_back(std::make_unique<OutboxProcess>(world, "p" + std::to_string(++named))); }
  OutboxProcess* running() {
    std::vector<OutboxProcess*> all;
    for (auto& process : processes)
      if (!process->loop->has_ended() && !process->loop->is_paused()) all.push_back(process.get());
    return all.empty() ? nullptr : all[static_cast<std::size_t>(roll(static_cast<int>(all.size())))];
  }

  /// What the header promises of each write.
  void written(const std::string& session, const std::string& id, const OutboxRecord& before,
               const OutboxRecord& after) {
    CHECK_FALSE(world.is_over(session));
    CHECK_FALSE(before.state == OutboxState::sent);
    CHECK_FALSE(before.state == OutboxState::refused);
    CHECK_FALSE(before.state == OutboxState::suppressed);
    const bool begins = after.state == OutboxState::sending && after.attempts > before.attempts;
    if (!begins) return;
    CHECK(after.session == session);
    // A second message without a key only after the first one surely did not arrive.
    if (before.state == OutboxState::sending) CHECK(find(id).key_memory > 0ms);
  }

  Question& find(const std::string& id) {
    for (auto& question : questions)
      if (question->id == id) return *question;
    FAIL("no such question");
    return *questions.front();
  }

  void ask() {
    auto question = std::make_unique<Question>();
    question->id = "q" + std::to_string(questions.size());
    const Millis memories[] = {0ms, 0ms, 20s, 180s};
    question->key_memory = memories[roll(4)];
    const bool by_request = roll(3) != 0;
    world.records[question->id].record = OutboxRecord(by_request, world.now() + (by_request ? 4'000 : 0));
    questions.push_back(std::move(question));
    push(*questions.back());
  }

  /// The platform pushes, and again while nobody answered.
  void push(Question& question) {
    if (question.is_carried || question.is_acknowledged || question.pushes == kPushes) return;
    ++question.pushes;
    if (OutboxProcess* process = running()) {
      auto request = std::make_shared<WalkRequest>(*this, question, *process, question.pushes);
      process->loop->run_at(world.time->mono() + kAnswerWithin, [request] { request->acknowledge(); });
      request->ask();
    }
    world.time->run_at(world.time->mono() + kPlatformWaits, [this, &question] { push(question); });
  }

  /// The sweep: who runs takes over what nobody holds.
  void sweep() {
    for (auto& question : questions) {
      if (question->is_ended || (question->owner != nullptr && !world.is_over(question->session))) continue;
      OutboxProcess* process = running();
      if (process == nullptr) continue;
      question->owner = process;
      question->session = process->session;
      process->outbox->deliver(std::make_shared<WalkItem>(*this, *question, *process));
    }
  }

  /// What a process does by itself: it extends its session, and begins a new one where that is over.
  void keep_sessions() {
    for (auto& process : processes) {
      if (process->loop->has_ended() || process->loop->is_paused()) continue;
      if (!process->records->renew()) process->begin_session();
    }
  }

  void harm() {
    OutboxProcess* process = running();
    if (process == nullptr) return;
    switch (roll(6)) {
      case 0:
        process->end();
        add_process();
        break;
      case 1:
      case 2:
        process->loop->pause();
        world.time->run_at(world.time->mono() + Millis(100 + roll(roll(2) == 0 ? 3'000 : 40'000)), [this, process] {
          if (process->loop->has_ended()) return;
          // The first thing it does: what was due.
          process->loop->go_on();
        });
        break;
      case 3:
        if (!questions.empty())
          world.records[questions[static_cast<std::size_t>(roll(static_cast<int>(questions.size())))]->id].human = true;
        break;
      default:
        break;
    }
  }

  void run() {
    for (int tick = 0; tick < 600; ++tick) {
      if (tick < 200 && roll(10) == 0) ask();
      if (tick < 300 && roll(8) == 0) harm();
      if (tick == 300) fault_rate = 0;
      keep_sessions();
      sweep();
      world.time->advance(Millis(200));
    }
    for (int hour = 0; hour < 100; ++hour) {
      keep_sessions();
      sweep();
      world.time->advance(5s);
    }
  }

  void judge() {
    for (const auto& question : questions) {
      const OutboxRecord& record = world.record(question->id);
      CAPTURE(question->id);
      CAPTURE(record.why);
      CAPTURE(to_string(record.state));
      REQUIRE(record.over());
      ++ends[record.state];
      CHECK(question->seen <= 1);
      if (record.state == OutboxState::sent) CHECK(question->seen == 1);
      if (record.state == OutboxState::refused || record.state == OutboxState::suppressed) CHECK(question->seen == 0);
      if (question->is_carried && record.state == OutboxState::sent) CHECK(record.was_carried());
    }
  }

  std::mt19937 random;
  int fault_rate = 10;
  int named = 0;
  OutboxWorld world;
  std::vector<std::unique_ptr<OutboxProcess>> processes;
  std::vector<std::unique_ptr<Question>> questions;
  std::map<OutboxState, int> ends;
};

void WalkItem::send(std::optional<Millis> within, Sent sent) {
  CHECK(process.records->alive());
  const OutboxRecord& record = walk.world.record(question.id);
  // Its `sending` was committed by this session; a process that is stopped after this look may lose it.
  if (!walk.world.is_over(session)) {
    CHECK(record.state == OutboxState::sending);
    CHECK(record.session == session);
  }
  const MonoTime now = walk.world.time->mono();
  const Millis travel(5 + walk.roll(300));
  if (within) CHECK(*within > 0ms);
  const bool arrives_in_time = !within || travel <= *within;
  const int fate = walk.roll(10);
  const bool arrives = fate < 7 && arrives_in_time;
  walk.world.time->run_at(now + travel, [&walk = walk, &question = question, arrives] {
    if (!arrives) return;
    const MonoTime then = walk.world.time->mono();
    const bool is_known = question.known_since && then < *question.known_since + question.key_memory;
    if (is_known) return;
    question.known_since = then;
    ++question.seen;
  });
  auto held = std::make_shared<Sent>(std::move(sent));
  process.loop->run_at(now + 2 * travel, [held, fate, arrives] {
    ErrorDetails details;
    details.message = "scripted";
    if (arrives && fate < 5) return (*held)(Receipt());
    if (arrives || fate == 7) return (*held)(Error(ErrorKind::timeout, Delivery::unknown, std::move(details)));
    if (fate == 8) return (*held)(Error(ErrorKind::window_closed, Delivery::refused, std::move(details)));
    (*held)(Error(ErrorKind::rate_limited, Delivery::not_sent, std::move(details)));
  });
}

WalkRequest::WalkRequest(Walk& w, Question& q, OutboxProcess& p, int n)
    : walk(w), question(q), process(p), name(q.id + "-" + std::to_string(n)), begun(w.world.time->mono()) {}

bool WalkRequest::waits() const { return !is_answered && walk.world.time->mono() < begun + kAnswerWithin; }

bool WalkRequest::carry() {
  if (!waits()) return false;
  is_answered = true;
  const MonoTime arrival = walk.world.time->mono() + Millis(walk.roll(100));
  walk.world.time->run_at(arrival, [this, arrival, self = shared_from_this()] {
    CHECK(arrival <= begun + kPlatformWaits);
    // A platform that gave the connection up, or got the answer from a repeat, takes none from this one.
    if (question.is_carried || question.is_acknowledged) return;
    question.is_carried = true;
    ++question.seen;
  });
  return true;
}

void WalkRequest::claimed(const Result<OutboxRecord>& record) {
  if (is_answered || !record) return;
  if (record->over()) return acknowledge();
  process.loop->run_at(walk.world.time->mono() + 200ms, [self = shared_from_this()] { self->ask(); });
}

void WalkRequest::ask() {
  if (waits() && process.outbox) process.outbox->claim(question.id, shared_from_this());
}

void WalkRequest::acknowledge() {
  if (std::exchange(is_answered, true)) return;
  if (walk.world.time->mono() <= begun + kPlatformWaits) question.is_acknowledged = true;
}

}  // namespace

TEST_CASE("Outbox: random walks with stops, deaths, ambiguous commits and lost replies end as the customer saw it") {
  std::map<OutboxState, int> ends;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Walk walk(seed);
    walk.run();
    walk.judge();
    for (const auto& [state, count] : walk.ends) ends[state] += count;
  }
  // The walks must have gone everywhere.
  for (const OutboxState state :
       {OutboxState::sent, OutboxState::refused, OutboxState::unknown, OutboxState::suppressed})
    CHECK(ends[state] > 20);
}
