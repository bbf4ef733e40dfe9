#include "wechat/component/release_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

struct TestAccount {
  std::string_view app_id;
  std::string_view original_id;
  AccountKind kind;
};
constexpr TestAccount kTestAccounts[] = {
    {"wx570bc396a51b8ff8", "gh_3c884a361561", AccountKind::service_account},
    {"wx9252c5e0bb1836fc", "gh_c0f28a78b318", AccountKind::service_account},
    {"wx8e1097c5bc82cde9", "gh_3f222ed8d140", AccountKind::service_account},
    {"wx14550af28c71a144", "gh_26128078e9ab", AccountKind::service_account},
    {"wxa35b9c23cfe664eb", "gh_2b3713f184a6", AccountKind::service_account},
    {"wxd101a85aa106f53e", "gh_8dad206e9538", AccountKind::mini_program},
    {"wxc39235c15087f6f3", "gh_905ae9d01059", AccountKind::mini_program},
    {"wx7720d01d4b2a4500", "gh_393666f1fdf4", AccountKind::mini_program},
    {"wx05d483572dcd5d8b", "gh_39abb5d4e1b7", AccountKind::mini_program},
    {"wx5910277cae6fd970", "gh_7818dcb60240", AccountKind::mini_program},
};

constexpr std::string_view kTextCase = "TESTCOMPONENT_MSG_TYPE_TEXT";
constexpr std::string_view kApiCase = "QUERY_AUTH_CODE:";
constexpr std::size_t kLongestTestCode = 1024;

bool is_test_code(std::string_view code) {
  return !code.empty() && code.size() <= kLongestTestCode &&
         std::all_of(code.begin(), code.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// The text that is to be answered within the push itself, if this message is one of the check's.
std::string passive_answer(const OpenedPush& opened) {
  if (const auto* text = std::get_if<ReceivedText>(&opened.event.payload))
    return text->body == kTextCase ? std::string(kTextCase) + "_callback" : std::string();
  // Older versions of the page send an event.
  if (const auto* event = std::get_if<PlatformEvent>(&opened.event.payload))
    return event->name == "LOCATION" ? event->name + "from_callback" : std::string();
  return {};
}

}  // namespace

std::optional<ReleaseCheck> read_release_check(const OpenPlatformConfig& config, std::string_view app_id,
                                               const WebhookRequest& request, WallTime now) {
  const auto* const account = std::find_if(std::begin(kTestAccounts), std::end(kTestAccounts),
                                           [app_id](const TestAccount& one) { return one.app_id == app_id; });
  if (account == std::end(kTestAccounts)) return std::nullopt;
  PushConfig push{std::string(account->app_id), config.push_keys};
  push.previous = config.previous_push_keys;
  push.receiver_id = config.component_app_id;
  push.original_id = account->original_id;
  push.kind = account->kind;
  push.format = PushFormat::xml;
  push.freshness = config.push_freshness;
  const auto receiver = make_push_receiver(std::move(push));
  if (!receiver) return std::nullopt;
  const OpenedPush opened = (*receiver)->open(request, now);
  ReleaseCheck check;
  check.answer = opened.answer;
  if (opened.outcome != OpenedPush::Outcome::event) return check;
  check.answer = (*receiver)->acknowledge();
  if (std::string words = passive_answer(opened); !words.empty()) {
    if (account->kind == AccountKind::mini_program) {  // these have no such answer
      check.customer = opened.event.customer.id;
      check.text = std::move(words);
      return check;
    }
    auto reply = (*receiver)->reply(*opened.context, PassiveReply(Content(TextContent(std::move(words)))), now);
    if (reply) check.answer = *std::move(reply);
    return check;
  }
  const auto* text = std::get_if<ReceivedText>(&opened.event.payload);
  if (text == nullptr || text->body.compare(0, kApiCase.size(), kApiCase) != 0) return check;
  const std::string code = text->body.substr(kApiCase.size());
  if (!is_test_code(code)) return check;
  check.answer = WebhookResponse(200, {});
  check.customer = opened.event.customer.id;
  check.text = code + "_from_api";
  check.code = Secret(code);
  return check;
}

}  // namespace wechat
KEFU_END_NAMESPACE
