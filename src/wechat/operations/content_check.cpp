#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/content_check.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr int kCheckVersion = 2;

template <class V, class Op>
void check_head(V& v, const Op& op) {
  v.value("version", kCheckVersion);
  v.required("openid", op.openid);
  v.value("scene", static_cast<int>(op.scene));
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::ContentFinding) {
  v.optional("strategy", s.strategy);
  v.optional("errcode", s.error_code);
  v.optional("suggest", s.suggest);
  v.optional("label", s.label);
  v.optional("prob", s.probability);
  v.optional("level", s.level);
  v.optional("keyword", s.keyword);
}
KEFU_FIELDS(wechat::ContentVerdict) {
  v.group("result", [&s](auto& result) {
    result.required("suggest", s.suggest);
    result.optional("label", s.label);
  });
  v.optional("detail", s.details);
  v.optional("trace_id", s.trace_id);
}
KEFU_FIELDS(wechat::CheckText) {
  wechat::check_head(v, s);
  v.required("content", s.content, Check().max_characters(2'500));
  v.optional("title", s.title);
  v.optional("nickname", s.nickname);
  v.optional("signature", s.signature);
}

KEFU_FIELDS(wechat::MediaCheckStarted) { v.required("trace_id", s.trace_id); }
KEFU_FIELDS(wechat::CheckMedia) {
  wechat::check_head(v, s);
  v.required("media_url", s.media_url);
  v.value("media_type", static_cast<int>(s.type));
}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_CONTENT_CHECK_ROWS(ROW)                                                                         \
  ROW(CheckText, post("/wxa/msg_sec_check", kRead, "文本内容安全识别", kMiniProgram).from("12")              \
      .limited("4,000 a minute, 2,000,000 a day"))                                                           \
  ROW(CheckMedia, post("/wxa/media_check_async", kIdempotent, "多媒体内容安全识别", kMiniProgram).from("12") \
      .limited("2,000 a minute, 200,000 a day"))
// clang-format on
KEFU_WECHAT_FAMILY(content_check_rows, KEFU_CONTENT_CHECK_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
