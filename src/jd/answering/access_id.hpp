#pragma once

#include <kefu/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

// The repeat key of a push (accessid, JD-5), in the form of a UUID: the platform takes the same one once in 3 minutes.

/// For a message that the host names: the same for the same key, receiver, part and content, and for nothing else.
struct AccessIdSource {
  std::string_view key;  ///< Message::idempotency_key.
  std::string_view aspid;
  std::string_view thread;
  std::string_view customer;
  std::string_view speaker;
  std::size_t part = 0;
  std::string_view content;
};
std::string access_id_of(const AccessIdSource& source);

/// For a message without a key. Error: `internal` if the system has no random bytes.
Result<std::string> random_access_id();

}  // namespace jd
KEFU_END_NAMESPACE
