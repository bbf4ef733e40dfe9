#include "channel/content/content_json.hpp"

#include <string>
#include <type_traits>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Calls `field(name, member)` for every member of one kind of content; for writing and for reading.
template <class M, class F>
void each_field(M& m, F field) {
  using T = std::remove_const_t<M>;
  if constexpr (std::is_same_v<T, TextContent>) {
    field("body", m.body);
  } else if constexpr (std::is_same_v<T, ImageContent> || std::is_same_v<T, VoiceContent>) {
    field("media_id", m.media_id);
  } else if constexpr (std::is_same_v<T, VideoContent>) {
    field("media_id", m.media_id), field("thumb_media_id", m.thumb_media_id);
    field("title", m.title), field("description", m.description);
  } else if constexpr (std::is_same_v<T, FileContent>) {
    field("media_id", m.media_id), field("name", m.name);
  } else if constexpr (std::is_same_v<T, LocationContent>) {
    field("latitude", m.latitude), field("longitude", m.longitude);
    field("name", m.name), field("address", m.address);
  } else if constexpr (std::is_same_v<T, LinkContent>) {
    field("title", m.title), field("url", m.url);
    field("description", m.description), field("picture_url", m.picture_url);
  } else if constexpr (std::is_same_v<T, MusicContent>) {
    field("music_url", m.music_url), field("hq_music_url", m.hq_music_url);
    field("thumb_media_id", m.thumb_media_id), field("title", m.title), field("description", m.description);
  } else if constexpr (std::is_same_v<T, MenuContent>) {
    field("head", m.head), field("items", m.items), field("tail", m.tail);
  } else if constexpr (std::is_same_v<T, MiniProgramContent>) {
    field("app_id", m.app_id), field("page_path", m.page_path);
    field("title", m.title), field("thumb_media_id", m.thumb_media_id);
  } else if constexpr (std::is_same_v<T, ProductContent>) {
    field("product_id", m.product_id), field("title", m.title), field("url", m.url);
    field("picture_url", m.picture_url), field("price", m.price);
  } else if constexpr (std::is_same_v<T, OrderContent>) {
    field("order_id", m.order_id), field("title", m.title), field("url", m.url);
    field("picture_url", m.picture_url), field("status", m.status);
  } else {
    static_assert(std::is_same_v<T, RawContent>, "a kind of content without its fields");
    field("type", m.type), field("json", m.json);
  }
}

struct MemberWriter {
  JsonWriter& json;
  void operator()(const char* name, const std::string& text) const { json.key(name).string(text); }
  void operator()(const char* name, double number) const { json.key(name).real(number); }
  void operator()(const char* name, const std::vector<MenuContent::Item>& items) const {
    json.key(name).begin_array();
    for (const auto& item : items) {
      json.begin_object().key("id").string(item.id).key("text").string(item.text).end_object();
    }
    json.end_array();
  }
};

struct MemberReader {
  Value value;
  void operator()(const char* name, std::string& text) const { text = value[name].text(); }
  void operator()(const char* name, double& number) const { number = value[name].real().value_or(0); }
  void operator()(const char* name, std::vector<MenuContent::Item>& items) const {
    for (const Value item : value[name].items()) {
      items.emplace_back(std::string(item["id"].text()), std::string(item["text"].text()));
    }
  }
};

struct AnswerWriter {
  JsonWriter& json;
  void operator()(const NoReply&) const { json.key("kind").string("none"); }
  void operator()(const TransferToAgent& transfer) const {
    json.key("kind").string("transfer").key("agent").string(transfer.agent);
  }
  void operator()(const Content& content) const {
    json.key("kind").string(to_string(kind_of(content)));
    std::visit([this](const auto& m) { each_field(m, MemberWriter{json}); }, content);
  }
};

template <std::size_t I = 0>
std::optional<PassiveReply> read_content(std::string_view kind, Value value) {
  if constexpr (I < kContentKinds) {
    if (kind != to_string(static_cast<ContentKind>(I))) return read_content<I + 1>(kind, value);
    std::variant_alternative_t<I, Content> content;
    each_field(content, MemberReader{value});
    return PassiveReply(Content(std::move(content)));
  } else {
    return std::nullopt;
  }
}

}  // namespace

void write_answer(JsonWriter& json, const PassiveReply& answer) {
  json.begin_object();
  std::visit(AnswerWriter{json}, answer);
  json.end_object();
}

std::optional<PassiveReply> read_answer(Value value) {
  const std::string_view kind = value["kind"].text();
  if (kind == "none") return PassiveReply(NoReply());
  if (kind == "transfer") return PassiveReply(TransferToAgent(std::string(value["agent"].text())));
  return read_content(kind, value);
}

}  // namespace detail
KEFU_END_NAMESPACE
