// The input is the query of an authorization's redirect, and the text of a stored grant.
#include "fuzz/expect.hpp"
#include "jd/authorization/grant.hpp"
#include "jd/authorization/redirect.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace kefu::jd;

namespace {

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

void try_redirect(std::string_view input) {
  const auto redirect = read_redirect(input);
  if (!redirect) {
    expect(redirect.error().kind() == kefu::ErrorKind::bad_argument, "a redirect is read or called a bad argument");
    expect(is_plain(redirect.error().message().substr(0, 3)), "the reason is ours");
    return;
  }
  expect(!redirect->code.empty() && redirect->code.size() <= 256, "a code has 1 to 256 bytes");
  expect(!redirect->state.empty() && redirect->state.size() <= 128, "a state has 1 to 128 bytes");
  expect(is_plain(redirect->code.expose()) && is_plain(redirect->state), "code and state are printable");
  const auto twice = read_redirect(std::string(input) + "&state=again");
  expect(!twice, "no second state is taken");
}

void try_grant(std::string_view input) {
  const auto grant = Grant::read(input);
  if (!grant) return;
  expect(!check_merchant_name(grant->merchant), "a grant has a merchant");
  expect(grant->renewals >= 0, "renewals are counted up");
  const std::string text = grant->json();
  const auto again = Grant::read(text);
  expect(again && again->json() == text && again->equals(*grant), "what was read is written and read again");
  expect(!again->follows(*grant) && again->same_account(*grant), "a grant does not follow itself");
  const std::string key = grant_key("n", "app", grant->merchant);
  const std::string prefix = grant_prefix("n", "app");
  expect(key.compare(0, prefix.size(), prefix) == 0, "its key is among the grants");
  expect(unescaped_merchant(key.substr(prefix.size())) == grant->merchant, "its key names the merchant");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try_redirect(input);
  try_grant(input);
  static_cast<void>(unescaped_merchant(input));
  return 0;
}
