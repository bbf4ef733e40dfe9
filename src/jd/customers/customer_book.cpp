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
/// Of the customers of one commit, with which come the records of those they were joined to.
constexpr std::size_t kMostNames = 150;
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

/// The names of several customers, read from the store and put in order there, in one commit. On the store thread.
class CustomerBook::Step {
 public:
  Step(Store& store, const StoreKey& keys, WallTime now) : store_(store), keys_(keys), now_(unix_millis(now)) {}

  /// Who is meant by each. `too_many`: one commit cannot hold what is to be written for all of them, and nothing was.
  Result<std::vector<CustomerId>> settle(const Seen& seen, bool learns, std::vector<Joined>& joined, bool& too_many) {
    for (int race = 0; race < kNameRaces; ++race) {
      read_.clear();
      std::vector<Joined> found;
      if (auto loaded = load_all(seen); !loaded) return loaded.error();
      for (const auto& [customer, names] : seen)
        if (learns && !names.empty())
          if (auto learned = learn(names, found); !learned) return learned.error();
      auto meant = read_out(seen);
      if (!meant) return meant;
      const std::vector<StoreWrite> writes = learns ? changed() : std::vector<StoreWrite>();
      too_many = writes.size() > Store::kMaxWrites;
      if (too_many) return std::vector<CustomerId>();
      if (!writes.empty()) {
        auto outcome = store_.commit(writes, Durability::relaxed);
        if (!outcome) return outcome.error();
        if (!outcome->committed) continue;
      }
      std::move(found.begin(), found.end(), std::back_inserter(joined));
      return meant;
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

  Result<void> load_all(const Seen& seen) {
    std::vector<std::string> names;
    for (const auto& [customer, own] : seen) names.insert(names.end(), own.begin(), own.end());
    return load(names);
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

  /// After all were learned: what the last of them says of a buyer holds for the first too.
  Result<std::vector<CustomerId>> read_out(const Seen& seen) {
    std::vector<CustomerId> meant;
    for (const auto& [customer, names] : seen) {
      if (names.empty()) {  // a masked name, or none
        meant.push_back(customer);
        continue;
      }
      auto id = known(names);
      if (!id) return id.error();
      meant.push_back(named(*std::move(id), customer));
    }
    return meant;
  }

  Result<void> learn(const std::vector<std::string>& names, std::vector<Joined>& joined) {
    std::vector<std::string> owners;
    for (const std::string& name : names) {
      if (!read_[name].record) continue;
      auto found = owner(name);
      if (!found) return found.error();
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
    return {};
  }

  /// What is new, and what is used but was not written for long, so that it does not end.
  std::vector<StoreWrite> changed() {
    std::vector<StoreWrite> writes;
    for (auto& [name, entry] : read_) {
      if (!entry.record) continue;
      const bool is_old = now_ - entry.record->written > std::chrono::milliseconds(kWriteAgain).count();
      if (!entry.must_write && !is_old) continue;
      entry.record->written = now_;
      writes.push_back(StoreWrite::put(key_of(name), entry.record->text(), entry.generation, kKeepNames));
    }
    return writes;
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
};

/// Many in one commit; one by one if that is too large for the store.
Result<CustomerBook::Worked> CustomerBook::work(Store& store, const std::vector<CustomerId>& seen, bool learns) const {
  const StoreKey keys(runtime_->name_space, "jd", "customer", shop_);
  Step step(store, keys, runtime_->clock->wall());
  Worked worked;
  const auto settle_some = [&](const Seen& some, bool& too_many) -> Result<void> {
    auto meant = step.settle(some, learns, worked.joined, too_many);
    if (!meant) return meant.error();
    std::move(meant->begin(), meant->end(), std::back_inserter(worked.meant));
    return {};
  };
  Seen group;
  std::size_t names = 0;
  const auto settle_group = [&]() -> Result<void> {
    bool too_many = false;
    if (auto done = settle_some(group, too_many); !done) return done;
    for (std::size_t i = 0; too_many && i < group.size(); ++i) {
      bool alone_too_many = false;  // a customer has few names
      if (auto done = settle_some({group[i]}, alone_too_many); !done) return done;
    }
    group.clear();
    names = 0;
    return {};
  };
  for (const CustomerId& customer : seen) {
    std::vector<std::string> strong = strong_names(customer);
    if (names + strong.size() > kMostNames)
      if (auto done = settle_group(); !done) return done.error();
    names += strong.size();
    group.emplace_back(customer, std::move(strong));
  }
  if (auto done = settle_group(); !done) return done.error();
  return worked;
}

void CustomerBook::settle(std::vector<CustomerId> seen, Settled done) {
  runtime_->with_store<Worked>(
      affinity(),
      [self = shared_from_this(), seen = std::move(seen)](Store& store) { return self->work(store, seen, true); },
      [self = shared_from_this(), done = std::move(done)](Result<Worked> worked) mutable {
        if (!worked) return done(worked.error());
        for (const Joined& joined : worked->joined) self->report(joined);
        done(std::move(worked->meant));
      });
}

/// One look-up on its way. Dropped unanswered (the runtime ends) it says so.
struct CustomerBook::Search final : std::enable_shared_from_this<Search> {
  Search(const detail::RuntimeCore& runtime, std::vector<CustomerId> customers, const CallOptions& options,
         CancelToken unwanted, FoundAll found)
      : asked(std::move(customers)),
        wait(runtime.scheduler,
             runtime.clock->mono() + std::clamp(options.timeout.value_or(kFindTime), Millis(0), kFindTime),
             options.cancel, std::move(unwanted)),
        done(std::move(found)) {}
  ~Search() { answer(Error(ErrorKind::cancelled, "the runtime ended while it looked up a customer")); }

  void ended(detail::Wait::End end) {
    if (end == detail::Wait::End::cancelled)
      answer(Error(ErrorKind::cancelled, "cancelled while a customer was looked up: nothing was sent"));
    else
      answer(asked);
  }
  void answer(Result<std::vector<CustomerId>> result) {
    if (wait.close()) done(std::move(result));
  }

  const std::vector<CustomerId> asked;
  detail::Wait wait;
  FoundAll done;
};

void CustomerBook::find_all(std::vector<CustomerId> customers, const CallOptions& options, CancelToken unwanted,
                            FoundAll done) {
  auto search =
      std::make_shared<Search>(*runtime_, std::move(customers), options, std::move(unwanted), std::move(done));
  runtime_->scheduler->post([search] { search->wait.hear(std::weak_ptr<Search>(search)); });
  runtime_->with_store<Worked>(
      affinity(), [self = shared_from_this(), search](Store& store) { return self->work(store, search->asked, false); },
      [search](Result<Worked> worked) { search->answer(worked ? std::move(worked->meant) : search->asked); });
}

void CustomerBook::find(CustomerId customer, const CallOptions& options, CancelToken unwanted, Found done) {
  std::vector<CustomerId> one{std::move(customer)};
  find_all(std::move(one), options, std::move(unwanted),
           [done = std::move(done)](Result<std::vector<CustomerId>> meant) mutable {
             if (!meant) return done(meant.error());
             done(std::move(meant->front()));
           });
}

void CustomerBook::report(const Joined& joined) const {
  if (!runtime_->observer) return;
  detail::log(*runtime_->observer, LogLevel::warning, log_event::kCustomersJoined,
              "two customers were found to be one buyer: new events come under the one that was seen first",
              {{"platform", "jd"}, {"account", shop_}, {"customer", joined.kept}, {"joined", joined.ended}});
}

}  // namespace jd
KEFU_END_NAMESPACE
