#include "jd/customers/customer_book.hpp"

#include "core/async/wait.hpp"
#include "core/crypto/crypto.hpp"
#include "core/report/reporting.hpp"
#include "jd/customers/record.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/jd/buyer.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kNameRaces = 20;
/// Of chains of joined customers.
constexpr int kLongestChain = 8;
constexpr std::chrono::hours kKeepNames{24 * 366};
/// A record that is used is written again after this time, so that it does not end.
constexpr std::chrono::hours kWriteAgain{24 * 30};

}  // namespace

std::vector<std::string> strong_names(const CustomerId& customer) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const auto ids = buyer_of(CustomerId(name));
    const bool is_strong = ids && !ids->empty() && !is_masked(ids->pin);
    if (is_strong && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  add(customer.id);
  for (const std::string& name : customer.aliases) add(name);
  return names;
}

/// One customer's names, read from the store and put in order there. On the store thread.
class CustomerBook::Step {
 public:
  Step(Store& store, const StoreKey& keys, WallTime now) : store_(store), keys_(keys), now_(unix_millis(now)) {}

  /// The id that is meant; the records of what was read are `known`.
  Result<CustomerId> settle(const CustomerId& seen, bool learns, std::vector<Joined>& joined) {
    const std::vector<std::string> names = strong_names(seen);
    if (names.empty()) return seen;  // a masked name, or none
    for (int race = 0; race < kNameRaces; ++race) {
      read_.clear();
      writes_.clear();
      joined.clear();
      if (auto loaded = load(names); !loaded) return loaded.error();
      auto id = learns ? learn(names, joined) : known(names);
      if (!id) return id.error();
      if (!writes_.empty()) {
        auto outcome = store_.commit(writes_, Durability::relaxed);
        if (!outcome) return outcome.error();
        if (!outcome->committed) continue;
      }
      return named(*std::move(id), seen);
    }
    return Error(ErrorKind::rate_limited, "the names of a customer were changed by others again and again: try again");
  }

 private:
  struct Entry {
    std::optional<CustomerRecord> record;
    std::uint64_t generation = 0;
    bool must_write = false;
  };

  /// Of bounded length, whatever the platform calls a buyer.
  std::string key_of(std::string_view name) const {
    return keys_.with(detail::digest(detail::DigestKind::sha256, name).hex());
  }

  Result<void> load(const std::vector<std::string>& names) {
    std::vector<std::string> keys;
    for (const std::string& name : names) keys.push_back(key_of(name));
    auto found = store_.get_many(keys);
    if (!found) return found.error();
    for (std::size_t i = 0; i < names.size(); ++i) {
      Entry& entry = read_[names[i]];
      if (!(*found)[i]) continue;
      entry.generation = (*found)[i]->generation;
      entry.record = CustomerRecord::parse((*found)[i]->value);
    }
    return {};
  }

  /// The record of the customer behind a name, which may have been joined to others.
  Result<std::string> owner(std::string name) {
    for (int link = 0; link < kLongestChain; ++link) {
      if (read_.find(name) == read_.end())
        if (auto loaded = load({name}); !loaded) return loaded.error();
      const auto& record = read_[name].record;
      if (!record || record->id == name) return name;
      name = record->id;
    }
    return name;
  }

  Result<std::string> known(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!read_[name].record) continue;
      return owner(name);
    }
    return names.front();
  }

  Result<std::string> learn(const std::vector<std::string>& names, std::vector<Joined>& joined) {
    std::vector<std::string> owners;
    for (const std::string& name : names) {
      if (!read_[name].record) continue;
      auto found = owner(name);
      if (!found) return found;
      if (std::find(owners.begin(), owners.end(), *found) == owners.end()) owners.push_back(*std::move(found));
    }
    const auto seen_at = [this](const std::string& name) {
      const auto& record = read_[name].record;
      return record ? record->at : now_;
    };
    const auto first = std::min_element(owners.begin(), owners.end(), [&](const auto& a, const auto& b) {
      return seen_at(a) != seen_at(b) ? seen_at(a) < seen_at(b) : a < b;
    });
    const std::string id = first == owners.end() ? names.front() : *first;
    CustomerRecord& kept = begin(id);
    for (const std::string& other : owners) {
      if (other == id) continue;
      for (const std::string& name : begin(other).names) add(id, kept, name);
      point(other, id);
      joined.push_back(Joined{id, other});
    }
    for (const std::string& name : names) {
      add(id, kept, name);
      const auto& record = read_[name].record;
      if (name != id && (!record || record->id != id)) point(name, id);
    }
    for (auto& [name, entry] : read_) {
      if (!entry.record || (entry.record->id != id && name != id)) continue;
      const bool is_old = now_ - entry.record->written > std::chrono::milliseconds(kWriteAgain).count();
      if (!entry.must_write && !is_old) continue;
      entry.record->written = now_;
      writes_.push_back(StoreWrite::put(key_of(name), entry.record->text(), entry.generation, kKeepNames));
    }
    return id;
  }

  /// The record of a customer, perhaps new.
  CustomerRecord& begin(const std::string& id) {
    Entry& entry = read_[id];
    if (!entry.record) {
      entry.record.emplace();
      entry.record->at = now_;
      entry.must_write = true;
    }
    entry.record->id = id;
    return *entry.record;
  }
  void add(const std::string& id, CustomerRecord& record, const std::string& name) {
    if (record.add(name)) read_[id].must_write = true;
  }
  void point(const std::string& name, const std::string& id) {
    Entry& entry = read_[name];
    if (!entry.record) {
      entry.record.emplace();
      entry.record->at = now_;
    }
    entry.record->id = id;
    entry.record->names.clear();
    entry.must_write = true;
  }

  CustomerId named(std::string id, const CustomerId& seen) {
    CustomerId customer(id, seen.union_id);
    const auto add = [&](const std::string& name) {
      const bool is_new = name != customer.id &&
                          std::find(customer.aliases.begin(), customer.aliases.end(), name) == customer.aliases.end();
      if (is_new && !name.empty()) customer.aliases.push_back(name);
    };
    add(seen.id);
    for (const std::string& name : seen.aliases) add(name);
    if (const auto& record = read_[id].record)
      for (const std::string& name : record->names) add(name);
    if (const auto ids = buyer_of(customer); ids && customer.union_id.empty()) customer.union_id = ids->xid;
    return customer;
  }

  Store& store_;
  const StoreKey& keys_;
  const std::int64_t now_;
  std::map<std::string, Entry> read_;  ///< By name.
  std::vector<StoreWrite> writes_;
};

Result<std::pair<std::vector<CustomerId>, std::vector<CustomerBook::Joined>>> CustomerBook::work(
    Store& store, std::vector<CustomerId> seen, bool learns) const {
  const StoreKey keys(runtime_->name_space, "jd", "customer", shop_);
  std::pair<std::vector<CustomerId>, std::vector<Joined>> settled;
  std::map<std::vector<std::string>, CustomerId> done;  // the same buyer comes again and again
  for (CustomerId& customer : seen) {
    const auto names = strong_names(customer);
    if (const auto known = done.find(names); known != done.end() && !names.empty()) {
      settled.first.push_back(known->second);
      continue;
    }
    std::vector<Joined> joined;
    auto found = Step(store, keys, runtime_->clock->wall()).settle(customer, learns, joined);
    if (!found) return found.error();
    if (!joined.empty()) done.clear();
    std::move(joined.begin(), joined.end(), std::back_inserter(settled.second));
    done.insert_or_assign(names, *found);
    settled.first.push_back(*std::move(found));
  }
  return settled;
}

void CustomerBook::settle(std::vector<CustomerId> seen, Settled done) {
  using Worked = std::pair<std::vector<CustomerId>, std::vector<Joined>>;
  runtime_->with_store<Worked>(
      affinity(),
      [self = shared_from_this(), seen = std::move(seen)](Store& store) { return self->work(store, seen, true); },
      [self = shared_from_this(), done = std::move(done)](Result<Worked> worked) mutable {
        if (!worked) return done(worked.error());
        for (const Joined& joined : worked->second) self->report(joined);
        done(std::move(worked->first));
      });
}

/// One look-up on its way. Dropped unanswered (the runtime ends) it says so.
struct CustomerBook::Search final : std::enable_shared_from_this<Search> {
  Search(const detail::RuntimeCore& runtime, CustomerId customer, CancelToken unwanted, Found found)
      : asked(std::move(customer)),
        wait(runtime.scheduler, runtime.clock->mono() + kFindTime, std::move(unwanted)),
        done(std::move(found)) {}
  ~Search() { answer(Error(ErrorKind::cancelled, "the runtime ended while it looked up a customer")); }

  void ended(detail::Wait::End end) {
    if (end == detail::Wait::End::cancelled)
      answer(Error(ErrorKind::cancelled, "cancelled while a customer was looked up: nothing was sent"));
    else
      answer(asked);
  }
  void answer(Result<CustomerId> result) {
    if (wait.close()) done(std::move(result));
  }

  const CustomerId asked;
  detail::Wait wait;
  Found done;
};

void CustomerBook::find(CustomerId customer, CancelToken unwanted, Found done) {
  using Worked = std::pair<std::vector<CustomerId>, std::vector<Joined>>;
  auto search = std::make_shared<Search>(*runtime_, std::move(customer), std::move(unwanted), std::move(done));
  runtime_->scheduler->post([search] { search->wait.hear(std::weak_ptr<Search>(search)); });
  runtime_->with_store<Worked>(
      affinity(),
      [self = shared_from_this(), seen = std::vector<CustomerId>{search->asked}](Store& store) {
        return self->work(store, seen, false);
      },
      [search](Result<Worked> worked) { search->answer(worked ? std::move(worked->first.front()) : search->asked); });
}

void CustomerBook::report(const Joined& joined) const {
  if (!runtime_->observer) return;
  detail::log(*runtime_->observer, LogLevel::warning, log_event::kCustomersJoined,
              "two customers were found to be one buyer: new events come under the one that was seen first",
              {{"platform", "jd"}, {"account", shop_}, {"customer", joined.kept}, {"joined", joined.ended}});
}

}  // namespace jd
KEFU_END_NAMESPACE
