#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kefu/core/result.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One value of a document that came from outside, JSON or XML alike, so that events are read by one set of readers.
/// Scalars are kept as their text ("49000000000000000001" loses no digit, `true` is "true"). A cheap view into its
/// Document; a default one is "absent", on which every question has an answer.
///
/// Lenience on purpose: a number, a numeric string and an element's text read alike; `items()` of a single object is
/// that one object (platforms write an object where the list has one entry).
class Value {
 public:
  enum class Kind : unsigned char { absent, null, boolean, number, string, array, object };

  Value() = default;
  Kind kind() const noexcept;
  bool present() const noexcept { return kind() != Kind::absent && kind() != Kind::null; }
  explicit operator bool() const noexcept { return present(); }

  /// Text of a scalar; empty for others.
  std::string_view text() const noexcept;
  /// A whole number in range, from a number or a numeric string (also "12.0"); nothing otherwise.
  std::optional<std::int64_t> integer() const noexcept;
  std::optional<double> real() const noexcept;
  /// true/false, 1/0, "true"/"false", "1"/"0".
  std::optional<bool> boolean() const noexcept;

  /// First member of that name (exact spelling); absent if none.
  Value operator[](std::string_view name) const noexcept;
  /// The members of an object or the elements of an array, in order.
  struct Member;
  class Iterator;
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  std::size_t size() const noexcept;
  /// Elements of an array; an object or scalar stands for itself; absent and null give none. For XML: all siblings of
  /// the name are asked for with `all(name)`.
  std::vector<Value> items() const;
  /// Every member of that name (XML repeats elements), with arrays unfolded.
  std::vector<Value> all(std::string_view name) const;

 private:
  friend class Document;
  struct Node;
  explicit Value(const Node* node) : node_(node) {}
  const Node* node_ = nullptr;
};

/// What was repaired while reading; each is counted, none loses the document.
struct Repairs {
  std::uint32_t control_characters = 0;  ///< Raw control characters dropped (ENC-2, ENC-4).
  std::uint32_t invalid_utf8 = 0;        ///< Byte runs replaced with U+FFFD.
};

/// Limits of one reading. Exceeding one is an error.
struct ReadLimits {
  std::size_t bytes = 4 * 1024 * 1024;
  std::size_t depth = 64;
  std::size_t values = 200'000;
};

/// Why a document was not read.
enum class ReadFault : unsigned char { none, empty, html, not_an_object, malformed, too_large, too_deep, forbidden };

/// Owns the values of one JSON or XML text. Movable; values stay valid while it lives.
class Document {
 public:
  Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  /// Lenient JSON (ENC-4, ENC-5, ENC-6): numbers kept as text, control characters in strings dropped, invalid UTF-8
  /// replaced. Top level must be an object.
  static Document json(std::string_view text, const ReadLimits& limits = {});
  /// The one XML door (CBK-9): no DTD, no entities beyond the five and character references, one root. A flat push is
  /// read by the fast scanner, all else by pugixml under limits. `root()` is the object of the root's children.
  static Document xml(std::string_view text, const ReadLimits& limits = {});

  explicit operator bool() const noexcept { return fault_ == ReadFault::none; }
  ReadFault fault() const noexcept { return fault_; }
  Value root() const noexcept;
  std::string_view root_name() const noexcept;  ///< "xml" for XML; empty for JSON.
  const Repairs& repairs() const noexcept { return repairs_; }

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
  ReadFault fault_ = ReadFault::empty;
  Repairs repairs_;
};

}  // namespace detail
KEFU_END_NAMESPACE
