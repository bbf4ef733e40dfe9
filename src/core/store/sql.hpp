#pragma once

#include <kefu/core/sql.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A statement of SqlTransaction in a database's own words: braces replaced, placeholders as the database has them.
/// `bad_argument` for a word in braces that is not in the table of SqlTransaction.
KEFU_EXPORT Result<std::string> sql_in_dialect(std::string_view statement, SqlDialect dialect);

}  // namespace detail
KEFU_END_NAMESPACE
