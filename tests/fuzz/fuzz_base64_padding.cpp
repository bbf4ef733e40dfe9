#include "core/crypto/crypto.hpp"
#include "fuzz/expect.hpp"

#include <kefu/wechat/push.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

using namespace kefu::detail;

namespace {

constexpr char kKey[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
constexpr char kReceiver[] = "wx2c2769f8efd9abc2";

/// Strict base64 has one text per value; the lenient form only adds spare bits and missing padding.
void try_base64(std::string_view text) {
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
}

/// The frame in words of its own: 16 bytes, length (4, big endian), message, receiver, 1 to 32 bytes of padding.
std::optional<std::string> read_frame(const std::string& frame) {
  if (frame.size() % 32 != 0 || frame.empty()) return std::nullopt;
  const auto pad = static_cast<unsigned char>(frame.back());
  if (pad < 1 || pad > 32) return std::nullopt;
  for (std::size_t i = frame.size() - pad; i < frame.size(); ++i) {
    if (frame[i] != frame.back()) return std::nullopt;
  }
  const std::string body = frame.substr(0, frame.size() - pad);
  if (body.size() < 20) return std::nullopt;
  std::uint64_t length = 0;
  for (int i = 16; i < 20; ++i) length = length * 256 + static_cast<unsigned char>(body[i]);
  if (length > body.size() - 20 || body.substr(20 + length) != kReceiver) return std::nullopt;
  return body.substr(20, length);
}

void try_frame(const kefu::wechat::PushCrypto& crypto, std::string frame) {
  static const AesCbc aes(*base64_decoded(kKey, Base64Mode::spare_bits));
  frame.resize(frame.size() / 16 * 16);
  const auto expected = read_frame(frame);
  auto* bytes = reinterpret_cast<unsigned char*>(frame.data());
  expect(aes.encrypt(bytes, frame.size(), bytes), "encryption works");
  const kefu::wechat::PushPlaintext opened = crypto.decrypt(base64(frame));
  expect(!opened.fault == expected.has_value(), "a frame opens exactly when it is one");
  if (expected) expect(opened.message == *expected, "the message is the frame's");
}

}  // namespace

/// The bytes as base64 text, as ciphertext, as a whole frame, and as a message whose last bytes are the frame's end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using kefu::Secret;
  static const auto crypto =
      kefu::wechat::PushCrypto::create(kefu::wechat::PushKeys(Secret("spamtest"), Secret(kKey)), {}, kReceiver);
  expect(crypto.has_value(), "the published key is taken");
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_base64(text);
  static_cast<void>(crypto->decrypt(text));
  static_cast<void>(crypto->decrypt(base64(text)));
  try_frame(*crypto, text);

  const std::string prefix(16, 'p');
  const std::size_t length = std::min<std::size_t>(size, 255);
  std::string frame = prefix + std::string{0, 0, 0, static_cast<char>(length)} + text.substr(0, length) + kReceiver;
  const std::size_t pad = 32 - frame.size() % 32;
  frame.append(pad, static_cast<char>(pad));
  expect(read_frame(frame) == text.substr(0, length), "our own frame is one");
  try_frame(*crypto, frame);
  // One byte of it, named by the input, gets another value.
  if (size >= 2) frame[data[0] % frame.size()] = static_cast<char>(data[1]);
  try_frame(*crypto, frame);

  const auto sealed = crypto->encrypt(text);
  expect(sealed.has_value(), "a message is encrypted");
  const auto opened = crypto->decrypt(*sealed);
  expect(!opened.fault && opened.message == text, "a message comes back");
  return 0;
}
