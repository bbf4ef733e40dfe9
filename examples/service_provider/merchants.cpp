#include "merchants.hpp"

#include <cstdio>

using kefu::Merchant;
using ChannelPtr = std::shared_ptr<kefu::Channel>;

ChannelPtr Merchants::find(const std::string& account) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : found->second;
}

std::vector<ChannelPtr> Merchants::refresh() {
  constexpr std::size_t kPage = 100;
  const std::lock_guard<std::mutex> one_at_a_time(refreshing_);
  std::vector<ChannelPtr> opened;
  std::string after;
  for (;;) {
    const auto page = authorizer_->merchants(after, kPage).get();
    if (!page) return opened;  // the store is away: what is open goes on
    for (const Merchant& merchant : *page)
      if (auto account = look_at(merchant)) opened.push_back(std::move(account));
    if (page->size() < kPage) return opened;
    after = page->back().id;
  }
}

ChannelPtr Merchants::look_at(const Merchant& merchant) {
  if (merchant.state != Merchant::State::active) return nullptr;  // what is open refuses calls by itself
  const auto known = opened_.find(merchant.id);
  if (known != opened_.end() && known->second == merchant.authorized_at) return nullptr;
  const auto account = open_(merchant);
  if (!account) {
    std::fprintf(stderr, "%s: %s\n", merchant.id.c_str(), account.error().to_string().c_str());
    return nullptr;  // the next look tries again
  }
  opened_[merchant.id] = merchant.authorized_at;
  const std::lock_guard<std::mutex> lock(mutex_);
  accounts_[(*account)->id()] = *account;
  return *account;
}
