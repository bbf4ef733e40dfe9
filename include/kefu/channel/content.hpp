#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

KEFU_BEGIN_NAMESPACE

// What a message says, independent of the platform. Text is UTF-8. A media id is what the platform's upload returned
// (temporary or permanent). Which kinds an account takes, and their limits, is in its Capabilities.

struct TextContent {
  explicit TextContent(std::string b = {}) : body(std::move(b)) {}
  std::string body;
};

struct ImageContent {
  explicit ImageContent(std::string id = {}) : media_id(std::move(id)) {}
  std::string media_id;
  std::string url;  ///< Of the picture, for platforms that fetch it themselves and know no media ids (JD).
};

struct VoiceContent {
  explicit VoiceContent(std::string id = {}) : media_id(std::move(id)) {}
  std::string media_id;
};

struct VideoContent {
  explicit VideoContent(std::string id = {}, std::string thumb = {})
      : media_id(std::move(id)), thumb_media_id(std::move(thumb)) {}
  std::string media_id;
  std::string thumb_media_id;
  std::string title;
  std::string description;
};

struct FileContent {
  explicit FileContent(std::string id = {}, std::string n = {}) : media_id(std::move(id)), name(std::move(n)) {}
  std::string media_id;
  std::string name;
};

struct LocationContent {
  LocationContent(double lat = 0, double lon = 0, std::string n = {})
      : latitude(lat), longitude(lon), name(std::move(n)) {}
  double latitude;   ///< Degrees, GCJ-02 as the platforms use it.
  double longitude;  ///< Degrees.
  std::string name;
  std::string address;
};

/// A link with a picture: an article of an official account, a link of a mini program or of Kf.
struct LinkContent {
  explicit LinkContent(std::string t = {}, std::string u = {}) : title(std::move(t)), url(std::move(u)) {}
  std::string title;
  std::string url;
  std::string description;
  std::string picture_url;
};

struct MusicContent {
  explicit MusicContent(std::string url = {}, std::string thumb = {})
      : music_url(std::move(url)), thumb_media_id(std::move(thumb)) {}
  std::string music_url;
  std::string hq_music_url;  ///< For Wi-Fi; empty: as music_url.
  std::string thumb_media_id;
  std::string title;
  std::string description;
};

/// A question with answers to tap. `id` comes back with the customer's choice.
struct MenuContent {
  struct Item {
    explicit Item(std::string i = {}, std::string t = {}) : id(std::move(i)), text(std::move(t)) {}
    std::string id;
    std::string text;
  };
  explicit MenuContent(std::string h = {}, std::vector<Item> i = {}) : head(std::move(h)), items(std::move(i)) {}
  std::string head;
  std::vector<Item> items;
  std::string tail;
};

struct MiniProgramContent {
  explicit MiniProgramContent(std::string app = {}, std::string path = {}, std::string t = {}, std::string thumb = {})
      : app_id(std::move(app)), page_path(std::move(path)), title(std::move(t)), thumb_media_id(std::move(thumb)) {}
  std::string app_id;  ///< Empty: the mini program itself, where a mini program says it.
  std::string page_path;
  std::string title;
  std::string thumb_media_id;
};

struct ProductContent {
  explicit ProductContent(std::string id = {}) : product_id(std::move(id)) {}
  std::string product_id;
  std::string title;
  std::string url;
  std::string picture_url;
  std::string price;  ///< As shown, with currency.
};

struct OrderContent {
  explicit OrderContent(std::string id = {}) : order_id(std::move(id)) {}
  std::string order_id;
  std::string title;
  std::string url;
  std::string picture_url;
  std::string status;
};

/// The platform's own message: `type` as the platform names it and the JSON of its body. For kinds that are not
/// modelled; it passes the same token, retry, window and redaction.
struct RawContent {
  explicit RawContent(std::string t = {}, std::string j = {}) : type(std::move(t)), json(std::move(j)) {}
  std::string type;
  std::string json;
};

// Kinds of content and of events are added at the end of their lists in later versions. A test adds one to both, to see
// that hosts with a default branch (see `match`) still compile.
#if defined(KEFU_TEST_LATER_KIND)
struct LaterKind {
  LaterKind() {}
};
#define KEFU_LATER_KIND , LaterKind
#else
#define KEFU_LATER_KIND
#endif

/// What a message says. Later versions add kinds at the end: handle it with `match` (<kefu/core/match.hpp>), `get_if`,
/// or a visitor with a default branch.
using Content = std::variant<TextContent, ImageContent, VoiceContent, VideoContent, FileContent, LocationContent,
                             LinkContent, MusicContent, MenuContent, MiniProgramContent, ProductContent, OrderContent,
                             RawContent KEFU_LATER_KIND>;

/// In the order of Content's alternatives. A switch over it needs a default branch: later versions add kinds.
enum class ContentKind : unsigned char {
  text,
  image,
  voice,
  video,
  file,
  location,
  link,
  music,
  menu,
  mini_program,
  product,
  order,
  raw
};
inline constexpr std::size_t kContentKinds = std::variant_size_v<Content>;

inline ContentKind kind_of(const Content& content) noexcept { return static_cast<ContentKind>(content.index()); }
/// "text", "mini_program"...; "unknown" for no kind of this version.
KEFU_EXPORT std::string_view to_string(ContentKind kind) noexcept;
/// The kind's name.
inline std::string_view to_string(const Content& content) noexcept { return to_string(kind_of(content)); }

KEFU_END_NAMESPACE
