#include "channel/accounts/known_merchants.hpp"

#include "channel/accounts/links.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMostMerchants = 1000;
using Page = std::vector<Merchant>;

/// One merchant's records, as they are listed.
struct Records {
  std::optional<std::string> grant;
  std::optional<Attempt> attempt;
};
/// By the escaped name, whose bytes are the order.
using Found = std::map<std::string, Records, std::less<>>;

/// Up to `limit` entries under `keys` after a name. The store's own pages may be short; ours is short at the end only.
template <class Keep>
Result<void> list_some(Store& store, const StoreKey& keys, const std::string& after, std::size_t limit, Keep keep) {
  const std::string prefix = keys.prefix();
  std::string from = after.empty() ? std::string() : keys.with(after);
  for (std::size_t left = limit; left > 0;) {
    auto items = store.list(prefix, from, left);
    if (!items) return items.error();
    for (StoreItem& item : items->items) keep(item.first.substr(prefix.size()), item.second.value);
    left -= std::min(left, items->items.size());
    if (items->next.empty()) return {};
    from = std::move(items->next);
  }
  return {};
}

}  // namespace

Pending<Merchant> KnownMerchants::merchant(std::string id) const {
  Promise<Merchant> promise(runtime_);
  auto pending = promise.pending();
  if (auto complaint = check_merchant_name(id)) {
    promise.answer(Error(ErrorKind::bad_argument, *std::move(complaint)));
    return pending;
  }
  const std::string grant = grants_.with(id);
  runtime_->with_store<Merchant>(
      Affinity(grant),
      [grant, attempt = attempts_.with(id), id, describe = describe_, unreadable = unreadable_,
       now = runtime_->clock->wall()](Store& store) -> Result<Merchant> {
        const auto found = store.get_many({grant, attempt});
        if (!found) return found.error();
        std::optional<Merchant> granted;
        if ((*found)[0]) {
          granted = describe((*found)[0]->value, now);
          if (!granted)
            return Error(unreadable, fmt::format("the stored grant of {} cannot be read: is the store of another "
                                                 "version, or of other keys? Else begin anew with Authorizer::link",
                                                 id));
        }
        std::optional<Attempt> way;
        if ((*found)[1]) way = Attempt::read((*found)[1]->value);
        auto merchant = with_attempt(id, std::move(granted), way, now);
        if (!merchant)
          return Error(ErrorKind::not_found, fmt::format("the merchant {} has not authorized the application", id));
        return *std::move(merchant);
      },
      [promise = std::move(promise)](Result<Merchant> merchant) mutable { promise.answer(std::move(merchant)); });
  return pending;
}

Pending<Page> KnownMerchants::merchants(std::string after, std::size_t limit) const {
  Promise<Page> promise(runtime_);
  auto pending = promise.pending();
  std::optional<std::string> complaint;
  if (!after.empty()) complaint = check_merchant_name(after);
  if (!complaint && (limit < 1 || limit > kMostMerchants))
    complaint = fmt::format("limit is {}, allowed are 1 to {}", limit, kMostMerchants);
  if (complaint) {
    promise.answer(Error(ErrorKind::bad_argument, *std::move(complaint)));
    return pending;
  }
  runtime_->with_store<Page>(
      Affinity(grants_.str()),
      [grants = grants_, attempts = attempts_, after = std::move(after), limit, describe = describe_,
       now = runtime_->clock->wall()](Store& store) mutable -> Result<Page> {
        for (Page page;;) {
          Found found;
          const std::size_t wanted = limit - page.size();
          auto listed = list_some(store, grants, after, wanted, [&found](std::string name, std::string& value) {
            found[std::move(name)].grant = std::move(value);
          });
          if (!listed) return listed.error();
          listed = list_some(store, attempts, after, wanted, [&found](std::string name, const std::string& value) {
            found[std::move(name)].attempt = Attempt::read(value);
          });
          if (!listed) return listed.error();
          std::size_t taken = 0;
          for (auto& [escaped, records] : found) {
            if (taken++ == wanted) break;  // beyond it the other list may have more
            after = unescaped_merchant(escaped);
            std::optional<Merchant> granted;
            if (records.grant) {
              granted = describe(*records.grant, now);
              if (!granted) {
                granted.emplace();
                granted->id = after;
                granted->state = Merchant::State::needs_authorization;
                granted->why = "the stored grant cannot be read";
              }
            }
            if (auto merchant = with_attempt(after, std::move(granted), records.attempt, now))
              page.push_back(*std::move(merchant));
          }
          if (page.size() >= limit || found.size() < wanted) return page;
        }
      },
      [promise = std::move(promise)](Result<Page> page) mutable { promise.answer(std::move(page)); });
  return pending;
}

}  // namespace detail
KEFU_END_NAMESPACE
