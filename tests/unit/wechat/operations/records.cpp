#include <kefu/wechat/records.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;

namespace {

constexpr std::int64_t kStart = 1464710400;
constexpr std::int64_t kDay = 86'400;

KfRecord record(std::int64_t time, const std::string& text) {
  KfRecord made;
  made.openid = "oABC";
  made.opercode = KfRecord::kReceived;
  made.time = time;
  made.text = text;
  made.worker = "test1@test";
  return made;
}

/// The platform as the page describes it: ids ascend, a page begins behind `msgid`, its number says how many it has.
/// `repeats` also gives the record with that id again.
class Platform {
 public:
  Platform(std::vector<KfRecord> records, bool repeats) : records_(std::move(records)), repeats_(repeats) {}
  KfRecordPage answer(const GetKfRecords& request) {
    ++calls;
    CHECK(request.end_time - request.start_time <= GetKfRecords::kLongestSpan);
    KfRecordPage page;
    page.message_id = request.message_id;
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const auto id = static_cast<std::int64_t>(100 + i);
      const bool begins = repeats_ ? id >= request.message_id : id > request.message_id;
      if (!begins || records_[i].time < request.start_time || records_[i].time > request.end_time) continue;
      if (page.number == request.number) break;
      page.records.push_back(records_[i]);
      page.message_id = id;
      ++page.number;
    }
    return page;
  }
  int calls = 0;

 private:
  const std::vector<KfRecord> records_;
  const bool repeats_;
};

std::vector<std::string> walk(KfRecordPager pager, Platform& platform) {
  std::vector<std::string> texts;
  while (!pager.done()) {
    REQUIRE(platform.calls < 200);
    auto records = pager.take(platform.answer(pager.request()));
    REQUIRE(records);
    for (const KfRecord& one : *records) texts.push_back(one.text);
  }
  return texts;
}

std::vector<KfRecord> lines(int count, std::int64_t step) {
  std::vector<KfRecord> made;
  for (int i = 0; i < count; ++i) made.push_back(record(kStart + i * step, std::to_string(i)));
  return made;
}

bool ascending_to(const std::vector<std::string>& texts, int count) {
  if (texts.size() != static_cast<std::size_t>(count)) return false;
  for (int i = 0; i < count; ++i)
    if (texts[static_cast<std::size_t>(i)] != std::to_string(i)) return false;
  return true;
}

}  // namespace

TEST_CASE("the pager gives every record once: page sizes, days, repeats of the platform") {
  for (const bool repeats : {false, true}) {
    for (const std::int64_t size : {2, 3, 7, 10'000}) {
      for (const std::int64_t step : {1, 600, 86'400, 100'000}) {
        CAPTURE(repeats);
        CAPTURE(size);
        CAPTURE(step);
        Platform platform(lines(25, step), repeats);
        CHECK(ascending_to(walk(KfRecordPager(kStart, kStart + 25 * step, size), platform), 25));
      }
    }
  }
}

TEST_CASE("days meet in one second, and nothing in it is lost or doubled") {
  std::vector<KfRecord> records;
  for (int i = 0; i < 6; ++i) records.push_back(record(kStart + kDay, std::to_string(i)));
  for (const std::int64_t size : {4, 10'000}) {
    Platform platform(records, false);
    CHECK(ascending_to(walk(KfRecordPager(kStart, kStart + 3 * kDay, size), platform), 6));
  }
}

TEST_CASE("a span that is empty, backwards or short") {
  Platform nothing({}, false);
  CHECK(walk(KfRecordPager(kStart, kStart), nothing).empty());
  CHECK(nothing.calls == 1);
  CHECK(KfRecordPager(kStart, kStart - 1).done());
  CHECK(KfRecordPager(kStart, kStart + 10, 0).request().number == 1);
  CHECK(KfRecordPager(kStart, kStart + 10, 20'000).request().number == 10'000);
  KfRecordPager done(2, 1);
  const auto late = done.take(KfRecordPage());
  CHECK((late.has_value() && late->empty()));
}

TEST_CASE("a full page whose msgid stands still is an error, not an endless walk") {
  KfRecordPager pager(kStart, kStart + 10, 2);
  KfRecordPage page;
  page.records = lines(2, 1);
  page.number = 2;
  page.message_id = 1;
  const auto taken = pager.take(page);
  REQUIRE(!taken);
  CHECK(taken.error().kind() == ErrorKind::malformed_reply);
  CHECK(pager.done());
}

TEST_CASE("after a failed call the same page is asked for again") {
  Platform platform(lines(5, 1), false);
  KfRecordPager pager(kStart, kStart + 10, 2);
  REQUIRE(pager.take(platform.answer(pager.request())));
  const KfRecordPager kept = pager;  // the host stores it and goes on later
  const auto again = walk(kept, platform);
  CHECK(again == std::vector<std::string>{"2", "3", "4"});
}
