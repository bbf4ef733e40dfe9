#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/sealed_store.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {
class RedisEngine;
}

/// Which server a RedisStore uses, and how.
struct RedisOptions {
  explicit RedisOptions(std::string where, Secret secret = Secret())
      : address(std::move(where)), password(std::move(secret)) {}

  /// "host:port" (6379 without a port, an IPv6 address in [ ]) or the path of a Unix socket; several with commas, up to
  /// 16, are tried in their order until one is a master, each with its share of `connect_timeout`: the nodes of a
  /// cluster, or a master and its replicas. Names are resolved by the system within its own time.
  std::string address;
  /// Of the server's ACL; empty: the default user.
  std::string user;
  /// For servers that ask for one.
  Secret password;
  /// Asked for the password each time a connection is made, in place of `password`, so that it may change: from any
  /// thread that uses the store, with no lock held, and it should answer at once.
  std::function<Result<Secret>()> password_provider;
  /// The number of the database, 0 to 65535; a cluster has only 0.
  int database = 0;
  /// What the keys begin with, in braces, so that a cluster keeps them in one slot: environments that share a server
  /// have one each and never meet. Letters, digits, `_`, `-` and `.`, 1 to 63.
  std::string prefix = "kefu";
  /// Debian's hiredis has no TLS, so by default only servers on this machine (loopback, a Unix socket) are connected
  /// to. True: also others, and whoever is on the way reads tokens and the password and may change them. For a private
  /// network; RedisStore::open_sealed() at least keeps the values to itself.
  bool allow_plain = false;
  /// The host knows that the server has `appendfsync always`, or is as durable by other means. Counts only where the
  /// server does not let itself be asked (CONFIG GET).
  bool fsync_always_asserted = false;
  /// The host accepts that what was acknowledged last is lost when a replica is promoted. Without it a server that has
  /// replicas is not durable().
  bool promotion_loss_accepted = false;
  /// The most connections of this process, 1 to 64; made when they are needed. Who finds none free waits.
  std::size_t connections = 8;
  /// The longest an operation takes, with all its waits, 10 ms to 60 s; then it answers `unavailable`.
  Millis timeout{5000};
  /// The longest that making a connection takes of that, over all servers.
  Millis connect_timeout{2000};
  /// What expiry and leases follow, for tests; all processes need the same. Default: the server's clock.
  std::shared_ptr<const Clock> clock;
};

/// The store of many hosts on a Redis server (7 or later; Valkey too) that their processes share.
///
/// Each operation is one script and one round trip, and so happens at one instant. Generations and fences come from a
/// counter that jumps whenever the server was restarted or a replica was promoted: it never gives a number out twice,
/// as long as the servers' clocks agree within a few seconds or what was lost holds less than a million of them. Ends
/// are kept by the server's clock, and expired entries are removed a few at a time, with later commits. All of a store
/// stands under seven keys that share a slot of a cluster; none has a time to live.
///
/// **Durability.** durable() is true if the server writes its log to the disk before it answers (`appendonly yes`,
/// `appendfsync always`, asked with CONFIG GET) and no replica is connected, since a promoted one lacks what was
/// acknowledged last; RedisOptions says otherwise where the host knows or accepts more. It is asked anew with each
/// connection. Durability::full and relaxed are the same here: the server decides. A server that may throw entries away
/// (`maxmemory` with an `allkeys-` policy) is refused.
///
/// **Faults.** `unavailable`: the server is out of reach, starts, is a replica, busy, or slower than the timeout; the
/// next call connects again, after a pause that grows to a second while connecting fails (calls in the pause answer at
/// once). `quota_exhausted`: its memory (`maxmemory`) or disk is full; expired entries are dropped first, and removals,
/// reading and leases go on where memory is full. `configuration`: password, rights, another program's data under our
/// keys, a store that was there and is gone. A commit whose answer was lost is Delivery::unknown. No error holds a
/// password, a key or a value, nor the server's own words, which may quote them.
///
/// A user of its own needs no more than `~{kefu}:* +@read +@write +@scripting +@connection +info +time +config|get`.
///
/// **After fork()** a child may not use what its parent opened: operations answer `configuration` there.
///
/// Thread safety: see Store. As many operations at a time as RedisOptions::connections.
class KEFU_EXPORT RedisStore final : public Store {
 public:
  /// Connects, and begins a store where none is: several processes may do so at once. Errors: `bad_argument` (options),
  /// `configuration` (another machine without `allow_plain`; user, password or rights; a server older than 7 or that
  /// throws entries away; a newer kefu wrote the store; damaged), `unavailable` (out of reach).
  static Result<std::shared_ptr<RedisStore>> open(RedisOptions options);
  /// The same with its values sealed by a key of the host; so it may also be on another machine. The server's password
  /// still goes there in plain, and keys, generations and leases can be read and changed on the way. Errors: as open()
  /// and SealedStore::create.
  static Result<std::shared_ptr<SealedStore>> open_sealed(RedisOptions options, SealedOptions seal);
  ~RedisStore() override;
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  /// See above; as the newest connection found it.
  bool durable() const noexcept override;
  /// Why durable() is false, and what would make it true; empty if it is.
  std::string_view why_not_durable() const noexcept;
  Result<WallTime> now() override;
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override;
  Result<void> release(const Lease& lease) override;

 private:
  explicit RedisStore(std::shared_ptr<detail::RedisEngine> engine);
  std::shared_ptr<detail::RedisEngine> engine_;
};

KEFU_END_NAMESPACE
