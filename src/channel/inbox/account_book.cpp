#include "channel/inbox/account_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kKept{60'000};
constexpr std::size_t kMostKept = 4'096;
constexpr HostSeam kResolver{"AccountResolver"};

Error no_such_account(const std::string& account) {
  return Error(ErrorKind::not_found, "there is no account " + account);
}

}  // namespace

/// Somebody who waits for an account.
struct AccountBook::Asked {
  explicit Asked(Found f) : found(std::move(f)) {}
  void answer(Result<AccountPtr> account) {
    if (Found told = std::exchange(found, nullptr)) told(std::move(account));
  }
  Found found;
  Scheduler::Ticket timer = 0;
};

AccountBook::AccountBook(std::shared_ptr<RuntimeCore> runtime, AccountPtr only)
    : runtime_(std::move(runtime)), only_(std::move(only)), platform_(only_->channel->platform()) {}
AccountBook::AccountBook(std::shared_ptr<RuntimeCore> runtime, std::string platform, AccountResolver resolver)
    : runtime_(std::move(runtime)), platform_(std::move(platform)), resolver_(std::move(resolver)) {}

std::string AccountBook::lane_prefix() const {
  return only_ ? only_->keys.lane_prefix() : AccountKeys::all_lanes(runtime_->name_space, platform_);
}

std::string AccountBook::dead_prefix() const {
  return only_ ? only_->keys.dead_prefix() : AccountKeys::all_dead(runtime_->name_space, platform_);
}

AccountPtr AccountBook::known(const std::string& account) const {
  if (only_) return account.empty() || account == only_->channel->id() ? only_ : nullptr;
  const auto place = known_.find(account);
  return place != known_.end() && runtime_->clock->mono() < place->second.until ? place->second.account : nullptr;
}

void AccountBook::find(const std::string& account, MonoTime deadline, Found found) {
  if (auto known = this->known(account)) return found(std::move(known));
  if (only_) return found(no_such_account(account));
  const auto asked = std::make_shared<Asked>(std::move(found));
  asked->timer = runtime_->scheduler->run_at(
      deadline, [self = shared_from_this(), asked, account] { self->timed_out(account, asked); });
  auto& waiting = asked_[account];
  waiting.push_back(asked);
  if (waiting.size() == 1) ask(account);
}

/// A resolver that nobody waits for any more is asked anew by whoever comes next.
void AccountBook::timed_out(const std::string& account, const std::shared_ptr<Asked>& asked) {
  if (const auto place = asked_.find(account); place != asked_.end()) {
    auto& waiting = place->second;
    waiting.erase(std::remove(waiting.begin(), waiting.end(), asked), waiting.end());
    if (waiting.empty()) asked_.erase(place);
  }
  asked->answer(Error(ErrorKind::timeout, "the resolver did not find account " + account + " in time"));
}

void AccountBook::ask(const std::string& account) {
  auto started = call_host(runtime_->observer.get(), kResolver, [&] { return resolver_(account); });
  if (!started) return answered(account, started.error());
  (*std::move(started)).then([self = shared_from_this(), account](Result<std::shared_ptr<Channel>> channel) {
    self->runtime_->scheduler->post(
        [self, account, channel = std::move(channel)]() mutable { self->answered(account, std::move(channel)); });
  });
}

/// What the resolver found. Events stand under the account's name: one of another name would never be found again.
Result<AccountPtr> AccountBook::open(const std::string& account, Result<std::shared_ptr<Channel>> channel) const {
  if (!channel) return channel.error();
  if (!*channel) return no_such_account(account);
  auto opened = HostChannel::open(runtime_, *std::move(channel), true);
  if (!opened) return opened.error();
  const HostChannel& found = **opened;
  if (found.id() != account || found.platform() != platform_) {
    return Error(ErrorKind::internal, fmt::format("AccountResolver gave account {} of {} for account {} of {}",
                                                  found.id(), found.platform(), account, platform_));
  }
  return AccountPtr(std::make_shared<const InboxAccount>(runtime_->name_space, *std::move(opened)));
}

void AccountBook::answered(const std::string& account, Result<std::shared_ptr<Channel>> channel) {
  const auto place = asked_.find(account);
  if (place == asked_.end()) return;
  const auto waiting = std::move(place->second);
  asked_.erase(place);
  const Result<AccountPtr> found = open(account, std::move(channel));
  if (found) {
    if (known_.size() >= kMostKept) known_.clear();
    known_[account] = Known{*found, runtime_->clock->mono() + kKept};
  }
  for (const auto& asked : waiting) {
    runtime_->scheduler->drop(asked->timer);
    asked->answer(found);
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
