#include "core/crypto/crypto.hpp"

#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace kefu::detail;

namespace {

/// The cases of wechat-crypto.json, whose top level is a list.
Document crypto_cases() { return Document::json("{\"cases\":" + kefu_test::data_file("wechat-crypto.json") + "}"); }

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

TEST_CASE("digests of published examples (RFC 1321, FIPS 180, RFC 4231)") {
  CHECK(digest(DigestKind::md5, "").hex() == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(digest(DigestKind::md5, "message digest").upper_hex() == "F96B697D7CB7938D525A2F31AAF161D0");
  CHECK(digest(DigestKind::sha1, "abc").hex() == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(digest(DigestKind::sha256, "abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hmac(DigestKind::sha256, "Jefe", "what do ya want for nothing?").hex() ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(DigestKind::md5, "Jefe", "what do ya want for nothing?").hex() == "750c783e6ab0b503eaa86e310a5db738");
  CHECK(hmac(DigestKind::sha256, "", "").hex() == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("a digest of pieces is the digest of the joined text") {
  const std::string long_piece(1000, 'x');
  const std::array<std::string_view, 4> pieces = {"a", "", long_piece, "z"};
  CHECK(digest(DigestKind::sha1, pieces.data(), pieces.size()).hex() ==
        digest(DigestKind::sha1, "a" + long_piece + "z").hex());
  CHECK(digest(DigestKind::sha1, nullptr, 0).hex() == digest(DigestKind::sha1, "").hex());
}

TEST_CASE("the published pushes: digest, base64 and cipher agree with every recorded case") {
  const Document document = crypto_cases();
  REQUIRE(document);
  int signatures = 0;
  int messages = 0;
  for (const Value item : document.root()["cases"].items()) {
    if (item["expect"].text() != "ok" || item["kind"].text() == "api-security-mode") continue;
    CAPTURE(std::string(item["name"].text()));
    if (!item["msg_signature"].text().empty()) {
      std::array<std::string_view, 4> pieces = {item["token"].text(), item["timestamp"].text(), item["nonce"].text(),
                                                item["encrypt"].text()};
      std::sort(pieces.begin(), pieces.end());
      CHECK(digest(DigestKind::sha1, pieces.data(), pieces.size()).hex() == item["msg_signature"].text());
      ++signatures;
    }
    if (item["encoding_aes_key"].text().size() != 43 || item["previous_encoding_aes_key"].present()) continue;
    const auto key = base64_decoded(item["encoding_aes_key"].text(), Base64Mode::spare_bits);
    REQUIRE(key.has_value());
    REQUIRE(key->size() == 32);
    const auto cipher = base64_decoded(item["encrypt"].text(), Base64Mode::strict);
    REQUIRE(cipher.has_value());
    const AesCbc aes(*key);
    std::string plain(cipher->size(), '\0');
    REQUIRE(aes.decrypt(bytes_of(*cipher), cipher->size(), bytes_of(plain)));
    CHECK(plain.substr(20).rfind(item["plaintext"].text(), 0) == 0);
    std::string again(plain.size(), '\0');
    REQUIRE(aes.encrypt(bytes_of(plain), plain.size(), bytes_of(again)));
    CHECK(base64(again) == item["encrypt"].text());
    ++messages;
  }
  CHECK(signatures > 20);
  CHECK(messages > 20);
}

TEST_CASE("AesCbc works in place, refuses broken sizes and keys, and outlives a move") {
  std::string key(32, 'k');
  AesCbc first(key);
  std::string text(64, 'p');
  const std::string original = text;
  REQUIRE(first.encrypt(bytes_of(text), text.size(), bytes_of(text)));
  CHECK(text != original);
  AesCbc second(std::move(first));
  REQUIRE(second.decrypt(bytes_of(text), text.size(), bytes_of(text)));
  CHECK(text == original);
  CHECK_FALSE(second.encrypt(bytes_of(text), 15, bytes_of(text)));
  CHECK(second.encrypt(bytes_of(text), 0, bytes_of(text)));
  const AesCbc broken("short");
  CHECK_FALSE(broken.encrypt(bytes_of(text), 16, bytes_of(text)));
}

TEST_CASE("one AesCbc serves more threads than its pool has contexts") {
  const AesCbc aes(std::string(32, 'k'));
  std::vector<std::thread> threads;
  std::array<bool, 12> good{};
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      const std::string original(160, static_cast<char>('a' + t));
      std::string text = original;
      bool fine = true;
      for (int round = 0; round < 200 && fine; ++round) {
        fine = aes.encrypt(bytes_of(text), text.size(), bytes_of(text)) &&
               aes.decrypt(bytes_of(text), text.size(), bytes_of(text)) && text == original;
      }
      good[t] = fine;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::all_of(good.begin(), good.end(), [](bool fine) { return fine; }));
}

TEST_CASE("random bytes are used once, in every thread and size") {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    std::string piece(16, '\0');
    REQUIRE(random_bytes(piece.data(), piece.size()));
    CHECK(seen.insert(piece).second);
  }
  std::string large(10'000, '\0');
  REQUIRE(random_bytes(large.data(), large.size()));
  CHECK(std::set<char>(large.begin(), large.end()).size() > 200);
  CHECK(random_bytes(large.data(), 0));
  std::string other(16, '\0');
  std::thread([&] { CHECK(random_bytes(other.data(), other.size())); }).join();
  CHECK(seen.insert(other).second);
}

TEST_CASE("after fork() parent and child draw different bytes") {
  std::array<unsigned char, 32> mine{};
  REQUIRE(random_bytes(mine.data(), mine.size()));
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::array<unsigned char, 32> theirs{};
    const bool drawn = random_bytes(theirs.data(), theirs.size());
    const bool told = write(channel[1], theirs.data(), theirs.size()) == static_cast<ssize_t>(theirs.size());
    _exit(drawn && told ? 0 : 1);
  }
  REQUIRE(random_bytes(mine.data(), mine.size()));
  std::array<unsigned char, 32> theirs{};
  CHECK(read(channel[0], theirs.data(), theirs.size()) == static_cast<ssize_t>(theirs.size()));
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(mine != theirs);
  close(channel[0]);
  close(channel[1]);
}

TEST_CASE("random_text draws all 62 characters and nothing else") {
  const std::string text = random_text(20'000);
  CHECK(text.size() == 20'000);
  CHECK(std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; }));
  CHECK(std::set<char>(text.begin(), text.end()).size() == 62);
  CHECK(random_text(0).empty());
}

TEST_CASE("equal_in_constant_time compares whole bytes (CBK-4)") {
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("abc", "abC"));
  CHECK_FALSE(equal_in_constant_time("abc", "abcd"));
}
