#include "stores/redis/facts.hpp"

#include "stores/redis/faults.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Of a line "name:value\r\n"; empty if there is none.
std::string_view field_of(std::string_view info, std::string_view name) {
  for (std::size_t at = info.find(name); at != std::string_view::npos; at = info.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins_line = at == 0 || info[at - 1] == '\n';
    if (!begins_line || end >= info.size() || info[end] != ':') continue;
    const std::string_view rest = info.substr(end + 1);
    return rest.substr(0, rest.find('\r'));
  }
  return {};
}

}  // namespace

RedisFacts RedisFacts::of(const RedisPart& info, const RedisPart& config) {
  RedisFacts facts;
  const std::string_view text = info.text().value_or(std::string_view());
  const std::string_view version = field_of(text, "redis_version");
  facts.version = plain_number(version.substr(0, version.find('.'))).value_or(0);
  facts.is_master = field_of(text, "role") == "master";
  facts.evicts_anything =
      field_of(text, "maxmemory") != "0" && field_of(text, "maxmemory_policy").substr(0, 8) == "allkeys-";
  facts.appends = field_of(text, "aof_enabled") == "1";
  facts.replicas = plain_number(field_of(text, "connected_slaves")).value_or(0);
  if (config.size() == 2) facts.appendfsync = config[1].text().value_or(std::string_view());
  return facts;
}

Result<void> RedisFacts::check() const {
  if (version < 7) {
    return redis_error(ErrorKind::configuration, "the server is older than Redis 7; update it");
  }
  if (!is_master) {
    return redis_error(ErrorKind::unavailable, "it is a replica, which only reads; try later or name the master");
  }
  if (evicts_anything) {
    return redis_error(
        ErrorKind::configuration,
        "it throws away what it holds when memory is full (maxmemory-policy allkeys-...); set noeviction");
  }
  return {};
}

RedisDurability durability_of(const RedisFacts& facts, const RedisOptions& options) {
  if (!facts.appendfsync && !options.fsync_always_asserted) return RedisDurability::cannot_be_asked;
  if (facts.appendfsync && !facts.appends) return RedisDurability::no_log;
  if (facts.appendfsync && *facts.appendfsync != "always") return RedisDurability::not_always;
  if (facts.replicas > 0 && !options.promotion_loss_accepted) return RedisDurability::has_replicas;
  return RedisDurability::durable;
}

std::string_view reason_of(RedisDurability durability) noexcept {
  switch (durability) {
    case RedisDurability::durable:
      return {};
    case RedisDurability::no_log:
      return "the server keeps no log: set appendonly yes and appendfsync always";
    case RedisDurability::not_always:
      return "the server answers before its log is on the disk: set appendfsync always";
    case RedisDurability::cannot_be_asked:
      return "the server does not say how it keeps its log (CONFIG GET is closed): allow it, or set "
             "RedisOptions::fsync_always_asserted";
    case RedisDurability::has_replicas:
      return "the server has replicas, and one that is promoted lacks what was acknowledged last: detach them, or set "
             "RedisOptions::promotion_loss_accepted";
  }
  return {};
}

}  // namespace detail
KEFU_END_NAMESPACE
