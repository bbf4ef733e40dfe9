#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One value of a document that came from outside, JSON or XML alike, so that events are read by one set of readers.
/// Scalars are kept as their text ("49000000000000000001" loses no digit, `true` is "true"). A cheap view into its
/// Document; a default one is "absent", on which every question has an answer.
///
/// XML: an element with child elements is an object of them (text between them is not kept), any other element is a
/// string; attributes are not kept. Whitespace alone, outside CDATA, is layout and not text.
///
/// Lenience on purpose: a number, a numeric string and an element's text read alike; `items()` of a single object is
/// that one object (platforms write an object where the list has one entry).
class KEFU_EXPORT Value {
 public:
  enum class Kind : unsigned char { absent, null, boolean, number, string, array, object };

  /// How a Document stores a value: its descendants follow it at once, `span` nodes with itself.
  struct Node {
    const char* name;
    const char* text;
    std::uint32_t name_size;
    std::uint32_t text_size;
    std::uint32_t span;
    std::uint32_t count;  ///< Members or elements.
    Kind kind;
  };

  Value() = default;
  Kind kind() const noexcept { return node_ == nullptr ? Kind::absent : node_->kind; }
  bool present() const noexcept { return kind() != Kind::absent && kind() != Kind::null; }
  explicit operator bool() const noexcept { return present(); }

  /// Text of a scalar; empty for others.
  std::string_view text() const noexcept {
    return node_ == nullptr ? std::string_view() : std::string_view(node_->text, node_->text_size);
  }
  /// A whole number in range, from a number or a numeric string (also "12.0", " 12 "); nothing otherwise.
  std::optional<std::int64_t> integer() const noexcept;
  /// `integer` for members that are an int: the nearest one that fits, 0 if it is no whole number.
  int small_integer() const noexcept;
  /// A finite number, from a number or a numeric string.
  std::optional<double> real() const noexcept;
  /// true/false, 1/0, "true"/"false", "1"/"0".
  std::optional<bool> boolean() const noexcept;

  /// First member of that name (exact spelling); absent if none.
  Value operator[](std::string_view name) const noexcept;
  /// The members of an object or the elements of an array (whose names are empty), in order.
  struct Member;
  class Iterator;
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  std::size_t size() const noexcept { return node_ == nullptr ? 0 : node_->count; }
  /// Elements of an array; an object or scalar stands for itself; absent and null give none. For XML: all siblings of
  /// the name are asked for with `all(name)`.
  std::vector<Value> items() const;
  /// Every member of that name (XML repeats elements), with arrays unfolded.
  std::vector<Value> all(std::string_view name) const;

 private:
  friend class Document;
  explicit Value(const Node* node) : node_(node) {}
  const Node* node_ = nullptr;
};

struct Value::Member {
  std::string_view name;
  Value value;
};

/// Walks members; valid while the Document lives.
class Value::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Member;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = Member;

  explicit Iterator(const Node* node) : node_(node) {}
  Member operator*() const noexcept { return {{node_->name, node_->name_size}, Value(node_)}; }
  Iterator& operator++() noexcept {
    node_ += node_->span;
    return *this;
  }
  friend bool operator==(Iterator a, Iterator b) noexcept { return a.node_ == b.node_; }
  friend bool operator!=(Iterator a, Iterator b) noexcept { return a.node_ != b.node_; }

 private:
  const Node* node_;
};

inline Value::Iterator Value::begin() const noexcept { return Iterator(size() == 0 ? nullptr : node_ + 1); }
inline Value::Iterator Value::end() const noexcept { return Iterator(size() == 0 ? nullptr : node_ + node_->span); }

/// What was repaired while reading; each is counted, none loses the document.
struct Repairs {
  /// Forbidden control characters dropped (ENC-2, ENC-4). JSON: raw ones in strings, of which tab, CR and LF are kept.
  std::uint32_t control_characters = 0;
  std::uint32_t invalid_utf8 = 0;  ///< Malformed sequences (in JSON also lone surrogates) replaced with U+FFFD.
};

/// Limits of one reading. Exceeding one is an error.
struct ReadLimits {
  std::size_t bytes = 4 * 1024 * 1024;  ///< At most 1 GiB, whatever is set.
  std::size_t depth = 64;               ///< At most 256, whatever is set. The top level is depth 1.
  std::size_t values = 200'000;         ///< Objects, arrays, elements, attributes and scalars together.
  bool trailing_commas = false;         ///< JSON: a comma before a closing bracket is let pass.
};

/// Why a document was not read.
enum class ReadFault : unsigned char { none, empty, html, not_an_object, malformed, too_large, too_deep, forbidden };

/// A cause to put behind "the answer" or "the push": "is an HTML page", "is nested too deeply" ...
KEFU_EXPORT std::string_view to_string(ReadFault fault) noexcept;

/// Owns the values of one JSON or XML text. Movable; values stay valid while it lives, and are wiped then: an answer or
/// a record may hold a token. Linear in the size of the text.
/// Thread safety: immutable once made.
class KEFU_EXPORT Document {
 public:
  Document() = default;
  ~Document() { forget(); }
  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  /// Lenient JSON (ENC-4, ENC-5, ENC-6): numbers kept as text, control characters in strings dropped, invalid UTF-8
  /// replaced, a byte order mark skipped. Top level must be an object. The first of equal names wins.
  /// The values take their memory from `room`, which must outlive the Document.
  static Document json(std::string_view text, const ReadLimits& limits = {},
                       std::pmr::memory_resource* room = std::pmr::get_default_resource());
  /// The one XML door (CBK-9): no DTD, no entities beyond the five and character references (any other `&` stands for
  /// itself), one root named `xml`. A flat push is read by the fast scanner, all else by pugixml under limits.
  /// `root()` is the object of the root's children, also when there are none.
  static Document xml(std::string_view text, const ReadLimits& limits = {});
  /// As `xml`, but values may point into `text`, which must outlive them: no copy for a flat push. The values take
  /// their memory from `room` (see DocumentRoom), which must outlive the Document.
  static Document xml_borrowed(std::string_view text, const ReadLimits& limits = {},
                               std::pmr::memory_resource* room = std::pmr::get_default_resource());

  explicit operator bool() const noexcept { return fault_ == ReadFault::none; }
  ReadFault fault() const noexcept { return fault_; }
  Value root() const noexcept { return Value(nodes_.empty() ? nullptr : nodes_.data()); }
  const Repairs& repairs() const noexcept { return repairs_; }

 private:
  friend class JsonHandler;
  friend class XmlReader;
  explicit Document(std::pmr::memory_resource* room) : nodes_(room) {}
  void keep(std::string_view text);
  void forget() noexcept;
  void parse_json(std::string_view text, const ReadLimits& limits);
  static Document failed(ReadFault fault);

  std::string text_;  ///< Always on the heap once set, so that moving the Document does not move the characters.
  std::pmr::vector<Value::Node> nodes_;
  ReadFault fault_ = ReadFault::empty;
  Repairs repairs_;
};

/// Room on the stack for the values of a small document, such as a push of some twenty members; what does not fit comes
/// from the heap.
class DocumentRoom {
 public:
  std::pmr::memory_resource* memory() noexcept { return &memory_; }

 private:
  alignas(Value::Node) std::byte bytes_[24 * sizeof(Value::Node)];
  std::pmr::monotonic_buffer_resource memory_{bytes_, sizeof bytes_};
};

}  // namespace detail
KEFU_END_NAMESPACE
