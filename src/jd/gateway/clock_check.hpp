#pragma once

#include <kefu/core/http.hpp>
#include <kefu/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The moment of an HTTP Date header in its one form of today, `Sun, 06 Nov 1994 08:49:37 GMT`; nothing for others.
std::optional<WallTime> read_http_date(std::string_view text);

/// What an answer tells about this host's clock beside the gateway's, for code 8 (jd 1.4). Empty if its Date header is
/// missing or of no known form.
std::string clock_finding(const HttpReply& reply, WallTime now);

}  // namespace jd
KEFU_END_NAMESPACE
