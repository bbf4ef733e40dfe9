#include <kefu/channel/health.hpp>

#include <doctest/doctest.h>

using namespace kefu;

TEST_CASE("an account's health is that of its streams: the earliest, the farthest behind, the first that stopped") {
  AccountHealth health;
  CHECK_FALSE(health.reading_since);
  CHECK_FALSE(health.behind_by);
  StreamHealth chats("chat");
  chats.reading_since = from_unix_seconds(2000);
  chats.behind_by = Millis(5000);
  health.add(chats);
  StreamHealth orders("asc");
  orders.reading_since = from_unix_seconds(1000);
  orders.behind_by = Millis(400);
  orders.stopped_because = "no right";
  health.add(orders);
  StreamHealth ratings("eval");
  ratings.stopped_because = "malformed";
  health.add(ratings);
  CHECK(health.reading_since == from_unix_seconds(1000));
  CHECK(health.behind_by == Millis(5000));
  CHECK(health.stopped_because == "asc: no right");
  REQUIRE(health.streams.size() == 3);
  CHECK(health.streams[2].stopped_because == "malformed");
}
