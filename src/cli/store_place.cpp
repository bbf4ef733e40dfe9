#include "cli/store_place.hpp"

#include "cli/input.hpp"

#include <kefu/core/secret.hpp>
#ifdef KEFU_CLI_SQLITE
#include <kefu/stores/sqlite.hpp>
#endif
#ifdef KEFU_CLI_POSTGRES
#include <kefu/stores/postgres.hpp>
#endif
#ifdef KEFU_CLI_REDIS
#include <kefu/stores/redis.hpp>
#endif

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

namespace kefu_cli {
namespace {

using kefu::Error;
using kefu::ErrorKind;
using kefu::Result;

Error bad_place(const std::string& what) { return Error(ErrorKind::bad_argument, "store: " + what); }

[[maybe_unused]] Error not_built(const char* library) {
  return Error(ErrorKind::unsupported, std::string("store: this kefu was built without ") + library);
}

/// Ours among the words of a place, taken out of it; the rest is the store's own.
class PlaceWords {
 public:
  PlaceWords(std::string_view text, std::initializer_list<std::string_view> ours) {
    while (!text.empty()) {
      const std::size_t blank = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, blank);
      text.remove_prefix(std::min(blank + 1, text.size()));
      if (!take(word, ours) && !word.empty()) rest_.append(rest_.empty() ? "" : " ").append(word);
    }
  }
  const std::string& rest() const { return rest_; }
  std::optional<std::string> word(const std::string& name) const {
    const auto at = words_.find(name);
    return at == words_.end() ? std::nullopt : std::optional<std::string>(at->second);
  }
  Result<kefu::Secret> password() const {
    const auto path = word("password_file");
    if (!path) return kefu::Secret();
    std::string text;
    if (!read_secret_file(*path, text)) return bad_place("cannot read the password from " + *path);
    return kefu::Secret(std::move(text));
  }

 private:
  bool take(std::string_view word, std::initializer_list<std::string_view> ours) {
    for (const std::string_view name : ours) {
      if (word.size() <= name.size() || word.substr(0, name.size()) != name || word[name.size()] != '=') continue;
      words_[std::string(name)] = word.substr(name.size() + 1);
      return true;
    }
    return false;
  }
  std::map<std::string, std::string> words_;
  std::string rest_;
};

Result<OpenedStore> open_sqlite_place(std::string_view path, bool must_exist) {
#ifdef KEFU_CLI_SQLITE
  std::error_code ignored;
  if (must_exist && !std::filesystem::is_regular_file(path, ignored)) {
    return bad_place("there is no file " + std::string(path));
  }
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(std::string(path)));
  if (!store) return store.error();
  return OpenedStore{*std::move(store), {}};
#else
  static_cast<void>(path), static_cast<void>(must_exist);
  return not_built("SQLite");
#endif
}

Result<OpenedStore> open_postgres_place(std::string_view text) {
#ifdef KEFU_CLI_POSTGRES
  const PlaceWords words(text, {"schema", "password_file"});
  auto password = words.password();
  if (!password) return password.error();
  kefu::PostgresOptions options(words.rest(), *std::move(password));
  if (auto schema = words.word("schema")) options.schema = *std::move(schema);
  auto store = kefu::PostgresStore::open(std::move(options));
  if (!store) return store.error();
  return OpenedStore{*std::move(store), {}};
#else
  static_cast<void>(text);
  return not_built("libpq");
#endif
}

Result<OpenedStore> open_redis_place(std::string_view text) {
#ifdef KEFU_CLI_REDIS
  const PlaceWords words(text, {"prefix", "user", "database", "password_file", "allow_plain"});
  auto password = words.password();
  if (!password) return password.error();
  kefu::RedisOptions options(words.rest(), *std::move(password));
  if (auto prefix = words.word("prefix")) options.prefix = *std::move(prefix);
  if (auto user = words.word("user")) options.user = *std::move(user);
  options.allow_plain = words.word("allow_plain") == "yes";
  if (const auto number = words.word("database")) {
    const char* end = number->data() + number->size();
    const auto [past, fault] = std::from_chars(number->data(), end, options.database);
    if (fault != std::errc() || past != end) return bad_place("database is no number");
  }
  auto store = kefu::RedisStore::open(std::move(options));
  if (!store) return store.error();
  return OpenedStore{*store, std::string((*store)->why_not_durable())};
#else
  static_cast<void>(text);
  return not_built("hiredis");
#endif
}

bool takes(std::string_view& place, std::string_view scheme) {
  if (place.substr(0, scheme.size()) != scheme) return false;
  place.remove_prefix(scheme.size());
  return true;
}

}  // namespace

Result<OpenedStore> open_store_place(std::string_view place, bool must_exist) {
  if (takes(place, "postgres:")) return open_postgres_place(place);
  if (takes(place, "redis:")) return open_redis_place(place);
  takes(place, "sqlite:");
  return open_sqlite_place(place, must_exist);
}

}  // namespace kefu_cli
