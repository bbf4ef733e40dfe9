#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

// What goes wrong with a server, as errors. Error::platform_code() is the word its answer begins with ("OOM"). Its
// further words are never repeated: Redis quotes what it was sent, and that may be a value or a password.

Error redis_error(ErrorKind kind, std::string_view what);
/// The same error with another delivery.
Error with_redis_delivery(const Error& error, Delivery delivery);
/// A connection was lost, or the time was over.
Error redis_lost(std::string_view what, Delivery delivery);
/// What the server answered in place of a result. Delivery::refused where it says that it did nothing, `unknown` where
/// nobody knows what it means.
Error redis_fault(std::string_view words);

/// The script is not there: its text has to be sent.
bool is_unknown_script(std::string_view words);
/// There is no store, or not any more.
bool is_store_gone(const Error& error);
/// Another connection may find another server, or be let in.
bool is_fault_of_place(const Error& error);
bool is_out_of_memory(const Error& error);

}  // namespace detail
KEFU_END_NAMESPACE
