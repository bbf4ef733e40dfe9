#include "core/async/enum_name.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/utf8.hpp"

#include <kefu/jd/signer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::string_view kSign = "sign";
constexpr std::array<std::string_view, 6> kLopNames{"access_token", "app_key",   "method",
                                                    "param_json",   "timestamp", "v"};
constexpr std::array<std::string_view, 2> kUnsignedRestNames{"X-JOS-Sdk-Version", "X-JOS-Sign"};
constexpr std::array<std::string_view, 5> kDialectNames{"jos", "union", "opendj", "jos-rest", "lop"};
constexpr std::array<std::string_view, 6> kSignDigestNames{"md5",      "md5-salt",   "HMacMD5",
                                                           "HMacSHA1", "HMacSHA256", "HMacSHA512"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error refused(std::string_view name, std::string_view complaint) {
  return Error(ErrorKind::bad_argument, fmt::format("parameter {} {}", name, complaint));
}

/// White space as the platform's Java client sees it: ASCII's and the ideographic space.
bool is_blank_value(std::string_view value) {
  constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";
  while (!value.empty()) {
    const auto c = static_cast<unsigned char>(value.front());
    if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F)) {
      value.remove_prefix(1);
    } else if (value.substr(0, 3) == kIdeographicSpace) {
      value.remove_prefix(3);
    } else {
      return false;
    }
  }
  return true;
}

std::string_view complaint_about(std::string_view value) {
  if (value.front() == '@') return "begins with '@', which the platform's own clients sign differently: do not send it";
  if (is_blank_value(value))
    return "holds nothing but white space, which the platform's own clients sign differently: leave it out";
  if (!detail::is_utf8(value)) return "is not UTF-8";
  return {};
}

bool by_name(const SignParameter& a, const SignParameter& b) noexcept { return a.first < b.first; }

template <std::size_t N, class T>
Result<T> read_name(const std::array<std::string_view, N>& names, std::string_view name, std::string_view what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<T>(found - names.begin());
  return Error(ErrorKind::bad_argument, fmt::format("{} is none of {}", what, fmt::join(names, ", ")));
}

/// Which digests a dialect knows (jd 1.6, 1.8).
bool knows(SignDialect dialect, SignDigest digest) {
  return (dialect == SignDialect::lop) == (digest != SignDigest::md5);
}

std::string in_base64(const detail::Digest& digest) {
  return detail::base64({reinterpret_cast<const char*>(digest.bytes.data()), digest.size});
}

}  // namespace

std::string_view to_string(SignDialect dialect) noexcept { return detail::name_in(kDialectNames, dialect); }
std::string_view to_string(SignDigest digest) noexcept { return detail::name_in(kSignDigestNames, digest); }

Result<SignDialect> read_sign_dialect(std::string_view name) {
  return read_name<kDialectNames.size(), SignDialect>(kDialectNames, name, "the dialect");
}

Result<SignDigest> read_sign_digest(std::string_view name) {
  return read_name<kSignDigestNames.size(), SignDigest>(kSignDigestNames, name, "the digest");
}

Result<Signer> Signer::create(Secret secret, SignDialect dialect, SignDigest digest) {
  if (secret.empty()) return Error(ErrorKind::bad_argument, "the secret is empty");
  if (!detail::is_utf8(secret.expose())) return Error(ErrorKind::bad_argument, "the secret is not UTF-8");
  if (!knows(dialect, digest))
    return Error(ErrorKind::bad_argument,
                 fmt::format("the dialect {} is not signed with {}: {}", to_string(dialect), to_string(digest),
                             dialect == SignDialect::lop ? "use md5-salt or one of the HMacs" : "use md5"));
  return Signer(std::move(secret), dialect, digest);
}

/// What is signed, in the order of the names: byte order, which std::string_view compares by.
Result<SignParameters> Signer::signed_parameters(const SignParameters& parameters) const {
  SignParameters kept;
  kept.reserve(parameters.size() + 1);
  for (const auto& [name, value] : parameters) {
    if (name == kSign) continue;
    if (dialect_ == SignDialect::lop && !one_of(kLopNames, name)) continue;
    if (dialect_ == SignDialect::jos_rest && one_of(kUnsignedRestNames, name)) continue;
    if (name.empty()) return Error(ErrorKind::bad_argument, "a parameter has no name");
    if (value.empty()) continue;
    if (const auto wrong = complaint_about(value); !wrong.empty()) return refused(name, wrong);
    kept.emplace_back(name, value);
  }
  std::sort(kept.begin(), kept.end(), by_name);
  const auto twice =
      std::adjacent_find(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != kept.end()) return refused(twice->first, "is given twice");
  if (dialect_ != SignDialect::lop) return kept;
  for (const std::string_view name : kLopNames)
    if (!std::binary_search(kept.begin(), kept.end(), SignParameter(name, {}), by_name))
      return refused(name, "is missing: this dialect signs it always");
  return kept;
}

Result<std::string> Signer::digest_of(const SignParameters& parameters) const {
  SignParameters::size_type count = 0;
  std::vector<std::string_view> pieces(2 * parameters.size() + 2);
  pieces[count++] = secret_.expose();
  for (const auto& [name, value] : parameters) {
    pieces[count++] = name;
    pieces[count++] = value;
  }
  pieces[count++] = secret_.expose();
  const bool plain = digest_ == SignDigest::md5 || digest_ == SignDigest::md5_salt;
  const auto kind = plain || digest_ == SignDigest::hmac_md5 ? detail::DigestKind::md5
                    : digest_ == SignDigest::hmac_sha1       ? detail::DigestKind::sha1
                    : digest_ == SignDigest::hmac_sha256     ? detail::DigestKind::sha256
                                                             : detail::DigestKind::sha512;
  const detail::Digest digest =
      plain ? detail::digest(kind, pieces.data(), count) : detail::hmac(kind, secret_.expose(), pieces.data(), count);
  if (!digest)
    return Error(ErrorKind::configuration,
                 "OpenSSL refuses the digest of the sign: it runs in FIPS mode, which JD's "
                 "platforms cannot be called in");
  if (!plain) return in_base64(digest);
  return digest_ == SignDigest::md5 ? digest.upper_hex() : digest.hex();
}

Result<std::string> Signer::sign(const SignParameters& parameters) const {
  const auto kept = signed_parameters(parameters);
  if (!kept) return kept.error();
  return digest_of(*kept);
}

Result<std::string> Signer::form(const SignParameters& parameters) const {
  if (dialect_ == SignDialect::lop || dialect_ == SignDialect::jos_rest)
    return Error(
        ErrorKind::unsupported,
        fmt::format("calls of the dialect {} are no forms: put the sign where it wants it", to_string(dialect_)));
  auto kept = signed_parameters(parameters);
  if (!kept) return kept.error();
  const auto sign = digest_of(*kept);
  if (!sign) return sign.error();
  const SignParameter last(kSign, *sign);
  kept->insert(std::lower_bound(kept->begin(), kept->end(), last, by_name), last);

  std::size_t most = 0;
  for (const auto& [name, value] : *kept) most += 3 * (name.size() + value.size()) + 2;
  std::string body;
  body.reserve(most + 1);
  for (const auto& [name, value] : *kept) {
    if (!body.empty()) body += '&';
    detail::append_percent_encoded(body, name);
    body += '=';
    detail::append_percent_encoded(body, value);
  }
  return body;
}

}  // namespace jd
KEFU_END_NAMESPACE
