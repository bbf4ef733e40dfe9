#include "core/text/document.hpp"
#include "core/text/utf8.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::string_view kCdataOpen = "<![CDATA[";

bool is_xml_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Letters, digits and what else the names of pushes are made of. pugixml judges all other names.
constexpr std::array<bool, 256> make_plain_name_characters() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    table[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  return table;
}
constexpr std::array<bool, 256> kPlainNameCharacters = make_plain_name_characters();

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char t) {
           return l == (t >= 'A' && t <= 'Z' ? static_cast<char>(t + 32) : t);
         });
}

/// The end of a reference's name or number is at most this far from its '&'.
constexpr std::size_t kLongestReference = 12;

/// What the reference `&body;` stands for, or -1 if it is none of ours.
std::int64_t xml_reference(std::string_view body) noexcept {
  if (body == "lt") return '<';
  if (body == "gt") return '>';
  if (body == "amp") return '&';
  if (body == "quot") return '"';
  if (body == "apos") return '\'';
  if (body.size() < 2 || body[0] != '#') return -1;
  const unsigned base = body[1] == 'x' ? 16 : 10;
  body.remove_prefix(base == 16 ? 2 : 1);
  if (body.empty()) return -1;
  std::int64_t code = 0;
  for (const char c : body) {
    const char lower = static_cast<char>(c | 0x20);
    const int digit = c >= '0' && c <= '9'                         ? c - '0'
                      : base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                                   : -1;
    if (digit < 0) return -1;
    code = code * base + digit;
  }
  return code;
}

/// Replaces references in place, as what they stand for is never longer, and returns the new size.
std::size_t decode_references(char* text, std::size_t size, Repairs& repairs) noexcept {
  const char* from = static_cast<const char*>(std::memchr(text, '&', size));
  if (from == nullptr) return size;
  const char* const end = text + size;
  char* to = text + (from - text);
  while (from != end) {
    if (*from != '&') {
      *to++ = *from++;
      continue;
    }
    const std::size_t window = std::min(static_cast<std::size_t>(end - from), kLongestReference);
    const char* const stop = static_cast<const char*>(std::memchr(from, ';', window));
    const std::int64_t code =
        stop == nullptr ? -1 : xml_reference({from + 1, static_cast<std::size_t>(stop - from - 1)});
    if (code < 0) {
      *to++ = *from++;
      continue;
    }
    from = stop + 1;
    if (code < 0x20 && is_forbidden_control(static_cast<char>(code))) {
      ++repairs.control_characters;
    } else if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      to += write_utf8(0xFFFD, to);
      ++repairs.invalid_utf8;
    } else {
      to += write_utf8(static_cast<std::uint32_t>(code), to);
    }
  }
  return static_cast<std::size_t>(to - text);
}

}  // namespace

/// Fills a Document from one XML text.
class XmlReader {
 public:
  XmlReader(Document& document, const ReadLimits& limits)
      : document_(document), depth_limit_(std::min(limits.depth, kMaxDepth)), value_limit_(limits.values) {}

  static Document read(std::string_view text, const ReadLimits& limits, bool borrowed, std::pmr::memory_resource* room);

 private:
  static constexpr std::size_t kMaxDepth = 256;
  static constexpr std::size_t kMaxAttributes = 32;

  /// <xml>(<Name>CDATA|text</Name>)*</xml> and nothing else. False means "not mine".
  bool scan_flat(std::string_view text);
  bool scan_element(const char*& from, const char* end);
  /// Everything else. `document_.text_` is taken apart in place.
  ReadFault parse();
  ReadFault find_root(const pugi::xml_document& tree, pugi::xml_node& root) const;
  ReadFault walk(pugi::xml_node root);
  ReadFault enter(pugi::xml_node element);
  void leave(pugi::xml_node element, std::size_t index);
  bool add(std::string_view name, std::string_view text, Value::Kind kind);

  Document& document_;
  std::size_t depth_limit_;
  std::size_t value_limit_;
};

bool XmlReader::add(std::string_view name, std::string_view text, Value::Kind kind) {
  auto& nodes = document_.nodes_;
  if (nodes.size() >= value_limit_) return false;
  // Filled in place: a node assembled elsewhere would be copied while its parts are still being written.
  Value::Node& node = nodes.emplace_back();
  node.name = name.data();
  node.text = text.data();
  node.name_size = static_cast<std::uint32_t>(name.size());
  node.text_size = static_cast<std::uint32_t>(text.size());
  node.span = 1;
  node.kind = kind;
  return true;
}

bool XmlReader::scan_element(const char*& from, const char* end) {
  const char* at = from;  // A local one can stay in a register.
  const char* const name = at;
  while (at != end && kPlainNameCharacters[static_cast<unsigned char>(*at)]) ++at;
  const std::size_t name_size = static_cast<std::size_t>(at - name);
  if (at == end || *at != '>' || name_size == 0 || (*name >= '0' && *name <= '9')) return false;
  ++at;
  std::string_view text;
  if (static_cast<std::size_t>(end - at) > kCdataOpen.size() &&
      std::memcmp(at, kCdataOpen.data(), kCdataOpen.size()) == 0) {
    at += kCdataOpen.size();
    const char* const first = at;
    for (;; ++at) {
      at = static_cast<const char*>(std::memchr(at, ']', static_cast<std::size_t>(end - at)));
      if (at == nullptr || end - at < 3) return false;
      if (at[1] == ']' && at[2] == '>') break;
    }
    text = {first, static_cast<std::size_t>(at - first)};
    at += 3;
  } else {
    const char* const first = at;
    bool blank = true;
    for (; at != end && *at != '<'; ++at) {
      if (*at == '&') return false;
      blank = blank && is_xml_blank(*at);
    }
    if (!blank) text = {first, static_cast<std::size_t>(at - first)};
  }
  if (static_cast<std::size_t>(end - at) < name_size + 3 || at[0] != '<' || at[1] != '/' ||
      std::memcmp(at + 2, name, name_size) != 0 || at[name_size + 2] != '>') {
    return false;
  }
  from = at + name_size + 3;
  ++document_.nodes_[0].count;
  return add({name, name_size}, text, Value::Kind::string);
}

bool XmlReader::scan_flat(std::string_view text) {
  constexpr std::string_view kOpen = "<xml>";
  constexpr std::string_view kClose = "</xml>";
  const char* at = text.data();
  const char* const end = at + text.size();
  if (depth_limit_ < 2 || text.substr(0, kOpen.size()) != kOpen || !add("xml", {}, Value::Kind::object)) return false;
  at += kOpen.size();
  for (;;) {
    while (at != end && is_xml_blank(*at)) ++at;
    if (end - at < 2 || *at != '<') return false;
    if (at[1] == '/') break;
    ++at;
    if (!scan_element(at, end)) return false;
  }
  if (static_cast<std::size_t>(end - at) < kClose.size() || std::memcmp(at, kClose.data(), kClose.size()) != 0) {
    return false;
  }
  at += kClose.size();
  while (at != end && is_xml_blank(*at)) ++at;
  document_.nodes_[0].span = static_cast<std::uint32_t>(document_.nodes_.size());
  return at == end;
}

ReadFault XmlReader::find_root(const pugi::xml_document& tree, pugi::xml_node& root) const {
  for (const pugi::xml_node node : tree.children()) {
    switch (node.type()) {
      case pugi::node_doctype:
        return ReadFault::forbidden;
      case pugi::node_element:
        if (root) return ReadFault::malformed;
        root = node;
        break;
      default:
        return ReadFault::malformed;  // Text beside the root.
    }
  }
  if (!root) return ReadFault::malformed;
  return std::strcmp(root.name(), "xml") == 0 ? ReadFault::none : ReadFault::malformed;
}

ReadFault XmlReader::parse() {
  std::string& text = document_.text_;
  // The tree costs up to 64 bytes per '<': bound it before it is built.
  if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '<')) / 4 > value_limit_) {
    return ReadFault::too_large;
  }
  // References are left to us, as pugixml writes whatever number they hold; the fragment flag shows text beside the
  // root.
  constexpr unsigned kFlags = pugi::parse_cdata | pugi::parse_doctype | pugi::parse_fragment;
  // pugixml overwrites the last character and so misses it when it is one beside the root.
  text.push_back('\n');
  pugi::xml_document tree;
  const pugi::xml_parse_result result = tree.load_buffer_inplace(text.data(), text.size(), kFlags, pugi::encoding_utf8);
  if (result.status == pugi::status_bad_doctype) return ReadFault::forbidden;
  pugi::xml_node root;
  const ReadFault fault = find_root(tree, root);
  // A document type is named as such even when the rest cannot be read.
  if (fault == ReadFault::forbidden) return fault;
  if (!result) return ReadFault::malformed;
  return fault == ReadFault::none ? walk(root) : fault;
}

ReadFault XmlReader::enter(pugi::xml_node element) {
  std::size_t attributes = 0;
  for (pugi::xml_attribute a = element.first_attribute(); a; a = a.next_attribute()) {
    if (++attributes > kMaxAttributes) return ReadFault::too_large;
  }
  return add(element.name(), {}, Value::Kind::string) ? ReadFault::none : ReadFault::too_large;
}

void XmlReader::leave(pugi::xml_node element, std::size_t index) {
  Value::Node& node = document_.nodes_[index];
  node.span = static_cast<std::uint32_t>(document_.nodes_.size() - index);
  if (node.count != 0) return;
  // Sections are joined over the markup between them; without child elements nothing else lies there.
  char* begin = nullptr;
  char* to = nullptr;
  for (const pugi::xml_node part : element.children()) {
    // pugixml parsed our own writable buffer in place, its const is for users that share a tree.
    char* const from = const_cast<char*>(part.value());
    std::size_t size = std::strlen(from);
    if (part.type() == pugi::node_pcdata) size = decode_references(from, size, document_.repairs_);
    if (begin == nullptr) begin = to = from;
    std::memmove(to, from, size);
    to += size;
  }
  if (begin != nullptr) {
    node.text = begin;
    node.text_size = static_cast<std::uint32_t>(to - begin);
  }
}

ReadFault XmlReader::walk(pugi::xml_node root) {
  std::array<std::uint32_t, kMaxDepth> open;
  std::size_t depth = 0;
  pugi::xml_node element = root;
  for (;;) {
    if (depth >= depth_limit_) return ReadFault::too_deep;
    if (depth != 0) ++document_.nodes_[open[depth - 1]].count;
    open[depth++] = static_cast<std::uint32_t>(document_.nodes_.size());
    if (const ReadFault fault = enter(element); fault != ReadFault::none) return fault;
    const auto is_element = [](pugi::xml_node node) { return node.type() == pugi::node_element; };
    pugi::xml_node next = element.find_child(is_element);
    while (!next) {
      leave(element, open[--depth]);
      if (depth == 0) {
        document_.nodes_[0].kind = Value::Kind::object;
        return ReadFault::none;
      }
      const pugi::xml_node parent = element.parent();
      next = element.next_sibling();
      while (next && !is_element(next)) next = next.next_sibling();
      element = parent;
    }
    if (depth != 0) document_.nodes_[open[depth - 1]].kind = Value::Kind::object;
    element = next;
  }
}

Document XmlReader::read(std::string_view text, const ReadLimits& limits, bool borrowed,
                         std::pmr::memory_resource* room) {
  if (text.size() > std::min(limits.bytes, std::size_t{1} << 30)) return Document::failed(ReadFault::too_large);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Document::failed(ReadFault::empty);
  text.remove_prefix(first);
  if (starts_with_ignoring_case(text, "<html") || starts_with_ignoring_case(text, "<!doctype html")) {
    return Document::failed(ReadFault::html);
  }
  Document document(room);
  XmlReader reader(document, limits);
  document.fault_ = ReadFault::none;
  const bool intact = is_clean_text(text);
  if (intact) {
    if (!borrowed) document.keep(text);
    // A push has about ten elements: this fits a DocumentRoom.
    document.nodes_.reserve(std::min<std::size_t>(text.size() / 24 + 4, 24));
    if (reader.scan_flat(borrowed ? text : std::string_view(document.text_))) return document;
    document.nodes_.clear();
    if (borrowed) document.keep(text);
  } else {
    std::string whole;
    whole.reserve(text.size() + text.size() / 8);
    document.repairs_.invalid_utf8 = append_repaired(whole, text);
    document.repairs_.control_characters = drop_forbidden_controls(whole);
    document.keep(whole);
  }
  document.fault_ = reader.parse();
  if (document.fault_ != ReadFault::none) document.nodes_.clear();
  return document;
}

Document Document::xml(std::string_view text, const ReadLimits& limits) {
  return XmlReader::read(text, limits, false, std::pmr::get_default_resource());
}

Document Document::xml_borrowed(std::string_view text, const ReadLimits& limits, std::pmr::memory_resource* room) {
  return XmlReader::read(text, limits, true, room);
}

}  // namespace detail
KEFU_END_NAMESPACE
