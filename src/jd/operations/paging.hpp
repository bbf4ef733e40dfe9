#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Whether a list ends with this page, which brought so many entries. The platform may cut pages shorter than asked for
/// and publishes no limit: with a total the entries so far decide (all pages before had at least as many), without one
/// a short page ends the list, unless its size is a round number, as a limit of the platform would be.
inline bool is_last_page(std::size_t brought, std::int64_t page, int page_size,
                         const std::optional<std::int64_t>& total) {
  constexpr std::size_t kRound = 10;
  if (brought == 0) return true;
  if (total && *total > 0) return static_cast<std::int64_t>(brought) * page >= *total;
  return brought < static_cast<std::size_t>(page_size) && brought % kRound != 0;
}

}  // namespace jd
KEFU_END_NAMESPACE
