#include "core/text/document.hpp"

#include <kefu/wechat/component_push.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

using detail::Value;

constexpr std::size_t kMaxAppId = 64;
/// The platform advises room for 512 bytes and more.
constexpr std::size_t kMaxCredential = 4096;
/// What is smaller is no moment but a life in seconds.
constexpr std::int64_t kFirstMoment = 1'000'000'000;

Error unreadable(std::string why) { return Error(ErrorKind::bad_argument, "the push " + std::move(why)); }

bool is_app_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxAppId && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

/// Tickets and codes are opaque, but they travel in requests.
bool is_credential(std::string_view text) {
  return text.size() <= kMaxCredential &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// Takes what may be missing; false for what can be none.
bool take_credential(Value value, Secret& to) {
  if (!is_credential(value.text())) return false;
  to = Secret(value.text());
  return true;
}

std::optional<WallTime> end_of_code(Value value, std::int64_t created) {
  std::int64_t end = value.integer().value_or(0);
  if (end <= 0) return std::nullopt;
  if (end < kFirstMoment) {
    if (created < 0 || created > kLatestSecond) return std::nullopt;
    end += created;
  }
  if (end > kLatestSecond) return std::nullopt;
  return from_unix_seconds(end);
}

std::optional<Error> read_ticket(Value root, ComponentPush& push) {
  auto& body = push.body.emplace<ComponentTicket>();
  if (!take_credential(root["ComponentVerifyTicket"], body.ticket) || body.ticket.empty())
    return unreadable("has no usable ComponentVerifyTicket");
  return std::nullopt;
}

std::optional<Error> read_grant(Value root, ComponentPush& push) {
  auto& body = push.body.emplace<AuthorizationGranted>();
  body.app_id = root["AuthorizerAppid"].text();
  body.is_update = push.info_type == "updateauthorized";
  if (!is_app_id(body.app_id)) return unreadable("has no usable AuthorizerAppid");
  if (!take_credential(root["AuthorizationCode"], body.code)) return unreadable("has no usable AuthorizationCode");
  if (!take_credential(root["PreAuthCode"], body.pre_auth_code)) return unreadable("has no usable PreAuthCode");
  body.code_expires = end_of_code(root["AuthorizationCodeExpiredTime"], push.create_time);
  return std::nullopt;
}

std::optional<Error> read_withdrawal(Value root, ComponentPush& push) {
  auto& body = push.body.emplace<AuthorizationWithdrawn>();
  body.app_id = root["AuthorizerAppid"].text();
  if (!is_app_id(body.app_id)) return unreadable("has no usable AuthorizerAppid");
  return std::nullopt;
}

/// These have `appid` in lower case for the new account, beside AppId, the component's.
std::optional<Error> read_registration(Value root, ComponentPush& push) {
  auto& body = push.body.emplace<RegistrationReported>();
  body.app_id = root["appid"].text();
  body.status = root["status"].integer().value_or(0);
  body.message = root["msg"].text();
  body.name = root["info"]["name"].text();
  if (!body.app_id.empty() && !is_app_id(body.app_id)) return unreadable("has no usable appid");
  if (!take_credential(root["auth_code"], body.code)) return unreadable("has no usable auth_code");
  return std::nullopt;
}

struct InfoTypeRow {
  std::string_view name;
  std::optional<Error> (*read)(Value root, ComponentPush& push);
};
constexpr std::array<InfoTypeRow, 7> kInfoTypes = {{
    {"component_verify_ticket", read_ticket},
    {"authorized", read_grant},
    {"updateauthorized", read_grant},
    {"unauthorized", read_withdrawal},
    {"notify_third_fasteregister", read_registration},
    {"notify_third_fastregisterbetaapp", read_registration},
    {"notify_third_fastverifybetaapp", read_registration},
}};

}  // namespace

std::string_view to_string(const ComponentPushBody& body) noexcept {
  constexpr std::string_view kNames[] = {"unknown", "ticket", "granted", "withdrawn", "registration"};
  return body.index() < std::size(kNames) ? kNames[body.index()] : kNames[0];
}

Result<ComponentPush> read_component_push(std::string_view text) {
  const detail::Document document = detail::Document::xml(text);
  if (!document) return unreadable(fmt::format("({} bytes) {}", text.size(), to_string(document.fault())));
  const Value root = document.root();
  ComponentPush push;
  push.app_id = root["AppId"].text();
  push.create_time = root["CreateTime"].integer().value_or(0);
  push.info_type = root["InfoType"].text();
  if (push.info_type.empty()) return unreadable("has no InfoType: customers' messages belong to the message URL");
  for (const InfoTypeRow& row : kInfoTypes) {
    if (row.name != push.info_type) continue;
    if (auto wrong = row.read(root, push)) return *std::move(wrong);
    break;
  }
  push.raw = Secret(text);
  return push;
}

}  // namespace wechat
KEFU_END_NAMESPACE
