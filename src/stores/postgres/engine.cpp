#include "stores/postgres/engine.hpp"

#include "core/async/host_code.hpp"
#include "stores/postgres/layout.hpp"
#include "stores/shared/connecting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr HostSeam kPasswordProvider{"PostgresOptions::password_provider", ErrorKind::configuration};

bool is_schema_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), is_plain) &&
         name.substr(0, 3) != "pg_";
}

Result<void> check(const PostgresOptions& options) {
  const auto wrong = [](std::string_view what) { return postgres_error(ErrorKind::bad_argument, what); };
  if (!is_schema_name(options.schema)) {
    return wrong("schema is no name of 1 to 63 lower-case letters, digits and _ that does not begin with pg_");
  }
  return check_connecting(options, wrong);
}

}  // namespace

PostgresUse::~PostgresUse() {
  if (connection_ == nullptr) return;
  if (!connection_->is_broken() && connection_->in_transaction()) {
    // The locks of a transaction that failed should not wait for the end of the session.
    connection_->set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    static_cast<void>(connection_->run("ROLLBACK").has_value());
  }
  pool_->give_back(std::move(connection_));
}

PostgresEngine::PostgresEngine(PostgresOptions options)
    : options_(std::move(options)),
      schema_('"' + options_.schema + '"'),
      entries_(schema_),
      process_(getpid()),
      pool_("PostgreSQL store", options_.connections, [this](MonoTime deadline) { return connect(deadline); }) {}

Result<std::shared_ptr<PostgresEngine>> PostgresEngine::open(PostgresOptions options) {
  if (auto right = check(options); !right) return right.error();
  auto address = PostgresAddress::parse(options.conninfo);
  if (!address) return address.error();
  std::shared_ptr<PostgresEngine> engine(new PostgresEngine(std::move(options)));
  engine->address_ = *std::move(address);
  if (auto use = engine->take(engine->deadline()); !use) return use.error();
  return engine;
}

PostgresEngine::~PostgresEngine() {
  if (getpid() != process_) pool_.leak();
}

std::int64_t PostgresEngine::sweep_with(const std::vector<StoreWrite>& writes) {
  const auto expiring = std::count_if(writes.begin(), writes.end(), [](const auto& write) { return write.ttl; });
  may_expire_.fetch_add(expiring, std::memory_order_relaxed);
  if (commits_.fetch_add(1, std::memory_order_relaxed) % 8 != 0) return 0;
  return std::max<std::int64_t>(64, 2 * may_expire_.exchange(0, std::memory_order_relaxed));
}

std::optional<WallTime> PostgresEngine::given_time() const {
  return options_.clock ? std::optional<WallTime>(options_.clock->wall()) : std::nullopt;
}

Result<PostgresUse> PostgresEngine::take(MonoTime deadline) {
  if (getpid() != process_) {
    return postgres_error(
        ErrorKind::configuration,
        "it was opened before fork(), and a child process may not use what its parent has open: start "
        "the other program with exec, or open the store in the children only");
  }
  auto connection = pool_.take(deadline);
  if (!connection) return connection.error();
  (*connection)->set_deadline(deadline);
  return PostgresUse(pool_, *std::move(connection));
}

Result<Secret> PostgresEngine::password() const {
  if (!options_.password_provider) return options_.password;
  return call_host(nullptr, kPasswordProvider, [&] { return options_.password_provider(); });
}

Result<std::unique_ptr<PostgresConnection>> PostgresEngine::connect(MonoTime deadline) {
  const auto secret = password();
  if (!secret) return secret.error();
  const MonoTime until = std::min(deadline, std::chrono::steady_clock::now() + options_.connect_timeout);
  auto made = PostgresConnection::open(*address_, *secret, until);
  if (!made) return made;
  (*made)->set_deadline(deadline);
  if (auto ready = prepare_session(**made); !ready) return with_delivery_of(ready.error(), Delivery::not_sent);
  return made;
}

Result<void> PostgresEngine::prepare_session(PostgresConnection& connection) const {
  if (connection.server_version() < 140000) {
    return postgres_error(ErrorKind::configuration, "the server is older than PostgreSQL 14; update it");
  }
  if (connection.parameter("server_encoding") != "UTF8") {
    return postgres_error(ErrorKind::configuration, "the database's encoding is not UTF8; make another one");
  }
  // What the server, the database or the user has set otherwise is set right for this session. The server ends what
  // takes too long a little before this side does, so that its end is known.
  const auto set = connection.run(fmt::format(
      "SET search_path = {}; SET client_min_messages = error; SET default_transaction_isolation = 'read committed'; "
      "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET lock_timeout = 0; SET jit = off; "
      "SET bytea_output = hex; SET standard_conforming_strings = on; "
      "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
      schema_, (options_.timeout - options_.timeout / 10).count(), kLongestStoreWait.count()));
  if (!set) return set.error();
  if (auto ready = prepare_postgres_layout(connection, schema_); !ready) return ready;
  return {};
}

bool PostgresEngine::pause(unsigned meetings, MonoTime deadline) {
  const MonoTime now = std::chrono::steady_clock::now();
  const std::int64_t longest = 1'000'000 << std::min(meetings, 5u);
  const std::chrono::nanoseconds rest(now.time_since_epoch().count() % longest);  // Differs from thread to thread.
  if (now + rest >= deadline) return false;
  std::this_thread::sleep_for(rest);
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
