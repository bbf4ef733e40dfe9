#include "core/crypto.hpp"
#include "fuzz/expect.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace kefu::detail;

/// Strict base64 has one text per value; the lenient form only adds spare bits and missing padding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = base64_decoded(text, Base64Mode::strict);
  const auto lenient = base64_decoded(text, Base64Mode::spare_bits);
  if (strict) {
    expect(base64(*strict) == text, "strict base64 is canonical");
    expect(lenient == strict, "the lenient form takes what the strict one takes");
  }
  if (lenient) {
    const std::string canonical = base64(*lenient);
    const std::size_t whole = lenient->size() / 3 * 4;
    expect(canonical.substr(0, whole) == text.substr(0, whole), "only the last group may differ");
  }
  expect(base64_decoded(base64(text), Base64Mode::strict) == std::string(text), "bytes survive base64");
  return 0;
}
