#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace kefu_cli {

/// Exit status of the program, by convention of its commands.
enum Exit : int {
  kDone = 0,
  kRefused = 1,   ///< It ran and the answer is no: a push that is not authentic, a failed call.
  kBadUsage = 2,  ///< The arguments or the input cannot be used.
};

/// A command registers itself and sets `run` when it was chosen.
using Run = std::function<int()>;

// One file per command: push_command.cpp ...
void add_push(CLI::App& program, Run& run);
void add_jd(CLI::App& program, Run& run);
void add_wechat(CLI::App& program, Run& run);
void add_store(CLI::App& program, Run& run);

}  // namespace kefu_cli
