// SqlDatabase over PostgreSQL: the same transactions as over SQLite, and what several writers at once add.
#include "unit/stores/postgres/factory.hpp"

#include <kefu/stores/postgres.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using kefu::Durability;
using kefu::Error;
using kefu::ErrorKind;
using kefu::PostgresDatabase;
using kefu::PostgresStore;
using kefu::Result;
using kefu::SqlArgument;
using kefu::SqlOptions;
using kefu::SqlRow;
using kefu::SqlTransaction;
using kefu::StoreWrite;

namespace {

/// A database with one table.
struct SqlWorld {
  SqlWorld() {
    const auto made = database->transact("", [](SqlTransaction& sql) {
      return sql.run("CREATE TABLE person (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, face {blob}) {by key}");
    });
    REQUIRE_MESSAGE(made.has_value(), made.error().to_string());
  }
  static Result<std::int64_t> add(SqlTransaction& sql, std::int64_t id, std::string_view name) {
    return sql.run("INSERT INTO person (id, name) VALUES ($1, $2)", {id, SqlArgument::text(name)});
  }
  std::string names() {
    std::string all;
    const auto read = database->transact(
        "",
        [&](SqlTransaction& sql) {
          all.clear();
          return sql.run("SELECT name FROM person ORDER BY id {lock free}", {}, [&](const SqlRow& row) {
            all += std::string(row.bytes(0)) + " ";
            return true;
          });
        },
        SqlOptions::reading());
    REQUIRE_MESSAGE(read.has_value(), read.error().to_string());
    return all;
  }
  const kefu::PostgresOptions options = kefu_test::postgres_options();
  const std::shared_ptr<PostgresDatabase> database = PostgresDatabase::open(options).value();
};

template <class T>
void check_sql_error(const Result<T>& result, ErrorKind kind, std::string_view text) {
  REQUIRE(!result.has_value());
  CHECK_MESSAGE(result.error().kind() == kind, result.error().to_string());
  CHECK_MESSAGE(result.error().message().find(text) != std::string::npos, result.error().to_string());
}

}  // namespace

TEST_CASE("SqlDatabase: values come back as they were bound, statements say how many rows they changed") {
  SqlWorld world;
  const std::string face("\0\xff'face", 7);
  const auto done = world.database->transact("ada", [&](SqlTransaction& sql) -> Result<std::string> {
    const auto two = sql.run("INSERT INTO person VALUES ($1, $2, $3), ($4, $5, NULL)",
                             {1, SqlArgument::text("阿达"), SqlArgument::blob(face), 2, SqlArgument::text("bob")});
    if (!two) return two.error();
    CHECK(*two == 2);
    std::string back;
    const auto changed = sql.run(
        "INSERT INTO person (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING "
        "face, "
        "id, $2",
        {1, SqlArgument::text("ada")}, [&](const SqlRow& row) {
          back = row.bytes(0);
          CHECK(row.number(1) == 1);
          CHECK(row.bytes(2) == "ada");
          CHECK(row.is_null(3));
          return false;
        });
    if (!changed) return changed.error();
    CHECK(*changed == 1);
    return back;
  });
  REQUIRE_MESSAGE(done.has_value(), done.error().to_string());
  CHECK(*done == face);
  CHECK(world.names() == "ada bob ");
  CHECK(world.database->dialect() == kefu::SqlDialect::postgres);
  CHECK(kefu::to_string(world.database->dialect()) == "postgres");
}

TEST_CASE("SqlDatabase: what fails or throws leaves nothing") {
  SqlWorld world;
  check_sql_error(world.database->transact("",
                                           [](SqlTransaction& sql) -> Result<void> {
                                             CHECK(SqlWorld::add(sql, 1, "ada"));
                                             return Error(ErrorKind::not_found, "changed my mind");
                                           }),
                  ErrorKind::not_found, "changed my mind");
  check_sql_error(world.database->transact("",
                                           [](SqlTransaction& sql) -> Result<void> {
                                             CHECK(SqlWorld::add(sql, 1, "ada"));
                                             throw std::runtime_error("no more");
                                           }),
                  ErrorKind::internal, "no more");
  // Whoever does not look at an error does not commit past it.
  check_sql_error(world.database->transact("",
                                           [](SqlTransaction& sql) -> Result<void> {
                                             CHECK(SqlWorld::add(sql, 1, "ada"));
                                             CHECK(!SqlWorld::add(sql, 2, "ada"));
                                             CHECK(!SqlWorld::add(sql, 3, "eve"));
                                             return {};
                                           }),
                  ErrorKind::conflict, "person_name_key");
  CHECK(world.names().empty());
}

TEST_CASE("SqlDatabase: a part is taken back alone") {
  SqlWorld world;
  const auto done = world.database->transact("", [](SqlTransaction& sql) -> Result<void> {
    CHECK(SqlWorld::add(sql, 1, "ada"));
    const auto failed = sql.part([&]() -> Result<void> {
      CHECK(SqlWorld::add(sql, 2, "bob"));
      CHECK(sql.part([&]() -> Result<void> {
        return SqlWorld::add(sql, 4, "inner") ? Result<void>() : Error(ErrorKind::internal, "x");
      }));
      const auto twice = SqlWorld::add(sql, 3, "ada");
      CHECK(!twice);
      return {};  // Not looked at.
    });
    check_sql_error(failed, ErrorKind::conflict, "person_name_key");
    CHECK(SqlWorld::add(sql, 5, "eve"));
    return {};
  });
  CHECK(done.has_value());
  CHECK(world.names() == "ada eve ");
}

TEST_CASE("SqlDatabase: wrong statements are named") {
  SqlWorld world;
  const auto run = [&](std::string_view statement, SqlTransaction::Arguments arguments = {},
                       SqlOptions options = SqlOptions()) {
    return world.database->transact(
        "", [&](SqlTransaction& sql) { return sql.run(statement, arguments); }, options);
  };
  check_sql_error(run("SELECT * FROM nobody"), ErrorKind::bad_argument,
                  "\"nobody\" does not exist, in: SELECT * FROM nobody");
  check_sql_error(run("SELEC 1"), ErrorKind::bad_argument, "syntax error");
  check_sql_error(run("SELECT $1, $2", {1}), ErrorKind::bad_argument, "1 arguments are given for 2 placeholders");
  check_sql_error(run("CREATE TABLE t (x {bytes})"), ErrorKind::bad_argument, "unknown word {bytes}");
  check_sql_error(run("SELECT {blob"), ErrorKind::bad_argument, "unknown word");
  check_sql_error(run("COMMIT"), ErrorKind::bad_argument, "ended the transaction");
  check_sql_error(run("DELETE FROM person", {}, SqlOptions::reading()), ErrorKind::bad_argument, "only reads");
  SqlOptions late;
  late.timeout = kefu::Millis(0);
  check_sql_error(run("SELECT 1", {}, late), ErrorKind::bad_argument, "timeout is 0 ms");
  CHECK(run("SELECT '{blob} $1'"));
  const auto handled = world.database->transact("", [](SqlTransaction& sql) {
    return sql.run("SELECT 1", {}, [&](const SqlRow&) {
      check_sql_error(sql.run("SELECT 2"), ErrorKind::bad_argument, "handler of a row");
      return true;
    });
  });
  CHECK(handled);
}

TEST_CASE("SqlDatabase: the Store's writes are done or left with the rest") {
  SqlWorld world;
  const auto store = PostgresStore::open(world.database).value();
  CHECK(world.database->holds_store());
  const auto write = [&](std::uint64_t expected, bool stay) {
    return world.database->transact("", [&](SqlTransaction& sql) -> Result<bool> {
      const auto person = sql.run("INSERT INTO person (id, name) VALUES (1, 'ada') ON CONFLICT DO NOTHING");
      if (!person) return person.error();
      const auto also = sql.also({StoreWrite::put("cursor", "7", expected)});
      if (!also) return also.error();
      if (!stay) return Error(ErrorKind::cancelled, "not now");
      return also->committed;
    });
  };
  check_sql_error(write(0, false), ErrorKind::cancelled, "not now");
  CHECK(!*store->get("cursor"));
  CHECK(world.names().empty());
  CHECK(write(0, true).value());
  CHECK((*store->get("cursor"))->value == "7");
  CHECK(world.names() == "ada ");
  CHECK(!write(0, true).value());  // Somebody else was there first: the function decides.
  CHECK(write((*store->get("cursor"))->generation, true).value());
  check_sql_error(
      world.database->transact("", [](SqlTransaction& sql) { return sql.also({StoreWrite::put("", "v", 0)}); }),
      ErrorKind::bad_argument, "key");
  CHECK(!PostgresStore::open(std::shared_ptr<PostgresDatabase>()));
}

TEST_CASE("SqlDatabase PostgreSQL: two that meet are done one after the other, by doing one again") {
  SqlWorld world;
  const auto other = PostgresDatabase::open(world.options).value();
  const auto count = [](PostgresDatabase& database, std::string_view lock) {
    return database.transact("counter", [&](SqlTransaction& sql) -> Result<void> {
      std::int64_t number = 0;
      const auto read =
          sql.run("SELECT id FROM person WHERE name = 'counter' " + std::string(lock), {}, [&](const SqlRow& row) {
            number = row.number(0);
            return true;
          });
      if (!read) return read.error();
      const auto written = sql.run("UPDATE person SET id = $1 WHERE name = 'counter'", {number + 1});
      return written ? Result<void>() : Result<void>(written.error());
    });
  };
  REQUIRE(world.database->transact("", [](SqlTransaction& sql) { return SqlWorld::add(sql, 1000, "counter"); }));
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      // Locked or not, nothing is lost.
      for (int i = 0; i < 25; ++i) done += count(t % 2 == 0 ? *world.database : *other, t < 2 ? "{lock}" : "") ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 100);
  const auto total = world.database->transact("", [](SqlTransaction& sql) -> Result<std::int64_t> {
    std::int64_t number = 0;
    const auto read = sql.run("SELECT id FROM person WHERE name = 'counter'", {}, [&](const SqlRow& row) {
      number = row.number(0);
      return true;
    });
    return read ? Result<std::int64_t>(number) : Result<std::int64_t>(read.error());
  });
  CHECK(total.value() == 1100);
}

TEST_CASE("SqlDatabase PostgreSQL: what the host refuses is not done again, whatever its error says") {
  SqlWorld world;
  int calls = 0;
  kefu::ErrorDetails details;
  details.platform_code = "40001";  // WeChat's code for a token, PostgreSQL's for two transactions that met.
  const auto done = world.database->transact("", [&](SqlTransaction& sql) -> Result<void> {
    ++calls;
    CHECK(SqlWorld::add(sql, 1, "ada"));
    return Error(ErrorKind::credentials_refused, kefu::Delivery::unknown, details);
  });
  REQUIRE(!done.has_value());
  CHECK(done.error().kind() == ErrorKind::credentials_refused);
  CHECK(done.error().delivery() == kefu::Delivery::refused);
  CHECK(calls == 1);
  CHECK(world.names().empty());
}

TEST_CASE("SqlDatabase PostgreSQL: two that meet in the Store, with tables or alone, lose nothing") {
  SqlWorld world;
  const auto store = PostgresStore::open(world.database).value();
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20;) {
        const auto entry = store->get("counter").value();
        const int number = entry ? std::stoi(entry->value) : 0;
        const StoreWrite write = StoreWrite::put("counter", std::to_string(number + 1), entry ? entry->generation : 0);
        bool committed = false;
        if (t % 2 == 0) {
          const auto outcome = store->commit({write}, Durability::relaxed);
          committed = outcome.value().committed;
        } else {
          const auto outcome = world.database->transact("", [&](SqlTransaction& sql) -> Result<bool> {
            const auto also = sql.also({write});
            if (!also) return also.error();
            if (!also->committed) return false;
            const auto person = SqlWorld::add(sql, 100 * t + i, std::to_string(100 * t + i));
            if (!person) return person.error();
            return true;
          });
          committed = outcome.value();
        }
        if (committed) {
          ++i;
          ++done;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 80);
  CHECK((*store->get("counter"))->value == "80");
  const std::string names = world.names();
  CHECK(std::count(names.begin(), names.end(), ' ') == 40);
}

TEST_CASE("SqlDatabase PostgreSQL: a table that changes under prepared statements is no error") {
  SqlWorld world;
  const auto columns = [&] {
    int count = 0;
    const auto read = world.database->transact("", [&](SqlTransaction& sql) {
      return sql.run("SELECT * FROM person", {}, [&](const SqlRow& row) {
        count = row.is_null(3) && !row.is_null(2) ? 4 : 3;
        return true;
      });
    });
    REQUIRE_MESSAGE(read.has_value(), read.error().to_string());
    return count;
  };
  REQUIRE(world.database->transact("", [](SqlTransaction& sql) {
    return sql.run("INSERT INTO person VALUES (1, 'ada', $1)", {SqlArgument::blob("x")});
  }));
  CHECK(columns() == 4);
  kefu_test::PostgresServer::shared().hand().run("ALTER TABLE " + world.options.schema + ".person ADD age BIGINT");
  CHECK(columns() == 4);
}

TEST_CASE("SqlDatabase PostgreSQL: values that do not fit are refused, and no error repeats them") {
  SqlWorld world;
  const auto run = [&](std::string_view statement, SqlTransaction::Arguments arguments) {
    return world.database->transact("", [&](SqlTransaction& sql) { return sql.run(statement, arguments); });
  };
  const auto wrong = run("SELECT $1::text::bigint", {SqlArgument::text("hunter2")});
  check_sql_error(wrong, ErrorKind::bad_argument, "22P02");
  CHECK(wrong.error().to_string().find("hunter2") == std::string::npos);
  const auto twice = run("INSERT INTO person (id, name) VALUES ($1, $2), ($1, $2)", {1, SqlArgument::text("hunter2")});
  check_sql_error(twice, ErrorKind::conflict, "person");
  CHECK(twice.error().to_string().find("hunter2") == std::string::npos);
  check_sql_error(run("COPY person FROM STDIN", {}), ErrorKind::bad_argument, "COPY");
  CHECK(world.names().empty());
}

TEST_CASE("SqlDatabase PostgreSQL: numbers of any kind, rows that nobody wants, and a time that stands still") {
  SqlWorld world;
  const auto done = world.database->transact(
      "",
      [&](SqlTransaction& sql) -> Result<void> {
        const auto first = sql.now();
        int rows = 0;
        CHECK(sql.run("SELECT sum(n), n = 1, 'x' FROM generate_series(1, $1) n GROUP BY n ORDER BY n", {100'000},
                      [&](const SqlRow& row) {
                        CHECK(row.number(0) == 1);
                        CHECK(row.number(1) == 1);
                        CHECK(row.bytes(0) == "1");
                        CHECK(row.bytes(2) == "x");
                        ++rows;
                        return false;
                      })
                  .value() == 0);
        CHECK(rows == 1);
        CHECK(sql.now() == first);
        return {};
      },
      SqlOptions::reading());
  CHECK_MESSAGE(done.has_value(), done.error().to_string());
}
