#include "core/crypto/crypto.hpp"
#include "core/text/avx2.hpp"

#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Set by a character outside the alphabet; no sum of four good ones reaches it.
constexpr std::uint32_t kForeign = 0x0100'0000;

/// Twelve bits at a time: two characters per look-up.
struct EncodeTable {
  char pairs[4096][2];
};
constexpr EncodeTable make_encode_table() {
  EncodeTable table{};
  for (unsigned i = 0; i < 4096; ++i) {
    table.pairs[i][0] = kAlphabet[i >> 6];
    table.pairs[i][1] = kAlphabet[i & 63];
  }
  return table;
}
constexpr EncodeTable kEncode = make_encode_table();

/// One table per place in a group of four, already shifted.
struct DecodeTable {
  std::uint32_t places[4][256];
};
constexpr DecodeTable make_decode_table() {
  DecodeTable table{};
  for (auto& place : table.places) {
    for (auto& entry : place) entry = kForeign;
  }
  for (unsigned i = 0; i < 64; ++i) {
    for (unsigned place = 0; place < 4; ++place) {
      table.places[place][static_cast<unsigned char>(kAlphabet[i])] = i << (18 - 6 * place);
    }
  }
  return table;
}
constexpr DecodeTable kDecode = make_decode_table();

/// A group of four characters as 24 bits, or with kForeign set.
std::uint32_t decode_group(const unsigned char* in) noexcept {
  return kDecode.places[0][in[0]] | kDecode.places[1][in[1]] | kDecode.places[2][in[2]] | kDecode.places[3][in[3]];
}

void put_bytes(std::uint32_t bits, unsigned char* out) noexcept {
  out[0] = static_cast<unsigned char>(bits >> 16);
  out[1] = static_cast<unsigned char>(bits >> 8);
  out[2] = static_cast<unsigned char>(bits);
}

}  // namespace

void base64_encode(const unsigned char* in, std::size_t size, char* out) noexcept {
#if KEFU_HAS_AVX2_CODE
  if (has_avx2()) {
    const std::size_t taken = base64_encode_avx2(in, size, out);
    in += taken;
    size -= taken;
    out += taken / 3 * 4;
  }
#endif
  for (; size >= 3; in += 3, size -= 3, out += 4) {
    const std::uint32_t bits = static_cast<std::uint32_t>(in[0]) << 16 | static_cast<std::uint32_t>(in[1]) << 8 | in[2];
    std::memcpy(out, kEncode.pairs[bits >> 12], 2);
    std::memcpy(out + 2, kEncode.pairs[bits & 4095], 2);
  }
  if (size == 0) return;
  const std::uint32_t bits =
      static_cast<std::uint32_t>(in[0]) << 16 | (size == 2 ? static_cast<std::uint32_t>(in[1]) << 8 : 0);
  std::memcpy(out, kEncode.pairs[bits >> 12], 2);
  out[2] = size == 2 ? kAlphabet[bits >> 6 & 63] : '=';
  out[3] = '=';
}

std::string base64(std::string_view bytes) {
  std::string text(base64_size(bytes.size()), '\0');
  base64_encode(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), text.data());
  return text;
}

std::optional<std::size_t> base64_decode(std::string_view text, unsigned char* out, Base64Mode mode) noexcept {
  std::size_t size = text.size();
  if (size % 4 == 0) {
    if (size != 0 && text[size - 1] == '=') --size;
    if (size % 4 == 3 && text[size - 1] == '=') --size;
  } else if (mode == Base64Mode::strict) {
    return std::nullopt;
  }
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  unsigned char* const begin = out;
  const std::size_t rest = size % 4;
#if KEFU_HAS_AVX2_CODE
  if (has_avx2()) {
    const std::size_t taken = base64_decode_avx2(in, size - rest, out);
    in += taken;
    size -= taken;
    out += taken / 4 * 3;
  }
#endif
  std::uint32_t seen = 0;
  for (std::size_t groups = size / 4; groups != 0; --groups, in += 4, out += 3) {
    const std::uint32_t bits = decode_group(in);
    seen |= bits;
    put_bytes(bits, out);
  }
  if (rest == 1) return std::nullopt;
  if (rest != 0) {
    const unsigned char last[4] = {in[0], in[1], rest == 3 ? in[2] : static_cast<unsigned char>('A'), 'A'};
    const std::uint32_t bits = decode_group(last);
    const std::uint32_t spare = rest == 3 ? 0x0000'00FF : 0x0000'FFFF;
    if (mode == Base64Mode::strict && (bits & spare) != 0) return std::nullopt;
    seen |= bits;
    put_bytes(bits, out);
    out += rest - 1;
  }
  if ((seen & kForeign) != 0) return std::nullopt;
  return static_cast<std::size_t>(out - begin);
}

std::optional<std::string> base64_decoded(std::string_view text, Base64Mode mode) {
  std::string bytes(base64_room(text.size()), '\0');
  const auto size = base64_decode(text, reinterpret_cast<unsigned char*>(bytes.data()), mode);
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

}  // namespace detail
KEFU_END_NAMESPACE
