// Records of conversations: pages end, periods hold, tokens of others are refused.
#include "facet_calls.hpp"

#include <chrono>
#include <limits>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

namespace {

using Lines = std::vector<std::string>;

/// Walks all pages; empty if they do not end.
Lines walk(Transcripts& transcripts, TranscriptQuery query) {
  Lines lines;
  for (int pages = 0; pages < 50; ++pages) {
    const auto page = transcripts.read(query).get();
    REQUIRE_MESSAGE(page.has_value(), why(page));
    CHECK(page->entries.size() <= query.limit);
    for (const auto& entry : page->entries) {
      CHECK(entry.time >= query.from);
      CHECK(entry.time < query.to);
      lines.push_back(entry.text);
    }
    if (page->next.empty()) return lines;
    CHECK(page->next != query.page);
    query.page = page->next;
  }
  FAIL_CHECK("the pages do not end");
  return {};
}

}  // namespace

TEST_CASE("every transcript: its pages hold each line once, oldest first, and end, whatever their size") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto transcripts = it.channel()->transcripts();
    if (!transcripts) return;
    const Address to = it.reachable();
    it.time().advance(1min);
    const WallTime from = it.time().wall();
    const Lines lines = {"one", "two", "three", "four", "five"};
    it.converse(lines);
    TranscriptQuery query(from, it.time().wall() + 1s);
    query.customer = to.customer;
    for (const std::size_t limit :
         {std::size_t(1), std::size_t(2), std::size_t(5), std::size_t(50), (std::numeric_limits<std::size_t>::max)()}) {
      CAPTURE(limit);
      query.limit = limit;
      CHECK(walk(*transcripts, query) == lines);
    }
    if (it.channel()->capabilities().can(Ability::search_transcript)) {
      query.limit = 2;
      query.words = "three";
      CHECK(walk(*transcripts, query) == Lines{"three"});
      query.words = "words that nobody wrote";
      CHECK(walk(*transcripts, query).empty());
      query.words.clear();
    }
    query.limit = 0;  // refused, or taken for the least there is
    const auto least = transcripts->read(query).get();
    CHECK((least ? least->entries.size() <= 1 : least.error().kind() == ErrorKind::bad_argument));
  });
}

TEST_CASE("every transcript: a period in which nothing happened is an empty page, one turned round is none") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto transcripts = it.channel()->transcripts();
    if (!transcripts) return;
    const Address to = it.reachable();
    it.converse({"one"});
    const WallTime now = it.time().wall();
    TranscriptQuery quiet(now - 3h, now - 2h);
    quiet.customer = to.customer;
    const auto page = transcripts->read(quiet).get();
    REQUIRE_MESSAGE(page.has_value(), why(page));
    CHECK(page->entries.empty());
    CHECK(page->next.empty());

    const std::uint64_t before = it.calls();
    TranscriptQuery turned(now, now - 1h);
    turned.customer = to.customer;
    CHECK(outcome(transcripts->read(turned)) == "bad_argument");
    CHECK(it.calls() == before);
  });
}

TEST_CASE("every transcript: a page token that is none of the query's is refused here") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto transcripts = it.channel()->transcripts();
    if (!transcripts) return;
    const WallTime now = it.time().wall();
    TranscriptQuery query(now - 2h, now);
    query.customer = it.reachable().customer;
    const std::uint64_t before = it.calls();
    for (const std::string& token : hostile_page_tokens()) {
      CAPTURE(token.substr(0, 40));
      query.page = token;
      CHECK(outcome(transcripts->read(query)) == "bad_argument");
    }
    CHECK(it.calls() == before);
  });
}
