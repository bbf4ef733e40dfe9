#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace kefu_bench {

/// The same work as PushReceiver::open and reply on one encrypted text push, by hand: what a careful engineer would
/// write straight against OpenSSL for one thread and one account. Everything is fetched, keyed and allocated once;
/// fields are views into one buffer; all checks of the protocol are made. It shares no code with kefu.
class BarePush {
 public:
  BarePush(std::string token, const unsigned char* key, std::string receiver)
      : token_(std::move(token)), receiver_(std::move(receiver)) {
    sha1_ = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    digest_ = EVP_MD_CTX_new();
    EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
    std::memcpy(iv_, key, sizeof iv_);
    for (int encrypt = 0; encrypt < 2; ++encrypt) {
      aes_[encrypt] = EVP_CIPHER_CTX_new();
      require(EVP_CipherInit_ex2(aes_[encrypt], cipher, key, iv_, encrypt, nullptr) == 1);
      require(EVP_CIPHER_CTX_set_padding(aes_[encrypt], 0) == 1);
    }
    EVP_CIPHER_free(cipher);
    constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < 4096; ++i) {
      pairs_[i][0] = kAlphabet[i >> 6];
      pairs_[i][1] = kAlphabet[i & 63];
    }
    for (auto& place : places_) {
      for (auto& entry : place) entry = 0x0100'0000;
    }
    for (unsigned i = 0; i < 64; ++i) {
      for (unsigned place = 0; place < 4; ++place) {
        places_[place][static_cast<unsigned char>(kAlphabet[i])] = i << (18 - 6 * place);
      }
    }
    plain_.resize(64 * 1024);
    frame_.resize(64 * 1024);
    out_.resize(96 * 1024);
  }
  ~BarePush() {
    EVP_MD_CTX_free(digest_);
    EVP_MD_free(sha1_);
    for (EVP_CIPHER_CTX* context : aes_) EVP_CIPHER_CTX_free(context);
  }
  BarePush(const BarePush&) = delete;
  BarePush& operator=(const BarePush&) = delete;

  struct Query {
    std::string_view msg_signature, timestamp, nonce, encrypt_type;
  };
  struct Fields {
    std::string_view to, from, time, type, content, message_id;
  };

  /// The whole: verify, decrypt, read, answer. Empty if refused.
  std::string_view handle(std::string_view query_text, std::string_view body, std::string_view answer,
                          std::int64_t now) {
    const Query query = read_query(query_text);
    if (!well_formed(query, now)) return {};
    const std::string_view encrypt = scan_envelope(body);
    char expected[40];
    sign(query.timestamp, query.nonce, encrypt, expected);
    if (query.msg_signature.size() != 40 || CRYPTO_memcmp(expected, query.msg_signature.data(), 40) != 0) return {};
    const std::size_t size = decode(encrypt, plain_.data());
    if (size == 0 || size % 32 != 0) return {};
    decrypt(plain_.data(), size);
    const std::string_view message = unframe(plain_.data(), size);
    if (message.data() == nullptr) return {};
    const Fields fields = scan_message(message);
    if (fields.type != "text") return {};
    return build(fields, answer, now);
  }

  // The primitives, for measuring them alone.

  void sign(std::string_view timestamp, std::string_view nonce, std::string_view encrypt, char* hex) {
    std::string_view pieces[4] = {token_, timestamp, nonce, encrypt};
    for (int i = 1; i < 4; ++i) {
      for (int j = i; j > 0 && pieces[j] < pieces[j - 1]; --j) std::swap(pieces[j], pieces[j - 1]);
    }
    unsigned char bytes[20];
    EVP_DigestInit_ex2(digest_, sha1_, nullptr);
    for (const std::string_view piece : pieces) EVP_DigestUpdate(digest_, piece.data(), piece.size());
    EVP_DigestFinal_ex(digest_, bytes, nullptr);
    for (int i = 0; i < 20; ++i) {
      hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
      hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
  }

  /// Strict; 0 if it is not base64.
  std::size_t decode(std::string_view text, unsigned char* to) const {
    if (text.size() % 4 != 0 || text.empty()) return 0;
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t padding = 0;
    if (text[text.size() - 1] == '=') padding = text[text.size() - 2] == '=' ? 2 : 1;
    const std::size_t whole = text.size() / 4 - (padding != 0 ? 1 : 0);
    std::uint32_t seen = 0;
    unsigned char* at = to;
    for (std::size_t i = 0; i < whole; ++i, in += 4, at += 3) {
      const std::uint32_t bits = places_[0][in[0]] | places_[1][in[1]] | places_[2][in[2]] | places_[3][in[3]];
      seen |= bits;
      at[0] = static_cast<unsigned char>(bits >> 16);
      at[1] = static_cast<unsigned char>(bits >> 8);
      at[2] = static_cast<unsigned char>(bits);
    }
    if (padding != 0) {
      const std::uint32_t bits = places_[0][in[0]] | places_[1][in[1]] | (padding == 1 ? places_[2][in[2]] : 0);
      if ((bits & (padding == 1 ? 0xFFu : 0xFFFFu)) != 0) return 0;
      seen |= bits;
      *at++ = static_cast<unsigned char>(bits >> 16);
      if (padding == 1) *at++ = static_cast<unsigned char>(bits >> 8);
    }
    return (seen & 0x0100'0000) != 0 ? 0 : static_cast<std::size_t>(at - to);
  }

  std::size_t encode(const unsigned char* in, std::size_t size, char* to) const {
    char* at = to;
    for (; size >= 3; in += 3, size -= 3, at += 4) {
      const std::uint32_t bits =
          static_cast<std::uint32_t>(in[0]) << 16 | static_cast<std::uint32_t>(in[1]) << 8 | in[2];
      std::memcpy(at, pairs_[bits >> 12], 2);
      std::memcpy(at + 2, pairs_[bits & 4095], 2);
    }
    if (size != 0) {
      const std::uint32_t bits =
          static_cast<std::uint32_t>(in[0]) << 16 | (size == 2 ? static_cast<std::uint32_t>(in[1]) << 8 : 0);
      std::memcpy(at, pairs_[bits >> 12], 2);
      std::memcpy(at + 2, pairs_[bits & 4095], 2);
      at[3] = '=';
      if (size == 1) at[2] = '=';
      at += 4;
    }
    return static_cast<std::size_t>(at - to);
  }

  void decrypt(unsigned char* bytes, std::size_t size) { crypt(0, bytes, size); }
  void encrypt(unsigned char* bytes, std::size_t size) { crypt(1, bytes, size); }

  /// The text of the one Encrypt; empty if there is none.
  static std::string_view scan_envelope(std::string_view body) {
    std::string_view encrypt;
    scan(body, [&](std::string_view name, std::string_view text) {
      if (name == "Encrypt") encrypt = text;
    });
    return encrypt;
  }
  static Fields scan_message(std::string_view message) {
    Fields fields;
    scan(message, [&](std::string_view name, std::string_view text) {
      if (name == "ToUserName") {
        fields.to = text;
      } else if (name == "FromUserName") {
        fields.from = text;
      } else if (name == "CreateTime") {
        fields.time = text;
      } else if (name == "MsgType") {
        fields.type = text;
      } else if (name == "Content") {
        fields.content = text;
      } else if (name == "MsgId") {
        fields.message_id = text;
      }
    });
    return fields;
  }

  void random(unsigned char* to, std::size_t size) {
    if (random_left_ < size) {
      require(RAND_bytes(random_, sizeof random_) == 1);
      random_left_ = sizeof random_;
    }
    unsigned char* from = random_ + sizeof random_ - random_left_;
    std::memcpy(to, from, size);
    OPENSSL_cleanse(from, size);
    random_left_ -= size;
  }

  /// Bytes of the last answer's frame, and of its ciphertext in base64.
  std::size_t frame_size() const { return frame_size_; }
  std::string_view last_encrypt() const { return last_encrypt_; }

 private:
  static void require(bool good) {
    if (!good) std::abort();
  }

  static Query read_query(std::string_view text) {
    Query query;
    while (!text.empty()) {
      const std::string_view pair = text.substr(0, text.find('&'));
      text.remove_prefix(pair.size() < text.size() ? pair.size() + 1 : pair.size());
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view name = pair.substr(0, equals);
      const std::string_view value = pair.substr(equals + 1);
      if (name == "msg_signature") {
        query.msg_signature = value;
      } else if (name == "timestamp") {
        query.timestamp = value;
      } else if (name == "nonce") {
        query.nonce = value;
      } else if (name == "encrypt_type") {
        query.encrypt_type = value;
      }
    }
    return query;
  }

  static bool well_formed(const Query& query, std::int64_t now) {
    if (query.timestamp.size() != 10 || query.nonce.empty() || query.nonce.size() > 64 || query.encrypt_type != "aes") {
      return false;
    }
    std::int64_t sent = 0;
    for (const char c : query.timestamp) {
      if (c < '0' || c > '9') return false;
      sent = sent * 10 + (c - '0');
    }
    for (const char c : query.nonce) {
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_')) {
        return false;
      }
    }
    return now - sent <= 300 && sent - now <= 60;
  }

  /// <xml>(<Name>CDATA|text</Name>)*</xml>, nothing else; stops where it is something else.
  template <class Take>
  static void scan(std::string_view text, Take&& take) {
    const char* at = text.data();
    const char* const end = at + text.size();
    if (text.substr(0, 5) != "<xml>") return;
    for (at += 5; end - at > 2 && *at == '<' && at[1] != '/';) {
      const char* const name = ++at;
      at = static_cast<const char*>(std::memchr(at, '>', static_cast<std::size_t>(end - at)));
      if (at == nullptr) return;
      const std::string_view element(name, static_cast<std::size_t>(at - name));
      ++at;
      std::string_view value;
      if (end - at > 9 && std::memcmp(at, "<![CDATA[", 9) == 0) {
        at += 9;
        const char* stop = at;
        for (;; ++stop) {
          stop = static_cast<const char*>(std::memchr(stop, ']', static_cast<std::size_t>(end - stop)));
          if (stop == nullptr || end - stop < 3) return;
          if (stop[1] == ']' && stop[2] == '>') break;
        }
        value = {at, static_cast<std::size_t>(stop - at)};
        at = stop + 3;
      } else {
        const char* const stop = static_cast<const char*>(std::memchr(at, '<', static_cast<std::size_t>(end - at)));
        if (stop == nullptr) return;
        value = {at, static_cast<std::size_t>(stop - at)};
        at = stop;
      }
      if (static_cast<std::size_t>(end - at) < element.size() + 3 ||
          std::memcmp(at + 2, element.data(), element.size()) != 0) {
        return;
      }
      at += element.size() + 3;
      take(element, value);
    }
  }

  std::string_view unframe(const unsigned char* bytes, std::size_t size) const {
    const std::size_t padding = bytes[size - 1];
    if (padding < 1 || padding > 32) return {};
    for (std::size_t i = 1; i <= padding; ++i) {
      if (bytes[size - i] != padding) return {};
    }
    const std::size_t left = size - padding;
    if (left < 20) return {};
    const std::size_t length = static_cast<std::size_t>(bytes[16]) << 24 | static_cast<std::size_t>(bytes[17]) << 16 |
                               static_cast<std::size_t>(bytes[18]) << 8 | bytes[19];
    if (length > left - 20) return {};
    const auto* text = reinterpret_cast<const char*>(bytes) + 20;
    if (std::string_view(text + length, left - 20 - length) != receiver_) return {};
    return {text, length};
  }

  void crypt(int encrypt, unsigned char* bytes, std::size_t size) {
    int done = 0;
    require(EVP_CipherInit_ex2(aes_[encrypt], nullptr, nullptr, iv_, encrypt, nullptr) == 1);
    require(EVP_CipherUpdate(aes_[encrypt], bytes, &done, bytes, static_cast<int>(size)) == 1);
  }

  std::string_view build(const Fields& fields, std::string_view answer, std::int64_t now) {
    char digits[24];
    const std::string_view time(digits, static_cast<std::size_t>(std::to_chars(digits, digits + 24, now).ptr - digits));
    unsigned char fresh[24];
    random(fresh, sizeof fresh);
    char* at = reinterpret_cast<char*>(frame_.data());
    const auto put = [&](std::string_view text) {
      std::memcpy(at, text.data(), text.size());
      at += text.size();
    };
    std::memcpy(at, fresh, 16);
    at += 20;
    put("<xml><ToUserName><![CDATA[");
    put(fields.from);
    put("]]></ToUserName><FromUserName><![CDATA[");
    put(fields.to);
    put("]]></FromUserName><CreateTime>");
    put(time);
    put("</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[");
    for (std::size_t end; (end = answer.find("]]>")) != std::string_view::npos; answer.remove_prefix(end + 2)) {
      put(answer.substr(0, end + 2));
      put("]]><![CDATA[");
    }
    put(answer);
    put("]]></Content></xml>");
    const auto length = static_cast<std::size_t>(at - reinterpret_cast<char*>(frame_.data())) - 20;
    for (int i = 0; i < 4; ++i) frame_[16 + i] = static_cast<unsigned char>(length >> (24 - 8 * i));
    put(receiver_);
    std::size_t size = length + 20 + receiver_.size();
    const std::size_t padding = 32 - size % 32;
    std::memset(at, static_cast<int>(padding), padding);
    size += padding;
    frame_size_ = size;
    encrypt(frame_.data(), size);

    char* const start = out_.data();
    at = start;
    put("<xml><Encrypt><![CDATA[");
    const std::size_t encoded = encode(frame_.data(), size, at);
    last_encrypt_ = {at, encoded};
    at += encoded;
    char nonce[10];
    std::uint64_t number = 0;
    std::memcpy(&number, fresh + 16, sizeof number);
    for (char& digit : nonce) {
      digit = static_cast<char>('0' + number % 10);
      number /= 10;
    }
    put("]]></Encrypt><MsgSignature><![CDATA[");
    sign(time, {nonce, sizeof nonce}, last_encrypt_, at);
    at += 40;
    put("]]></MsgSignature><TimeStamp>");
    put(time);
    put("</TimeStamp><Nonce><![CDATA[");
    put({nonce, sizeof nonce});
    put("]]></Nonce></xml>");
    return {start, static_cast<std::size_t>(at - start)};
  }

  std::string token_;
  std::string receiver_;
  unsigned char iv_[16];
  EVP_MD* sha1_;
  EVP_MD_CTX* digest_;
  EVP_CIPHER_CTX* aes_[2];
  char pairs_[4096][2];
  std::uint32_t places_[4][256];
  std::vector<unsigned char> plain_;
  std::vector<unsigned char> frame_;
  std::vector<char> out_;
  unsigned char random_[4096];
  std::size_t random_left_ = 0;
  std::size_t frame_size_ = 0;
  std::string_view last_encrypt_;
};

}  // namespace kefu_bench
