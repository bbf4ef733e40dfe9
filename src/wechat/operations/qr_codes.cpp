#include "core/call/fields.hpp"
#include "wechat/operations/downloads.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/qr_codes.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::int64_t kMostPermanentIds = 100'000;

std::string_view action_of(const CreateQrCode& op) {
  if (op.scene_id != 0) return op.life ? "QR_SCENE" : "QR_LIMIT_SCENE";
  return op.life ? "QR_STR_SCENE" : "QR_LIMIT_STR_SCENE";
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::QrCode) {
  v.required("ticket", s.ticket);
  v.optional("url", s.url);
  v.optional("expire_seconds", s.expire_seconds);
}
KEFU_FIELDS(wechat::CreateQrCode) {
  if (s.life)
    v.value("expire_seconds", static_cast<std::int64_t>(s.life->count()),
            Check().range(1, wechat::CreateQrCode::kLongestLife.count()));
  v.constant("action_name", wechat::action_of(s));
  v.group("action_info", [&](auto& info) {
    info.group("scene", [&](auto& scene) {
      if (s.scene_id == 0) return scene.required("scene_str", s.scene, Check().max_characters(64));
      scene.value("scene_id", static_cast<std::int64_t>(s.scene_id),
                  Check().range(1, s.life ? INT64_MAX : wechat::kMostPermanentIds));
    });
  });
}

KEFU_FIELDS(wechat::GetQrCodePicture) { v.required("ticket", s.ticket); }

}  // namespace detail

namespace wechat {
namespace {

Result<void> encode_picture_of_code(const void* request, HttpRequest& out) {
  if (auto written = detail::encode_query<GetQrCodePicture>(request, out); !written) return written;
  return open_target(*static_cast<const GetQrCodePicture*>(request), kLongestAnswer, out);
}

Result<void> decode_picture_of_code(const detail::Reply& reply, void* response) {
  if (!reply.streamed) return Error(ErrorKind::malformed_reply, "no picture is there");
  read_file_headers(reply, *static_cast<DownloadedMedia*>(response));
  return {};
}

}  // namespace

// clang-format off
#define KEFU_QR_CODE_ROWS(ROW)                                                                            \
  ROW(CreateQrCode, post("/cgi-bin/qrcode/create", kCreate, "生成带参数的二维码", {kNo, kCert, kNo, "3"}) \
      .from("18").limited("100,000 a day; 100,000 permanent"))                                            \
  ROW(GetQrCodePicture, get("/cgi-bin/showqrcode", kRead, "通过ticket换取二维码", {kNo, kCert, kNo})      \
      .from("18").without_token().within(Millis(60'000)).written_by(encode_picture_of_code)               \
      .never_json().read_by(decode_picture_of_code).finished_by(finish_download<GetQrCodePicture>)                     \
      .with_file(saves_file<GetQrCodePicture>))
// clang-format on
KEFU_WECHAT_FAMILY(qr_code_rows, KEFU_QR_CODE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
