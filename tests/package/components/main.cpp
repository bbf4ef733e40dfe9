// A host that uses both components: its store is a file, its platform the twin on loopback.
#include <kefu/kefu.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/stores/sqlite.hpp>
#ifdef HAS_POSTGRES
#include <kefu/stores/postgres.hpp>
#endif
#ifdef HAS_REDIS
#include <kefu/stores/redis.hpp>
#endif

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(argv[1]));
  if (!store) return 3;
#ifdef HAS_POSTGRES
  const auto away = kefu::PostgresStore::open(kefu::PostgresOptions("host=/nowhere user=kefu"));
  if (away || away.error().kind() != kefu::ErrorKind::unavailable) return 4;
#endif
#ifdef HAS_REDIS
  const auto nowhere = kefu::RedisStore::open(kefu::RedisOptions("/nowhere/redis.sock"));
  if (nowhere || nowhere.error().kind() != kefu::ErrorKind::unavailable) return 5;
#endif
  kefu::RuntimeOptions options;
  options.store = *store;
  options.multi_instance = true;
  auto runtime = kefu::Runtime::create(options);
  kefu::sandbox::Sandbox sandbox;
  return runtime && sandbox.start() ? 0 : 1;
}
