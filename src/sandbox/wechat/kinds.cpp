#include "sandbox/wechat/twin.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// What a kind of account may call (wechat-messages 0, and the pages of the APIs).
enum class Right : unsigned char {
  yes,
  verified,  ///< With WeChat verification; else 48001.
  doubtful,  ///< With verification; what is said without it, the row's switch tells.
  no,        ///< 48001.
  gap        ///< No source: the row's switch tells the code.
};
constexpr Right kAny = Right::yes;
constexpr Right kVerified = Right::verified;
constexpr Right kDoubtful = Right::doubtful;
constexpr Right kNone = Right::no;
constexpr Right kUnsaid = Right::gap;

/// A path, or all below it if it ends with '/'. The longest that fits holds.
struct KindRow {
  std::string_view path;
  Right subscription;
  Right service;
  Right mini_program;
  std::string_view gap = {};
};

constexpr KindRow kRows[] = {
    {"/cgi-bin/message/custom/send", kVerified, kVerified, kAny},
    {"/cgi-bin/message/custom/typing", kVerified, kVerified, kAny},
    {"/cgi-bin/message/custom/business/send", kNone, kNone, kAny},
    {"/customservice/kfaccount/", kVerified, kVerified, kAny},
    {"/customservice/kfaccount/update", kVerified, kVerified, kNone},
    {"/customservice/kfaccount/uploadheadimg", kVerified, kVerified, kNone},
    {"/cgi-bin/customservice/", kVerified, kVerified, kAny},
    {"/customservice/kfsession/", kVerified, kVerified, kNone},
    {"/customservice/msgrecord/", kVerified, kVerified, kUnsaid, "records_for_mini_program_code"},
    {"/cgi-bin/business/", kNone, kNone, kAny},
    {"/customservice/work/", kNone, kNone, kAny},
    {"/cgi-bin/media/get/jssdk", kAny, kAny, kNone},
    {"/cgi-bin/media/uploadimg", kAny, kAny, kUnsaid, "uploadimg_for_mini_program_code"},
    {"/cgi-bin/material/", kAny, kAny, kNone},
    {"/cgi-bin/message/template/", kNone, kVerified, kNone},
    {"/cgi-bin/message/template/subscribe", kUnsaid, kVerified, kNone, "one_time_message_for_subscription_code"},
    {"/cgi-bin/template/", kNone, kVerified, kNone},
    {"/cgi-bin/message/subscribe/send", kNone, kNone, kAny},
    {"/cgi-bin/message/subscribe/bizsend", kUnsaid, kAny, kUnsaid, "bizsend_for_other_kind_code"},
    {"/wxaapi/newtmpl/", kVerified, kVerified, kAny},
    {"/cgi-bin/user/", kDoubtful, kAny, kNone, "users_for_unverified_subscription_code"},
    {"/cgi-bin/tags/", kDoubtful, kAny, kNone, "users_for_unverified_subscription_code"},
    {"/wxa/", kNone, kNone, kAny},
    {"/wxa/getpaidunionid", kNone, kNone, kVerified},
    {"/cgi-bin/wxaapp/", kNone, kNone, kAny},
    {"/cgi-bin/qrcode/", kNone, kVerified, kNone},
    {"/cgi-bin/menu/", kVerified, kVerified, kNone},
    {"/cgi-bin/get_current_selfmenu_info", kAny, kAny, kNone},
    {"/cgi-bin/get_current_autoreply_info", kAny, kAny, kNone},
    {"/cgi-bin/shorten/", kNone, kVerified, kAny},
    {"/cgi-bin/freepublish/", kVerified, kVerified, kNone},
};

Right right_in(const KindRow& row, WechatKind kind) {
  switch (kind) {
    case WechatKind::subscription:
      return row.subscription;
    case WechatKind::service:
      return row.service;
    case WechatKind::mini_program:
      return row.mini_program;
    case WechatKind::component:
      break;
  }
  return Right::no;
}

bool is_below(const KindRow& row, std::string_view path) {
  return row.path.back() == '/' ? starts_with(path, row.path) : path == row.path;
}

}  // namespace

ApiResult check_kind(const WechatCall& call) {
  const KindRow* best = nullptr;
  for (const KindRow& row : kRows)
    if (is_below(row, call.request.path) && (best == nullptr || row.path.size() > best->path.size())) best = &row;
  if (best == nullptr) return {};
  const WechatApp& app = call.account->app;
  switch (right_in(*best, app.kind)) {
    case Right::yes:
      return {};
    case Right::verified:
      return app.verified ? ApiResult() : refuse(48001);
    case Right::doubtful:
      if (app.verified) return {};
      break;
    case Right::no:
      return refuse(48001);
    case Right::gap:
      break;
  }
  return call.gap(best->gap);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
