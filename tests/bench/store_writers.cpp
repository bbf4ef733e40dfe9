// What processes that write to one SQLite file wait for each other: two of them, each 1,000 commits a second; and as
// fast as they can, where the log must stay bounded all the same. Beside it one process alone: what a commit and a read
// after it cost.
#include "bench/harness.hpp"

#include <kefu/stores/sqlite.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace kefu;

namespace {

constexpr int kSeconds = 10;
constexpr int kRate = 1000;
constexpr int kKeys = 2000;

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::exit(1);
}

std::shared_ptr<SqliteStore> open_store(const std::string& path) {
  auto store = SqliteStore::open(SqliteOptions(path));
  if (!store) fail(store.error().to_string());
  return *store;
}

std::string key_of(int writer, int number) {
  return "kefu/2/default/wechat/window/wx" + std::to_string(writer) + "/oAbCdEfGhIjKlMnOp" +
         std::to_string(number % kKeys);
}

/// The program again, as one of those who write: takes what a window costs per message, prints microseconds.
int write_as_child(const std::string& path, int writer, bool paced) {
  const auto store = open_store(path);
  std::vector<std::uint64_t> generations(kKeys);
  std::vector<float> waited;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0;; ++i) {
    auto begun = std::chrono::steady_clock::now();
    if (begun - start > std::chrono::seconds(kSeconds)) break;
    if (paced) {
      // Lateness of the one before counts for the next one, as it does for customers.
      const auto due = start + std::chrono::microseconds(std::int64_t{i} * 1'000'000 / kRate);
      std::this_thread::sleep_until(due);
      begun = due;
    }
    auto& generation = generations[static_cast<std::size_t>(i % kKeys)];
    const auto done = store->put_if_unchanged(key_of(writer, i), std::string(200, 'v'), generation,
                                              std::chrono::hours(48), Durability::relaxed);
    if (!done || !done->committed) fail(done ? "a conflict" : done.error().to_string());
    generation = done->generation;
    const std::chrono::duration<float, std::micro> took = std::chrono::steady_clock::now() - begun;
    waited.push_back(took.count());
  }
  if (std::fwrite(waited.data(), sizeof(float), waited.size(), stdout) != waited.size()) return 1;
  return 0;
}

struct Child {
  pid_t pid = 0;
  int output = -1;
};

Child start(const char* program, const std::string& path, int writer, bool paced) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  Child child;
  child.pid = fork();
  if (child.pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    const std::string number = std::to_string(writer);
    execl(program, program, "--writer", path.c_str(), number.c_str(), paced ? "paced" : "fast", nullptr);
    _exit(127);
  }
  close(ends[1]);
  child.output = ends[0];
  return child;
}

std::vector<float> results_of(const Child& child) {
  std::vector<float> values;
  float part[4096];
  std::FILE* file = fdopen(child.output, "r");
  for (std::size_t size; (size = std::fread(part, sizeof(float), 4096, file)) > 0;)
    values.insert(values.end(), part, part + size);
  std::fclose(file);
  int status = 0;
  if (waitpid(child.pid, &status, 0) != child.pid || status != 0) fail("a writer failed");
  return values;
}

double size_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<double>(info.st_size) : 0;
}

/// Two processes; `largest` is that of the log, looked at all the time.
void run_writers(const kefu_bench::Options& options, const char* program, const char* name, bool paced) {
  char folder[] = "store_writers_XXXXXX";
  if (mkdtemp(folder) == nullptr) fail("mkdtemp");
  const std::string path = std::string(folder) + "/store.db";
  const Child children[] = {start(program, path, 0, paced), start(program, path, 1, paced)};
  double largest = 0;
  for (int i = 0; i < kSeconds * 20; ++i) {
    poll(nullptr, 0, 50);
    largest = std::max(largest, size_of(path + "-wal"));
  }
  std::vector<float> all;
  for (const Child& child : children) {
    const auto values = results_of(child);
    all.insert(all.end(), values.begin(), values.end());
  }
  std::sort(all.begin(), all.end());
  const auto at = [&](double part) { return double(all[static_cast<std::size_t>(double(all.size() - 1) * part)]); };
  kefu_bench::print(options, kefu_bench::Row(name)
                                 .add("processes", 2)
                                 .add("commits_per_s", double(all.size()) / kSeconds)
                                 .add("p50_us", at(0.5))
                                 .add("p99_us", at(0.99))
                                 .add("p999_us", at(0.999))
                                 .add("longest_us", at(1))
                                 .add("log_mb", largest / 1048576));
  for (const char* ending : {"", "-wal", "-shm", "-turn"}) unlink((path + ending).c_str());
  rmdir(folder);
}

/// One process: `reads` reads after each of its commits.
void run_alone(const kefu_bench::Options& options, const char* name, int reads) {
  char folder[] = "store_writers_XXXXXX";
  if (mkdtemp(folder) == nullptr) fail("mkdtemp");
  const std::string path = std::string(folder) + "/store.db";
  {
    const auto store = open_store(path);
    std::vector<std::uint64_t> generations(kKeys);
    constexpr int kCommits = 2000;
    int i = 0;
    const auto cost = kefu_bench::repeat(options, kCommits, [&] {
      for (const int end = i + kCommits; i < end; ++i) {
        auto& generation = generations[static_cast<std::size_t>(i % kKeys)];
        for (int read = 0; read < reads; ++read) {
          const auto entry = store->get(key_of(0, i));
          if (!entry || entry->has_value() != (generation != 0)) fail("a read");
        }
        const auto done = store->put_if_unchanged(key_of(0, i), std::string(200, 'v'), generation,
                                                  std::chrono::hours(48), Durability::relaxed);
        if (!done || !done->committed) fail("a commit");
        generation = done->generation;
      }
    });
    kefu_bench::print(options, kefu_bench::Row(name).add("reads", reads).add(cost));
  }
  for (const char* ending : {"", "-wal", "-shm", "-turn"}) unlink((path + ending).c_str());
  rmdir(folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--writer") {
    return write_as_child(argv[2], std::atoi(argv[3]), std::string(argv[4]) == "paced");
  }
  const auto options = kefu_bench::parse(argc, argv);
  if (options.wants("store_commit")) run_alone(options, "store_commit", 0);
  if (options.wants("store_read_commit")) run_alone(options, "store_read_commit", 1);
  if (options.wants("store_two_writers")) run_writers(options, "/proc/self/exe", "store_two_writers", true);
  if (options.wants("store_two_fast_writers")) run_writers(options, "/proc/self/exe", "store_two_fast_writers", false);
  return 0;
}
