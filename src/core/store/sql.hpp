#pragma once

#include "core/async/host_code.hpp"

#include <kefu/core/sql.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Where a transaction calls code of the host.
namespace sql_seam {
inline constexpr HostSeam kWork{"SQL: the function of a transaction"};
inline constexpr HostSeam kPart{"SQL: the function of a part"};
inline constexpr HostSeam kRowHandler{"SQL: the handler of a row"};
}  // namespace sql_seam

/// A statement of SqlTransaction in a database's own words: braces replaced, placeholders as the database has them.
/// `bad_argument` for a word in braces that is not in the table of SqlTransaction.
KEFU_EXPORT Result<std::string> sql_in_dialect(std::string_view statement, SqlDialect dialect);

}  // namespace detail
KEFU_END_NAMESPACE
