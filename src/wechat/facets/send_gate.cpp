#include "wechat/facets/send_gate.hpp"

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

}  // namespace wechat
KEFU_END_NAMESPACE
