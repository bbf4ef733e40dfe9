#pragma once

#include "cli/commands.hpp"

namespace kefu_cli {

// The commands of `kefu jd`, one file each.
void add_jd_sign(CLI::App& jd, Run& run);
void add_jd_call(CLI::App& jd, Run& run);
void add_jd_authorize(CLI::App& jd, Run& run);
void add_jd_report(CLI::App& jd, Run& run);
void add_jd_evaluations(CLI::App& jd, Run& run);

}  // namespace kefu_cli
