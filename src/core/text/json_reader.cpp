#include "core/text/document.hpp"
#include "core/text/rapidjson.hpp"
#include "core/text/utf8.hpp"
#include "core/text/wipe.hpp"

#include <algorithm>
#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Takes the reader's events into the Document's nodes and stops it at the limits.
class JsonHandler : public kefu_rapidjson::BaseReaderHandler<kefu_rapidjson::UTF8<>, JsonHandler> {
 public:
  JsonHandler(Document& document, const ReadLimits& limits)
      : document_(document), depth_limit_(std::min(limits.depth, kMaxDepth)), value_limit_(limits.values) {}

  /// Why the handler stopped the reader; `none` if it did not.
  ReadFault fault() const noexcept { return fault_; }

  bool Null() { return add(Value::Kind::null, {}); }
  bool Bool(bool value) { return add(Value::Kind::boolean, value ? "true" : "false"); }
  bool RawNumber(const char* text, unsigned size, bool) { return add(Value::Kind::number, {text, size}); }
  bool String(const char* text, unsigned size, bool) { return add(Value::Kind::string, {text, size}); }
  bool Key(const char* text, unsigned size, bool) {
    name_ = {text, size};
    return true;
  }
  bool StartObject() { return open(Value::Kind::object); }
  bool EndObject(unsigned) { return close(); }
  bool StartArray() { return open(Value::Kind::array); }
  bool EndArray(unsigned) { return close(); }

  static Document read(std::string_view text, const ReadLimits& limits, std::pmr::memory_resource* room);

 private:
  static constexpr std::size_t kMaxDepth = 256;

  bool stop(ReadFault fault) {
    fault_ = fault;
    return false;
  }
  bool add(Value::Kind kind, std::string_view text) {
    auto& nodes = document_.nodes_;
    if (depth_ == 0) {
      if (kind != Value::Kind::object) return stop(ReadFault::not_an_object);
    } else {
      ++nodes[open_[depth_ - 1]].count;
    }
    if (nodes.size() >= value_limit_) return stop(ReadFault::too_large);
    nodes.push_back({name_.data(), text.data(), static_cast<std::uint32_t>(name_.size()),
                     static_cast<std::uint32_t>(text.size()), 1, 0, kind});
    name_ = {};
    return true;
  }
  bool open(Value::Kind kind) {
    if (!add(kind, {})) return false;
    if (depth_ >= depth_limit_) return stop(ReadFault::too_deep);
    open_[depth_++] = static_cast<std::uint32_t>(document_.nodes_.size() - 1);
    return true;
  }
  bool close() {
    const std::uint32_t first = open_[--depth_];
    document_.nodes_[first].span = static_cast<std::uint32_t>(document_.nodes_.size()) - first;
    return true;
  }

  Document& document_;
  std::size_t depth_limit_;
  std::size_t value_limit_;
  std::size_t depth_ = 0;
  std::array<std::uint32_t, kMaxDepth> open_;
  std::string_view name_;
  ReadFault fault_ = ReadFault::none;
};

namespace {

/// The four hex digits behind "\u" at `at`, or nothing (-1).
int json_escape_unit(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 6 || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// Copies the escape at `at` and returns where it ends, or npos if it is no escape of JSON. A surrogate without its
/// partner becomes U+FFFD.
std::size_t repair_json_escape(std::string_view text, std::size_t at, std::string& out, Repairs& repairs) {
  const int unit = json_escape_unit(text, at);
  std::size_t size = unit < 0 ? 2 : 6;
  if (unit < 0 &&
      (at + 1 >= text.size() || std::string_view("\"\\/bfnrt").find(text[at + 1]) == std::string_view::npos)) {
    return std::string_view::npos;
  }
  if (unit >= 0xD800 && unit <= 0xDFFF) {
    const int second = unit <= 0xDBFF ? json_escape_unit(text, at + 6) : -1;
    if (second < 0xDC00 || second > 0xDFFF) {
      out.append("\\ufffd");
      ++repairs.invalid_utf8;
      return at + 6;
    }
    size = 12;
  }
  out.append(text.substr(at, size));
  return at + size;
}

/// What a strict reader refuses and a real platform writes: raw control characters in strings and halves of surrogate
/// pairs, left by senders that cut a nickname between them. False if nothing needs repair or it is broken otherwise.
bool repair_json(std::string_view text, std::string& out, Repairs& repairs) {
  Repairs counted = repairs;
  out.clear();
  out.reserve(text.size() + text.size() / 8);
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (in_string && c == '\\') {
      at = repair_json_escape(text, at, out, counted);
      if (at == std::string_view::npos) return false;
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string && static_cast<unsigned char>(c) < 0x20) {
      ++counted.control_characters;
      if (c == '\t') out.append("\\t");
      if (c == '\r') out.append("\\r");
      if (c == '\n') out.append("\\n");
    } else {
      out.push_back(c);
    }
    ++at;
  }
  if (counted.control_characters == repairs.control_characters && counted.invalid_utf8 == repairs.invalid_utf8) {
    return false;
  }
  repairs = counted;
  return true;
}

/// True if some escape names half of a surrogate pair, be it well paired or not.
bool has_surrogate_escape(std::string_view text) noexcept {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 2)) {
    const int unit = json_escape_unit(text, at);
    if (unit >= 0xD800 && unit <= 0xDFFF) return true;
  }
  return false;
}

}  // namespace

void Document::parse_json(std::string_view text, const ReadLimits& limits) {
  keep(text);
  nodes_.clear();
  nodes_.reserve(std::min<std::size_t>(text.size() / 12 + 4, 256));
  JsonHandler handler(*this, limits);
  kefu_rapidjson::InsituStringStream stream(text_.data());
  kefu_rapidjson::Reader reader;
  constexpr unsigned kFlags = kefu_rapidjson::kParseInsituFlag | kefu_rapidjson::kParseNumbersAsStringsFlag;
  constexpr unsigned kTolerant = kFlags | kefu_rapidjson::kParseTrailingCommasFlag;
  const kefu_rapidjson::ParseResult result =
      limits.trailing_commas ? reader.Parse<kTolerant>(stream, handler) : reader.Parse<kFlags>(stream, handler);
  fault_ = handler.fault();
  // The stream ends at a NUL; one before the end of the text is no JSON.
  if (fault_ == ReadFault::none && (result.IsError() || stream.Tell() != text_.size())) fault_ = ReadFault::malformed;
  if (fault_ != ReadFault::none) nodes_.clear();
}

Document JsonHandler::read(std::string_view text, const ReadLimits& limits, std::pmr::memory_resource* room) {
  Document document(room);
  std::string whole;
  if (!is_utf8(text)) {
    document.repairs_.invalid_utf8 = append_repaired(whole, text);
    text = whole;
  }
  std::string repaired;
  // RapidJSON lets the second half of a pair pass alone, which would put malformed UTF-8 into a value.
  const bool repaired_first = has_surrogate_escape(text) && repair_json(text, repaired, document.repairs_);
  document.parse_json(repaired_first ? std::string_view(repaired) : text, limits);
  // Reading in place spoils the copy, so the repair starts from the text once more.
  if (document.fault_ == ReadFault::malformed && !repaired_first && repair_json(text, repaired, document.repairs_)) {
    document.parse_json(repaired, limits);
  }
  wipe(whole);
  wipe(repaired);
  return document;
}

Document Document::json(std::string_view text, const ReadLimits& limits, std::pmr::memory_resource* room) {
  if (text.size() > std::min(limits.bytes, std::size_t{1} << 30)) return failed(ReadFault::too_large);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return failed(ReadFault::empty);
  if (text[first] == '<') return failed(ReadFault::html);
  return JsonHandler::read(text, limits, room);
}

}  // namespace detail
KEFU_END_NAMESPACE
