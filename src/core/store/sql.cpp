#include "core/store/sql.hpp"

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE

std::string_view to_string(SqlDialect dialect) noexcept {
  return dialect == SqlDialect::sqlite ? "sqlite" : "postgres";
}

namespace detail {
namespace {

struct DialectWord {
  std::string_view word, sqlite, postgres;
};

constexpr DialectWord kDialectWords[] = {
    {"blob", "BLOB", "BYTEA"},
    {"by key", "WITHOUT ROWID", ""},
    {"lock", "", "FOR UPDATE"},
    {"lock free", "", "FOR UPDATE SKIP LOCKED"},
};

const DialectWord* find_dialect_word(std::string_view word) {
  for (const DialectWord& known : kDialectWords) {
    if (known.word == word) return &known;
  }
  return nullptr;
}

}  // namespace

Result<std::string> sql_in_dialect(std::string_view statement, SqlDialect dialect) {
  std::string text;
  text.reserve(statement.size() + 16);
  bool quoted = false;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    if (c == '\'') quoted = !quoted;
    if (quoted || (c != '{' && c != '$')) {
      text += c;
    } else if (c == '$') {
      text += dialect == SqlDialect::sqlite ? '?' : '$';
    } else {
      const std::size_t end = statement.find('}', i);
      const std::string_view word = statement.substr(i + 1, end == std::string_view::npos ? end : end - i - 1);
      const DialectWord* known = end == std::string_view::npos ? nullptr : find_dialect_word(word);
      if (known == nullptr) {
        return Error(ErrorKind::bad_argument, fmt::format("SQL: unknown word {{{}}} in: {}", word, statement));
      }
      text += dialect == SqlDialect::sqlite ? known->sqlite : known->postgres;
      i = end;
    }
  }
  return text;
}

}  // namespace detail
KEFU_END_NAMESPACE
