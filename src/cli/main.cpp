#include "cli/commands.hpp"

#include <iostream>

#ifndef KEFU_VERSION
#error "the build defines KEFU_VERSION"
#endif

int main(int argc, char** argv) {
  CLI::App program("kefu: customer service over WeChat and JD, from the command line", "kefu");
  program.set_version_flag("--version", "kefu " KEFU_VERSION);
  program.require_subcommand(1);

  kefu_cli::Run run;
  kefu_cli::add_push(program, run);
  kefu_cli::add_jd(program, run);
  kefu_cli::add_wechat(program, run);
  kefu_cli::add_store(program, run);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version come this way too, with status 0.
    return program.exit(error) == 0 ? kefu_cli::kDone : kefu_cli::kBadUsage;
  }
  return run();
}
