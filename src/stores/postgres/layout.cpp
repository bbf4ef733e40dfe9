#include "stores/postgres/layout.hpp"

#include "stores/postgres/faults.hpp"

#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

// Keys are BYTEA: they hold any bytes, and it compares them byte by byte whatever the database's collation.
constexpr std::string_view kTables = R"(
  DO $$ BEGIN IF to_regnamespace('@') IS NULL THEN CREATE SCHEMA @; END IF; END $$;
  CREATE TABLE @.kefu_format (id int PRIMARY KEY CHECK (id = 1), format int NOT NULL, revision int NOT NULL);
  INSERT INTO @.kefu_format VALUES (1, 2, 0);
  CREATE TABLE @.kefu_entry (key bytea PRIMARY KEY, value bytea NOT NULL, generation bigint NOT NULL,
                             expires timestamptz) WITH (fillfactor = 85);
  CREATE INDEX kefu_entry_expires ON @.kefu_entry (expires) WHERE expires IS NOT NULL;
  CREATE TABLE @.kefu_lease (key bytea PRIMARY KEY, owner bytea NOT NULL, fence bigint NOT NULL,
                             until timestamptz NOT NULL);
  CREATE INDEX kefu_lease_until ON @.kefu_lease (until);
  CREATE SEQUENCE @.kefu_number CACHE 1;
)";
static_assert(Store::kFormat == 2, "the text above says the same");

// Each of these is one operation of the Store in one round trip. Their settings keep the plan on the index of the keys
// whatever the planner believes about a table that was empty when it looked, and spare making a plan for each call.
constexpr std::string_view kReadingFunctions = R"(
  CREATE FUNCTION @.kefu_read(keys bytea[], at timestamptz)
  RETURNS TABLE (key bytea, generation bigint, expires timestamptz, value bytea) LANGUAGE plpgsql STABLE
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
  #variable_conflict use_column
  BEGIN
    RETURN QUERY SELECT e.key, e.generation, e.expires, e.value FROM @.kefu_entry e
      WHERE e.key = ANY (keys) AND (e.expires IS NULL OR e.expires > coalesce(at, statement_timestamp()));
  END $$;

  CREATE FUNCTION @.kefu_list(first bytea, past bytea, most bigint, most_bytes bigint, names boolean, at timestamptz)
  RETURNS TABLE (key bytea, generation bigint, expires timestamptz, value bytea, seen bigint) LANGUAGE plpgsql STABLE
  SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
  #variable_conflict use_column
  BEGIN
    RETURN QUERY SELECT p.key, p.generation, p.expires, CASE WHEN names THEN NULL ELSE p.value END, p.seen FROM (
      SELECT l.*, count(*) OVER () AS seen, row_number() OVER so_far AS place,
             sum(octet_length(l.key) + CASE WHEN names THEN 0 ELSE octet_length(l.value) END) OVER so_far AS total
      FROM (SELECT e.* FROM @.kefu_entry e WHERE e.key >= first AND e.key < past
              AND (e.expires IS NULL OR e.expires > coalesce(at, statement_timestamp()))
              ORDER BY e.key LIMIT most + 1) l
      WINDOW so_far AS (ORDER BY l.key ROWS UNBOUNDED PRECEDING)) p
    WHERE p.place <= most AND (p.place = 1 OR p.total <= most_bytes) ORDER BY p.key;
  END $$;
)";

// Who waits here waits for rows in the order of their keys: first for all rows that are there, then for all that are
// not and are put in their place. After that nobody waits any more, so there is no circle. Missing rows are made before
// the number is drawn, also where a key only has to be absent: then nobody else makes them, and of two commits that
// meet at a key the later one has the greater number. The rows of a conflict are taken out again, as the function may
// be part of a larger transaction.
constexpr std::string_view kCommitFunction = R"(
  CREATE FUNCTION @.kefu_commit(keys bytea[], contents bytea[], expected bigint[], lives bigint[], at timestamptz,
                                relaxed boolean, sweep bigint)
  RETURNS TABLE (conflict bigint, generation bigint) LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET plan_cache_mode = force_generic_plan AS $$
  #variable_conflict use_variable
  DECLARE
    missing bytea[];
    made bytea[];
    moment timestamptz;
  BEGIN
    IF relaxed THEN
      PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    PERFORM 1 FROM @.kefu_entry e WHERE e.key = ANY (keys) ORDER BY e.key FOR UPDATE;
    moment := coalesce(at, clock_timestamp());
    SELECT min(w.place) FILTER (WHERE w.expected <> CASE WHEN e.key IS NULL OR e.expires <= moment THEN 0
                                                         ELSE e.generation END),
           array_agg(w.key ORDER BY w.key) FILTER (WHERE e.key IS NULL)
      INTO conflict, missing
      FROM unnest(keys, expected) WITH ORDINALITY AS w (key, expected, place)
      LEFT JOIN @.kefu_entry e ON e.key = w.key;
    IF conflict IS NULL AND missing IS NOT NULL THEN
      WITH inserted AS (
        INSERT INTO @.kefu_entry AS e (key, value, generation)
          SELECT m.key, '', 0 FROM unnest(missing) AS m (key) ORDER BY m.key
          ON CONFLICT DO NOTHING RETURNING e.key)
      SELECT array_agg(i.key) INTO made FROM inserted i;
      IF coalesce(cardinality(made), 0) < cardinality(missing) THEN
        SELECT min(w.place) INTO conflict FROM unnest(keys) WITH ORDINALITY AS w (key, place)
          WHERE w.key = ANY (missing) AND w.key <> ALL (coalesce(made, '{}'));
        DELETE FROM @.kefu_entry e WHERE e.key = ANY (made);
      END IF;
    END IF;
    IF conflict IS NOT NULL THEN
      conflict := conflict - 1;
      RETURN NEXT;
      RETURN;
    END IF;
    moment := coalesce(at, clock_timestamp());
    generation := nextval('@.kefu_number');
    UPDATE @.kefu_entry e
      SET value = w.value, generation = generation, expires = moment + w.life * interval '1 millisecond'
      FROM unnest(keys, contents, lives) AS w (key, value, life) WHERE e.key = w.key AND w.value IS NOT NULL;
    IF array_position(contents, NULL) IS NOT NULL THEN
      DELETE FROM @.kefu_entry e USING unnest(keys, contents) AS w (key, value)
        WHERE e.key = w.key AND w.value IS NULL;
    END IF;
    IF sweep > 0 THEN
      DELETE FROM @.kefu_entry WHERE key IN (
        SELECT s.key FROM @.kefu_entry s WHERE s.expires <= moment ORDER BY s.expires LIMIT sweep FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN NEXT;
  END $$;
)";

// Whoever asks again and again for a lease that is held writes nothing. A fence is drawn when the row is locked.
constexpr std::string_view kLeaseFunctions = R"(
  CREATE FUNCTION @.kefu_lease_take(job bytea, holder bytea, life bigint, at timestamptz)
  RETURNS TABLE (fence bigint, until timestamptz) LANGUAGE plpgsql
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
  #variable_conflict use_variable
  DECLARE
    held record;
    moment timestamptz := coalesce(at, clock_timestamp());
  BEGIN
    PERFORM 1 FROM @.kefu_lease l WHERE l.key = job AND l.owner <> holder AND l.until > moment;
    IF FOUND THEN
      RETURN;
    END IF;
    LOOP
      SELECT l.owner, l.fence, l.until INTO held FROM @.kefu_lease l WHERE l.key = job FOR UPDATE;
      EXIT WHEN FOUND;
      INSERT INTO @.kefu_lease VALUES (job, holder, 0, '-infinity') ON CONFLICT DO NOTHING;
    END LOOP;
    moment := coalesce(at, clock_timestamp());
    IF held.until > moment AND held.owner <> holder THEN
      RETURN;
    END IF;
    until := moment + life * interval '1 millisecond';
    IF held.until > moment THEN
      fence := held.fence;
    ELSE
      fence := nextval('@.kefu_number');
      DELETE FROM @.kefu_lease WHERE key IN (
        SELECT s.key FROM @.kefu_lease s WHERE s.until <= moment AND s.key <> job
          ORDER BY s.until LIMIT 16 FOR UPDATE SKIP LOCKED);
    END IF;
    UPDATE @.kefu_lease l SET owner = holder, fence = fence, until = until WHERE l.key = job;
    RETURN NEXT;
  END $$;

  CREATE FUNCTION @.kefu_lease_release(job bytea, holder bytea, number bigint) RETURNS void LANGUAGE plpgsql
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    DELETE FROM @.kefu_lease l WHERE l.key = job AND l.owner = holder AND l.fence = number;
  END $$;
)";

// A server that crashes forgets the end of its log that nobody waited for, and with it that a sequence grew. All
// connections end then, and each new one first jumps over what may have been given out, and waits for the disk.
constexpr std::string_view kJumpFunction = R"(
  CREATE FUNCTION @.kefu_jump() RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(1801807477, hashtext('@'));
    PERFORM setval('@.kefu_number', nextval('@.kefu_number') + 16777216);
  END $$;
)";

/// What was added since the first layout of this format, oldest first; a text that was released is never changed. A
/// version that does not know a later one of them works beside it.
constexpr std::string_view kRevisions[] = {kReadingFunctions, kCommitFunction, kLeaseFunctions, kJumpFunction};
constexpr std::int64_t kRevision = std::size(kRevisions);

struct Layout {
  std::int64_t format = 0;
  std::int64_t revision = 0;
};

std::int64_t layout_number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Nothing: there is no store yet.
Result<std::optional<Layout>> read_layout(PostgresConnection& connection, std::string_view schema) {
  // From the catalog's rows: what a session remembers of names may be older than the lock for which it waited.
  const auto table = connection.run(
      replace_schema("SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                     "WHERE c.relname = 'kefu_format' AND '\"' || n.nspname || '\"' = '@'",
                     schema));
  if (!table) return table.error();
  if (table->rows() == 0) return std::optional<Layout>();
  const auto row = connection.run(replace_schema("SELECT format, revision FROM @.kefu_format", schema));
  if (!row) return row.error();
  Layout layout;
  if (row->rows() == 1) {
    layout.format = layout_number(row->bytes(0, 0));
    layout.revision = layout_number(row->bytes(0, 1));
  }
  if (layout.format < Store::kFormat) {
    return postgres_error(ErrorKind::configuration,
                          fmt::format("schema {} has lost its format; restore it from a backup", schema));
  }
  // The next version promises to run beside this one.
  if (layout.format > Store::kFormat + 1) {
    return postgres_error(ErrorKind::configuration,
                          fmt::format("a newer kefu wrote schema {} (format {}, this library works with {} and {}); "
                                      "update this library or choose another schema",
                                      schema, layout.format, Store::kFormat, Store::kFormat + 1));
  }
  return std::optional<Layout>(layout);
}

bool is_complete(const std::optional<Layout>& layout) {
  return layout && (layout->format > Store::kFormat || layout->revision >= kRevision);
}

Result<void> complete(PostgresConnection& connection, std::string_view schema) {
  const auto run = [&](std::string_view text) -> Result<void> {
    auto done = connection.run(replace_schema(text, schema));
    return done ? Result<void>() : Result<void>(done.error());
  };
  if (auto begun = run("BEGIN; SELECT pg_advisory_xact_lock(1801807477, hashtext('@'))"); !begun) return begun;
  // Another process may have done it meanwhile.
  const auto layout = read_layout(connection, schema);
  if (!layout) return layout.error();
  if (!is_complete(*layout)) {
    if (!*layout) {
      if (auto made = run(kTables); !made) return made;
    }
    for (std::int64_t at = *layout ? (*layout)->revision : 0; at < kRevision; ++at) {
      if (auto made = run(kRevisions[at]); !made) return made;
    }
    if (auto noted = run(fmt::format("UPDATE @.kefu_format SET revision = {}", kRevision)); !noted) return noted;
  }
  return run("COMMIT");
}

}  // namespace

std::string replace_schema(std::string_view text, std::string_view schema) {
  std::string replaced;
  replaced.reserve(text.size() + 64);
  for (const char c : text) {
    if (c == '@') {
      replaced += schema;
    } else {
      replaced += c;
    }
  }
  return replaced;
}

Result<void> prepare_postgres_layout(PostgresConnection& connection, std::string_view schema) {
  const auto layout = read_layout(connection, schema);
  if (!layout) return layout.error();
  if (!is_complete(*layout)) {
    if (auto completed = complete(connection, schema); !completed) return completed;
  }
  const auto jumped = connection.run(replace_schema("SELECT @.kefu_jump()", schema));
  return jumped ? Result<void>() : Result<void>(jumped.error());
}

}  // namespace detail
KEFU_END_NAMESPACE
