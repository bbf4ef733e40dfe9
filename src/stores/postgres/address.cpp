#include "stores/postgres/address.hpp"

#include "stores/postgres/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <libpq-fe.h>
#include <memory>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"sslmode", "verify-full"},  // Means nothing over a Unix socket.
    {"gssencmode", "disable"},   // Asking the system for Kerberos tickets has no deadline.
    {"target_session_attrs", "read-write"},
    {"fallback_application_name", "kefu"},
};
constexpr std::string_view kPerHost[] = {"host", "hostaddr", "port"};

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

Error wrong_conninfo(std::string_view what) {
  return postgres_error(ErrorKind::bad_argument, fmt::format("conninfo {}", what));
}

}  // namespace

Result<PostgresAddress> PostgresAddress::parse(const std::string& conninfo) {
  if (conninfo.find('\0') != std::string::npos) return wrong_conninfo("holds a zero byte");
  char* words = nullptr;  // May repeat a part of the string, and so of a password in it.
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(conninfo.c_str(), &words), &PQconninfoFree);
  PQfreemem(words);
  if (options == nullptr) {
    return wrong_conninfo("is no connection string of libpq; write for example \"host=db dbname=shop user=kefu\"");
  }
  PostgresAddress address;
  std::vector<std::string> lists[3];
  std::size_t count = 1;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password" || keyword == "sslpassword") {
      return wrong_conninfo("holds a password; give it as PostgresOptions::password");
    }
    if (keyword == "replication") return wrong_conninfo("asks for replication, which is no session of SQL");
    const auto* const per_host = std::find(std::begin(kPerHost), std::end(kPerHost), keyword);
    if (per_host == std::end(kPerHost)) {
      address.common_.emplace_back(keyword, option->val);
    } else {
      lists[per_host - kPerHost] = split(option->val);
    }
  }
  count = std::max({count, lists[0].size(), lists[1].size()});
  for (std::size_t host = 0; host < count; ++host) {
    Settings settings;
    for (std::size_t kind = 0; kind < 3; ++kind) {
      const auto& list = lists[kind];
      if (list.empty()) continue;
      // One port holds for all hosts; other lists must be as long as that of the hosts.
      if (list.size() != count && !(kind == 2 && list.size() == 1)) {
        return wrong_conninfo("has lists of hosts, addresses and ports of different lengths");
      }
      const std::string& value = list.size() == 1 ? list.front() : list[host];
      if (!value.empty()) settings.emplace_back(kPerHost[kind], value);
    }
    address.hosts_.push_back(std::move(settings));
  }
  for (const auto& [keyword, value] : kDefaults) {
    const bool given = std::any_of(address.common_.begin(), address.common_.end(),
                                   [&, name = keyword](const auto& setting) { return setting.first == name; });
    if (!given) address.common_.emplace_back(keyword, value);
  }
  return address;
}

PostgresAddress::Settings PostgresAddress::settings(std::size_t host) const {
  Settings settings = hosts_[host];
  settings.insert(settings.end(), common_.begin(), common_.end());
  return settings;
}

}  // namespace detail
KEFU_END_NAMESPACE
