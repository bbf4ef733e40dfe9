#include "channel/inbox/dead_letters.hpp"

#include "channel/inbox/core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Values that are read at once: 16 of the largest.
constexpr std::size_t kLettersAtOnce = 16;
/// A listing ends when it holds so many bytes of events.
constexpr std::size_t kMostLetterBytes = Store::kMaxListedBytes;

DeadLetter letter_of(const std::string& key, const DeadRecord& record) {
  DeadLetter letter;
  letter.place = key;
  letter.event_id = letter.event.event_id = AccountKeys::event_of(key);
  letter.event.account = AccountKeys::account_of(key);
  letter.event.received_time = from_unix_millis(record.received);
  letter.event.raw = record.raw;
  letter.why = record.why;
  letter.tries = record.tries;
  return letter;
}

/// What stands in a letter's place; one that cannot be read says so.
DeadRecord record_in(const Result<std::optional<StoreEntry>>& entry) {
  DeadRecord unread;
  if (!entry) {
    unread.why = entry.error().message();
    return unread;
  }
  if (auto record = DeadRecord::parse((*entry)->value)) return *std::move(record);
  unread.why = "this dead letter is damaged or from a newer kefu; it stands here as it was";
  unread.raw = (*entry)->value;
  return unread;
}

/// The event as it came, where its account is known and can read it.
void reopen(const InboxCore& core, DeadLetter& letter) {
  const AccountPtr account = core.accounts->known(letter.event.account);
  if (!account) return;
  auto event = account->channel->reopen(letter.event.raw, letter.event.received_time);
  if (!event) return;
  letter.event = *std::move(event);
  letter.event.event_id = letter.event_id;
}

}  // namespace

Result<std::vector<DeadLetters::Found>> DeadLetters::read(Store& store, const std::string& prefix, std::string after,
                                                          std::size_t limit) {
  std::vector<Found> found;
  std::size_t bytes = 0;
  while (found.size() < limit && bytes < kMostLetterBytes) {
    auto page = store.list(prefix, after, ListLimits::keys(std::min(limit - found.size(), kLettersAtOnce)));
    if (!page) return page.error();
    std::vector<std::string> keys;
    for (auto& item : page->items) keys.push_back(std::move(item.first));
    auto entries = store.get_many(keys);
    // One that the store cannot open hides no other.
    if (!entries && entries.error().kind() != ErrorKind::configuration) return entries.error();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto entry = entries ? Result<std::optional<StoreEntry>>(std::move((*entries)[i])) : store.get(keys[i]);
      if (entry && !*entry) continue;
      if (entry) bytes += (*entry)->value.size();
      found.push_back(Found{keys[i], letter_of(keys[i], record_in(entry))});
    }
    after = std::move(page->next);
    if (after.empty()) break;
  }
  return found;
}

Result<DeadLetters::Found> DeadLetters::find(Store& store, const std::string& prefix, const std::string& event_id) {
  const auto letter_at = [&store](const std::string& key) -> Result<Found> {
    auto entry = store.get(key);
    if (!entry) return entry.error();
    if (!*entry) return Error(ErrorKind::not_found, "the dead letter was revived or dismissed");
    return Found{key, letter_of(key, record_in(entry))};
  };
  if (event_id.compare(0, prefix.size(), prefix) == 0) return letter_at(event_id);
  const StoreKey none("", "", "", "");
  const std::string suffix = none.with(event_id).substr(none.str().size());
  std::string after;
  do {
    auto page = store.list(prefix, after, ListLimits::keys(Store::kMaxListed));
    if (!page) return page.error();
    for (const auto& item : page->items) {
      const std::string& key = item.first;
      if (key.size() <= suffix.size() || key.compare(key.size() - suffix.size(), suffix.size(), suffix) != 0) continue;
      return letter_at(key);
    }
    after = std::move(page->next);
  } while (!after.empty());
  return Error(ErrorKind::not_found,
               fmt::format("no dead letter has the event id {}: it was revived or dismissed", event_id));
}

Pending<std::vector<DeadLetter>> DeadLetters::list(std::size_t limit, std::string after) {
  Promise<std::vector<DeadLetter>> promise(core_.runtime);
  auto pending = promise.pending();
  core_.runtime->with_store<std::vector<Found>>(
      [prefix = core_.accounts->dead_prefix(), limit, after = std::move(after)](Store& store) {
        return read(store, prefix, after, limit);
      },
      [core = core_.shared_from_this(), promise = std::move(promise)](Result<std::vector<Found>> found) mutable {
        if (!found) return promise.answer(found.error());
        std::vector<DeadLetter> letters;
        for (Found& one : *found) {
          reopen(*core, one.letter);
          letters.push_back(std::move(one.letter));
        }
        promise.answer(std::move(letters));
      });
  return pending;
}

Pending<void> DeadLetters::revive(std::string event_id) {
  auto promise = std::make_shared<Promise<void>>(core_.runtime);
  auto pending = promise->pending();
  core_.runtime->with_store<Found>([prefix = core_.accounts->dead_prefix(), event_id = std::move(event_id)](
                                       Store& store) { return find(store, prefix, event_id); },
                                   [core = core_.shared_from_this(), promise](Result<Found> found) {
                                     if (!found) return promise->answer(found.error());
                                     core->letters.put_back(*std::move(found), promise);
                                   });
  return pending;
}

void DeadLetters::put_back(Found found, std::shared_ptr<Promise<void>> promise) {
  const std::string account = found.letter.event.account;
  core_.accounts->find(
      account, core_.mono() + AccountBook::kFindTime,
      [core = core_.shared_from_this(), found = std::move(found), promise](const Result<AccountPtr>& it) {
        if (!it) return promise->answer(it.error());
        auto event = (*it)->channel->reopen(found.letter.event.raw, found.letter.event.received_time);
        if (!event) return promise->answer(event.error());
        event->event_id = found.letter.event_id;
        const std::string lane = (*it)->keys.lane(*event);
        core->journal->run<Accepted>(
            (*it)->number, {found.key},
            [steps = core->steps, account = *it, event = *std::move(event), key = found.key](
                StagedStore& view, const std::string& session) {
              return steps->revive(view, session, *account, event, key);
            },
            [core, promise, account = *it, lane](const Result<Accepted>& accepted, std::uint64_t) {
              if (!accepted) return promise->answer(accepted.error());
              promise->answer(Result<void>());
              if (accepted->is_ours) core->lanes.offer(account, lane, accepted->head);
            });
      });
}

Pending<void> DeadLetters::dismiss(std::string event_id) {
  Promise<void> promise(core_.runtime);
  auto pending = promise.pending();
  core_.runtime->with_store<void>(
      [prefix = core_.accounts->dead_prefix(), event_id = std::move(event_id)](Store& store) -> Result<void> {
        auto found = find(store, prefix, event_id);
        if (!found) return found.error();
        auto entry = store.get(found->key);
        if (!entry) return entry.error();
        if (!*entry) return {};
        auto removed = store.remove_if_unchanged(found->key, (*entry)->generation);
        if (!removed) return removed.error();
        return {};
      },
      [promise = std::move(promise)](Result<void> outcome) mutable { promise.answer(std::move(outcome)); });
  return pending;
}

}  // namespace detail
KEFU_END_NAMESPACE
