#include "core/text/utf8.hpp"

#include <kefu/channel/capabilities.hpp>

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxParts = 20;

/// Joins what is not empty with line ends.
template <class... Lines>
std::string lines(const Lines&... all) {
  std::string text;
  const auto add = [&](const std::string& line) {
    if (line.empty()) return;
    if (!text.empty()) text += '\n';
    text += line;
  };
  (add(all), ...);
  return text;
}

std::string menu_text(const MenuContent& menu) {
  std::string text = menu.head;
  for (std::size_t i = 0; i < menu.items.size(); ++i) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}. {}", i + 1, menu.items[i].text);
  }
  return lines(text, menu.tail);
}

/// What each kind says in words; empty where it says nothing without its own form (a picture, a voice).
struct InWords {
  std::string operator()(const TextContent& m) const { return m.body; }
  std::string operator()(const MenuContent& m) const { return m.items.empty() ? std::string() : menu_text(m); }
  std::string operator()(const LinkContent& m) const { return lines(m.title, m.description, m.url); }
  std::string operator()(const MusicContent& m) const { return lines(m.title, m.description, m.music_url); }
  std::string operator()(const ProductContent& m) const { return lines(m.title, m.price, m.url); }
  std::string operator()(const OrderContent& m) const { return lines(m.title, m.order_id, m.status, m.url); }
  std::string operator()(const MiniProgramContent& m) const { return m.title; }
  std::string operator()(const LocationContent& m) const {
    return lines(m.name, m.address, fmt::format("{:.6f}, {:.6f}", m.latitude, m.longitude));
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

LinkContent link(const std::string& title, const std::string& url, std::string description, std::string picture) {
  LinkContent content(title, url);
  content.description = std::move(description);
  content.picture_url = std::move(picture);
  return content;
}

/// What can be shown as a link; its URL is empty where there is none.
struct AsLink {
  LinkContent operator()(const MusicContent& m) const { return link(m.title, m.music_url, m.description, {}); }
  LinkContent operator()(const ProductContent& m) const { return link(m.title, m.url, m.price, m.picture_url); }
  LinkContent operator()(const OrderContent& m) const {
    return link(m.title, m.url, lines(m.order_id, m.status), m.picture_url);
  }
  template <class Other>
  LinkContent operator()(const Other&) const {
    return LinkContent();
  }
};

/// `content` as a link or text; nothing if it says nothing in that form. What has no URL cannot be a link, so it
/// becomes text.
std::optional<Content> simplified(const Content& content, ContentKind to) {
  if (to == ContentKind::link) {
    LinkContent linked = std::visit(AsLink(), content);
    if (!linked.url.empty()) return Content(std::move(linked));
  }
  if (to != ContentKind::link && to != ContentKind::text) return std::nullopt;
  std::string words = std::visit(InWords(), content);
  if (words.empty()) return std::nullopt;
  return Content(TextContent(std::move(words)));
}

/// Why the account cannot take the content as it is; empty if it can.
std::string obstacle(const ContentRule& rule, const Content& content) {
  if (!rule.supported) return rule.reason.empty() ? "this kind of account does not offer it" : rule.reason;
  if (const auto* menu = std::get_if<MenuContent>(&content); menu != nullptr && rule.max_items != 0) {
    if (menu->items.size() > rule.max_items) {
      return fmt::format("menu.items has {} entries; {} are allowed", menu->items.size(), rule.max_items);
    }
  }
  return {};
}

Error cannot_take(ContentKind kind, const ContentRule& rule, const std::string& why, const Adaptation& allow,
                  std::optional<ContentKind> as) {
  std::string message = fmt::format("{}: {}", to_string(kind), why);
  if (!as && rule.becomes) {
    message += fmt::format("; it holds nothing that could be sent as {}: give it a title, and a url if there is one",
                           to_string(*rule.becomes));
  } else if (!as) {
    message += "; send another kind of content";
  } else if (!allow.simplify) {
    message += fmt::format("; with Adaptation.simplify it is sent as {}", to_string(*as));
  }
  return Error(rule.supported ? ErrorKind::bad_argument : ErrorKind::unsupported, std::move(message));
}

/// Simplifies until the account can take it.
std::optional<Error> fit_kind(const Capabilities& account, Content& content, const Adaptation& allow,
                              std::vector<Change>& changes) {
  for (std::size_t step = 0; step <= kContentKinds; ++step) {
    const ContentKind kind = kind_of(content);
    const ContentRule& rule = account.rule(kind);
    const std::string why = obstacle(rule, content);
    if (why.empty()) return std::nullopt;
    std::optional<Content> simpler = rule.becomes ? simplified(content, *rule.becomes) : std::nullopt;
    if (!simpler) return cannot_take(kind, rule, why, allow, std::nullopt);
    if (!allow.simplify) return cannot_take(kind, rule, why, allow, kind_of(*simpler));
    content = std::move(*simpler);
    const ContentKind now = kind_of(content);
    const bool numbered = kind == ContentKind::menu && now == ContentKind::text;
    changes.emplace_back(fmt::format("{} sent as {}{}", to_string(kind), numbered ? "numbered " : "", to_string(now)));
  }
  return Error(ErrorKind::internal, "the account's capabilities simplify content in a circle; please report it");
}

Result<std::vector<Content>> fit_text(const ContentRule& rule, TextContent text, const Adaptation& allow,
                                      std::vector<Change>& changes) {
  const std::string& body = text.body;
  if (body.empty()) return Error(ErrorKind::bad_argument, "text.body is empty: the platform takes no empty message");
  if (const std::size_t good = utf8_prefix(body); good != body.size()) {
    return Error(ErrorKind::bad_argument, fmt::format("text.body is not UTF-8 at byte {}: convert it first", good));
  }
  std::vector<Content> parts;
  if (rule.max_bytes == 0 || body.size() <= rule.max_bytes) {
    parts.emplace_back(std::move(text));
    return parts;
  }
  const std::string size = fmt::format("text.body has {} bytes; {} are allowed", body.size(), rule.max_bytes);
  if (!allow.split_text) {
    return Error(ErrorKind::bad_argument, size + ": shorten it, or allow Adaptation.split_text");
  }
  const std::string too_many = fmt::format("{} per message and at most {} messages: shorten it", size, kMaxParts);
  if (body.size() > kMaxParts * rule.max_bytes) return Error(ErrorKind::bad_argument, too_many);
  const std::vector<std::string_view> cut = split_text(body, rule.max_bytes);
  if (cut.empty()) {
    return Error(ErrorKind::bad_argument, size + ", and one link or character in it is longer than that: shorten it");
  }
  if (cut.size() > kMaxParts) return Error(ErrorKind::bad_argument, too_many);
  for (const std::string_view part : cut) parts.emplace_back(TextContent(std::string(part)));
  changes.emplace_back(fmt::format("text sent in {} parts", cut.size()));
  return parts;
}

}  // namespace
}  // namespace detail

Result<Adapted> adapt(const Capabilities& account, Content content, const Adaptation& allow) {
  Adapted adapted;
  if (const auto* menu = std::get_if<MenuContent>(&content); menu != nullptr && menu->items.empty()) {
    return Error(ErrorKind::bad_argument, "menu.items is empty: a menu needs at least one item");
  }
  if (auto error = detail::fit_kind(account, content, allow, adapted.changes)) return *error;
  const ContentRule& rule = account.rule(kind_of(content));
  if (auto* text = std::get_if<TextContent>(&content)) {
    auto parts = detail::fit_text(rule, std::move(*text), allow, adapted.changes);
    if (!parts) return parts.error();
    adapted.parts = std::move(*parts);
    return adapted;
  }
  if (const auto* raw = std::get_if<RawContent>(&content); raw != nullptr && rule.max_bytes != 0) {
    if (raw->json.size() > rule.max_bytes) {
      return Error(ErrorKind::bad_argument,
                   fmt::format("raw.json has {} bytes; {} are allowed: shorten it", raw->json.size(), rule.max_bytes));
    }
  }
  adapted.parts.push_back(std::move(content));
  return adapted;
}

KEFU_END_NAMESPACE
