#include "core/call/fields.hpp"
#include "wechat/operations/downloads.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/mini_program_codes.hpp>

#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kDrawingTime{60'000};

template <class V>
void code_width(V& v, int width) {
  v.rule("width", width == 0 || (width >= 280 && width <= 1280), "must be 280 to 1280");
  v.optional("width", width);
}

template <class V>
void code_look(V& v, const CodeLook& look) {
  code_width(v, look.width);
  v.optional("auto_color", look.auto_color);
  v.optional("line_color", look.line_color);
  v.optional("is_hyaline", look.transparent);
}

template <class V>
void version(V& v, const std::string& name) {
  v.rule("env_version", is_version(name), kVersions);
  v.optional("env_version", name);
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::CodeLook::Color) {
  v.value("r", s.r, Check().range(0, 255));
  v.value("g", s.g, Check().range(0, 255));
  v.value("b", s.b, Check().range(0, 255));
}
KEFU_FIELDS(wechat::CreateMiniProgramCode) {
  v.required("path", s.path, Check().max_characters(1024));
  wechat::code_look(v, s.look);
  wechat::version(v, s.version);
}
KEFU_FIELDS(wechat::GetMiniProgramCode) {
  v.rule("scene", wechat::has_only_url_characters(s.scene, false),
         "must be of digits, letters and !#$&'()*+,/:;=?@-._~");
  v.required("scene", s.scene, Check().max_characters(32));
  v.rule("page", s.page.empty() || (s.page.front() != '/' && s.page.find('?') == std::string::npos),
         "must have no '/' before it and no query");
  v.optional("page", s.page);
  v.optional("check_path", s.check_path);
  wechat::code_look(v, s.look);
  wechat::version(v, s.version);
}
KEFU_FIELDS(wechat::CreateMiniProgramQrCode) {
  v.required("path", s.path, Check().max_bytes(128));
  wechat::code_width(v, s.width);
}

}  // namespace detail

namespace wechat {

inline DownloadedMedia& media_in(MiniProgramCode& response) { return response.picture; }

namespace {

template <class Op>
Result<void> encode_code(const void* request, HttpRequest& out) {
  if (auto written = detail::encode_json<Op>(request, out); !written) return written;
  return open_target(*static_cast<const Op*>(request), kLongestAnswer, out);
}

Result<void> decode_code(const detail::Reply& reply, void* response) {
  if (!reply.streamed) return Error(ErrorKind::malformed_reply, "no picture is there");
  auto& code = *static_cast<MiniProgramCode*>(response);
  read_file_headers(reply, code.picture);
  const std::string_view used = reply.http.header("num-used");
  std::int64_t number = 0;
  if (std::from_chars(used.data(), used.data() + used.size(), number).ptr == used.data() + used.size() && !used.empty())
    code.used = number;
  return {};
}

constexpr Accounts kCodes{kNo, kNo, kYes, "17"};

}  // namespace

// clang-format off
#define KEFU_MINI_PROGRAM_CODE_ROWS(ROW)                                                                         \
  ROW(CreateMiniProgramCode, post("/wxa/getwxacode", kCreate, "获取小程序码", kCodes).from("22")                 \
      .limited("100,000 in all, with createwxaqrcode").within(kDrawingTime)                                      \
      .written_by(encode_code<CreateMiniProgramCode>).never_json().read_by(decode_code)                                       \
      .finished_by(finish_download<CreateMiniProgramCode>).with_file(saves_file<CreateMiniProgramCode>))         \
  ROW(GetMiniProgramCode, post("/wxa/getwxacodeunlimit", kIdempotent, "获取不限制的小程序码", kCodes).from("22") \
      .limited("5,000 a minute").within(kDrawingTime)                                                            \
      .written_by(encode_code<GetMiniProgramCode>).never_json().read_by(decode_code)                                          \
      .finished_by(finish_download<GetMiniProgramCode>).with_file(saves_file<GetMiniProgramCode>))               \
  ROW(CreateMiniProgramQrCode, post("/cgi-bin/wxaapp/createwxaqrcode", kCreate, "获取小程序二维码", kCodes)      \
      .from("22").limited("100,000 in all, with getwxacode").within(kDrawingTime)                                \
      .written_by(encode_code<CreateMiniProgramQrCode>).never_json().read_by(decode_code)                                     \
      .finished_by(finish_download<CreateMiniProgramQrCode>).with_file(saves_file<CreateMiniProgramQrCode>))
// clang-format on
KEFU_WECHAT_FAMILY(mini_program_code_rows, KEFU_MINI_PROGRAM_CODE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
