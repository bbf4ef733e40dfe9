#include "wechat/send_gate.hpp"

#include "core/reporting.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

struct TypeKind {
  std::string_view msgtype;
  ContentKind kind;
};
constexpr TypeKind kTypeKinds[] = {
    {"text", ContentKind::text},   {"image", ContentKind::image},       {"voice", ContentKind::voice},
    {"video", ContentKind::video}, {"music", ContentKind::music},       {"news", ContentKind::link},
    {"link", ContentKind::link},   {"msgmenu", ContentKind::menu},      {"miniprogrampage", ContentKind::mini_program},
    {"mpnews", ContentKind::raw},  {"mpnewsarticle", ContentKind::raw}, {"wxcard", ContentKind::raw},
};

// Cards that both kinds of account have under different names.
constexpr std::string_view kOfficialAccountOnly[] = {"news", "mpnews", "mpnewsarticle", "wxcard"};

}  // namespace

std::optional<Error> refuse_type(const Capabilities& account, std::string_view msgtype) {
  const bool mini = account.account_kind == "mini_program";
  for (std::string_view type : kOfficialAccountOnly)
    if (mini && type == msgtype)
      return Error(ErrorKind::unsupported, fmt::format("mini programs cannot send {}: send a link, an image or a "
                                                       "mini-program card",
                                                       msgtype));
  if (!mini && msgtype == "link") return Error(ErrorKind::unsupported, "official accounts send links as news");
  for (const TypeKind& row : kTypeKinds) {
    const ContentRule& rule = account.rule(row.kind);
    if (row.msgtype == msgtype && !rule.supported)
      return Error(ErrorKind::unsupported, fmt::format("this account cannot send {}: {}", msgtype, rule.reason));
  }
  return std::nullopt;
}

void settle_reservation(const std::shared_ptr<detail::RuntimeCore>& runtime, const std::shared_ptr<ReplyLedger>& ledger,
                        Reservation reservation, int unsent, const Error& error) {
  if (error.delivery() == Delivery::unknown) --unsent;
  runtime->with_store<void>(
      [ledger, reservation = std::move(reservation), unsent, code = error.platform_code(),
       closed = error.kind() == ErrorKind::window_closed, now = runtime->clock->wall()](Store&) -> Result<void> {
        if (code == "45047") return ledger->used_up(reservation, now);
        if (closed && !code.empty())
          return ledger->closed(reservation, fmt::format("the platform closed it ({})", code), now);
        return ledger->give_back(reservation, unsent);
      },
      [](Result<void>) {});
}

bool is_store_trouble(const Error& error) {
  return error.kind() != ErrorKind::window_closed && error.kind() != ErrorKind::cancelled;
}

void report_lost_ledger(const detail::RuntimeCore& runtime, std::string_view account, const Error& error) {
  if (!runtime.observer) return;
  detail::log(*runtime.observer, LogLevel::warning, log_event::kLedgerStoreFailed,
              "the store failed: a message is sent without being counted in its reply window",
              {{"platform", "wechat"}, {"account", account}, {"error", error.message()}});
}

}  // namespace wechat
KEFU_END_NAMESPACE
