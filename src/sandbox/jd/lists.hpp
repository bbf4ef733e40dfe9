#pragma once

#include "sandbox/jd/twin.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// startTime and endTime of the im.pop calls, of which only the days count.
struct JdPeriod {
  std::int64_t first = 0;  ///< As platform_day counts.
  std::int64_t last = 0;
  bool holds(WallTime time) const {
    const std::int64_t day = platform_day(time);
    return day >= first && day <= last;
  }
};
/// The period of a call, or the refusal: 60 when a time is missing or unreadable, else by the switches.
std::optional<JdResult> take_jd_period(const JdCall& call, JdPeriod& period);

/// `waiter` as one string, several with commas, or an array; empty: everybody.
class JdWaiters {
 public:
  explicit JdWaiters(const JdCall& call);
  bool has(std::string_view waiter) const {
    return (only_.empty() || waiter == only_) && (names_.empty() || names_.count(waiter) != 0);
  }

 private:
  std::string_view only_;  ///< The agent who authorized, if it was not the main account.
  std::set<std::string, std::less<>> names_;
};

/// One page of a list.
struct JdPage {
  std::size_t number = 1;
  std::size_t size = 20;
};
std::optional<JdResult> take_jd_page(const JdCall& call, JdPage& page);

/// The entries of a page, in the order of the list.
template <class T>
std::vector<T> page_of(const std::vector<T>& all, const JdPage& page) {
  if (page.size == 0 || page.number - 1 >= (all.size() + page.size - 1) / page.size) return {};
  const std::size_t begin = (page.number - 1) * page.size;
  return {all.begin() + static_cast<std::ptrdiff_t>(begin),
          all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + page.size))};
}

/// open_id_buyer and xid_buyer, where the switch has them.
void write_jd_buyer_ids(detail::JsonWriter& writer, JdCall& call, std::string_view pin);

}  // namespace sandbox
KEFU_END_NAMESPACE
