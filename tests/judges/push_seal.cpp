// Seals messages with kefu's push cryptography so that a foreign library can open them: one JSON object per line on
// standard input (token, encoding_aes_key, receiver_id, timestamp, nonce, plaintext), one per line out (encrypt,
// msg_signature).
#include "core/text/document.hpp"

#include <kefu/wechat/push.hpp>

#include <iostream>
#include <string>

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto document = kefu::detail::Document::json(line);
    if (!document) return 2;
    const auto in = document.root();
    const auto text = [&in](std::string_view name) { return std::string(in[name].text()); };
    auto crypto = kefu::wechat::PushCrypto::create(
        kefu::wechat::PushKeys(kefu::Secret(text("token")), kefu::Secret(text("encoding_aes_key"))), {},
        text("receiver_id"));
    if (!crypto) {
      std::cerr << crypto.error().to_string() << '\n';
      return 1;
    }
    auto encrypt = crypto->encrypt(text("plaintext"));
    if (!encrypt) return 1;
    auto signature = crypto->sign(text("timestamp"), text("nonce"), *encrypt);
    if (!signature) return 1;
    std::cout << "{\"encrypt\":\"" << *encrypt << "\",\"msg_signature\":\"" << *signature << "\"}\n";
  }
  return 0;
}
