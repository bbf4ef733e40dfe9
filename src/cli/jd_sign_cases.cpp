#include "cli/jd_sign_cases.hpp"

#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/jd/signer.hpp>

#include <fmt/format.h>

#include <istream>
#include <ostream>

namespace kefu_cli {
namespace {

using kefu::Error;
using kefu::ErrorKind;
using kefu::Result;
using kefu::detail::Document;
using kefu::detail::Value;
namespace jd = kefu::jd;

constexpr std::size_t kMaxSignLine = 4 * 1024 * 1024;

Error bad_case(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

Result<jd::SignParameters> parameters_of(Value params) {
  if (params.kind() != Value::Kind::object) return bad_case("params is no JSON object");
  jd::SignParameters all;
  for (const auto& member : params) {
    const Value::Kind kind = member.value.kind();
    if (kind == Value::Kind::object || kind == Value::Kind::array)
      return bad_case(fmt::format("parameter {} is no text: give JSON as text", member.name));
    all.emplace_back(member.name, member.value.text());
  }
  return all;
}

Result<std::string> sign_case(Value sample) {
  const std::string_view dialect_name = sample["dialect"] ? sample["dialect"].text() : "jos";
  const auto dialect = jd::read_sign_dialect(dialect_name);
  if (!dialect) return dialect.error();
  const std::string_view usual = *dialect == jd::SignDialect::lop ? "md5-salt" : "md5";
  const auto digest = jd::read_sign_digest(sample["algorithm"] ? sample["algorithm"].text() : usual);
  if (!digest) return digest.error();
  const auto signer = jd::Signer::create(kefu::Secret(sample["secret"].text()), *dialect, *digest);
  if (!signer) return signer.error();
  const auto parameters = parameters_of(sample["params"]);
  if (!parameters) return parameters.error();
  return signer->sign(*parameters);
}

/// What was repaired while reading would be signed otherwise than it was given.
Result<std::string> sign_document(const Document& document, std::size_t bytes) {
  if (!document) return bad_case(fmt::format("the line ({} bytes) {}", bytes, to_string(document.fault())));
  if (document.repairs().invalid_utf8 != 0) return bad_case("the line is not UTF-8");
  if (document.repairs().control_characters != 0) return bad_case("the line holds bare control characters");
  return sign_case(document.root());
}

}  // namespace

SignedCase answer_sign_case(std::string_view line) {
  kefu::detail::ReadLimits limits;
  limits.bytes = kMaxSignLine;
  const Document document = Document::json(line, limits);
  const auto sign = sign_document(document, line.size());
  SignedCase answer;
  answer.ok = sign.has_value();
  kefu::detail::JsonWriter json(answer.line);
  json.begin_object().key("id").string(document.root()["id"].text());
  json.key(sign ? "sign" : "error").string(sign ? *sign : sign.error().message());
  json.end_object();
  return answer;
}

bool answer_sign_cases(std::istream& in, std::ostream& out) {
  bool all = true;
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const SignedCase answer = answer_sign_case(line);
    all = all && answer.ok;
    out << answer.line << '\n' << std::flush;
  }
  return all && in.eof() && static_cast<bool>(out);
}

}  // namespace kefu_cli
