#include "channel/inbox/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kDeadPage = 200;

/// `%XX` in a part of a key back to its byte.
std::string unescaped(std::string_view part) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '%' && i + 2 < part.size()) {
      out += static_cast<char>(digit(part[i + 1]) * 16 + digit(part[i + 2]));
      i += 2;
    } else {
      out += part[i];
    }
  }
  return out;
}

std::string last_part(std::string_view key) { return unescaped(key.substr(key.rfind('/') + 1)); }

}  // namespace

Result<std::vector<std::pair<std::string, DeadRecord>>> InboxStore::dead_letters(Store& store,
                                                                                 std::size_t limit) const {
  std::vector<std::pair<std::string, DeadRecord>> letters;
  std::string after;
  do {
    auto page = store.list(dead_.prefix(), after, std::min(limit - letters.size(), kDeadPage));
    if (!page) return page.error();
    after = std::move(page->next);
    for (const auto& [key, entry] : page->items) {
      if (auto record = DeadRecord::parse(entry.value)) letters.emplace_back(last_part(key), std::move(*record));
    }
  } while (letters.size() < limit && !after.empty());
  return letters;
}

Result<InboxStore::DeadEntry> InboxStore::find_dead(Store& store, std::string_view event_id) const {
  const std::string suffix = StoreKey(dead_).add(event_id).str().substr(dead_.str().size());
  std::string after;
  do {
    auto page = store.list(dead_.prefix(), after, kDeadPage);
    if (!page) return page.error();
    for (auto& [key, entry] : page->items) {
      if (key.size() <= suffix.size() || key.compare(key.size() - suffix.size(), suffix.size(), suffix) != 0) continue;
      DeadEntry found;
      found.key = key;
      found.generation = entry.generation;
      if (auto record = DeadRecord::parse(entry.value)) found.record = std::move(*record);
      return found;
    }
    after = std::move(page->next);
  } while (!after.empty());
  return Error(ErrorKind::not_found,
               fmt::format("no dead letter has the event id {}: it was revived or dismissed", event_id));
}

Result<DeadRecord> InboxStore::dead_letter(Store& store, std::string_view event_id) const {
  auto found = find_dead(store, event_id);
  if (!found) return found.error();
  return std::move(found->record);
}

Result<void> InboxStore::dismiss(Store& store, std::string_view event_id) const {
  auto found = find_dead(store, event_id);
  if (!found) return found.error();
  auto outcome = store.remove_if_unchanged(found->key, found->generation);
  if (!outcome) return outcome.error();
  return {};
}

Result<Accepted> InboxStore::revive(Store& store, const InboundEvent& event, WallTime now) const {
  constexpr int kRaces = 100;
  Accepted accepted = fresh(event, unix_millis(now + answer_within_));
  for (int race = 0; race < kRaces; ++race) {
    auto found = find_dead(store, event.event_id);
    if (!found) return found.error();
    auto known = load(store, event.event_id);
    if (!known) return known.error();
    accepted.event.generation = *known ? (*known)->generation : 0;
    auto committed = enqueue(store, event, accepted, StoreWrite::remove(found->key, found->generation), now);
    if (!committed) return committed.error();
    if (*committed) return accepted;
  }
  return Error(ErrorKind::rate_limited, "the queue of one customer was changed by others again and again: try again");
}

}  // namespace detail
KEFU_END_NAMESPACE
