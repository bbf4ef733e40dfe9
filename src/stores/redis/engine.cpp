#include "stores/redis/engine.hpp"

#include "core/async/host_code.hpp"
#include "stores/shared/connecting.hpp"
#include "stores/shared/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr HostSeam kRedisPassword{"RedisOptions::password_provider", ErrorKind::configuration};

bool is_prefix(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), is_plain);
}

Result<void> check_options(const RedisOptions& options) {
  const auto wrong = [](std::string_view what) { return redis_error(ErrorKind::bad_argument, what); };
  if (!is_prefix(options.prefix)) return wrong("prefix is not 1 to 63 letters, digits, _, - and .");
  if (options.database < 0 || options.database > 65535) {
    return wrong(fmt::format("database is {}; 0 to 65535 are allowed", options.database));
  }
  return check_connecting(options, wrong);
}

/// An error that the server answers, as one.
Result<RedisReply> checked(Result<RedisReply> reply) {
  if (reply && reply->part().is_error()) return redis_fault(*reply->part().text());
  return reply;
}

}  // namespace

RedisEngine::RedisEngine(RedisOptions options, std::vector<RedisAddress> addresses, bool plain)
    : options_(std::move(options)),
      addresses_(std::move(addresses)),
      plain_(plain),
      keys_(redis_keys(options_.prefix)),
      process_(getpid()),
      pool_("Redis store", options_.connections, [this](MonoTime deadline) { return connect(deadline); }) {}

Result<std::shared_ptr<RedisEngine>> RedisEngine::open(RedisOptions options, bool plain) {
  if (auto right = check_options(options); !right) return right.error();
  auto addresses = RedisAddress::parse(options.address);
  if (!addresses) return addresses.error();
  const bool near = std::all_of(addresses->begin(), addresses->end(), [](const auto& one) { return one.is_near(); });
  if (!near && !plain) {
    return redis_error(ErrorKind::configuration,
                       "address names another machine, and there is no TLS: use a Unix socket or a tunnel on this one, "
                       "RedisStore::open_sealed, or RedisOptions::allow_plain");
  }
  std::shared_ptr<RedisEngine> engine(new RedisEngine(std::move(options), *std::move(addresses), plain));
  if (auto looked = engine->run(RedisScript::read, {""}, true); !looked) return looked.error();
  engine->keeps_ = engine->durability() == RedisDurability::durable;
  return engine;
}

RedisEngine::~RedisEngine() {
  if (getpid() != process_) pool_.leak();
}

std::optional<WallTime> RedisEngine::given_time() const {
  return options_.clock ? std::optional<WallTime>(options_.clock->wall()) : std::nullopt;
}

Result<WallTime> RedisEngine::server_time() {
  const auto reply = run(RedisScript::read, {""}, true);
  if (!reply) return reply.error();
  const auto micros = reply->part()[0].digits();
  if (!micros) return redis_fault("KEFUDAMAGED");
  return from_micros(*micros);
}

Result<std::unique_ptr<RedisConnection>> RedisEngine::take(MonoTime deadline) {
  if (getpid() != process_) {
    return redis_error(ErrorKind::configuration,
                       "it was opened before fork(), and a child process may not use what its parent has open: start "
                       "the other program with exec, or open the store in the children only");
  }
  auto connection = pool_.take(deadline);
  if (connection) (*connection)->set_deadline(deadline);
  return connection;
}

Result<RedisReply> RedisEngine::run(RedisScript script, const std::vector<std::string_view>& arguments, bool repeats) {
  const MonoTime deadline = std::chrono::steady_clock::now() + options_.timeout;
  for (bool again = false;; again = true) {
    auto connection = take(deadline);
    if (!connection) return connection.error();
    auto reply = ask_store(**connection, script, arguments);
    if (!reply && is_fault_of_place(reply.error())) (*connection)->give_up();
    const bool lost = (*connection)->is_broken();
    pool_.give_back(*std::move(connection));
    if (reply) return reply;
    const bool may = lost && !again && (repeats || reply.error().delivery() != Delivery::unknown);
    if (!may || std::chrono::steady_clock::now() >= deadline) return reply;
  }
}

Result<RedisReply> RedisEngine::ask_store(RedisConnection& connection, RedisScript script,
                                          const std::vector<std::string_view>& arguments) const {
  auto reply = ask(connection, script, arguments);
  if (reply || !is_store_gone(reply.error()) || keeps_) return reply;
  if (auto made = ask(connection, RedisScript::make, {}); !made) {
    return with_redis_delivery(made.error(), Delivery::refused);
  }
  return ask(connection, script, arguments);
}

Result<RedisReply> RedisEngine::ask(RedisConnection& connection, RedisScript script,
                                    const std::vector<std::string_view>& arguments) const {
  const std::string count = std::to_string(keys_.size());
  const auto number = static_cast<std::size_t>(script);
  RedisCommand command{"EVALSHA", connection.name_of(number), count};
  command.insert(command.end(), keys_.begin(), keys_.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto reply = connection.ask(command);
  if (reply && reply->part().is_error() && is_unknown_script(*reply->part().text())) {
    // The server forgot it (SCRIPT FLUSH, another one behind a proxy); this way it knows it again.
    command[0] = "EVAL";
    command[1] = redis_scripts()[number];
    reply = connection.ask(command);
  }
  return checked(std::move(reply));
}

Result<std::unique_ptr<RedisConnection>> RedisEngine::connect(MonoTime deadline) {
  const auto password = options_.password_provider
                            ? call_host(nullptr, kRedisPassword, [&] { return options_.password_provider(); })
                            : Result<Secret>(options_.password);
  if (!password) return password.error();
  const MonoTime until = std::min(deadline, std::chrono::steady_clock::now() + options_.connect_timeout);
  std::optional<Error> failure;
  for (std::size_t at = 0; at < addresses_.size(); ++at) {
    const MonoTime now = std::chrono::steady_clock::now();
    const MonoTime share = now + (until - now) / static_cast<int>(addresses_.size() - at);
    auto made = connect_to(addresses_[at], *password, share, deadline);
    if (made) return made;
    // What somebody has to set right counts more than what passes.
    if (!failure || made.error().kind() == ErrorKind::configuration) failure = made.error();
  }
  return with_redis_delivery(*failure, Delivery::not_sent);
}

Result<std::unique_ptr<RedisConnection>> RedisEngine::connect_to(const RedisAddress& address, const Secret& password,
                                                                 MonoTime until, MonoTime deadline) {
  auto made = RedisConnection::open(address, plain_, until);
  if (!made) return made;
  (*made)->set_deadline(until);
  if (auto ready = prepare(**made, password); !ready) return ready.error();
  (*made)->set_deadline(deadline);
  return made;
}

Result<void> RedisEngine::prepare(RedisConnection& connection, const Secret& password) {
  const std::string database = std::to_string(options_.database);
  std::vector<RedisCommand> commands;
  if (!password.empty()) {
    RedisCommand login{"AUTH"};
    if (!options_.user.empty()) login.push_back(options_.user);
    login.push_back(password.expose());
    commands.push_back(std::move(login));
  }
  if (options_.database != 0) commands.push_back({"SELECT", database});
  const std::size_t info = commands.size();
  commands.push_back({"INFO"});
  for (const std::string& text : redis_scripts()) commands.push_back({"SCRIPT", "LOAD", text});
  const std::size_t config = commands.size();
  commands.push_back({"CONFIG", "GET", "appendfsync"});
  const auto replies = connection.ask(commands);
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < config; ++i) {
    if ((*replies)[i].part().is_error()) return redis_fault(*(*replies)[i].part().text());
  }
  const RedisFacts facts = RedisFacts::of((*replies)[info].part(), (*replies)[config].part());
  if (auto usable = facts.check(); !usable) return usable;
  for (std::size_t i = 0; i < kRedisScripts; ++i) {
    connection.set_name(i, std::string((*replies)[info + 1 + i].part().text().value_or(std::string_view())));
  }
  const auto looked = ask(connection, RedisScript::look, {});
  if (!looked && !is_store_gone(looked.error())) return looked.error();
  durability_ = durability_of(facts, options_);
  return {};
}

}  // namespace detail
KEFU_END_NAMESPACE
