// The input is the clear text of a push to a third-party platform; it is read alone, then sealed as it should be.
#include "fuzz/expect.hpp"

#include <kefu/core/match.hpp>
#include <kefu/wechat/component_push.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using kefu::Secret;
using namespace kefu::wechat;

namespace {

constexpr char kComponent[] = "wx5823bf96d3bd56c7";
constexpr char kTime[] = "1409659813";
constexpr char kNonce[] = "1372623149";

PushKeys component_keys() { return PushKeys(Secret("QDG6eK"), Secret("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")); }

bool is_app_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find_first_of("/%&? \r\n") == std::string_view::npos;
}
bool is_printable(const Secret& credential) {
  const std::string_view text = credential.expose();
  return text.size() <= 4096 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

void check_body(const ComponentPushBody& body) {
  kefu::match(
      body,
      [](const ComponentTicket& one) {
        expect(!one.ticket.empty() && is_printable(one.ticket), "a ticket can be sent");
      },
      [](const AuthorizationGranted& one) {
        expect(is_app_id(one.app_id), "a grant names its merchant");
        expect(is_printable(one.code) && is_printable(one.pre_auth_code), "a code can be sent");
        expect(!one.code_expires || kefu::unix_seconds(*one.code_expires) <= 9'000'000'000, "its end is a moment");
      },
      [](const AuthorizationWithdrawn& one) { expect(is_app_id(one.app_id), "a withdrawal names its merchant"); },
      [](const RegistrationReported& one) {
        expect(one.app_id.empty() || is_app_id(one.app_id), "an account has an id");
        expect(is_printable(one.code), "a code can be sent");
      },
      [](const auto&) {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto receiver = ComponentPushReceiver::create(ComponentPushConfig(kComponent, component_keys())).value();
  static const auto crypto = PushCrypto::create(component_keys(), {}, kComponent).value();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto push = read_component_push(text);
  if (push) {
    expect(push->raw.expose() == text && !push->info_type.empty(), "what was read is kept");
    check_body(push->body);
  } else {
    expect(push.error().kind() == kefu::ErrorKind::bad_argument, "a push is read or called a bad argument");
  }
  const std::string encrypt = crypto.encrypt(text).value();
  const std::string query = std::string("timestamp=") + kTime + "&nonce=" + kNonce +
                            "&encrypt_type=aes&msg_signature=" + crypto.sign(kTime, kNonce, encrypt).value();
  const std::string body =
      "<xml><AppId>" + std::string(kComponent) + "</AppId><Encrypt>" + encrypt + "</Encrypt></xml>";
  const auto opened =
      receiver.open(kefu::WebhookRequest("POST", "/", query, body), kefu::from_unix_seconds(1409659813));
  if (opened.outcome == OpenedComponentPush::Outcome::event) {
    expect(push.has_value() && opened.push.info_type == push->info_type, "the same push by both ways");
    expect(opened.answer.body == "success", "it is acknowledged");
  } else {
    expect(opened.outcome == OpenedComponentPush::Outcome::refused && opened.answer.status == 403 &&
               opened.answer.body.empty() && opened.push.raw.empty(),
           "refusals tell the sender nothing");
  }
  return 0;
}
