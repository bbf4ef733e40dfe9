// The other process of the store tests. Writes one line per event to standard output, at once.
// The file of the first three may be another store, see store_place.hpp.
//   store_child count <file> <key> <n>         adds 1 to a counter n times by compare-and-set
//   store_child hold <file> <key> <owner> <ms> takes a lease and holds it until it is killed
//   store_child script <file>                  runs the script, step by step, until it is killed
//   store_child die <file> <steps> <n> <torn>  runs the script; the n-th system call of SQLite kills the process, after
//                                              half of the bytes if it is a write and torn is 1
//   store_child full <file> <bytes>            fills the disk (files may not grow past that size), then gets room again
#include "lifecycle/store_script.hpp"
#include "support/store_place.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdarg>
#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

using kefu::Durability;
using kefu_test::StoreScript;

namespace {

/// One write, so that a kill never leaves half a line.
void say(const std::string& text) {
  const std::string line = text + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(9);
}

[[noreturn]] void fail(const std::string& text) {
  say("failed " + text);
  std::_Exit(1);
}

std::shared_ptr<kefu::Store> open_store(const char* path) {
  auto opened = kefu_test::open_store_at(path);
  if (!opened) fail(opened.error().to_string());
  return *opened;
}

int count(const char* path, const char* key, int rounds) {
  const auto store = open_store(path);
  say("ready");
  for (int done = 0; done < rounds;) {
    const auto entry = store->get(key);
    if (!entry) fail(entry.error().to_string());
    const int number = *entry ? std::stoi((*entry)->value) : 0;
    const auto outcome = store->put_if_unchanged(key, std::to_string(number + 1), *entry ? (*entry)->generation : 0,
                                                 std::nullopt, Durability::relaxed);
    if (!outcome) fail(outcome.error().to_string());
    if (outcome->committed) ++done;
  }
  say(fmt::format("done {}", rounds));
  return 0;
}

int hold(const char* path, const char* key, const char* owner, int ttl) {
  const auto store = open_store(path);
  const auto lease = store->lease(key, owner, kefu::Millis(ttl));
  if (!lease) fail(lease.error().to_string());
  if (!*lease) fail("the lease is held");
  say(fmt::format("fence {}", (*lease)->fence));
  for (;;) ::pause();
}

void run_script(kefu::Store& store, int steps) {
  const StoreScript script;
  const StoreScript::State state = script.read(store);
  if (!state.fault.empty()) fail(state.fault);
  for (int step = state.step + 1; step <= state.step + steps; ++step) {
    const auto generation = script.run(store, step);
    if (!generation) fail(generation.error().to_string());
    say(fmt::format("did {} {}", step, *generation));
  }
}

// SQLite's own hook for tests lets a program take the place of the system's calls.
std::atomic<long> calls_left{0};  // The log is emptied by a thread of its own.
bool torn = false;

ssize_t dying_write(int file, const void* bytes, size_t size, off_t place) {
  if (--calls_left == 0) {
    if (torn) static_cast<void>(::pwrite(file, bytes, size / 2, place));
    ::kill(::getpid(), SIGKILL);
  }
  return ::pwrite(file, bytes, size, place);
}

int dying_truncate(int file, off_t size) {
  if (--calls_left == 0) ::kill(::getpid(), SIGKILL);
  return ::ftruncate(file, size);
}

int dying_unlink(const char* path) {
  if (--calls_left == 0) ::kill(::getpid(), SIGKILL);
  return ::unlink(path);
}

int dying_control(int file, int command, ...) {
  std::va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (--calls_left == 0) ::kill(::getpid(), SIGKILL);
  return ::fcntl(file, command, argument);
}

template <class Function>
void replace(const char* name, Function* function) {
  sqlite3_vfs* system = sqlite3_vfs_find("unix");
  if (system->xSetSystemCall(system, name, reinterpret_cast<sqlite3_syscall_ptr>(function)) != SQLITE_OK) {
    fail(std::string("SQLite does not call ") + name);
  }
}

int die(const char* path, int steps, long call, bool half) {
  calls_left = call;
  torn = half;
  if (sqlite3_initialize() != SQLITE_OK) fail("SQLite does not start");
  replace("pwrite", &dying_write);
  replace("pwrite64", &dying_write);
  replace("ftruncate", &dying_truncate);
  replace("unlink", &dying_unlink);
  replace("fcntl", &dying_control);
  run_script(*open_store(path), steps);  // Closing is part of what may be killed.
  say("survived");
  return 0;
}

void limit_file_size(rlim_t size) {
  rlimit limit;
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0) fail("getrlimit");
  limit.rlim_cur = size;
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) fail("setrlimit");
}

int full(const char* path, rlim_t size) {
  ::signal(SIGXFSZ, SIG_IGN);
  const auto store = open_store(path);
  const StoreScript script(900);  // What is stored grows with each step.
  limit_file_size(size);
  int step = script.read(*store).step;
  int refusals = 0;
  // After a refusal a smaller write may still fit; the disk is full when many in a row are refused.
  for (int tries = 0; tries < 900 && refusals < 20; ++tries) {
    const auto generation = script.run(*store, step + 1);
    if (generation) {
      ++step;
      refusals = 0;
      continue;
    }
    if (generation.error().kind() != kefu::ErrorKind::quota_exhausted) fail(generation.error().to_string());
    if (++refusals == 1) say("refused " + generation.error().to_string());
    const StoreScript::State state = script.read(*store);
    if (!state.fault.empty() || state.step != step) fail("while the disk is full: " + state.fault);
  }
  if (refusals == 0) fail("the disk was never full");
  say(fmt::format("full {}", step));
  limit_file_size(RLIM_INFINITY);
  for (int more = 0; more < 50; ++more) {
    const auto generation = script.run(*store, step + 1);
    if (!generation) fail("with room again: " + generation.error().to_string());
    say(fmt::format("did {} {}", ++step, *generation));
  }
  return 0;
}

}  // namespace

int main(int size, char** arguments) {
  const std::string mode = size > 2 ? arguments[1] : "";
  if (mode == "count" && size == 5) return count(arguments[2], arguments[3], std::atoi(arguments[4]));
  if (mode == "hold" && size == 6) return hold(arguments[2], arguments[3], arguments[4], std::atoi(arguments[5]));
  if (mode == "script" && size == 3) {
    run_script(*open_store(arguments[2]), 1'000'000);
    return 0;
  }
  if (mode == "die" && size == 6) {
    return die(arguments[2], std::atoi(arguments[3]), std::atol(arguments[4]), std::atoi(arguments[5]) != 0);
  }
  if (mode == "full" && size == 4) return full(arguments[2], static_cast<rlim_t>(std::atol(arguments[3])));
  fail("unknown arguments");
}
