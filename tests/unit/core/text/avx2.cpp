#include "core/text/avx2.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/utf8.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#if KEFU_HAS_AVX2_CODE

namespace {

bool clean_by_characters(std::string_view text) {
  return kefu::detail::is_utf8(text) && std::none_of(text.begin(), text.end(), kefu::detail::is_forbidden_control);
}

/// The bytes at places around the seams of two registers, between ASCII and between Chinese.
void check_clean_at_seams(const std::string& bytes, std::size_t& wrong) {
  for (const std::size_t before : {0u, 13u, 29u, 30u, 31u}) {
    const std::string text = std::string(before, 'x') + bytes + "tail";
    if (kefu::detail::is_clean_text_avx2(text) != clean_by_characters(text)) ++wrong;
    const std::string cut = std::string(before, 'x') + bytes;
    if (kefu::detail::is_clean_text_avx2(cut) != clean_by_characters(cut)) ++wrong;
  }
}

std::string base64_by_bits(const std::vector<unsigned char>& bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t bit = 0; bit + 6 <= 8 * bytes.size(); bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) value = value << 1 | (bytes[i / 8] >> (7 - i % 8) & 1u);
    out.push_back(kAlphabet[value]);
  }
  return out;
}

}  // namespace

TEST_CASE("the wide check of texts agrees with the one by characters") {
  if (!kefu::detail::has_avx2()) return;
  std::size_t wrong = 0;
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      check_clean_at_seams({static_cast<char>(a), static_cast<char>(b)}, wrong);
    }
  }
  // Around every border of the encoding, three and four bytes long.
  const unsigned char borders[] = {0x00, 0x1F, 0x20, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE0, 0xFF};
  for (unsigned first = 0x7F; first < 256; ++first) {
    for (const unsigned char second : borders) {
      for (const unsigned char third : borders) {
        const std::string three = {static_cast<char>(first), static_cast<char>(second), static_cast<char>(third)};
        check_clean_at_seams(three, wrong);
        for (const unsigned char fourth : borders) check_clean_at_seams(three + static_cast<char>(fourth), wrong);
      }
    }
  }
  CHECK(wrong == 0);
  std::string chinese;
  for (int i = 0; i < 200; ++i) {
    CHECK(kefu::detail::is_clean_text_avx2(chinese));
    CHECK(!kefu::detail::is_clean_text_avx2(chinese + '\x08'));
    CHECK(!kefu::detail::is_clean_text_avx2(chinese + "\xE4\xBD"));
    chinese += i % 7 == 0 ? "😀" : "好";
  }
}

TEST_CASE("wide base64 agrees with base64 by bits") {
  if (!kefu::detail::has_avx2()) return;
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 400; ++size) {
    std::vector<unsigned char> bytes(size);
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random());
    std::string text(size / 3 * 4 + 4, '\0');
    const std::size_t taken = kefu::detail::base64_encode_avx2(bytes.data(), size, text.data());
    REQUIRE(taken % 3 == 0);
    CHECK(taken + 28 > size);
    bytes.resize(taken);
    text.resize(taken / 3 * 4);
    CHECK(text == base64_by_bits(bytes));

    std::vector<unsigned char> decoded(kefu::detail::base64_room(text.size()));
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t read = kefu::detail::base64_decode_avx2(in, text.size(), decoded.data());
    CHECK(read + 40 > text.size());
    decoded.resize(read / 4 * 3);
    bytes.resize(decoded.size());
    CHECK(decoded == bytes);
  }
}

TEST_CASE("wide base64 stops before every foreign character") {
  if (!kefu::detail::has_avx2()) return;
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned char out[kefu::detail::base64_room(64)];
  std::size_t wrong = 0;
  for (unsigned c = 0; c < 256; ++c) {
    const bool ours = alphabet.find(static_cast<char>(c)) != std::string_view::npos;
    for (std::size_t place = 0; place < 32; ++place) {
      std::string text(64, 'Q');
      text[place] = static_cast<char>(c);
      const auto* in = reinterpret_cast<const unsigned char*>(text.data());
      const std::size_t taken = kefu::detail::base64_decode_avx2(in, text.size(), out);
      if (taken != (ours ? 32u : 0u)) ++wrong;
      if (kefu::detail::base64_decoded(text, kefu::detail::Base64Mode::strict).has_value() != ours) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

#endif
