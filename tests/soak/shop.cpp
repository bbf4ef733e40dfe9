#include "soak/shop.hpp"

#include "soak/worker.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <signal.h>
#include <sys/wait.h>

namespace kefu_soak {
namespace {

using kefu::Millis;
using kefu::sandbox::PushReply;

constexpr Millis kNoticed{1'000};  // the balancer leaves out who has been silent for so long
/// How much later than promised an answer may be seen here: the machine is busy.
constexpr Millis kSlack{1'500};

Books::Time now() { return std::chrono::steady_clock::now(); }
Millis since(Books::Time time) { return std::chrono::duration_cast<Millis>(now() - time); }

PushReply no_answer(const char* fault) {
  PushReply reply;
  reply.fault = fault;
  return reply;
}

}  // namespace

Shop::Shop(std::string program, Setup setup, Books& books, std::shared_ptr<kefu::Store> store)
    : program_(std::move(program)), setup_(std::move(setup)), books_(books), store_(std::move(store)) {
  for (int i = 0; i < 4; ++i) processes_.push_back(std::make_unique<Process>());
}

Shop::~Shop() {
  for (int i = 0; i < size(); ++i) kill(i);
  for (std::thread& thread : threads_) thread.join();
}

void Shop::start(int number) {
  Process& process = *processes_[number];
  auto [ours, its] = Wire::pair();
  if (store_) {
    threads_.emplace_back([setup = setup_, wire = std::move(its), store = store_]() mutable {
      run_worker(setup, std::move(wire), store);
    });
  } else {
    std::vector<std::string> words{program_, "worker"};
    for (std::string& word : setup_.words()) words.push_back(std::move(word));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    process.pid = ::fork();
    if (process.pid == 0) {
      ::dup2(its.file(), STDIN_FILENO);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  process.wire = std::move(ours);
  process.life = ++lives_;
  process.is_over = false;
  process.stopped_until.reset();
  process.resumed = now();
}

bool Shop::runs(int number) const { return processes_[number]->alive; }
bool Shop::is_stopped(int number) const { return processes_[number]->stopped_until.has_value(); }

void Shop::kill(int number) {
  Process& process = *processes_[number];
  if (process.wire.file() < 0) return;
  if (process.pid > 0) {
    ::kill(process.pid, SIGKILL);
  }
  gone(number);
}

void Shop::end(int number) {
  Process& process = *processes_[number];
  resume(process);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    process.alive = false;  // no more requests
  }
  process.wire.send({"end"}, true);
  const auto deadline = now() + Millis(20'000);
  while (!process.is_over && process.wire.file() >= 0 && now() < deadline) tend(Millis(10));
  if (process.wire.file() >= 0) gone(number);
}

/// It lives no more; what it said before is heard.
void Shop::gone(int number) {
  Process& process = *processes_[number];
  for (Fields told; process.wire.receive(told, Millis(0)) == Wire::Got::message;) hear(number, told);
  std::vector<kefu::MoveFunction<void(PushReply)>> answers;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    process.alive = false;
    process.wire.close();
    for (auto place = requests_.begin(); place != requests_.end();) {
      if (place->second.process == process.life) {
        books_.told(place->second.id, place->second.since, fmt::format("pushed to process {}, closed", process.life));
        answers.push_back(std::move(place->second.answer));
        place = requests_.erase(place);
      } else {
        ++place;
      }
    }
  }
  for (auto& answer : answers) answer(no_answer("closed"));
  if (process.pid > 0) {
    ::kill(process.pid, SIGKILL);
    while (::waitpid(process.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    process.pid = 0;
  }
}

void Shop::stop(int number, Millis time) {
  Process& process = *processes_[number];
  if (!process.alive || process.stopped_until) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    process.stopped = now();
    process.stopped_until = process.stopped + time;
  }
  // A thread cannot be stopped: its store is, for as long.
  if (process.pid > 0)
    ::kill(process.pid, SIGSTOP);
  else
    process.wire.send({"fault", "stall", std::to_string(time.count())});
}

void Shop::resume(Process& process) {
  if (!process.stopped_until) return;
  if (process.pid > 0) ::kill(process.pid, SIGCONT);
  const std::lock_guard<std::mutex> lock(mutex_);
  process.stopped_until.reset();
  process.resumed = now();
}

void Shop::resume_all() {
  for (const auto& process : processes_) resume(*process);
}

void Shop::fault(int number, const std::string& kind, int amount) {
  Process& process = *processes_[number];
  if (process.alive) process.wire.send({"fault", kind, std::to_string(amount)});
}

std::size_t Shop::resident(int number) const {
  if (processes_[number]->pid <= 0) return 0;
  std::ifstream file(fmt::format("/proc/{}/statm", processes_[number]->pid));
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<int> Shop::choose() {
  for (int i = 0; i < size(); ++i) {
    const auto number = static_cast<int>(turn_++ % processes_.size());
    const Process& process = *processes_[number];
    const bool is_silent = process.stopped_until && process.pid > 0 && since(process.stopped) > kNoticed;
    if (process.alive && !is_silent) return number;
  }
  return std::nullopt;
}

void Shop::push(const std::string& account, kefu::sandbox::PushRequest request,
                kefu::MoveFunction<void(PushReply)> answer) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto number = choose()) {
      Process& process = *processes_[*number];
      const std::uint64_t name = ++last_request_;
      if (process.wire.send(
              {"push", std::to_string(name), account, request.method, request.path, request.raw_query, request.body})) {
        Request& kept = requests_[name];
        kept.id = id_in(request.body);
        kept.process = process.life;
        kept.since = now();
        kept.answer = std::move(answer);
        return;
      }
    }
  }
  answer(no_answer("refused"));
}

void Shop::hear(int number, const Fields& told) {
  Process& process = *processes_[number];
  if (told[0] == "ready") {
    const std::lock_guard<std::mutex> lock(mutex_);
    process.alive = true;
  } else if (told[0] == "begin") {
    books_.begun(told[1], process.life, Books::Time(std::chrono::microseconds(std::stoll(told[2]))));
  } else if (told[0] == "dead") {
    books_.dead(told[1], told[2]);
  } else if (told[0] == "dead-end") {
    is_dead_told_ = true;
  } else if (told[0] == "over") {
    process.is_over = true;
  } else if (told[0] == "answer") {
    Request request;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto place = requests_.find(std::stoull(told[1]));
      if (place == requests_.end()) return;
      request = std::move(place->second);
      requests_.erase(place);
    }
    if (told[2] == "200") books_.confirmed(request.id, now());
    books_.told(request.id, request.since, fmt::format("pushed to process {}", process.life));
    books_.told(request.id, now(),
                fmt::format("process {} answered {}, {} bytes", process.life, told[2], told[3].size()));
    request.answer(PushReply(std::stoi(told[2]), told[3]));
  }
}

void Shop::tend(Millis time) {
  const auto until = now() + time;
  do {
    bool heard = false;
    for (int i = 0; i < size(); ++i) {
      Process& process = *processes_[i];
      if (process.stopped_until && *process.stopped_until <= now()) resume(process);
      if (process.wire.file() < 0) continue;
      Fields told;
      Wire::Got got = Wire::Got::nothing;
      for (int n = 0; n < 64 && (got = process.wire.receive(told, Millis(0))) == Wire::Got::message; ++n) {
        heard = true;
        hear(i, told);
      }
      if (got == Wire::Got::end && process.alive) {
        std::fprintf(stderr, "soak: process %d died by itself\n", process.life);
        books_.died(process.life);
      }
      if (got == Wire::Got::end) gone(i);
    }
    watch_requests();
    if (!heard) listen(Millis(2));
  } while (now() < until);
}

/// Until somebody says something, for so long at most.
void Shop::listen(Millis time) const {
  std::vector<pollfd> wires;
  for (const auto& process : processes_) wires.push_back(pollfd{process->wire.file(), POLLIN, 0});
  ::poll(wires.data(), wires.size(), static_cast<int>(time.count()));
}

/// Time in which its process was stopped does not count.
void Shop::watch_requests() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [name, request] : requests_) {
    for (const auto& process : processes_) {
      if (process->life != request.process || process->stopped_until) continue;
      const Millis passed = since(std::max(request.since, process->resumed));
      slowest_ = std::max(slowest_, passed);
      if (passed < setup_.answer_within + kSlack || request.told_late) continue;
      request.told_late = true;
      books_.late(request.id, request.process, passed);
    }
  }
}

bool Shop::ask_dead() {
  for (int i = 0; i < size(); ++i) {
    Process& process = *processes_[i];
    if (!process.alive || process.stopped_until) continue;
    is_dead_told_ = false;
    process.wire.send({"dead"});
    for (const auto deadline = now() + Millis(10'000); !is_dead_told_ && process.alive && now() < deadline;)
      tend(Millis(5));
    return is_dead_told_;
  }
  return false;
}

}  // namespace kefu_soak
