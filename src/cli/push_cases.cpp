#include "cli/push_cases.hpp"

#include "cli/recorded_push.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/percent_encoding.hpp"

#include <kefu/wechat/push.hpp>

#include <fmt/format.h>

#include <istream>
#include <optional>
#include <ostream>
#include <vector>

namespace kefu_cli {
namespace {

using kefu::PushFault;
using kefu::Secret;
using kefu::detail::Document;
using kefu::detail::ReadFault;
using kefu::detail::Value;
using kefu::wechat::PushCrypto;
using kefu::wechat::PushKeys;

constexpr std::size_t kMaxLine = 4 * 1024 * 1024;

/// What a case came to: the plaintext, or the word for the fault.
struct Outcome {
  static Outcome opened(std::string text) { return Outcome{true, std::move(text), {}, {}}; }
  static Outcome fault(PushFault f) { return Outcome{false, {}, std::string(to_string(f)), {}}; }
  static Outcome bad_case(std::string why) { return Outcome{false, {}, "bad-case", std::move(why)}; }

  bool ok;
  std::string plaintext;
  std::string error;
  std::string detail;
};

std::string text_of(Value line, std::string_view name) { return std::string(line[name].text()); }

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  const bool sound = kefu::detail::append_percent_decoded(out, text, kefu::detail::PlusSign::itself,
                                                          kefu::detail::BrokenEscape::refused);
  return sound ? std::optional(std::move(out)) : std::nullopt;
}

/// The current key must be one; a previous one that is not is a fault of the case.
std::optional<Outcome> check_keys(const Secret& current, const Secret& previous) {
  if (!kefu::wechat::check_encoding_aes_key(current)) return Outcome::fault(PushFault::bad_key);
  if (previous.empty()) return std::nullopt;
  if (!kefu::wechat::check_encoding_aes_key(previous)) return Outcome::fault(PushFault::bad_key);
  return std::nullopt;
}

/// The steps of A6 in their order. Freshness is off: cases are recorded samples.
Outcome open_case(Value line) {
  const std::string_view kind = line["kind"].text();
  const bool plain = kind == "plain-signature";
  const bool decrypts = kind == "message" || kind == "decrypt-only";
  const bool is_signed = kind != "decrypt-only";
  if (!plain && !decrypts && kind != "signature-only") {
    return Outcome::bad_case(kind.empty() ? "the field kind is missing"
                                          : fmt::format("the kind '{}' is not one of message, decrypt-only, "
                                                        "plain-signature, signature-only",
                                                        kind.substr(0, 40)));
  }
  std::optional<std::string> nonce = text_of(line, "nonce");
  if (line["nonce_percent_encoded"]) nonce = percent_decoded(line["nonce_percent_encoded"].text());
  if (!nonce) return Outcome::bad_case("nonce_percent_encoded has a broken %-escape");
  const std::string timestamp = text_of(line, "timestamp");
  const std::string encrypt = text_of(line, "encrypt");

  if (is_signed && line["level"].text() != "primitive") {
    if (const auto fault = PushCrypto::check_form(timestamp, *nonce)) return Outcome::fault(*fault);
  }
  PushKeys keys;
  std::vector<PushKeys> previous;
  if (decrypts) {
    keys.encoding_aes_key = Secret(line["encoding_aes_key"].text());
    const Secret previous_key(line["previous_encoding_aes_key"].text());
    if (auto wrong = check_keys(keys.encoding_aes_key, previous_key)) return *std::move(wrong);
    previous.emplace_back(Secret(line["previous_token"].text()), previous_key);
  }
  // Decryption alone needs no Token, the object that does it wants one.
  keys.token = Secret(is_signed ? line["token"].text() : std::string_view("unused"));
  const auto crypto = PushCrypto::create(keys, previous, text_of(line, "receiver_id"));
  if (!crypto) return Outcome::bad_case(crypto.error().message());

  if (is_signed) {
    const auto token = crypto->match(timestamp, *nonce, plain ? std::string_view() : std::string_view(encrypt),
                                     line[plain ? "plain_signature" : "msg_signature"].text());
    if (!token) return Outcome::fault(PushFault::bad_signature);
  }
  if (plain) {
    // The URL check: what is answered is the echostr, which the signature does not cover.
    return Outcome::opened(text_of(line, line["echostr"] ? "echostr" : "plaintext"));
  }
  if (!decrypts) return Outcome::opened({});
  auto opened = crypto->decrypt(encrypt);
  if (opened.fault) return Outcome::fault(*opened.fault);
  return Outcome::opened(std::move(opened.message));
}

}  // namespace

std::string answer_push_case(std::string_view line) {
  kefu::detail::ReadLimits limits;
  limits.bytes = kMaxLine;
  const Document document = Document::json(line, limits);
  if (document && document.root()["request"].present()) return answer_recorded_push(document.root());
  const Outcome outcome =
      document ? open_case(document.root())
               : Outcome::bad_case(fmt::format("the line ({} bytes) {}", line.size(), to_string(document.fault())));
  std::string out;
  kefu::detail::JsonWriter json(out);
  json.begin_object().key("name").string(document.root()["name"].text()).key("ok").boolean(outcome.ok);
  if (outcome.ok) {
    json.key("plaintext").string(outcome.plaintext);
  } else {
    json.key("error").string(outcome.error);
    if (!outcome.detail.empty()) json.key("detail").string(outcome.detail);
  }
  json.end_object();
  return out;
}

bool answer_push_cases(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    out << answer_push_case(line) << '\n' << std::flush;
  }
  return in.eof() && static_cast<bool>(out);
}

}  // namespace kefu_cli
