#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>

#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

KEFU_BEGIN_NAMESPACE
namespace detail {

// What goes wrong with a connection, as errors. Error::platform_code() is the server's SQLSTATE, empty if it said
// nothing; Error::delivery() is `refused` where the server said that it did nothing, `unknown` where the statement may
// have gone through.

/// An error that the server answered.
Error postgres_fault(const pg_result& result);
/// Of a connection that cannot be made. Only this host's and the server's words, of which none holds a password.
Error postgres_connect_fault(pg_conn& connection);
/// A connection was lost, or the time was over, in the middle of a statement.
Error postgres_lost(std::string_view what, Delivery delivery);

Error postgres_error(ErrorKind kind, std::string_view what);
/// The same error with another delivery.
Error with_delivery_of(const Error& error, Delivery delivery);

/// Two transactions met, or is_out_of_date(): the transaction may simply be done again.
bool may_be_repeated(const Error& error);
/// What the session has prepared does not fit the tables any more, or is gone: another session is needed.
bool is_out_of_date(const Error& error);
/// What a statement of the host did wrong, not the server: SQLSTATE class by class.
bool is_fault_of_statement(const Error& error);
/// The server's words about it; they hold no values.
std::string words_of_fault(const Error& error);

}  // namespace detail
KEFU_END_NAMESPACE
