#include "stores/redis/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

struct CodeRow {
  std::string_view code;   ///< The first word of the answer.
  std::string_view words;  ///< What stands somewhere in it; empty: anything.
  ErrorKind kind;
  std::string_view advice;
  bool of_place = false;  ///< Another connection may do better.
};

// Redis 7.0, server.c createSharedObjects() and where "-ERR" is written; KEFU... are our scripts' own. The first row
// that fits counts.
constexpr CodeRow kCodes[] = {
    {"OOM", "", ErrorKind::quota_exhausted, "its memory is full (maxmemory); free some or raise it"},
    {"MISCONF", "No space left", ErrorKind::quota_exhausted, "its disk is full; free some room"},
    {"MISCONF", "", ErrorKind::unavailable, "it cannot write to its disk; check the disk and its log"},
    {"READONLY", "", ErrorKind::unavailable, "it is a replica, which only reads; try later or name the master", true},
    {"MASTERDOWN", "", ErrorKind::unavailable, "it is a replica that lost its master; try later", true},
    {"NOREPLICAS", "", ErrorKind::unavailable, "too few replicas are connected (min-replicas-to-write); try later"},
    {"LOADING", "", ErrorKind::unavailable, "it starts and loads its data; try later", true},
    {"BUSY", "", ErrorKind::unavailable, "somebody's script keeps it busy; try later"},
    {"TRYAGAIN", "", ErrorKind::unavailable, "the cluster moves data; try later", true},
    {"CLUSTERDOWN", "", ErrorKind::unavailable, "the cluster is down; try later", true},
    {"MOVED", "", ErrorKind::unavailable, "another node of the cluster has these keys; name all nodes", true},
    {"ASK", "", ErrorKind::unavailable, "the cluster moves these keys; try later", true},
    {"ERR", "max number of clients", ErrorKind::unavailable, "it takes no more connections (maxclients)", true},
    {"NOAUTH", "", ErrorKind::configuration, "it asks for a password; set RedisOptions::password", true},
    {"WRONGPASS", "", ErrorKind::configuration, "it refuses user or password; check them and its ACL"},
    {"ERR", "invalid password", ErrorKind::configuration, "it refuses the password; check it"},
    {"ERR", "without any password configured", ErrorKind::configuration,
     "a password is given and it has none; set requirepass or an ACL, or give none"},
    {"NOPERM", "", ErrorKind::configuration, "the user lacks a right; see RedisStore for what it needs"},
    {"DENIED", "", ErrorKind::configuration, "it is in protected mode; set a password or bind it"},
    {"ERR", "DB index", ErrorKind::configuration, "it has no database of that number"},
    {"ERR", "SELECT is not allowed", ErrorKind::configuration, "a cluster has only database 0"},
    {"WRONGTYPE", "", ErrorKind::configuration,
     "one of the store's keys is of another type: somebody else wrote it; restore the data or choose another prefix"},
    {"KEFUGONE", "", ErrorKind::configuration,
     "the store is gone (FLUSHALL, or a restart without its data); restore it from a backup, or open it anew to begin "
     "from nothing"},
    {"KEFUDAMAGED", "", ErrorKind::configuration,
     "what it holds is damaged or was written by somebody else; restore the data or choose another prefix"},
    {"KEFUFORMAT", "", ErrorKind::configuration,
     "a newer kefu wrote the store; update this library or choose another prefix"},
};

std::string_view code_of(std::string_view words) { return words.substr(0, std::min(words.find(' '), words.size())); }

const CodeRow* row_of(std::string_view code, std::string_view words) {
  const auto* row = std::find_if(std::begin(kCodes), std::end(kCodes), [&](const CodeRow& known) {
    return known.code == code && words.find(known.words) != std::string_view::npos;
  });
  return row == std::end(kCodes) ? nullptr : row;
}

bool is_code(std::string_view code) {
  return !code.empty() && code.size() <= 32 &&
         std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

}  // namespace

Error redis_error(ErrorKind kind, std::string_view what) { return Error(kind, fmt::format("Redis store: {}", what)); }

Error with_redis_delivery(const Error& error, Delivery delivery) {
  return Error(error.kind(), delivery, error.details());
}

Error redis_lost(std::string_view what, Delivery delivery) {
  return with_redis_delivery(redis_error(ErrorKind::unavailable, what), delivery);
}

Error redis_fault(std::string_view words) {
  const std::string_view code = code_of(words);
  const CodeRow* row = row_of(code, words);
  ErrorDetails details;
  if (is_code(code)) details.platform_code = code;
  details.message = fmt::format("Redis store: {} ({})",
                                row != nullptr ? row->advice : "unexpected answer; see the server's log and report it",
                                details.platform_code.empty() ? "no code" : details.platform_code);
  // A script checks everything before it writes, so what has a row here left nothing.
  return Error(row != nullptr ? row->kind : ErrorKind::internal, row != nullptr ? Delivery::refused : Delivery::unknown,
               std::move(details));
}

bool is_unknown_script(std::string_view words) { return code_of(words) == "NOSCRIPT"; }

bool is_store_gone(const Error& error) { return error.platform_code() == "KEFUGONE"; }

bool is_fault_of_place(const Error& error) {
  return std::any_of(std::begin(kCodes), std::end(kCodes), [&](const CodeRow& known) {
    return known.of_place && known.code == error.platform_code() && known.kind == error.kind();
  });
}

bool is_out_of_memory(const Error& error) { return error.platform_code() == "OOM"; }

}  // namespace detail
KEFU_END_NAMESPACE
