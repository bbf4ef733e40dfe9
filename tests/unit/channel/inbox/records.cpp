#include "channel/inbox/records.hpp"

#include "channel/inbox/human_lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using kefu::Content;
using kefu::PassiveReply;
using kefu::detail::DeadRecord;
using kefu::detail::EventRecord;
using kefu::detail::LaneRecord;

std::vector<Content> every_kind() {
  kefu::VideoContent video("m1", "t1");
  video.title = "标题", video.description = "d";
  kefu::LocationContent place(39.908823, 116.39747, "天安门");
  place.address = "北京";
  kefu::LinkContent link("t", "https://x.example/?a=1&b=2");
  link.description = "d", link.picture_url = "p";
  kefu::MusicContent music("u", "t1");
  music.hq_music_url = "h", music.title = "t", music.description = "d";
  kefu::MenuContent menu("h", {kefu::MenuContent::Item("1", "一"), kefu::MenuContent::Item("2", "二")});
  menu.tail = "t";
  kefu::ProductContent product("p1");
  product.title = "t", product.url = "u", product.picture_url = "p", product.price = "¥ 1";
  kefu::OrderContent order("o1");
  order.title = "t", order.url = "u", order.picture_url = "p", order.status = "s";
  return {kefu::TextContent("\"您好\"\n\\ </a> \U0001F600"),
          kefu::ImageContent("m"),
          kefu::VoiceContent("m"),
          video,
          kefu::FileContent("m", "a.pdf"),
          place,
          link,
          music,
          menu,
          kefu::MiniProgramContent("wx1", "pages/a?b=c", "t", "m"),
          product,
          order,
          kefu::RawContent("wxcard", R"({"card_id":"1"})")};
}

}  // namespace

TEST_CASE("BOT-2: an event's record is read back as it was written, with every kind of answer") {
  EventRecord record;
  record.state = EventRecord::State::answered;
  record.received = 1'700'000'000'123;
  record.asked = 1'700'000'000'000;
  record.is_history = true;
  record.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  record.delivery.emplace(true, 7);
  record.claim_until = 1'700'000'004'123;
  record.accepted_by = "someone";
  record.tries = 2;
  record.why = "because \"of\" that";
  record.raw = "<xml><Content><![CDATA[a\"b\\c\r\n\t]]></Content></xml>";
  std::vector<PassiveReply> answers{kefu::NoReply(), kefu::TransferToAgent("a@shop")};
  for (const Content& content : every_kind()) answers.emplace_back(content);
  REQUIRE(answers.size() == kefu::kContentKinds + 2);
  for (const PassiveReply& answer : answers) {
    record.answer = answer;
    const auto read = EventRecord::parse(record.text());
    REQUIRE(read);
    CHECK(read->raw == record.raw);
    CHECK(read->state == record.state);
    CHECK(read->accepted_by == record.accepted_by);
    CHECK(read->asked == record.asked);
    CHECK(read->is_history);
    CHECK(read->trace == record.trace);
    REQUIRE(read->delivery);
    CHECK(read->delivery->not_before == 7);
    REQUIRE(read->answer);
    CHECK(read->answer->index() == answer.index());
    // Equal text means equal in every field, as each field is written.
    CHECK(read->text() == record.text());
  }
  record.state = EventRecord::State::done;
  record.answer.reset();
  record.raw.clear();
  CHECK(EventRecord::parse(record.text())->over());
  CHECK_FALSE(EventRecord::parse(record.text())->answer);
}

TEST_CASE("BOT-2: a place keeps its digits") {
  EventRecord record;
  record.answer = PassiveReply(Content(kefu::LocationContent(39.908823, -0.1)));
  const auto read = EventRecord::parse(record.text());
  REQUIRE((read && read->answer));
  const auto& place = std::get<kefu::LocationContent>(std::get<Content>(*read->answer));
  CHECK(place.latitude == 39.908823);
  CHECK(place.longitude == -0.1);
}

TEST_CASE("DED-4: a lane and a dead letter are read back as they were written") {
  LaneRecord lane;
  lane.owner = "o";
  lane.events = {"a/1 \"x\"", "b"};
  std::string text;
  lane.write(text);
  const auto read = LaneRecord::parse(text);
  REQUIRE(read);
  CHECK(read->events == lane.events);
  CHECK(read->owner == "o");

  DeadRecord dead;
  dead.received = 7;
  dead.tries = 5;
  dead.why = "why";
  dead.raw = "{\"a\":1}";
  const auto again = DeadRecord::parse(dead.text());
  REQUIRE(again);
  CHECK(again->text() == dead.text());
}

TEST_CASE("BOT-3: which of an agent's lines are a human's") {
  using kefu::detail::HumanRecord;
  using kefu::detail::OwnLine;
  constexpr std::int64_t kSaid = 1'700'000'000'000;
  HumanRecord record;
  record.add_own(OwnLine::of(kefu::TextContent("The parcel left today.\nIt is there tomorrow."), kSaid));
  kefu::MenuContent menu("which?", {kefu::MenuContent::Item("1", "this"), kefu::MenuContent::Item("2", "that")});
  record.add_own(OwnLine::of(menu, kSaid + 1'000));
  record.add_own(OwnLine::of(kefu::TextContent("OK"), kSaid + 2'000));
  const auto read = HumanRecord::parse(record.text());
  REQUIRE(read);
  CHECK(read->text() == record.text());
  for (const char* ours : {"The parcel left today. It is there tomorrow.", "The parcel left today.",
                           "It is there tomorrow.", "which?\n1. this\n2. that", "OK"}) {
    CAPTURE(ours);
    CHECK_FALSE(read->is_human(ours, kSaid + 5'000));
  }
  for (const char* human : {"left", "I see to it", "OK, I see to it", "", "[picture]"}) {
    CAPTURE(human);
    CHECK(read->is_human(human, kSaid + 5'000));
  }
}

TEST_CASE("BOT-3: of very many answers of ours none is taken for a human's line when it comes back") {
  using kefu::detail::HumanRecord;
  using kefu::detail::OwnLine;
  constexpr std::int64_t kSaid = 1'700'000'000'000;
  HumanRecord record;
  const auto words = [](int i) { return "answer number " + std::to_string(1'000 + i) + std::string(3'000, 'x'); };
  const auto said = [](int i) { return kSaid + 10'000 * i; };
  for (int i = 0; i < 500; ++i) {
    record.add_own(OwnLine::of(kefu::TextContent(words(i)), said(i)));
    const std::size_t size = record.text().size();
    REQUIRE(size < 100'000);
  }
  for (int i = 0; i < 500; ++i) {
    CAPTURE(i);
    CHECK_FALSE(record.is_human(words(i), said(i) + 1'000));
  }
  CHECK(record.is_human("I see to it", said(499) + 1'000));
  CHECK_FALSE(record.is_human("I see to it", said(100)));  // which nobody can tell any more
}

TEST_CASE("BOT-2: damaged records and those of other versions are not taken for anything") {
  for (const char* text : {"", "{", "[]", "{}", R"({"v":1,"s":"done"})", R"({"v":2})", R"({"v":2,"s":"lost"})"}) {
    CHECK_FALSE(EventRecord::parse(text));
  }
  CHECK_FALSE(LaneRecord::parse(R"({"v":3})"));
  CHECK_FALSE(DeadRecord::parse("null"));
}
