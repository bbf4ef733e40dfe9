#include "core/text/avx2.hpp"

#if KEFU_HAS_AVX2_CODE

#include <cstring>
#include <immintrin.h>

#define KEFU_AVX2 __attribute__((target("avx2")))

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// The same 16 entries for both halves of a register, as look-ups stay within halves.
KEFU_AVX2 inline __m256i both_halves(__m128i table) noexcept { return _mm256_broadcastsi128_si256(table); }

KEFU_AVX2 inline __m256i load_32(const void* at) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}

KEFU_AVX2 inline __m256i high_nibbles(__m256i bytes) noexcept {
  return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F));
}

// What may be wrong with a pair of neighbouring bytes, one bit each. A pair is wrong if one bit is set in the look-ups
// of all three: high and low half of the first byte, high half of the second. After J. Keiser, D. Lemire, "Validating
// UTF-8 in less than one instruction per byte" (2020).
constexpr char kTooShort = 1;                               // A lead byte, then no continuation.
constexpr char kTooLong = 2;                                // ASCII, then a continuation.
constexpr char kOverlong3 = 4;                              // E0, then below A0.
constexpr char kTooLarge = 8;                               // F4, then 90 or more; F5 and up.
constexpr char kSurrogate = 16;                             // ED, then A0 or more.
constexpr char kOverlong2 = 32;                             // C0 or C1.
constexpr char kTooLarge1000 = 64;                          // F5 and up, then 80 to 8F.
constexpr char kOverlong4 = 64;                             // F0, then below 90.
constexpr char kTwoContinuations = static_cast<char>(128);  // Right only as the third or fourth byte.
constexpr char kAnyLow = kTooShort | kTooLong | kTwoContinuations;

KEFU_AVX2 inline __m256i wrong_pairs(__m256i before, __m256i bytes) noexcept {
  const __m256i first_high = both_halves(
      _mm_setr_epi8(kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTwoContinuations,
                    kTwoContinuations, kTwoContinuations, kTwoContinuations, kTooShort | kOverlong2, kTooShort,
                    kTooShort | kOverlong3 | kSurrogate, kTooShort | kTooLarge | kTooLarge1000 | kOverlong4));
  constexpr char kLarge = kAnyLow | kTooLarge | kTooLarge1000;
  const __m256i first_low = both_halves(_mm_setr_epi8(
      kAnyLow | kOverlong3 | kOverlong2 | kOverlong4, kAnyLow | kOverlong2, kAnyLow, kAnyLow, kAnyLow | kTooLarge,
      kLarge, kLarge, kLarge, kLarge, kLarge, kLarge, kLarge, kLarge, kLarge | kSurrogate, kLarge, kLarge));
  constexpr char kContinuation = kTooLong | kOverlong2 | kTwoContinuations;
  const __m256i second_high =
      both_halves(_mm_setr_epi8(kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort,
                                kContinuation | kOverlong3 | kTooLarge1000 | kOverlong4,
                                kContinuation | kOverlong3 | kTooLarge, kContinuation | kSurrogate | kTooLarge,
                                kContinuation | kSurrogate | kTooLarge, kTooShort, kTooShort, kTooShort, kTooShort));
  const __m256i low = _mm256_and_si256(before, _mm256_set1_epi8(0x0F));
  return _mm256_and_si256(
      _mm256_and_si256(_mm256_shuffle_epi8(first_high, high_nibbles(before)), _mm256_shuffle_epi8(first_low, low)),
      _mm256_shuffle_epi8(second_high, high_nibbles(bytes)));
}

/// Non-zero where `bytes`, which come after `earlier`, are no UTF-8.
KEFU_AVX2 inline __m256i utf8_errors(__m256i earlier, __m256i bytes) noexcept {
  const __m256i seam = _mm256_permute2x128_si256(earlier, bytes, 0x21);
  const __m256i one_before = _mm256_alignr_epi8(bytes, seam, 15);
  const __m256i two_before = _mm256_alignr_epi8(bytes, seam, 14);
  const __m256i three_before = _mm256_alignr_epi8(bytes, seam, 13);
  const __m256i third = _mm256_subs_epu8(two_before, _mm256_set1_epi8(static_cast<char>(0xE0 - 0x80)));
  const __m256i fourth = _mm256_subs_epu8(three_before, _mm256_set1_epi8(static_cast<char>(0xF0 - 0x80)));
  const __m256i must_continue =
      _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(static_cast<char>(128)));
  return _mm256_xor_si256(must_continue, wrong_pairs(one_before, bytes));
}

/// Non-zero where a character is one that XML 1.0 forbids.
KEFU_AVX2 inline __m256i forbidden_controls(__m256i bytes) noexcept {
  const __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1F)), bytes);
  if (_mm256_testz_si256(control, control) != 0) return control;
  const __m256i lines = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')),
                                        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r')));
  return _mm256_andnot_si256(_mm256_or_si256(lines, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t'))), control);
}

/// For at most 32 bytes, most of all names and ids: two loads that overlap instead of a copy.
KEFU_AVX2 inline bool is_printable_ascii(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  if (text.size() >= 16) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
    const __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(end - 16));
    // As signed bytes, what is not ASCII is negative and so below the blank too.
    return _mm_movemask_epi8(
               _mm_or_si128(_mm_cmplt_epi8(first, _mm_set1_epi8(' ')), _mm_cmplt_epi8(last, _mm_set1_epi8(' ')))) == 0;
  }
  bool printable = true;
  for (const char c : text) printable &= static_cast<signed char>(c) >= ' ';
  return printable;
}

/// 32 characters to 24 bytes at the front of each half's 12, or false for a foreign character.
KEFU_AVX2 inline bool decode_block(__m256i text, __m256i& bits) noexcept {
  const __m256i wrong_low = both_halves(
      _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A));
  const __m256i wrong_high = both_halves(
      _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
  // What turns a character into its value, by its high half; '/' shares one with '+'.
  const __m256i offsets = both_halves(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i high = high_nibbles(text);
  const __m256i low = _mm256_and_si256(text, _mm256_set1_epi8(0x0F));
  if (!_mm256_testz_si256(_mm256_shuffle_epi8(wrong_low, low), _mm256_shuffle_epi8(wrong_high, high))) return false;
  const __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
  const __m256i values = _mm256_add_epi8(text, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(slash, high)));
  const __m256i twelve = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  bits = _mm256_madd_epi16(twelve, _mm256_set1_epi32(0x00011000));
  return true;
}

}  // namespace

bool has_avx2() noexcept {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

KEFU_AVX2 std::size_t base64_encode_avx2(const unsigned char* in, std::size_t size, char* out) noexcept {
  const __m256i spread = both_halves(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
  // From a value to its character, by which of the alphabet's runs it is in.
  const __m256i offsets =
      both_halves(_mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0));
  const unsigned char* const begin = in;
  for (; size >= 28; in += 24, size -= 24, out += 32) {
    // Twelve bytes into each half; the upper load reads to byte 27.
    const __m256i bytes =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in))),
                                _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 12)), 1);
    const __m256i groups = _mm256_shuffle_epi8(bytes, spread);
    const __m256i odd =
        _mm256_mulhi_epu16(_mm256_and_si256(groups, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
    const __m256i even =
        _mm256_mullo_epi16(_mm256_and_si256(groups, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
    const __m256i values = _mm256_or_si256(odd, even);
    const __m256i capital = _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), values), _mm256_set1_epi8(13));
    const __m256i run = _mm256_or_si256(_mm256_subs_epu8(values, _mm256_set1_epi8(51)), capital);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_add_epi8(_mm256_shuffle_epi8(offsets, run), values));
  }
  return static_cast<std::size_t>(in - begin);
}

KEFU_AVX2 std::size_t base64_decode_avx2(const unsigned char* in, std::size_t size, unsigned char* out) noexcept {
  const __m256i pack = both_halves(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
  const unsigned char* const begin = in;
  // Each step writes 32 bytes of which 24 count: 40 characters left make room for the others.
  for (; size >= 40; in += 32, size -= 32, out += 24) {
    __m256i bits;
    if (!decode_block(load_32(in), bits)) break;
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(bits, pack), join);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
  }
  return static_cast<std::size_t>(in - begin);
}

KEFU_AVX2 bool is_clean_text_avx2(std::string_view text) noexcept {
  if (text.size() <= 32 && is_printable_ascii(text)) return true;
  __m256i wrong = _mm256_setzero_si256();
  __m256i earlier = _mm256_setzero_si256();
  bool pending = false;  // The block before was not all ASCII, so a character may reach into this one.
  const char* at = text.data();
  std::size_t left = text.size();
  const auto take = [&](__m256i bytes) KEFU_AVX2 {
    wrong = _mm256_or_si256(wrong, forbidden_controls(bytes));
    const bool ascii = _mm256_movemask_epi8(bytes) == 0;
    if (!ascii || pending) wrong = _mm256_or_si256(wrong, utf8_errors(earlier, bytes));
    pending = !ascii;
    earlier = bytes;
  };
  for (; left >= 64; at += 64, left -= 64) {
    const __m256i first = load_32(at);
    const __m256i second = load_32(at + 32);
    // Printable ASCII throughout, as base64 is: its high bits are clear, and so are those of the comparison.
    const __m256i low = _mm256_set1_epi8(0x1F);
    const __m256i control = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(first, low), first),
                                            _mm256_cmpeq_epi8(_mm256_min_epu8(second, low), second));
    if (!pending && _mm256_movemask_epi8(_mm256_or_si256(control, _mm256_or_si256(first, second))) == 0) {
      earlier = second;
      continue;
    }
    take(first);
    take(second);
  }
  if (left >= 32) {
    take(load_32(at));
    at += 32;
    left -= 32;
  }
  if (left != 0 && text.size() >= 64) {
    // The last 32 bytes once more as a whole block: cheaper than copying the rest into one.
    const char* const last = text.data() + text.size() - 32;
    earlier = load_32(last - 32);
    pending = _mm256_movemask_epi8(earlier) != 0;
    take(load_32(last));
  } else if (left != 0) {
    char tail[32];
    std::memset(tail, ' ', sizeof tail);
    std::memcpy(tail, at, left);
    take(load_32(tail));
  }
  // Behind the end a blank: a character that is cut there is then too short.
  if (pending) wrong = _mm256_or_si256(wrong, utf8_errors(earlier, _mm256_set1_epi8(' ')));
  return _mm256_testz_si256(wrong, wrong) != 0;
}

}  // namespace detail
KEFU_END_NAMESPACE

#endif
