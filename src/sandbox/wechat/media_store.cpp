#include "core/crypto/crypto.hpp"
#include "sandbox/wechat/twin.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMediaBound = 100'000;

std::size_t bytes_of(const Media& media) { return media.bytes ? media.bytes->size() : 0; }

}  // namespace

const Media* WechatTwin::find_media(std::string_view id, WallTime now, std::string_view appid) const {
  const auto found = media.find(std::string(id));
  if (found == media.end() || now >= found->second.expires) return nullptr;
  const std::string& owner = found->second.appid;
  return owner.empty() || appid.empty() || owner == appid ? &found->second : nullptr;
}

bool WechatTwin::media_exists(std::string_view id, WallTime now, std::string_view appid) const {
  if (setting("check_media") == 0) return !id.empty();
  return find_media(id, now, appid) != nullptr;
}

std::string WechatTwin::keep_media(Media made, WallTime now, std::string id) {
  if (id.empty()) id = detail::random_text(64);
  void_media(id);
  made.created = now;
  made.order = next_media++;
  media_bytes += bytes_of(made);
  media[id] = std::move(made);
  const auto bound = static_cast<std::size_t>(std::max<std::int64_t>(1, setting("media_memory_mb"))) * 1024 * 1024;
  while (media.size() > 1 && (media_bytes > bound || media.size() > kMediaBound)) {
    const auto oldest = std::min_element(media.begin(), media.end(),
                                         [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
    void_media(std::string(oldest->first));
  }
  return id;
}

void WechatTwin::void_media(const std::string& id) {
  const auto found = media.find(id);
  if (found == media.end()) return;
  media_bytes -= bytes_of(found->second);
  media.erase(found);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
