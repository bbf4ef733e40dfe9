#include "wechat/push/crypto.hpp"

#include <algorithm>
#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kSignatureDigits = 40;
// The body limit of the receiver is 1 MiB; nothing larger is ever decoded.
constexpr std::size_t kMaxCiphertext = 4 * 1024 * 1024;

std::string_view without_outer_blanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Decodes an EncodingAESKey into 32 bytes.
Result<void> decode_key(const Secret& secret, unsigned char (&key)[detail::base64_room(44)]) {
  constexpr std::size_t kKeyCharacters = 43;
  const std::string_view text = without_outer_blanks(secret.expose());
  if (text.size() != kKeyCharacters) {
    return Error(ErrorKind::bad_argument, "encoding_aes_key has " + std::to_string(text.size()) +
                                              " characters, it must have 43: copy it again from the console" +
                                              (text.size() == 44 ? " without the '=' at the end" : ""));
  }
  const auto size = detail::base64_decode(text, key, detail::Base64Mode::spare_bits);
  if (!size || *size != 32) {
    return Error(ErrorKind::bad_argument,
                 "encoding_aes_key holds a character outside [A-Za-z0-9+/]: copy it again from the console");
  }
  return {};
}

Result<Secret> checked_token(const Secret& secret) {
  // The page says up to 32 letters and digits; longer ones were seen nowhere, but nothing in the signature forbids
  // them.
  constexpr std::size_t kMaxToken = 128;
  const std::string_view text = without_outer_blanks(secret.expose());
  if (text.empty()) return Error(ErrorKind::bad_argument, "token is empty: set the Token of the console's push page");
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!visible || text.size() > kMaxToken) {
    return Error(ErrorKind::bad_argument, "token has " + std::to_string(text.size()) +
                                              " bytes and must be 1 to 128 visible ASCII characters: copy it again "
                                              "from the console");
  }
  return Secret(text);
}

/// Sorts at most four texts as bytes; insertion sort, since std::sort on four costs more.
void sort_pieces(std::string_view* pieces, std::size_t count) noexcept {
  for (std::size_t i = 1; i < count; ++i) {
    const std::string_view piece = pieces[i];
    std::size_t j = i;
    for (; j > 0 && piece < pieces[j - 1]; --j) pieces[j] = pieces[j - 1];
    pieces[j] = piece;
  }
}

struct Unframed {
  std::optional<PushFault> fault;
  std::size_t message_size = 0;
};

/// Checks a decrypted frame: padding, length, receiver, in this order (CBK-10).
Unframed unframe(const unsigned char* frame, std::size_t size, std::string_view receiver) noexcept {
  Unframed result;
  const std::size_t padding = frame[size - 1];
  bool equal = padding >= 1 && padding <= kFrameBlock;
  for (std::size_t i = 1; equal && i <= padding; ++i) equal = frame[size - i] == padding;
  if (!equal) {
    result.fault = PushFault::bad_padding;
    return result;
  }
  const std::size_t left = size - padding;
  const std::uint32_t length = static_cast<std::uint32_t>(frame[16]) << 24 |
                               static_cast<std::uint32_t>(frame[17]) << 16 |
                               static_cast<std::uint32_t>(frame[18]) << 8 | static_cast<std::uint32_t>(frame[19]);
  if (left < kFrameHead || length > left - kFrameHead) {
    result.fault = PushFault::bad_length_field;
    return result;
  }
  const std::string_view received(reinterpret_cast<const char*>(frame) + kFrameHead + length,
                                  left - kFrameHead - length);
  if (received != receiver) result.fault = PushFault::wrong_receiver;
  result.message_size = length;
  return result;
}

}  // namespace

Result<void> check_encoding_aes_key(const Secret& key) {
  unsigned char bytes[detail::base64_room(44)];
  Result<void> result = decode_key(key, bytes);
  detail::wipe(bytes, sizeof bytes);
  return result;
}

PushCrypto::PushCrypto(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PushCrypto::PushCrypto(PushCrypto&&) noexcept = default;
PushCrypto& PushCrypto::operator=(PushCrypto&&) noexcept = default;
PushCrypto::~PushCrypto() = default;

Result<PushCrypto> PushCrypto::create(const PushKeys& current, const std::vector<PushKeys>& previous,
                                      std::string receiver_id) {
  auto impl = std::make_unique<Impl>();
  impl->receiver_id = std::move(receiver_id);

  std::vector<Secret> keys;
  const auto add = [&](const PushKeys& pair, const char* where, bool must_have_token) -> Result<void> {
    if (must_have_token || !pair.token.empty()) {
      auto token = checked_token(pair.token);
      if (!token) return Error(ErrorKind::bad_argument, where + token.error().message());
      if (std::find(impl->tokens.begin(), impl->tokens.end(), *token) == impl->tokens.end()) {
        impl->tokens.push_back(std::move(*token));
      }
    }
    if (pair.encoding_aes_key.empty()) return {};
    if (std::find(keys.begin(), keys.end(), pair.encoding_aes_key) != keys.end()) return {};
    unsigned char bytes[detail::base64_room(44)];
    Result<void> decoded = decode_key(pair.encoding_aes_key, bytes);
    if (decoded) {
      impl->ciphers.emplace_back(std::string_view(reinterpret_cast<const char*>(bytes), 32));
      keys.push_back(pair.encoding_aes_key);
    }
    detail::wipe(bytes, sizeof bytes);
    if (!decoded) return Error(ErrorKind::bad_argument, where + decoded.error().message());
    return {};
  };

  auto added = add(current, "keys.", true);
  // Without a current key the number 0 would be a previous one; nothing could be answered with it.
  const bool has_key = !current.encoding_aes_key.empty();
  for (std::size_t i = 0; added && i < previous.size(); ++i) {
    const std::string where = "previous[" + std::to_string(i) + "].";
    added = add(has_key ? previous[i] : PushKeys(previous[i].token), where.c_str(), false);
  }
  if (!added) return std::move(added).error();
  return PushCrypto(std::move(impl));
}

std::optional<PushFault> PushCrypto::check_form(std::string_view timestamp, std::string_view nonce) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (timestamp.size() != 10 || !std::all_of(timestamp.begin(), timestamp.end(), digit)) {
    return PushFault::bad_timestamp;
  }
  const auto allowed = [&](char c) {
    return digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  };
  if (nonce.empty() || nonce.size() > 64 || !std::all_of(nonce.begin(), nonce.end(), allowed)) {
    return PushFault::bad_nonce;
  }
  return std::nullopt;
}

bool PushCrypto::Impl::sign_into(std::size_t token, std::string_view timestamp, std::string_view nonce,
                                 std::string_view encrypt, char* out) const noexcept {
  std::string_view pieces[4] = {tokens[token].expose(), timestamp, nonce, encrypt};
  sort_pieces(pieces, 4);
  const detail::Digest digest = detail::digest(detail::DigestKind::sha1, pieces, 4);
  if (!digest) return false;
  digest.hex_to(out);
  return true;
}

std::optional<std::size_t> PushCrypto::match(std::string_view timestamp, std::string_view nonce,
                                             std::string_view signature) const noexcept {
  return match(timestamp, nonce, std::string_view(), signature);
}

std::optional<std::size_t> PushCrypto::match(std::string_view timestamp, std::string_view nonce,
                                             std::string_view encrypt, std::string_view msg_signature) const noexcept {
  if (msg_signature.size() != kSignatureDigits) return std::nullopt;
  for (std::size_t i = 0; i < impl_->tokens.size(); ++i) {
    char expected[kSignatureDigits];
    if (!impl_->sign_into(i, timestamp, nonce, encrypt, expected)) return std::nullopt;
    if (detail::equal_in_constant_time(std::string_view(expected, sizeof expected), msg_signature)) return i;
  }
  return std::nullopt;
}

PushPlaintext PushCrypto::decrypt(std::string_view encrypt) const {
  const auto refuse = [](PushFault fault) {
    PushPlaintext refused;
    refused.fault = fault;
    return refused;
  };
  if (impl_->ciphers.empty()) return refuse(PushFault::bad_key);
  if (encrypt.size() > kMaxCiphertext) return refuse(PushFault::bad_ciphertext_length);

  std::string sealed(detail::base64_room(encrypt.size()), '\0');
  const auto size =
      detail::base64_decode(encrypt, reinterpret_cast<unsigned char*>(sealed.data()), detail::Base64Mode::strict);
  if (!size) return refuse(PushFault::bad_base64);
  if (*size == 0 || *size % kFrameBlock != 0) return refuse(PushFault::bad_ciphertext_length);

  PushPlaintext result;
  for (std::size_t key = 0; key < impl_->ciphers.size(); ++key) {
    // The last key may work in place; earlier ones must leave the ciphertext for the next.
    const bool last = key + 1 == impl_->ciphers.size();
    std::string frame = last ? std::move(sealed) : sealed;
    auto* bytes = reinterpret_cast<unsigned char*>(frame.data());
    if (!impl_->ciphers[key].decrypt(bytes, *size, bytes)) return refuse(PushFault::bad_padding);
    const Unframed unframed = unframe(bytes, *size, impl_->receiver_id);
    if (!unframed.fault) {
      frame.erase(kFrameHead + unframed.message_size);
      frame.erase(0, kFrameHead);
      result.fault.reset();
      result.message = std::move(frame);
      result.key = key;
      return result;
    }
    // The key that got furthest knows best what is wrong: a foreign key seldom passes the padding.
    if (!result.fault || *unframed.fault > *result.fault) result.fault = unframed.fault;
  }
  return result;
}

std::size_t PushCrypto::Impl::frame_size(std::size_t message) const noexcept {
  const std::size_t used = kFrameHead + message + receiver_id.size();
  return used + kFrameBlock - used % kFrameBlock;
}

std::size_t PushCrypto::Impl::sealed_size(std::size_t message) const noexcept {
  return detail::base64_size(frame_size(message));
}

bool PushCrypto::Impl::encrypt_frame(std::string& text, std::size_t at, const Prefix& prefix, std::size_t key) const {
  const std::size_t length = text.size() - at - kFrameHead;
  std::memcpy(text.data() + at, prefix.data(), kPrefixBytes);
  for (std::size_t i = 0; i < 4; ++i) text[at + kPrefixBytes + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
  text.append(receiver_id);
  const std::size_t padding = kFrameBlock - (text.size() - at) % kFrameBlock;
  text.append(padding, static_cast<char>(padding));
  auto* bytes = reinterpret_cast<unsigned char*>(text.data()) + at;
  return ciphers[key].encrypt(bytes, text.size() - at, bytes);
}

Result<std::string> PushCrypto::encrypt(std::string_view message, std::size_t key, const Prefix* prefix) const {
  if (key >= impl_->ciphers.size()) {
    return Error(ErrorKind::bad_argument, "key " + std::to_string(key) + " is not configured: there are " +
                                              std::to_string(impl_->ciphers.size()) + " EncodingAESKeys");
  }
  Prefix fresh;
  if (prefix == nullptr) {
    if (!detail::random_bytes(fresh.data(), fresh.size())) {
      return Error(ErrorKind::internal, "the system gives no random bytes");
    }
    prefix = &fresh;
  }
  std::string frame;
  frame.reserve(impl_->frame_size(message.size()));
  frame.resize(kFrameHead);
  frame.append(message);
  if (!impl_->encrypt_frame(frame, 0, *prefix, key)) return Error(ErrorKind::internal, "OpenSSL cannot encrypt");
  std::string out(detail::base64_size(frame.size()), '\0');
  detail::base64_encode(reinterpret_cast<const unsigned char*>(frame.data()), frame.size(), out.data());
  return out;
}

Result<std::string> PushCrypto::sign(std::string_view timestamp, std::string_view nonce, std::string_view encrypt,
                                     std::size_t token) const {
  if (token >= impl_->tokens.size()) {
    return Error(ErrorKind::bad_argument, "token " + std::to_string(token) + " is not configured: there are " +
                                              std::to_string(impl_->tokens.size()));
  }
  std::string out(kSignatureDigits, '\0');
  if (!impl_->sign_into(token, timestamp, nonce, encrypt, out.data())) {
    return Error(ErrorKind::internal, "OpenSSL refuses SHA-1 (FIPS?): pushes cannot be signed on this system");
  }
  return out;
}

}  // namespace wechat
KEFU_END_NAMESPACE
