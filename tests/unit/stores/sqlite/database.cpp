// SqlDatabase over SQLite: transactions of whoever has tables of its own, beside the Store's (foundation D1).
#include "core/store/sql.hpp"
#include "support/temp_folder.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using kefu::Durability;
using kefu::Error;
using kefu::ErrorKind;
using kefu::Result;
using kefu::SqlArgument;
using kefu::SqliteDatabase;
using kefu::SqliteOptions;
using kefu::SqliteStore;
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
  const kefu_test::TempFolder folder;
  const std::shared_ptr<SqliteDatabase> database = SqliteDatabase::open(SqliteOptions(folder.file("desk.db"))).value();
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
  CHECK(world.database->dialect() == kefu::SqlDialect::sqlite);
  CHECK(kefu::to_string(world.database->dialect()) == "sqlite");
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
                  ErrorKind::conflict, "person.name");
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
    check_sql_error(failed, ErrorKind::conflict, "person.name");
    CHECK(SqlWorld::add(sql, 5, "eve"));
    return {};
  });
  CHECK(done.has_value());
  CHECK(world.names() == "ada eve ");
}

TEST_CASE("SqlDatabase: a statement that takes longer than the transaction may is ended") {
  const kefu_test::TempFolder folder;
  SqliteOptions patient(folder.file("desk.db"));
  patient.busy_timeout = kefu::Millis(60'000);
  const auto database = SqliteDatabase::open(patient).value();
  for (const bool reads : {true, false}) {
    CAPTURE(reads);
    SqlOptions options = reads ? SqlOptions::reading() : SqlOptions();
    options.timeout = kefu::Millis(60'000);
    CHECK(database->transact(
        "", [](SqlTransaction& sql) { return sql.run("SELECT 1"); }, options));
    options.timeout = kefu::Millis(50);
    const auto start = std::chrono::steady_clock::now();
    check_sql_error(
        database->transact(
            "",
            [](SqlTransaction& sql) {
              return sql.run("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n");
            },
            options),
        ErrorKind::unavailable, "longer");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_CASE("SqlDatabase: what only reads sees one instant, whatever is written meanwhile") {
  SqlWorld world;
  const auto count = [](SqlTransaction& sql) {
    std::int64_t found = 0;
    CHECK(sql.run("SELECT count(*) FROM person", {}, [&](const SqlRow& row) { return found = row.number(0), true; }));
    return found;
  };
  const auto done = world.database->transact(
      "",
      [&](SqlTransaction& sql) -> Result<void> {
        CHECK(count(sql) == 0);
        std::thread([&] {
          CHECK(world.database->transact("", [](SqlTransaction& other) { return SqlWorld::add(other, 1, "ada"); }));
        }).join();
        CHECK(count(sql) == 0);
        check_sql_error(sql.also({StoreWrite::put("k", "v", 0)}), ErrorKind::bad_argument, "only reads");
        return {};
      },
      SqlOptions::reading());
  check_sql_error(done, ErrorKind::bad_argument, "only reads");
  CHECK(world.names() == "ada ");
}

TEST_CASE("SqlDatabase: who draws after somebody who drew a whole block gets no number of it") {
  SqlWorld world;
  const auto draw = [](SqliteDatabase& database, std::uint64_t expected, int count) {
    SqlOptions options;
    options.timeout = kefu::Millis(60'000);
    const auto all = [&](SqlTransaction& sql) -> Result<std::uint64_t> {
      std::uint64_t generation = expected;
      for (int i = 0; i < count; ++i) {
        const auto put = sql.also({StoreWrite::put("k", "v", generation)});
        if (!put) return put.error();
        CHECK(put->committed);
        CHECK(put->generation > generation);
        generation = put->generation;
      }
      return generation;
    };
    const auto last = database.transact("", all, options);
    REQUIRE_MESSAGE(last.has_value(), last.error().to_string());
    return *last;
  };
  const auto other = SqliteDatabase::open(SqliteOptions(world.folder.file("desk.db"))).value();
  const auto last = draw(*world.database, 0, 4096);
  CHECK(draw(*other, last, 1) == last + 1);  // Not one is lost either.
  CHECK(draw(*world.database, last + 1, 5000) > last + 5000);
}

TEST_CASE("SqlDatabase: what a part or the handler of a row throws is an error of theirs") {
  SqlWorld world;
  const auto done = world.database->transact("", [](SqlTransaction& sql) -> Result<void> {
    CHECK(SqlWorld::add(sql, 1, "ada"));
    check_sql_error(sql.part([&]() -> Result<void> {
      CHECK(SqlWorld::add(sql, 2, "bob"));
      throw std::runtime_error("no part");
    }),
                    ErrorKind::internal, "no part");
    CHECK(SqlWorld::add(sql, 3, "eve"));
    return {};
  });
  CHECK(done.has_value());
  CHECK(world.names() == "ada eve ");
  // The transaction is over, as after every failed statement; the next one can be used as any other.
  const auto thrown = world.database->transact("", [](SqlTransaction& sql) -> Result<void> {
    CHECK(SqlWorld::add(sql, 4, "dan"));
    const auto rows =
        sql.run("SELECT id FROM person", {}, [](const SqlRow&) -> bool { throw std::runtime_error("no row"); });
    check_sql_error(rows, ErrorKind::internal, "no row");
    check_sql_error(sql.run("SELECT 1"), ErrorKind::internal, "no row");
    return {};
  });
  check_sql_error(thrown, ErrorKind::internal, "no row");
  CHECK(world.names() == "ada eve ");
}

TEST_CASE("SqlDatabase: statements that are made anew each time do not fill the memory") {
  SqlWorld world;
  const auto run = [&](int from, int to) {
    const auto done = world.database->transact("", [&](SqlTransaction& sql) -> Result<void> {
      for (int i = from; i < to; ++i) {
        if (auto one = sql.run("SELECT " + std::to_string(i) + " FROM person"); !one) return one.error();
      }
      return {};
    });
    REQUIRE_MESSAGE(done.has_value(), done.error().to_string());
    return sqlite3_memory_used();
  };
  const auto some = run(0, 1000);
  CHECK(run(1000, 8000) < 2 * some);
}

TEST_CASE("SqlDatabase: wrong statements are named") {
  SqlWorld world;
  const auto run = [&](std::string_view statement, SqlTransaction::Arguments arguments = {},
                       SqlOptions options = SqlOptions()) {
    return world.database->transact(
        "", [&](SqlTransaction& sql) { return sql.run(statement, arguments); }, options);
  };
  check_sql_error(run("SELECT * FROM nobody"), ErrorKind::bad_argument,
                  "no such table: nobody, in: SELECT * FROM nobody");
  check_sql_error(run("SELEC 1"), ErrorKind::bad_argument, "syntax error");
  check_sql_error(run("SELECT $1, $2", {1}), ErrorKind::bad_argument, "1 arguments are given for 2 placeholders");
  check_sql_error(run("CREATE TABLE t (x {bytes})"), ErrorKind::bad_argument, "unknown word {bytes}");
  check_sql_error(run("SELECT {blob"), ErrorKind::bad_argument, "unknown word");
  for (const char* text : {"SELECT 1; SELECT 2", "INSERT INTO person VALUES (1, 'ada', NULL);DELETE FROM person", "",
                           " ", ";", "-- nothing"}) {
    CAPTURE(text);
    check_sql_error(run(text), ErrorKind::bad_argument, "one statement at a time");
  }
  CHECK(run("SELECT 1 ; "));
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
  const auto store = SqliteStore::open(world.database).value();
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
  CHECK(!SqliteStore::open(std::shared_ptr<SqliteDatabase>()));
}

TEST_CASE("SqlDatabase: each database's own words") {
  using kefu::SqlDialect;
  using kefu::detail::sql_in_dialect;
  const std::string_view text = "SELECT a FROM t WHERE x = $1 AND y = '$2 {no}' {lock}";
  CHECK(sql_in_dialect(text, SqlDialect::sqlite).value() == "SELECT a FROM t WHERE x = ?1 AND y = '$2 {no}' ");
  CHECK(sql_in_dialect(text, SqlDialect::postgres).value() ==
        "SELECT a FROM t WHERE x = $1 AND y = '$2 {no}' FOR UPDATE");
  CHECK(sql_in_dialect("({blob}) {by key}", SqlDialect::postgres).value() == "(BYTEA) ");
  CHECK(sql_in_dialect("{lock free}", SqlDialect::postgres).value() == "FOR UPDATE SKIP LOCKED");
}
