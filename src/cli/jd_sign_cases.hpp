#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace kefu_cli {

/// What became of one case: the line to print, and whether it was signed.
struct SignedCase {
  std::string line;
  bool ok = false;
};

/// Answers one case in the form of tests/data/jd.json `signature.vectors`, one JSON object {"id","dialect" (default
/// jos), "algorithm" (default md5, lop: md5-salt), "secret", "params": {...}}, with {"id","sign"}, or {"id","error"}
/// which never holds the value of a parameter.
SignedCase answer_sign_case(std::string_view line);

/// Answers every line; empty lines are skipped. False if a case was not signed or the input could not be read.
bool answer_sign_cases(std::istream& in, std::ostream& out);

}  // namespace kefu_cli
