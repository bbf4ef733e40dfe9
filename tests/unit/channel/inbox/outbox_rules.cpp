#include "channel/inbox/outbox_rules.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kefu::Delivery;
using kefu::Error;
using kefu::ErrorDetails;
using kefu::ErrorKind;
using kefu::Millis;
using kefu::Receipt;
using kefu::Result;
using kefu::detail::OutboxOutcome;
using kefu::detail::OutboxRecord;
using kefu::detail::OutboxRules;
using kefu::detail::OutboxView;
using State = OutboxRecord::State;
using What = OutboxOutcome::What;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr int kTries = 5;
const OutboxRules kRules(kTries);

/// A record of our own session after one attempt, which a request may carry.
OutboxRecord record_in(State state) {
  OutboxRecord record(true);
  record.state = state;
  record.session = "ours";
  record.request = state == State::claimed ? "r1" : "";
  record.attempts = 1;
  record.since = kNow - 1'000;
  return record;
}

OutboxView view_of(OutboxRecord record, std::int64_t now = kNow) { return OutboxView(std::move(record), "ours", now); }

/// The state that a step leads to; "-" where it is refused.
std::string led_to(const std::optional<OutboxRecord>& record) {
  return record ? std::string(to_string(record->state)) : "-";
}

/// What every step makes of one view.
std::string all_steps(const OutboxView& view) {
  std::string out = led_to(kRules.claim(view, "r2"));
  const auto add = [&out](const std::optional<OutboxRecord>& record) { out += ' ' + led_to(record); };
  add(kRules.carried(view, "r1"));
  add(kRules.unclaim(view, "r1"));
  add(kRules.begin(view, 0ms));
  for (const What what : {What::sent, What::later, What::refused, What::unknown, What::not_begun})
    add(kRules.settle(view, 1, OutboxOutcome(what)));
  add(kRules.expire(view));
  return out;
}

Error failure(ErrorKind kind, Delivery delivery, std::size_t parts = 0, std::optional<Millis> after = {}) {
  ErrorDetails details;
  details.message = "scripted";
  details.parts_delivered = parts;
  details.retry_after = after;
  return Error(kind, delivery, std::move(details));
}

const std::string kNothing = "- - - - - - - - - -";

}  // namespace

TEST_CASE("Outbox: each state allows its steps and no other") {
  struct Row {
    std::string name;
    State state;
    std::string steps;  ///< claim carried unclaim begin, settle sent later refused unknown not_begun, expire
    std::function<void(OutboxView&)> change;
  };
  const auto others = [](OutboxView& v) { v.record.session = "another"; };
  const auto over = [](OutboxView& v) { v.record.session = "another", v.holder_over = true; };
  const auto key = [](OutboxView& v) { v.record.repeat_until = kNow + 60'000; };
  const std::vector<Row> rows = {
      {"ready", State::ready, "claimed - - sending - - - - - -", {}},
      {"ready, no request can carry it", State::ready, "- - - sending - - - - - -",
       [](OutboxView& v) { v.record.by_request = false; }},
      {"ready, its time has not come", State::ready, "claimed - - - - - - - - -",
       [](OutboxView& v) { v.record.not_before = kNow + 1; }},
      {"ready, its time has come", State::ready, "claimed - - sending - - - - - -",
       [](OutboxView& v) { v.record.not_before = kNow; }},
      {"ready, a human wrote", State::ready, "suppressed - - suppressed - - - - - suppressed",
       [](OutboxView& v) { v.human_spoke = true; }},
      {"ready, a human wrote, no request can carry it", State::ready, "- - - suppressed - - - - - suppressed",
       [](OutboxView& v) { v.human_spoke = true, v.record.by_request = false; }},
      {"claimed", State::claimed, "- sent ready - - - - - - -", {}},
      {"claimed by another request", State::claimed, kNothing, [](OutboxView& v) { v.record.request = "r3"; }},
      {"claimed by a repeat", State::claimed, "- sent unknown - - - - - - -",
       [](OutboxView& v) { v.record.in_doubt = true; }},
      {"claimed in another session", State::claimed, kNothing, others},
      {"claimed in a session that is over", State::claimed, "claimed - - - - - - - - -", over},
      {"the same, nearly 20 s ago", State::claimed, "claimed - - - - - - - - -",
       [&](OutboxView& v) { over(v), v.record.since = kNow - 19'999; }},
      {"the same, 20 s ago", State::claimed, "- - - - - - - - - unknown",
       [&](OutboxView& v) { over(v), v.record.since = kNow - 20'000; }},
      {"the same, a human wrote", State::claimed, kNothing, [&](OutboxView& v) { over(v), v.human_spoke = true; }},
      {"sending", State::sending, "- - - - sent ready refused unknown ready -", {}},
      {"sending, with a key", State::sending, "- - - - sent ready refused sending ready -", key},
      {"sending, a repeat", State::sending, "- - - - sent sending unknown sending sending -",
       [&](OutboxView& v) { key(v), v.record.in_doubt = true; }},
      {"sending, to be repeated", State::sending, "- - - sending sent - - - - -",
       [&](OutboxView& v) { key(v), v.record.not_before = kNow; }},
      {"sending, to be repeated later", State::sending, "- - - - sent - - - - -",
       [&](OutboxView& v) { key(v), v.record.not_before = kNow + 1; }},
      {"sending, to be repeated, the key forgotten", State::sending, "- - - - sent - - - - unknown",
       [](OutboxView& v) { v.record.repeat_until = kNow, v.record.not_before = kNow; }},
      {"sending, to be repeated, a human wrote", State::sending, "- - - - sent - - - - unknown",
       [&](OutboxView& v) { key(v), v.record.not_before = kNow, v.human_spoke = true; }},
      {"sending in another session", State::sending, kNothing, [&](OutboxView& v) { key(v), others(v); }},
      {"sending in a session that is over", State::sending, "- - - - - - - - - unknown", over},
      {"the same, with a key", State::sending, "- - - sending - - - - - -", [&](OutboxView& v) { key(v), over(v); }},
      {"the same, a human wrote", State::sending, "- - - - - - - - - unknown",
       [&](OutboxView& v) { key(v), over(v), v.human_spoke = true; }},
      {"the same, the key nearly forgotten", State::sending, "- - - - - - - - - unknown",
       [&](OutboxView& v) { over(v), v.record.repeat_until = kNow + 4'999; }},
      {"the same, tried often enough", State::sending, "- - - - - - - - - unknown",
       [&](OutboxView& v) { key(v), over(v), v.record.attempts = kTries; }},
      {"the same, the clock went back", State::sending, "- - - - - - - - - unknown",
       [&](OutboxView& v) { key(v), over(v), v.record.since = kNow + 1; }},
      {"unknown", State::unknown, "- - - - sent - - - - -", {}},
      {"unknown, of another session", State::unknown, kNothing, others},
      {"sent", State::sent, kNothing, {}},
      {"sent, of a session that is over", State::sent, kNothing, over},
      {"refused", State::refused, kNothing, {}},
      {"suppressed", State::suppressed, kNothing, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    OutboxView view = view_of(record_in(row.state));
    if (row.change) row.change(view);
    CHECK(all_steps(view) == row.steps);
  }
}

TEST_CASE("Outbox: only the attempt that is at work is settled") {
  OutboxRecord record = record_in(State::sending);
  record.attempts = 2;
  for (const What what : {What::sent, What::later, What::refused, What::unknown, What::not_begun}) {
    CHECK_FALSE(kRules.settle(view_of(record), 1, OutboxOutcome(what)));
    CHECK_FALSE(kRules.settle(view_of(record), 3, OutboxOutcome(what)));
    CHECK(kRules.settle(view_of(record), 2, OutboxOutcome(what)));
  }
}

TEST_CASE("Outbox: a claim names its request and session; undone it leaves as a message at once") {
  OutboxRecord record(true, kNow + 4'000);
  const auto claimed = kRules.claim(view_of(record), "r1");
  REQUIRE(claimed);
  CHECK(claimed->session == "ours");
  CHECK(claimed->request == "r1");
  CHECK(claimed->since == kNow);
  const auto carried = kRules.carried(view_of(*claimed), "r1");
  REQUIRE(carried);
  CHECK(carried->was_carried());
  const auto back = kRules.unclaim(view_of(*claimed), "r1");
  REQUIRE(back);
  CHECK(back->request.empty());
  const auto begun = kRules.begin(view_of(*back), 0ms);
  REQUIRE(begun);
  const auto sent = kRules.settle(view_of(*begun), 1, OutboxOutcome(What::sent));
  REQUIRE(sent);
  CHECK_FALSE(sent->was_carried());
}

TEST_CASE("Outbox: a repeat that claims what a dead process carried has what is left of the 20 s") {
  OutboxRecord left = record_in(State::claimed);
  left.session = "another";
  left.since = kNow - 15'000;
  OutboxView view = view_of(left);
  view.holder_over = true;
  const auto claimed = kRules.claim(view, "r2");
  REQUIRE(claimed);
  CHECK(claimed->request == "r2");
  CHECK(claimed->since == left.since);
  CHECK(claimed->in_doubt);
}

TEST_CASE("Outbox: the platform's memory of a key counts from the first attempt") {
  const auto first = kRules.begin(view_of(OutboxRecord()), 180s);
  REQUIRE(first);
  CHECK(first->since == kNow);
  CHECK(first->repeat_until == kNow + 180'000);
  CHECK_FALSE(OutboxRules::time_for_repeat(view_of(*first)));
  OutboxOutcome unknown(What::unknown);
  unknown.pause = 10s;
  const auto waits = kRules.settle(view_of(*first, kNow + 100'000), 1, unknown);
  REQUIRE(waits);
  CHECK(waits->not_before == kNow + 110'000);
  CHECK_FALSE(kRules.begin(view_of(*waits, kNow + 109'999), 180s));
  const auto second = kRules.begin(view_of(*waits, kNow + 110'000), 180s);
  REQUIRE(second);
  CHECK(second->attempts == 2);
  CHECK(second->repeat_until == kNow + 180'000);
  CHECK(OutboxRules::time_for_repeat(view_of(*second, kNow + 110'000)) == 70s);
  // What came back for sure begins anew, and still the first attempt counts.
  OutboxRecord again = *first;
  again.state = State::ready;
  const auto later = kRules.begin(view_of(again, kNow + 50'000), 180s);
  REQUIRE(later);
  CHECK(later->repeat_until == kNow + 180'000);
  // A pause beyond the memory is the end.
  unknown.pause = 80s;
  CHECK(led_to(kRules.settle(view_of(*first, kNow + 100'000), 1, unknown)) == "unknown");
}

TEST_CASE("Outbox: who repeats for a session that is over remembers that the first message may have arrived") {
  OutboxRecord left = record_in(State::sending);
  left.session = "another";
  left.repeat_until = kNow + 60'000;
  OutboxView view = view_of(left);
  view.holder_over = true;
  const auto repeat = kRules.begin(view, 0ms);
  REQUIRE(repeat);
  CHECK(repeat->in_doubt);
  CHECK(repeat->session == "ours");
  CHECK(OutboxRules::time_for_repeat(view_of(*repeat)) == 60s);
  CHECK(led_to(kRules.settle(view_of(*repeat), 2, OutboxOutcome(What::refused))) == "unknown");
}

TEST_CASE("Outbox: what cannot be repeated any more keeps its reason") {
  OutboxRecord waits = record_in(State::sending);
  waits.not_before = kNow;
  waits.why = "no answer in time";
  const auto end = kRules.expire(view_of(waits));
  REQUIRE(end);
  CHECK(end->why == "no answer in time");
  waits.session = "another";
  OutboxView view = view_of(waits);
  view.holder_over = true;
  CHECK(kRules.expire(view)->why.find("the process ended") == 0);
}

TEST_CASE("Outbox: without a key an unknown outcome is the end, whatever came before") {
  const auto begun = kRules.begin(view_of(OutboxRecord()), 0ms);
  REQUIRE(begun);
  CHECK(begun->repeat_until == 0);
  const auto end = kRules.settle(view_of(*begun), 1, OutboxOutcome(What::unknown));
  REQUIRE(end);
  CHECK(end->state == State::unknown);
  CHECK(end->over());
}

TEST_CASE("Outbox: what was not begun does not count as a try") {
  const auto begun = kRules.begin(view_of(OutboxRecord()), 180s);
  const auto back = kRules.settle(view_of(*begun), 1, OutboxOutcome(What::not_begun));
  REQUIRE(back);
  CHECK(back->state == State::ready);
  CHECK(back->attempts == 0);
  CHECK_FALSE(back->in_doubt);
  OutboxRecord repeat = *begun;
  repeat.attempts = kTries;
  repeat.in_doubt = true;
  const auto waits = kRules.settle(view_of(repeat), kTries, OutboxOutcome(What::not_begun));
  REQUIRE(waits);
  CHECK(waits->state == State::sending);
  CHECK(waits->attempts == kTries - 1);
  CHECK(waits->not_before == kNow + 1);
}

TEST_CASE("Outbox: tries end as refused with the last reason") {
  OutboxRecord record = record_in(State::sending);
  record.attempts = kTries;
  OutboxOutcome outcome(What::later);
  outcome.why = "busy";
  const auto end = kRules.settle(view_of(record), kTries, outcome);
  REQUIRE(end);
  CHECK(end->state == State::refused);
  CHECK(end->why == "busy");
  record.attempts = kTries - 1;
  outcome.pause = 7s;
  const auto again = kRules.settle(view_of(record), kTries - 1, outcome);
  REQUIRE(again);
  CHECK(again->state == State::ready);
  CHECK(again->not_before == kNow + 7'000);
}

TEST_CASE("Outbox: a text sent in part is repeated only under its key, and says how much arrived") {
  OutboxOutcome outcome(What::later);
  outcome.parts = 2;
  outcome.why = "busy";
  const auto end = kRules.settle(view_of(record_in(State::sending)), 1, outcome);
  REQUIRE(end);
  CHECK(end->state == State::refused);
  CHECK(end->parts == 2);
  CHECK(end->why == "sent in part: busy");
  OutboxRecord keyed = record_in(State::sending);
  keyed.repeat_until = kNow + 60'000;
  CHECK(led_to(kRules.settle(view_of(keyed), 1, outcome)) == "sending");
  outcome.what = What::refused;
  CHECK(led_to(kRules.settle(view_of(keyed), 1, outcome)) == "refused");
}

TEST_CASE("Outbox: what a Messenger answers, by delivery and kind") {
  const auto what = [](const Result<Receipt>& result) { return OutboxOutcome(result, 1s).what; };
  CHECK(what(Receipt()) == What::sent);
  CHECK(what(failure(ErrorKind::timeout, Delivery::unknown)) == What::unknown);
  CHECK(what(failure(ErrorKind::window_closed, Delivery::not_sent)) == What::refused);
  CHECK(what(failure(ErrorKind::content_refused, Delivery::refused)) == What::refused);
  for (const ErrorKind kind : {ErrorKind::rate_limited, ErrorKind::unavailable, ErrorKind::network, ErrorKind::timeout,
                               ErrorKind::cancelled}) {
    CHECK(what(failure(kind, Delivery::not_sent)) == What::later);
    CHECK(what(failure(kind, Delivery::refused)) == What::later);
  }
  const OutboxOutcome asked(failure(ErrorKind::rate_limited, Delivery::refused, 3, 30s), 1s);
  CHECK(asked.pause == 30s);
  CHECK(asked.parts == 3);
  CHECK(asked.why.find("scripted") != std::string::npos);
  CHECK(OutboxOutcome(failure(ErrorKind::rate_limited, Delivery::refused, 0, 10ms), 1s).pause == 1s);
  CHECK(OutboxOutcome(failure(ErrorKind::rate_limited, Delivery::refused, 0, 5h), 1s).pause == 1h);
}

TEST_CASE("Outbox: when a record is looked at again") {
  const auto at = [](const OutboxRecord& record) { return kRules.look_again(view_of(record)) - kNow; };
  OutboxRecord ready(false, kNow + 9'000);
  CHECK(at(ready) == 9'000);
  ready.by_request = true;
  CHECK(at(ready) == 200);
  ready.attempts = 1;
  CHECK(at(ready) == 2'000);
  ready.not_before = kNow - 5;
  CHECK(at(ready) == 0);
  CHECK(at(record_in(State::claimed)) == 2'000);
  OutboxRecord sending = record_in(State::sending);
  CHECK(at(sending) == 2'000);
  sending.not_before = kNow + 9'000;
  CHECK(at(sending) == 9'000);
  sending.session = "another";
  CHECK(at(sending) == 2'000);
}

TEST_CASE("Outbox: a record comes back from its JSON as it was") {
  OutboxRecord record = record_in(State::sending);
  record.in_doubt = true;
  record.request = "r\"1";
  record.not_before = kNow + 1;
  record.repeat_until = kNow + 2;
  record.parts = 3;
  record.why = "one\ntwo";
  for (const State state :
       {State::ready, State::claimed, State::sending, State::sent, State::refused, State::unknown, State::suppressed}) {
    record.state = state;
    std::string text;
    kefu::detail::JsonWriter json(text);
    record.write(json);
    const auto document = kefu::detail::Document::json(text);
    const auto back = OutboxRecord::read(document.root());
    REQUIRE(back);
    CHECK(back->state == record.state);
    CHECK(back->by_request == record.by_request);
    CHECK(back->in_doubt == record.in_doubt);
    CHECK(back->attempts == record.attempts);
    CHECK(back->session == record.session);
    CHECK(back->request == record.request);
    CHECK(back->since == record.since);
    CHECK(back->not_before == record.not_before);
    CHECK(back->repeat_until == record.repeat_until);
    CHECK(back->parts == record.parts);
    CHECK(back->why == record.why);
  }
  CHECK_FALSE(OutboxRecord::read(kefu::detail::Document::json(R"({"s":"gone"})").root()));
  CHECK_FALSE(OutboxRecord::read(kefu::detail::Document::json("[]").root()));
}
