#include "cli/store_copy.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kefu_cli {
namespace {

using kefu::Error;
using kefu::ErrorKind;
using kefu::Millis;
using kefu::Result;
using kefu::Store;
using kefu::StoreEntry;
using kefu::StoreItem;
using kefu::StoreWrite;

constexpr std::size_t kPageEntries = 200, kPageBytes = std::size_t{8} * 1048576;
constexpr std::chrono::seconds kSoon{10};  ///< What ends within it may be gone on one side and not yet on the other.

/// A page of FROM, and what TO holds under its keys.
struct Page {
  std::vector<StoreItem> items;
  std::vector<std::optional<StoreEntry>> held;
  kefu::WallTime now, now_there;
};

Result<Page> page_of(const std::vector<StoreItem>& items, Store& from, Store& to) {
  Page page;
  std::vector<std::string> keys;
  for (const StoreItem& item : items) keys.push_back(item.first);
  auto held = to.get_many(keys);
  const auto now = from.now();
  const auto now_there = to.now();
  if (!held) return held.error();
  if (!now) return now.error();
  if (!now_there) return now_there.error();
  page.items = items;
  page.held = *std::move(held);
  page.now = *now;
  page.now_there = *now_there;
  return page;
}

/// Calls `each(page)` for all that FROM holds.
template <class Each>
Result<void> for_all(Store& from, Store& to, Each each) {
  std::string after;
  do {
    auto listed = from.list("", after, kefu::ListLimits(kPageEntries, kPageBytes));
    if (!listed) return listed.error();
    after = listed->next;
    if (listed->items.empty()) continue;
    const auto page = page_of(listed->items, from, to);
    if (!page) return page.error();
    if (auto done = each(*page); !done) return done;
  } while (!after.empty());
  return {};
}

/// What an entry has left, or nothing if it is kept; zero and less: it is over.
std::optional<Millis> left_of(const StoreEntry& entry, kefu::WallTime now) {
  if (!entry.expires) return std::nullopt;
  return std::chrono::duration_cast<Millis>(*entry.expires - now);
}

/// The kind of an Inbox's session, which lives only while its process does.
bool is_session(std::string_view key) { return key.find("/inbox/inbox-session/") != std::string_view::npos; }

Error still_used(const char* which) {
  return Error(
      ErrorKind::conflict,
      fmt::format("a process still works on {}, or ended less than its lease ago: stop all, wait, and try again",
                  which));
}

Result<std::vector<StoreWrite>> writes_of(const Page& page, bool overwrite, StoreCopyCounts& counts) {
  std::vector<StoreWrite> writes;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    const auto& [key, entry] = page.items[i];
    const auto& held = page.held[i];
    if (is_session(key)) return still_used("FROM");
    const auto left = left_of(entry, page.now);
    if (left && *left <= Millis(0)) continue;
    if (held && held->value == entry.value && held->expires.has_value() == entry.expires.has_value()) {
      ++counts.there;
      continue;
    }
    if (held && !overwrite) {
      return Error(ErrorKind::conflict,
                   "TO holds something else under a key of FROM: give an empty store (another file, schema or prefix), "
                   "or --overwrite");
    }
    writes.push_back(StoreWrite::put(key, entry.value, held ? held->generation : 0, left));
    counts.bytes += key.size() + entry.value.size();
  }
  return writes;
}

bool is_same(const StoreEntry& entry, const StoreEntry& held, const Page& page) {
  if (entry.value != held.value || entry.expires.has_value() != held.expires.has_value()) return false;
  if (!entry.expires) return true;
  const auto apart = *left_of(entry, page.now) - *left_of(held, page.now_there);
  return apart < kSoon && apart > -kSoon;
}

/// How many entries a store holds.
Result<std::size_t> count_of(Store& store) {
  std::size_t count = 0;
  std::string after;
  do {
    const auto page = store.list("", after, kefu::ListLimits::keys(Store::kMaxListed));
    if (!page) return page.error();
    for (const StoreItem& item : page->items) {
      if (is_session(item.first)) return still_used("TO");
    }
    count += page->items.size();
    after = page->next;
  } while (!after.empty());
  return count;
}

}  // namespace

Result<StoreCopyCounts> copy_store(Store& from, Store& to, bool overwrite) {
  if (const auto used = count_of(to); !used) return used.error();
  StoreCopyCounts counts;
  auto done = for_all(from, to, [&](const Page& page) -> Result<void> {
    const auto writes = writes_of(page, overwrite, counts);
    if (!writes) return writes.error();
    const auto outcome = to.commit(*writes, kefu::Durability::full);
    if (!outcome) return outcome.error();
    if (!outcome->committed) return still_used("TO");
    counts.copied += writes->size();
    return {};
  });
  if (!done) return done.error();
  return counts;
}

Result<void> compare_stores(Store& from, Store& to) {
  std::size_t same = 0, missing = 0, different = 0, passing = 0;
  auto done = for_all(from, to, [&](const Page& page) -> Result<void> {
    for (std::size_t i = 0; i < page.items.size(); ++i) {
      const auto& [key, entry] = page.items[i];
      const auto& held = page.held[i];
      if (is_session(key)) return still_used("FROM");
      const auto left = left_of(entry, page.now);
      if (held && is_same(entry, *held, page)) {
        ++same;
      } else if (left && *left < kSoon) {
        ++passing;
      } else if (held) {
        ++different;
      } else {
        ++missing;
      }
    }
    return {};
  });
  if (!done) return done;
  const auto count = count_of(to);
  if (!count) return count.error();
  const std::size_t known = same + different;
  // What passes may be counted there or not.
  const std::size_t additional = *count > known + passing ? *count - known - passing : 0;
  if (missing + different + additional == 0) return {};
  return Error(ErrorKind::conflict,
               fmt::format("the stores differ: TO lacks {} entries, has {} others and {} more; was "
                           "one of them in use? Stop all and copy again",
                           missing, different, additional));
}

}  // namespace kefu_cli
