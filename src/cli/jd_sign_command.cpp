#include "cli/input.hpp"
#include "cli/jd_commands.hpp"
#include "cli/jd_sign_cases.hpp"

#include <kefu/jd/signer.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace kefu_cli {
namespace {

namespace jd = kefu::jd;

/// What `kefu jd sign` was told on the command line.
struct SignFlags {
  bool json = false;
  bool form = false;
  std::string dialect = "jos";
  std::string digest;
  std::string secret_file;
  std::string values_file;
  std::vector<std::string> values;
};

int fail_sign(const std::string& message) {
  std::cerr << "kefu jd sign: " << message << '\n';
  return kBadUsage;
}

bool add_lines(const std::string& path, std::vector<std::string>& values) {
  std::string text;
  if (!read_input(path, text)) return false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) values.push_back(std::move(line));
    at = end + 1;
  }
  return true;
}

int sign_one(const SignFlags& flags) {
  std::vector<std::string> values = flags.values;
  if (!flags.values_file.empty() && !add_lines(flags.values_file, values))
    return fail_sign("cannot read " + flags.values_file);
  jd::SignParameters parameters;
  for (const std::string& each : values) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos) return fail_sign("give parameters as name=value");
    const std::string_view text = each;
    parameters.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::string secret;
  if (!read_secret_file(flags.secret_file, secret))
    return fail_sign("cannot read the secret from " + flags.secret_file);
  const auto dialect = jd::read_sign_dialect(flags.dialect);
  if (!dialect) return fail_sign(dialect.error().message());
  const std::string usual = *dialect == jd::SignDialect::lop ? "md5-salt" : "md5";
  const auto digest = jd::read_sign_digest(flags.digest.empty() ? usual : flags.digest);
  if (!digest) return fail_sign(digest.error().message());
  const auto signer = jd::Signer::create(kefu::Secret(secret), *dialect, *digest);
  if (!signer) return fail_sign(signer.error().message());
  const auto result = flags.form ? signer->form(parameters) : signer->sign(parameters);
  if (!result) return fail_sign(result.error().message());
  std::cout << *result << '\n';
  return kDone;
}

int run_sign(const SignFlags& flags) {
  if (flags.json) {
    std::ios::sync_with_stdio(false);
    return answer_sign_cases(std::cin, std::cout) ? kDone : kRefused;
  }
  if (flags.secret_file.empty() || (flags.values.empty() && flags.values_file.empty()))
    return fail_sign("give --secret-file and parameters, or --json; see kefu jd sign --help");
  return sign_one(flags);
}

}  // namespace

void add_jd_sign(CLI::App& jd, Run& run) {
  CLI::App* sign = jd.add_subcommand("sign", "Signs parameters and prints the sign");
  auto flags = std::make_shared<SignFlags>();
  sign->add_flag("--json", flags->json,
                 "Read cases in the form of jd.json signature.vectors from standard input, one JSON object per line, "
                 "and print {\"id\",\"sign\"} per line; one that cannot be signed gives {\"id\",\"error\"} and, in the "
                 "end, exit status 1");
  sign->add_flag("--form", flags->form, "Print the whole signed body of the POST");
  sign->add_option("--dialect", flags->dialect, "jos, union, opendj, jos-rest or lop")->capture_default_str();
  sign->add_option("--digest", flags->digest, "md5; for lop md5-salt, HMacMD5, HMacSHA1, HMacSHA256 or HMacSHA512");
  sign->add_option("--secret-file", flags->secret_file,
                   "File that holds the app secret, so that it shows in no process list; - is standard input");
  sign->add_option("--values-file", flags->values_file,
                   "File with further parameters, name=value per line, for those that are secret (access_token)");
  sign->add_option("values", flags->values, "Parameters: name=value");
  sign->callback([flags, &run] { run = [flags] { return run_sign(*flags); }; });
}

}  // namespace kefu_cli
