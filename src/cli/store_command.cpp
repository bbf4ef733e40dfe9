#include "cli/commands.hpp"
#include "cli/store_copy.hpp"
#include "cli/store_place.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

namespace kefu_cli {
namespace {

/// What `kefu store copy` was told on the command line.
struct StoreCopyFlags {
  std::string from, to;
  bool overwrite = false;
  bool not_durable = false;
};

int fail_copy(const kefu::Error& error) {
  std::cerr << "kefu store copy: " << error.to_string() << '\n';
  return error.kind() == kefu::ErrorKind::bad_argument ? kBadUsage : kRefused;
}

int run_copy(const StoreCopyFlags& flags) {
  const auto from = open_store_place(flags.from, true);
  if (!from) return fail_copy(from.error());
  const auto to = open_store_place(flags.to);
  if (!to) return fail_copy(to.error());
  if (!to->store->durable() && !flags.not_durable) {
    return fail_copy(kefu::Error(kefu::ErrorKind::configuration,
                                 fmt::format("TO is not durable: {}; or --not-durable", to->why_not_durable)));
  }
  const auto counts = copy_store(*from->store, *to->store, flags.overwrite);
  if (!counts) return fail_copy(counts.error());
  if (auto same = compare_stores(*from->store, *to->store); !same) return fail_copy(same.error());
  fmt::print("copied {} entries ({} bytes), {} were there already; both stores hold the same\n", counts->copied,
             counts->bytes, counts->there);
  return kDone;
}

}  // namespace

void add_store(CLI::App& program, Run& run) {
  CLI::App* store = program.add_subcommand("store", "What kefu keeps (存储)");
  store->require_subcommand(1);
  CLI::App* copy = store->add_subcommand(
      "copy",
      "Copies all that a store holds (grants, tokens, cursors, windows, dead letters) into another one and compares "
      "them. Stop every process that uses them first; leases are not copied. Interrupted, begin it again.");
  auto flags = std::make_shared<StoreCopyFlags>();
  const char* place =
      "sqlite:PATH, \"postgres:CONNINFO [schema=NAME] [password_file=PATH]\" or \"redis:ADDRESS [prefix=NAME] "
      "[user=NAME] [database=N] [password_file=PATH] [allow_plain=yes]\"";
  copy->add_option("FROM", flags->from, place)->required();
  copy->add_option("TO", flags->to, "As FROM; made if it is missing")->required();
  copy->add_flag("--overwrite", flags->overwrite, "Replace what TO holds under the same keys");
  copy->add_flag("--not-durable", flags->not_durable, "TO may lose what it took, and I accept that");
  copy->callback([flags, &run] { run = [flags] { return run_copy(*flags); }; });
}

}  // namespace kefu_cli
