#include "jd/answering/access_id.hpp"

#include "core/crypto/crypto.hpp"

#include <algorithm>
#include <array>
#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using Uuid = std::array<unsigned char, 16>;

std::string uuid_text(Uuid bytes, unsigned version) {
  constexpr char kHex[] = "0123456789abcdef";
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 0x0f];
  }
  return text;
}

/// With its length in front, so that no two lists of fields give the same text.
void add_field(std::string& text, std::string_view field) {
  text.append(std::to_string(field.size())).append(":").append(field);
}

}  // namespace

std::string access_id_of(const AccessIdSource& source) {
  std::string text;
  for (const std::string_view field : {source.key, source.aspid, source.thread, source.customer, source.speaker})
    add_field(text, field);
  add_field(text, std::to_string(source.part));
  add_field(text, source.content);
  const detail::Digest digest = detail::digest(detail::DigestKind::sha256, text);
  Uuid bytes;
  std::copy_n(digest.bytes.begin(), bytes.size(), bytes.begin());
  return uuid_text(bytes, 8);  // version 8: made by a rule of one's own
}

Result<std::string> random_access_id() {
  Uuid bytes;
  if (!detail::random_bytes(bytes.data(), bytes.size()))
    return Error(ErrorKind::internal, "the system gives no random bytes for the accessid; nothing was sent");
  return uuid_text(bytes, 4);
}

}  // namespace jd
KEFU_END_NAMESPACE
