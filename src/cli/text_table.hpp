#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kefu_cli {

/// Columns a text takes on a terminal: Chinese characters and emoji two, marks that join the one before none. The text
/// is UTF-8.
std::size_t display_width(std::string_view text);

/// Control characters (escape sequences, line ends) replaced with blanks: text of customers must not drive a terminal.
std::string printable(std::string_view text);

/// Lines up cells in columns by their width on the terminal.
class TextTable {
 public:
  enum class Align : unsigned char { left, right };

  void add_column(std::string head, Align align) {
    heads_.push_back(std::move(head));
    aligns_.push_back(align);
  }
  /// As many cells as columns; missing ones are empty.
  void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// An empty line between groups of rows.
  void add_gap() { rows_.emplace_back(); }

  /// A head line, a rule and the rows, each ended by a line end, without blanks at their ends.
  std::string str() const;

 private:
  void append_line(std::string& out, const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;

  std::vector<std::string> heads_;
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace kefu_cli
