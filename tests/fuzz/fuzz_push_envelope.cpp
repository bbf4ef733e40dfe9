// First byte: 'q' takes "query\nbody" as a request, 'u' takes the rest as the query of a URL check, 'f' takes the rest
// as the decrypted frame, which is then sealed and signed as it should be.
#include "core/crypto/crypto.hpp"
#include "fuzz/expect.hpp"

#include <kefu/wechat/push.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using kefu::OpenedPush;
using kefu::Secret;
using namespace kefu::wechat;

namespace {

constexpr char kToken[] = "QDG6eK";
constexpr char kKey[] = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
constexpr char kReceiver[] = "wx5823bf96d3bd56c7";
constexpr char kTime[] = "1409659813";
constexpr char kNonce[] = "1372623149";
const PushKeys kKeys{Secret(kToken), Secret(kKey)};
const PushKeys kOldKeys{Secret("spamtest"), Secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")};

std::shared_ptr<kefu::PushReceiver> make(PushMode mode, PushDialect dialect, PushFreshness::Mode freshness) {
  PushConfig config(kReceiver, kKeys);
  config.previous = {kOldKeys};
  config.mode = mode;
  config.dialect = dialect;
  config.freshness = PushFreshness(freshness);
  return kefu::wechat::make_push_receiver(std::move(config)).value();
}

const std::vector<std::shared_ptr<kefu::PushReceiver>>& receivers() {
  static const std::vector<std::shared_ptr<kefu::PushReceiver>> all = {
      make(PushMode::safe, PushDialect::wechat, PushFreshness::Mode::off),
      make(PushMode::compatible, PushDialect::wechat, PushFreshness::Mode::log_only),
      make(PushMode::plain, PushDialect::wechat, PushFreshness::Mode::enforce),
      make(PushMode::safe, PushDialect::wecom, PushFreshness::Mode::off)};
  return all;
}

void check(const kefu::PushReceiver& receiver, const OpenedPush& opened, kefu::WallTime now) {
  if (opened.outcome == OpenedPush::Outcome::refused) {
    expect(opened.fault.has_value() && opened.answer.status == 403 && opened.answer.body.empty(),
           "refusals tell the sender nothing");
    expect(opened.event.raw.empty() && opened.context == nullptr, "nothing of a refused push is used");
    expect(opened.detail.find(kToken) == std::string::npos && opened.detail.find(kKey) == std::string::npos,
           "no secret in a detail");
    return;
  }
  if (opened.outcome == OpenedPush::Outcome::url_check) {
    expect(opened.answer.status == 200 && opened.answer.content_type == "text/plain", "the echo is plain text");
    return;
  }
  const std::string& id = opened.event.event_id;
  expect(!id.empty() && id.size() <= 128, "an event id has 1 to 128 bytes");
  expect(std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; }), "an event id is printable");
  const auto again = receiver.reopen(opened.event.raw, now);
  expect(again && again->event_id == id, "an event that was stored is the same event");
  const auto reply = receiver.reply(*opened.context, kefu::Content(kefu::TextContent("]]>")), now);
  expect(reply.has_value() || reply.error().kind() == kefu::ErrorKind::bad_argument, "an answer or a reason");
}

void open_everywhere(std::string_view method, std::string_view query, std::string_view body) {
  const auto now = kefu::from_unix_seconds(1409659813);
  for (const auto& receiver : receivers()) {
    check(*receiver, receiver->open(kefu::WebhookRequest(method, "/", query, body), now), now);
  }
}

void open_frame(std::string frame) {
  static const std::string key = *kefu::detail::base64_decoded(kKey, kefu::detail::Base64Mode::spare_bits);
  static const kefu::detail::AesCbc cipher(key);
  static const PushCrypto crypto = PushCrypto::create(kKeys, {}, kReceiver).value();
  frame.resize((frame.size() + 31) / 32 * 32);
  auto* bytes = reinterpret_cast<unsigned char*>(frame.data());
  expect(cipher.encrypt(bytes, frame.size(), bytes), "a whole number of blocks can be encrypted");
  const std::string encrypt = kefu::detail::base64(frame);
  const std::string query = std::string("timestamp=") + kTime + "&nonce=" + kNonce +
                            "&encrypt_type=aes&msg_signature=" + crypto.sign(kTime, kNonce, encrypt).value();
  open_everywhere("POST", query, "<xml><Encrypt><![CDATA[" + encrypt + "]]></Encrypt></xml>");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t line = std::min(rest.find('\n'), rest.size());
  switch (data[0]) {
    case 'q':
      open_everywhere("POST", rest.substr(0, line), rest.substr(std::min(line + 1, rest.size())));
      break;
    case 'u':
      open_everywhere("GET", rest, {});
      break;
    case 'f':
      open_frame(std::string(rest));
      break;
    default:
      break;
  }
  return 0;
}
