#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace kefu_cli {

/// Answers one case in the form of tests/data/wechat-crypto.json (one JSON object) with one JSON object: {"name","ok":
/// true,"plaintext"}, or {"name","ok":false,"error"} with the vector file's word for the fault. A line that is no case
/// gives the error "bad-case" and what is wrong with it. A line with a `request` is a recorded push
/// (answer_recorded_push).
std::string answer_push_case(std::string_view line);

/// Answers every line; empty lines are skipped. Returns false if the input could not be read to its end.
bool answer_push_cases(std::istream& in, std::ostream& out);

}  // namespace kefu_cli
