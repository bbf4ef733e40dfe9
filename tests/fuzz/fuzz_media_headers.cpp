// The input is what a download's headers say of its type and name, as a platform or something before it writes them.
#include "channel/content/media_writer.hpp"
#include "core/text/utf8.hpp"
#include "fuzz/expect.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace kefu::detail;

namespace {

constexpr std::size_t kLongestName = 200;

/// A name may go into a folder of the host's choice and nowhere else.
void expect_harmless(std::string_view name, std::size_t most) {
  expect(name.size() <= most, "a name keeps to its size");
  expect(is_utf8(name), "a name is UTF-8");
  expect(name.empty() || name.front() != '.', "a name is no hidden file, nor a way up");
  const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F || c == '/' || c == '\\' || c == '"';
  });
  expect(plain, "a name has neither folders, quotes nor control characters");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  expect_harmless(file_name_of(input), kLongestName);
  for (const std::size_t most : {std::size_t{1}, std::size_t{8}, kLongestName}) {
    const std::string name = clean_file_name(input, most);
    expect_harmless(name, most);
    expect(clean_file_name(name, most) == name, "a clean name stays as it is");
  }
  const std::string type = media_type_of(input);
  const bool lower = std::none_of(type.begin(), type.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  expect(lower && type.find_first_of("; \t\r\n") == std::string::npos, "a type is lower case, without parameters");
  return 0;
}
