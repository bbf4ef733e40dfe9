// `push`: open + reply of one encrypted push through the public API against a bare OpenSSL + scanner program over the
// same bytes (design 6: at most 1.3x). `push_bare`: that program against the sum of its own primitives (at most 1.15x).
#include "bench/harness.hpp"
#include "bench/support/bare_push.hpp"

#include <kefu/wechat/push.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr char kToken[] = "kefuTestTok3n";
constexpr char kKeyText[] = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
constexpr char kReceiver[] = "wx1234567890abcdef";
constexpr std::int64_t kNowSeconds = 1735689600;
constexpr int kRounds = 20'000;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "push: %s\n", why);
  std::exit(1);
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// The 32 bytes of the key, found by OpenSSL alone.
std::string key_bytes() {
  unsigned char bytes[48];
  const std::string text = std::string(kKeyText) + "=";
  if (EVP_DecodeBlock(bytes, reinterpret_cast<const unsigned char*>(text.data()), 44) < 32) give_up("no key");
  return {reinterpret_cast<char*>(bytes), 32};
}

/// One push as the platform sends it: 627 bytes of clear text, 100 Chinese characters among them.
struct Sample {
  std::string query;
  std::string body;
  std::string encrypt;
  std::string message;
  std::string answer = repeated("您好，您的订单已经发出。", 8);
};

Sample make_sample(const kefu::wechat::PushCrypto& crypto) {
  Sample sample;
  sample.message =
      "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><FromUserName><![CDATA[oABC1234567890abcdefghijklmn]]>"
      "</FromUserName><CreateTime>1735689600</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" +
      repeated("我的订单什么时候发货？", 10) + "]]></Content><MsgId>22876340532172986</MsgId></xml>";
  sample.encrypt = crypto.encrypt(sample.message).value();
  const std::string nonce = "987654321";
  const std::string time = std::to_string(kNowSeconds);
  sample.query = "signature=" + crypto.sign(time, nonce, {}).value() + "&timestamp=" + time + "&nonce=" + nonce +
                 "&openid=oABC1234567890abcdefghijklmn&encrypt_type=aes&msg_signature=" +
                 crypto.sign(time, nonce, sample.encrypt).value();
  sample.body = "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><Encrypt><![CDATA[" + sample.encrypt +
                "]]></Encrypt></xml>";
  return sample;
}

/// Both sides must answer the same message with the same text, or the comparison says nothing.
void check_equal_work(const Sample& sample, const kefu::PushReceiver& receiver, kefu_bench::BarePush& bare,
                      const kefu::wechat::PushCrypto& crypto) {
  const auto now = kefu::from_unix_seconds(kNowSeconds);
  const auto opened = receiver.open(kefu::WebhookRequest("POST", "/", sample.query, sample.body), now);
  if (opened.outcome != kefu::OpenedPush::Outcome::event) give_up("kefu refuses the sample");
  const auto reply = receiver.reply(*opened.context, kefu::Content(kefu::TextContent(sample.answer)), now);
  const auto clear_text = [&](std::string_view body) {
    return crypto.decrypt(kefu_bench::BarePush::scan_envelope(body)).message;
  };
  const auto bare_reply = bare.handle(sample.query, sample.body, sample.answer, kNowSeconds);
  if (!reply || clear_text(reply->body).empty() || clear_text(reply->body) != clear_text(bare_reply)) {
    give_up("the two answers differ");
  }
}

/// Each primitive of the bare program alone, over the bytes it sees there.
struct Primitive {
  const char* name;
  std::function<void()> work;
};

std::vector<Primitive> primitives(kefu_bench::BarePush& bare, const Sample& sample) {
  // Sizes of the answer are known from the last one that was built.
  static std::string answer_encrypt;
  static std::vector<unsigned char> bytes(64 * 1024);
  static std::vector<char> text(96 * 1024);
  static char hex[40];
  answer_encrypt = std::string(bare.last_encrypt());
  const std::size_t frame = bare.frame_size();
  const std::size_t sealed = bare.decode(sample.encrypt, bytes.data());
  return {
      {"sha1_verify", [&] { bare.sign("1735689600", "987654321", sample.encrypt, hex); }},
      {"sha1_sign", [&] { bare.sign("1735689600", "9876543210", answer_encrypt, hex); }},
      {"aes_decrypt", [&bare, sealed] { bare.decrypt(bytes.data(), sealed); }},
      {"aes_encrypt", [&bare, frame] { bare.encrypt(bytes.data(), frame); }},
      {"base64_decode", [&] { kefu_bench::keep(bare.decode(sample.encrypt, bytes.data())); }},
      {"base64_encode", [&bare, frame] { kefu_bench::keep(bare.encode(bytes.data(), frame, text.data())); }},
      {"scan_envelope", [&] { kefu_bench::keep(kefu_bench::BarePush::scan_envelope(sample.body).size()); }},
      {"scan_message", [&] { kefu_bench::keep(kefu_bench::BarePush::scan_message(sample.message).content.size()); }},
      {"random", [&bare] { bare.random(bytes.data(), 24); }},
  };
}

void compare_with_primitives(const kefu_bench::Options& options, kefu_bench::BarePush& bare, const Sample& sample) {
  auto parts = primitives(bare, sample);
  std::vector<std::vector<double>> costs(parts.size());
  std::vector<double> sums, wholes, ratios;
  for (int round = 0; round <= options.pairs; ++round) {
    double sum = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto cost = kefu_bench::measure(kRounds, [&] {
        for (int n = 0; n < kRounds; ++n) parts[i].work();
      });
      if (round > 0) costs[i].push_back(cost.cpu_ns);
      sum += cost.cpu_ns;
    }
    const auto whole = kefu_bench::measure(kRounds, [&] {
      for (int n = 0; n < kRounds; ++n) {
        kefu_bench::keep(bare.handle(sample.query, sample.body, sample.answer, kNowSeconds).size());
      }
    });
    if (round == 0) continue;  // Warms up.
    sums.push_back(sum);
    wholes.push_back(whole.cpu_ns);
    ratios.push_back(whole.cpu_ns / sum);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    kefu_bench::print(
        options,
        kefu_bench::Row(std::string("push_primitive_") + parts[i].name).add("cpu_ns", kefu_bench::median(costs[i])));
  }
  kefu_bench::print(options, kefu_bench::Row("push_bare", kefu_bench::median(ratios))
                                 .add("bare_cpu_ns", kefu_bench::median(wholes))
                                 .add("primitives_cpu_ns", kefu_bench::median(sums))
                                 .add("pairs", options.pairs));
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  const kefu::wechat::PushKeys keys{kefu::Secret(kToken), kefu::Secret(kKeyText)};
  auto crypto = kefu::wechat::PushCrypto::create(keys, {}, kReceiver);
  if (!crypto) give_up("no crypto");
  const Sample sample = make_sample(*crypto);
  auto receiver = kefu::wechat::make_push_receiver(kefu::wechat::PushConfig(kReceiver, keys));
  if (!receiver) give_up("no receiver");
  kefu_bench::BarePush bare(kToken, reinterpret_cast<const unsigned char*>(key_bytes().data()), kReceiver);
  check_equal_work(sample, **receiver, bare, *crypto);

  if (options.wants("push")) {
    const auto now = kefu::from_unix_seconds(kNowSeconds);
    const auto ours = [&] {
      for (int i = 0; i < kRounds; ++i) {
        const auto opened = (*receiver)->open(kefu::WebhookRequest("POST", "/", sample.query, sample.body), now);
        const auto reply = (*receiver)->reply(*opened.context, kefu::Content(kefu::TextContent(sample.answer)), now);
        kefu_bench::keep(reply->body.size());
      }
    };
    const auto reference = [&] {
      for (int i = 0; i < kRounds; ++i) {
        kefu_bench::keep(bare.handle(sample.query, sample.body, sample.answer, kNowSeconds).size());
      }
    };
    kefu_bench::print(options, "push", kefu_bench::compare(options, kRounds, ours, reference));
  }
  if (options.wants("push_bare")) compare_with_primitives(options, bare, sample);
}
