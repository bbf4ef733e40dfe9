#include "sandbox/wechat/upload.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostImages = 100'000;
constexpr std::size_t kMostOthers = 1000;
constexpr std::int64_t kMostListed = 20;

bool is_material(const Media& media, const WechatAccount& account) {
  return media.expires == WallTime::max() && media.appid == account.app.appid;
}

std::size_t count_materials(const WechatCall& call, std::string_view type) {
  return static_cast<std::size_t>(std::count_if(call.twin.media.begin(), call.twin.media.end(), [&](const auto& one) {
    return one.second.type == type && is_material(one.second, *call.account);
  }));
}

std::string image_url(std::string_view id) { return "http://mmbiz.qpic.cn/sandbox/material/" + std::string(id); }

ApiResult take_description(const WechatCall& call, Media& media) {
  const auto part =
      std::find_if(call.form.begin(), call.form.end(), [](const FormPart& one) { return one.name == "description"; });
  if (part == call.form.end()) return refuse(40097, "invalid args: description");
  const detail::Document document = detail::Document::json(part->bytes);
  if (!document) return refuse(47001);
  media.title = document.root()["title"].text();
  media.introduction = document.root()["introduction"].text();
  return media.title.empty() ? refuse(40097, "invalid args: title") : ApiResult();
}

ApiResult add_material(WechatCall& call) {
  const std::string_view type = call.query("type");
  const UploadRule* rule = permanent_rule(type);
  if (rule == nullptr) return refuse(40004);
  const FormPart* file = nullptr;
  if (ApiResult bad = checked_file(call, *rule, file); bad.code != 0) return bad;
  Media media = media_of_file(call, type, *file);
  if (type == "video")
    if (ApiResult bad = take_description(call, media); bad.code != 0) return bad;
  if (count_materials(call, type) >= (type == "image" ? kMostImages : kMostOthers))
    return call.gap("material_library_full_code");
  const std::string id = call.twin.keep_media(std::move(media), call.now);
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("media_id").string(id);
    if (type == "image") writer.key("url").string(image_url(id));
  });
}

const Media* material_of(const WechatCall& call, std::string_view id) {
  const Media* media = call.twin.find_media(id, call.now, call.account->app.appid);
  return media != nullptr && is_material(*media, *call.account) ? media : nullptr;
}

ApiResult get_material(WechatCall& call) {
  const std::string_view id = call.body["media_id"].text();
  const Media* media = material_of(call, id);
  if (media == nullptr) return refuse(40007);
  if (media->type == "video")
    return fields_answer([&](detail::JsonWriter& writer) {
      writer.key("title").string(media->title).key("description").string(media->introduction);
      writer.key("down_url").string(video_url(call, id));
    });
  ApiResult result = file_answer(call, id, *media);
  if (call.twin.setting("material_as_text") != 0) result.content_type = "text/plain";
  return result;
}

ApiResult delete_material(WechatCall& call) {
  const std::string id(call.body["media_id"].text());
  if (material_of(call, id) == nullptr) return refuse(40007);
  call.twin.void_media(id);
  return {};
}

ApiResult material_counts(WechatCall& call) {
  return fields_answer([&](detail::JsonWriter& writer) {
    for (const char* type : {"voice", "video", "image"})
      writer.key(std::string(type) + "_count").unsigned_integer(count_materials(call, type));
    writer.key("news_count").integer(0);
  });
}

ApiResult list_materials(WechatCall& call) {
  const std::string_view type = call.body["type"].text();
  if (type != "news" && (permanent_rule(type) == nullptr || type == "thumb")) return refuse(40004);
  const std::int64_t offset = call.body["offset"].integer().value_or(-1);
  const std::int64_t count = call.body["count"].integer().value_or(0);
  if (offset < 0 || count < 1 || count > kMostListed) return refuse(40097);
  std::vector<std::pair<std::uint64_t, const std::string*>> found;  // newest first
  for (const auto& [id, media] : call.twin.media)
    if (media.type == type && is_material(media, *call.account)) found.emplace_back(media.order, &id);
  std::sort(found.rbegin(), found.rend());
  const std::size_t begin = std::min(found.size(), static_cast<std::size_t>(offset));
  const std::size_t end = std::min(found.size(), begin + static_cast<std::size_t>(count));
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("total_count").unsigned_integer(found.size()).key("item_count").unsigned_integer(end - begin);
    writer.key("item").begin_array();
    for (std::size_t i = begin; i < end; ++i) {
      const std::string& id = *found[i].second;
      const Media& media = call.twin.media.at(id);
      writer.begin_object().key("media_id").string(id).key("name").string(media.name);
      writer.key("update_time").integer(unix_seconds(media.created));
      if (type == "image") writer.key("url").string(image_url(id));
      writer.end_object();
    }
    writer.end_array();
  });
}

}  // namespace

std::vector<WechatRoute> wechat_material_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/material/add_material", Credential::token, add_material, WechatRoute::Body::form},
          {"POST", "/cgi-bin/material/get_material", Credential::token, get_material},
          {"POST", "/cgi-bin/material/del_material", Credential::token, delete_material},
          {"GET", "/cgi-bin/material/get_materialcount", Credential::token, material_counts},
          {"POST", "/cgi-bin/material/batchget_material", Credential::token, list_materials}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
