#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "sandbox/wechat/promotion.hpp"
#include "sandbox/wechat/text.hpp"
#include "sandbox/wechat/upload.hpp"

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::int64_t kLongestQrLife = 2'592'000;
constexpr std::int64_t kDefaultQrLife = 30;
constexpr std::size_t kLongestQrScene = 64;
constexpr std::size_t kTicketsBound = 200'000;

/// The scene of the body, or nothing if it is wrong (40053).
std::optional<std::string> scene_in(const WechatCall& call, bool as_text, bool permanent) {
  const detail::Value scene = call.body["action_info"]["scene"];
  if (as_text) {
    const std::string_view text = scene["scene_str"].text();
    if (text.empty() || character_count(text) > kLongestQrScene) return std::nullopt;
    return std::string(text);
  }
  const std::int64_t id = scene["scene_id"].integer().value_or(0);
  if (id < 1 || id > (permanent ? 100'000 : 4'294'967'295)) return std::nullopt;
  return std::to_string(id);
}

ApiResult create_qr_code(WechatCall& call) {
  const std::string_view action = call.body["action_name"].text();
  const bool as_text = action == "QR_STR_SCENE" || action == "QR_LIMIT_STR_SCENE";
  const bool permanent = action == "QR_LIMIT_SCENE" || action == "QR_LIMIT_STR_SCENE";
  if (!as_text && !permanent && action != "QR_SCENE") return refuse(40052);
  const auto scene = scene_in(call, as_text, permanent);
  if (!scene) return refuse(40053);
  PromotionState& promotion = call.account->promotion;
  QrTicket made;
  made.scene = *scene;
  const std::int64_t life = call.body["expire_seconds"].integer().value_or(kDefaultQrLife);
  if (permanent) {
    if (promotion.permanent >= call.twin.setting("qrcode_permanent_most")) return refuse(45029);
    ++promotion.permanent;
  } else {
    if (life < 1 || life > kLongestQrLife) return refuse(40053);
    made.ends = detail::later(call.now, std::chrono::seconds(life));
  }
  if (promotion.tickets.size() >= kTicketsBound) promotion.tickets.erase(promotion.tickets.begin());
  const std::string name = detail::random_text(12);
  const std::string ticket = "gQ/+" + detail::base64("http://weixin.qq.com/q/" + name) + "==";
  promotion.tickets.emplace(ticket, std::move(made));
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("ticket").string(ticket);
    if (!permanent) writer.key("expire_seconds").integer(life);
    writer.key("url").string("http://weixin.qq.com/q/" + name);
  });
}

/// Any account's ticket: nobody says who asks.
ApiResult show_qr_code(WechatCall& call) {
  for (const auto& [appid, account] : call.twin.accounts) {
    if (scene_of_ticket(account, call.query("ticket"), call.now).empty()) continue;
    ApiResult picture;
    picture.body = sample_bytes("image");
    picture.content_type = "image/jpg";
    picture.headers.emplace_back("Cache-control", "max-age=604800");
    return picture;
  }
  ApiResult missing;
  missing.status = 404;
  return missing;
}

}  // namespace

std::string scene_of_ticket(const WechatAccount& account, std::string_view ticket, WallTime now) {
  const auto found = account.promotion.tickets.find(ticket);
  return found == account.promotion.tickets.end() || now >= found->second.ends ? std::string() : found->second.scene;
}

std::vector<WechatRoute> wechat_qr_code_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/qrcode/create", Credential::token, create_qr_code},
          {"GET", "/cgi-bin/showqrcode", Credential::none, show_qr_code}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
