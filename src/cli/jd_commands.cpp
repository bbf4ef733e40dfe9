#include "cli/jd_commands.hpp"

namespace kefu_cli {

void add_jd(CLI::App& program, Run& run) {
  CLI::App* jd = program.add_subcommand("jd", "JD's open platform (京东开放平台)");
  jd->require_subcommand(1);
  add_jd_sign(*jd, run);
  add_jd_call(*jd, run);
  add_jd_authorize(*jd, run);
  add_jd_report(*jd, run);
  add_jd_evaluations(*jd, run);
}

}  // namespace kefu_cli
