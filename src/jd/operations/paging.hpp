#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Whether a list ends with this page, which brought so many entries. Only a short page ends a list (jd 4.2): a total
/// is a hint, as 1 has come beside 29 lines; one that is smaller than what has come is none. As the platform may cut
/// pages shorter than asked for and publishes no limit, a short page is followed by another while the total says more,
/// or while its size is a round number, as a limit of the platform would be.
inline bool is_last_page(std::size_t brought, std::int64_t page, int page_size,
                         const std::optional<std::int64_t>& total) {
  constexpr std::size_t kRound = 10;
  if (brought == 0) return true;
  if (brought >= static_cast<std::size_t>(page_size)) return false;
  const std::int64_t so_far = static_cast<std::int64_t>(brought) * page;  // all pages before had at least as many
  if (total && *total > so_far) return false;
  return brought % kRound != 0 || (total && *total == so_far);
}

}  // namespace jd
KEFU_END_NAMESPACE
