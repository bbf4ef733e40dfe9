#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <time.h>
#include <utility>
#include <vector>

/// What the benchmark programs share. A figure is only worth something beside another one taken under the same
/// conditions, so `compare` runs ours and the reference by turns and takes the median of the per-pair ratios.
namespace kefu_bench {

/// Calls of `operator new` in this process so far, all threads (support/allocations.cpp).
std::uint64_t allocations() noexcept;
/// Bytes that all heap allocations of the process hold now, with what the allocator adds to each.
double allocated_bytes() noexcept;

/// What every benchmark program understands:
///   --json      one JSON object per line instead of a table
///   --pairs N   interleaved pairs, at least 7 (default 9)
///   --pin CPU   run on one processor, and so do the threads started later
///   --only TEXT only rows whose name contains TEXT
struct Options {
  bool json = false;
  int pairs = 9;
  int pin = -1;
  std::string only;

  bool wants(std::string_view name) const { return only.empty() || name.find(only) != std::string_view::npos; }
};

inline Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (flag == "--json") {
      options.json = true;
    } else if (flag == "--pairs" && value != nullptr) {
      options.pairs = std::max(7, std::atoi(argv[++i]));
    } else if (flag == "--pin" && value != nullptr) {
      options.pin = std::atoi(argv[++i]);
    } else if (flag == "--only" && value != nullptr) {
      options.only = argv[++i];
    } else {
      std::fprintf(stderr, "usage: %s [--json] [--pairs N] [--pin CPU] [--only TEXT]\n", argv[0]);
      std::exit(2);
    }
  }
  if (options.pin >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(options.pin), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
      std::fprintf(stderr, "cannot run on processor %d: %s\n", options.pin, std::strerror(errno));
      std::exit(2);
    }
  }
  return options;
}

/// Nanoseconds of processor time of this process, all its threads, user and system.
inline double process_cpu_ns() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_usec) * 1e3;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

inline double steady_ns() {
  return static_cast<double>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

/// Bytes resident in memory now (not the peak).
inline double resident_bytes() {
  long total = 0;
  long resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident) * 4096.0;
}

/// Keeps the compiler from dropping the work whose result is `value`.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

/// Cost of one operation, averaged over one measurement.
struct Cost {
  double cpu_ns = 0;   ///< Processor time of the whole process (I/O and callback threads included).
  double wall_ns = 0;  ///< Steady clock.
  double allocations = 0;
};

/// Runs `work()`, which performs `operations` operations, once.
template <class Work>
Cost measure(double operations, Work&& work) {
  const std::uint64_t news = allocations();
  const double cpu = process_cpu_ns();
  const double wall = steady_ns();
  work();
  Cost cost;
  cost.wall_ns = (steady_ns() - wall) / operations;
  cost.cpu_ns = (process_cpu_ns() - cpu) / operations;
  cost.allocations = static_cast<double>(allocations() - news) / operations;
  return cost;
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Medians of the costs of one side.
inline Cost median(const std::vector<Cost>& costs) {
  std::vector<double> cpu, wall, news;
  for (const Cost& cost : costs) {
    cpu.push_back(cost.cpu_ns);
    wall.push_back(cost.wall_ns);
    news.push_back(cost.allocations);
  }
  Cost result;
  result.cpu_ns = median(cpu);
  result.wall_ns = median(wall);
  result.allocations = median(news);
  return result;
}

struct Comparison {
  double ratio = 0;  ///< Median over the pairs of ours / reference, by processor time.
  double wall_ratio = 0;
  double lowest = 0;  ///< Extremes of the pair ratios by processor time: how far to trust the median.
  double highest = 0;
  Cost ours;
  Cost reference;
  int pairs = 0;
};

/// Measures ours and the reference by turns; which one goes first alternates. One unmeasured round of each warms up.
/// Each callable performs `operations` operations; make that at least some 50 ms of work, because processor time is
/// counted in microseconds.
template <class Ours, class Reference>
Comparison compare(const Options& options, double operations, Ours&& ours, Reference&& reference) {
  ours();
  reference();
  std::vector<Cost> a, b;
  std::vector<double> cpu_ratios, wall_ratios;
  for (int i = 0; i < options.pairs; ++i) {
    const bool ours_first = i % 2 == 0;
    if (ours_first) a.push_back(measure(operations, ours));
    b.push_back(measure(operations, reference));
    if (!ours_first) a.push_back(measure(operations, ours));
    cpu_ratios.push_back(a.back().cpu_ns / b.back().cpu_ns);
    wall_ratios.push_back(a.back().wall_ns / b.back().wall_ns);
  }
  Comparison result;
  result.ratio = median(cpu_ratios);
  result.wall_ratio = median(wall_ratios);
  result.lowest = *std::min_element(cpu_ratios.begin(), cpu_ratios.end());
  result.highest = *std::max_element(cpu_ratios.begin(), cpu_ratios.end());
  result.ours = median(a);
  result.reference = median(b);
  result.pairs = options.pairs;
  return result;
}

/// Median cost of one thing alone, over as many rounds as there are pairs.
template <class Work>
Cost repeat(const Options& options, double operations, Work&& work) {
  work();
  std::vector<Cost> costs;
  for (int i = 0; i < options.pairs; ++i) costs.push_back(measure(operations, work));
  return median(costs);
}

/// One line of output. `ratio` below zero means that the row has none (a figure that is only reported).
struct Row {
  explicit Row(std::string n, double r = -1) : name(std::move(n)), ratio(r) {}
  std::string name;
  double ratio;
  std::vector<std::pair<std::string, double>> figures;

  Row& add(std::string figure, double value) {
    figures.emplace_back(std::move(figure), value);
    return *this;
  }
  Row& add(const Cost& cost) {
    return add("cpu_ns", cost.cpu_ns).add("wall_ns", cost.wall_ns).add("allocations", cost.allocations);
  }
};

inline void print(const Options& options, const Row& row) {
  if (options.json) {
    std::printf("{\"name\":\"%s\",\"ratio\":", row.name.c_str());
    if (row.ratio < 0) {
      std::printf("null");
    } else {
      std::printf("%.4f", row.ratio);
    }
    for (const auto& [name, value] : row.figures) std::printf(",\"%s\":%.6g", name.c_str(), value);
    std::printf("}\n");
  } else {
    std::printf("%-28s", row.name.c_str());
    if (row.ratio < 0) {
      std::printf("           ");
    } else {
      std::printf(" ratio %.3f", row.ratio);
    }
    for (const auto& [name, value] : row.figures) std::printf("  %s %.6g", name.c_str(), value);
    std::printf("\n");
  }
  std::fflush(stdout);
}

inline void print(const Options& options, const std::string& name, const Comparison& c) {
  print(options, Row(name, c.ratio)
                     .add("ours_cpu_ns", c.ours.cpu_ns)
                     .add("reference_cpu_ns", c.reference.cpu_ns)
                     .add("ours_wall_ns", c.ours.wall_ns)
                     .add("reference_wall_ns", c.reference.wall_ns)
                     .add("wall_ratio", c.wall_ratio)
                     .add("ratio_lowest", c.lowest)
                     .add("ratio_highest", c.highest)
                     .add("ours_allocations", c.ours.allocations)
                     .add("reference_allocations", c.reference.allocations)
                     .add("pairs", c.pairs));
}

}  // namespace kefu_bench
