#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Cuts one text into the pieces that may not be cut further: grapheme clusters, and `<a>` elements with all their
/// text. A byte that is no UTF-8 is a piece of its own.
class Pieces {
 public:
  explicit Pieces(std::string_view text);

  /// Where the piece that starts at `at` ends. `at` must be a border and less than the text's size.
  std::size_t end(std::size_t at) const;

 private:
  std::size_t link_end(std::size_t at) const;

  std::string_view text_;
  std::size_t last_close_;  ///< Where the last `</a>` starts: links are looked for before it only, in linear time.
};

}  // namespace detail
KEFU_END_NAMESPACE
