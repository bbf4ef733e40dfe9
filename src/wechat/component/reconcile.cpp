#include "wechat/component/reconcile.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kEntriesAtOnce = 50;
constexpr std::size_t kMostListed = 1'000'000;
/// The list's moments are the platform's, a code's use is dated by this host's clock.
constexpr std::chrono::minutes kUseSlack{5};

/// What one commit after the other changed.
struct Applied {
  std::vector<Merchant> adopted;
  std::vector<Merchant> repaired;
};

/// The merchant who was on the way here when a process died: the only one whose code was never seen to its end, and
/// fits.
Result<std::string> merchant_on_the_way(Store& store, const ComponentRecords& records,
                                        const AuthorizerPage::Entry& entry) {
  const WallTime authorized = from_unix_seconds(std::max<std::int64_t>(entry.auth_time, 0));
  std::string found;
  std::string from;
  do {
    auto page = store.list(records.keys.codes_prefix(), from, 100);
    if (!page) return page.error();
    for (const StoreItem& item : page->items) {
      const auto use = CodeUse::read(item.second.value);
      if (!use || use->redeemed || use->merchant.empty()) continue;
      if (!use->app_id.empty() && use->app_id != entry.app_id) continue;
      if (use->app_id.empty() && (use->since + kUseSlack < authorized || authorized + kUseSlack < use->since)) continue;
      if (!found.empty() && found != use->merchant) return std::string();
      found = use->merchant;
    }
    from = page->next;
  } while (!from.empty());
  return found;
}

Result<Applied> apply_entries(Store& store, const ComponentRecords& records,
                              const std::vector<AuthorizerPage::Entry>& entries, WallTime now) {
  Applied applied;
  for (const AuthorizerPage::Entry& entry : entries) {
    if (entry.refresh_token.empty()) continue;
    auto merchant = find_merchant(store, records.keys, entry.app_id);
    if (!merchant) return merchant.error();
    const bool is_new = merchant->empty();
    if (is_new) {
      merchant = merchant_on_the_way(store, records, entry);
      if (!merchant) return merchant.error();
    }
    auto put = put_listed(store, records, *merchant, entry, now);
    // The name of who was on the way may be taken by now.
    if (!put && is_new && put.error().kind() == ErrorKind::conflict) put = put_listed(store, records, {}, entry, now);
    if (!put) return put.error();
    if (put->grant) (put->was_active ? applied.repaired : applied.adopted).push_back(put->grant->describe());
  }
  return applied;
}

struct Missing {
  std::vector<Merchant> ended;
  std::string next;
};

/// Ends the grants of one page that the list does not have and that are older than it.
Result<Missing> end_missing(Store& store, const ComponentRecords& records, const std::string& after,
                            const std::set<std::string, std::less<>>& listed, WallTime began) {
  Missing missing;
  auto page = store.list(records.keys.grants_prefix(), after, 100);
  if (!page) return page.error();
  for (const StoreItem& item : page->items) {
    const auto grant = ComponentGrant::read(item.second.value);
    if (!grant || grant->state != Merchant::State::active || listed.count(grant->app_id) != 0) continue;
    if (grant->authorized_at >= began) continue;
    GrantEnd end;
    end.when = began;
    end.why = "the platform's list does not have it any more";
    const auto ended = end_grant(store, records, grant->app_id, end);
    if (!ended) return ended.error();
    if (ended->grant) missing.ended.push_back(ended->grant->describe());
  }
  missing.next = page->next;
  return missing;
}

}  // namespace

Reconciliation::Reconciliation(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, ComponentRecords records,
                               std::shared_ptr<detail::MerchantEvents> events, MonoTime deadline,
                               const CallOptions& options, CancelToken dropped, Done done)
    : runtime_(std::move(runtime)),
      client_(std::move(client)),
      records_(std::move(records)),
      began_(runtime_->clock->wall()),
      events_(std::move(events)),
      done_(std::move(done)),
      wait_(runtime_->scheduler, deadline, options, std::move(dropped)) {}

void Reconciliation::ask(std::int64_t offset) {
  ListAuthorizers request(offset);
  request.component_app_id = records_.component_app_id;
  client_.start(
      std::move(request), wait_.rest(*runtime_->clock), CancelToken(),
      [self = shared_from_this(), offset](Result<AuthorizerPage> page) { self->listed(offset, std::move(page)); });
}

/// total_count may change on the way, and a page be shorter than was asked for.
void Reconciliation::listed(std::int64_t offset, Result<AuthorizerPage> page) {
  if (!page) return done_(page.error());
  const std::int64_t next = offset + static_cast<std::int64_t>(page->list.size());
  const bool is_last = page->list.empty() || next >= page->total_count;
  for (AuthorizerPage::Entry& entry : page->list) {
    known_.insert(entry.app_id);
    entries_.push_back(std::move(entry));
  }
  if (entries_.size() > kMostListed)
    return done_(Error(ErrorKind::malformed_reply, "the list of authorizers does not end"));
  if (!is_last) return ask(next);
  report_.listed = entries_.size();
  apply(0);
}

void Reconciliation::apply(std::size_t first) {
  if (first >= entries_.size()) return find_missing({});
  const std::size_t last = std::min(first + kEntriesAtOnce, entries_.size());
  Entries some(entries_.begin() + static_cast<std::ptrdiff_t>(first),
               entries_.begin() + static_cast<std::ptrdiff_t>(last));
  runtime_->with_store<Applied>(
      detail::Affinity(records_.keys.grants_prefix()),
      [records = records_, some = std::move(some), now = began_](Store& store) {
        return apply_entries(store, records, some, now);
      },
      [self = shared_from_this(), last](const Result<Applied>& applied) {
        if (!applied) return self->done_(applied.error());
        self->report_.adopted += applied->adopted.size();
        self->report_.repaired += applied->repaired.size();
        for (const Merchant& one : applied->adopted) self->events_->tell(MerchantEvent::Kind::authorized, one);
        for (const Merchant& one : applied->repaired) self->events_->tell(MerchantEvent::Kind::updated, one);
        self->apply(last);
      });
}

void Reconciliation::find_missing(const std::string& after) {
  runtime_->with_store<Missing>(
      detail::Affinity(records_.keys.grants_prefix()),
      [self = shared_from_this(), after](Store& store) {
        return end_missing(store, self->records_, after, self->known_, self->began_);
      },
      [self = shared_from_this()](const Result<Missing>& missing) {
        if (!missing) return self->done_(missing.error());
        self->report_.ended += missing->ended.size();
        for (const Merchant& one : missing->ended) self->events_->tell(MerchantEvent::Kind::withdrawn, one);
        if (!missing->next.empty()) return self->find_missing(missing->next);
        self->done_(std::move(self->report_));
      });
}

}  // namespace wechat
KEFU_END_NAMESPACE
