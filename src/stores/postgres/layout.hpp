#pragma once

#include "stores/postgres/connection.hpp"

#include <kefu/core/result.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The text with the schema's quoted name in place of each `@`.
std::string replace_schema(std::string_view text, std::string_view schema);

/// Brings the schema to this library's layout: makes what is missing, one process at a time, and refuses a newer
/// format. Then jumps the source of numbers, for the life of this connection.
Result<void> prepare_postgres_layout(PostgresConnection& connection, std::string_view schema);

}  // namespace detail
KEFU_END_NAMESPACE
