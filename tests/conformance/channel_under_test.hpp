#pragma once

// Channel conformance: the same behaviour, checked over every account of every platform. What a capability promises
// works; what it does not promise is refused here, with its reason and without a call.
//
// How a new platform plugs in:
//   1. Derive from ChannelUnderTest, one class over the platform's twin, in <platform>_channels.cpp: the account, and
//      what its customer and its platform do.
//   2. Give each kind of account a ChannelRow there, and add that function to every_channel() in channels.cpp.
// The checks know no platform and need no change. They ask Capabilities what there is to check, so a facet or an
// ability that an account gains later is checked from then on.

#include <kefu/channel/channel.hpp>
#include <kefu/channel/inbox.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kefu_test {

/// What a customer sees of one message.
struct Shown {
  std::string text;  ///< Of a text message; empty for other kinds.
  std::string all;   ///< Everything of it, in whatever form.
};

/// What is true of an account beside its Capabilities.
struct ChannelFacts {
  std::string platform;
  std::string id;
  std::string account_kind;
  std::vector<kefu::Facet> facets;  ///< At least these: a suite over an account without any would check nothing.
  bool repeats_lost_sends = false;  ///< The platform has a repeat key: a send whose answer was lost arrives once.
  bool thread_is_enough = false;    ///< The thread alone says who is meant.
};

/// One account at its platform's twin, in simulated time. Every check makes its own.
class ChannelUnderTest {
 public:
  virtual ~ChannelUnderTest() = default;

  // The host's side.
  virtual ChannelFacts facts() const = 0;
  virtual std::shared_ptr<kefu::Channel> channel() const = 0;
  /// The host lets go of its handle.
  virtual void drop_channel() = 0;
  /// The account is removed, as its own type does it.
  virtual void remove() = 0;
  virtual kefu::Runtime& runtime() = 0;
  virtual kefu::sandbox::SimulatedTime& time() = 0;
  /// A long time, at the end of which what the platform sends every few minutes has come.
  virtual void time_passes(kefu::Millis length) { time().advance(length); }

  // The customer's side.
  /// The address of a customer who may be answered now.
  virtual kefu::Address reachable() = 0;
  /// The customer writes; the platform pushes it to the connected Inbox, or keeps it until it is polled.
  virtual void customer_writes(const std::string& text) = 0;
  /// What the customer was shown, oldest first.
  virtual std::vector<Shown> shown() const = 0;
  /// The customer of reachable() writes these lines, some seconds apart, where the platform keeps a record that
  /// Transcripts reads.
  virtual void converse(const std::vector<std::string>& lines) = 0;
  /// So many customers begin a session each, some seconds apart.
  virtual void begin_sessions(int count) = 0;

  // The platform's side.
  /// Pushes go to this Inbox from now on. Nothing to do where all is polled.
  virtual void connect(kefu::Inbox& inbox) = 0;
  /// The platform delivers its last push once more. False: it does not push.
  virtual bool push_again() = 0;
  /// The platform takes the account's present credential no more.
  virtual void spoil_credential() = 0;
  /// How often a credential that the platform refused was replaced, or fetched anew.
  virtual std::uint64_t renewals() const = 0;
  /// The path or method that sends.
  virtual std::string send_path() const = 0;
  virtual kefu::sandbox::Sandbox& twin() = 0;
  /// A message in the platform's own words that says `text`, if the account takes such.
  virtual kefu::RawContent raw(const std::string& text) const = 0;
  /// An agent at work, as the platform's calls name agents.
  virtual std::string agent() const = 0;
  /// The sessions since then, as the platform lists them: by period, or the open ones of agent().
  virtual kefu::AgentSessionQuery sessions_since(kefu::WallTime from) = 0;
  /// A voice that the platform keeps.
  virtual std::string voice() const { return "voice-of-the-suite"; }
  /// A template with one field, "thing1", that may be sent to the customer of reachable() by this right.
  virtual std::string outreach_template(kefu::Ability) { return "template-of-the-suite"; }

  /// Calls that reached the platform, those for tokens included.
  std::uint64_t calls() { return twin().calls(); }
  std::uint64_t sends() { return twin().calls(send_path()); }
  /// The next send is carried out, its answer is lost.
  void lose_answer_of_send() { fault("reset_before_reply", send_path(), 1); }
  /// Every answer takes so long.
  void slow_down(kefu::Millis delay) { fault("late_reply", "", -1, delay); }
  /// One of the sandbox's faults, for so many calls of a path; empty: of any; -1: until they are cleared.
  void fault(const std::string& name, const std::string& path, std::int64_t count, kefu::Millis delay = {}) {
    kefu::sandbox::FaultSwitch one(name);
    one.path = path;
    one.count = count;
    one.delay = delay;
    REQUIRE(twin().switch_on(one).has_value());
  }
};

/// One kind of account.
struct ChannelRow {
  const char* name;
  std::function<std::unique_ptr<ChannelUnderTest>()> make;
};

std::vector<ChannelRow> wechat_channels();
std::vector<ChannelRow> jd_channels();
/// Of all platforms.
std::vector<ChannelRow> every_channel();

/// A host with this channel: an Inbox that keeps what comes in.
struct Reception {
  /// With `reply` every text of a customer is answered with it.
  explicit Reception(ChannelUnderTest& channel, std::string reply = {});
  /// Events that carry these words, in the order they were handed over.
  std::vector<kefu::InboundEvent> with_words(const std::string& words) const;

  std::vector<kefu::InboundEvent> events;
  std::unique_ptr<kefu::Inbox> inbox;
};

/// The words of an event, if it is a customer's text.
std::string words_of(const kefu::InboundEvent& event);

/// Does the account take in what customers write?
bool hears(const kefu::Channel& channel);

/// The smallest valid message of each kind, with `mark` in it where it has words; pictures are marked by `picture_of`.
kefu::Content smallest(const ChannelUnderTest& channel, kefu::ContentKind kind, const std::string& mark);
/// What must be visible of smallest().
bool shows(const Shown& shown, kefu::ContentKind kind, const std::string& mark);

/// One call that any account with facets can make, to see whether it still works: the name of its ErrorKind, "ok", or
/// "no call" for an account without any.
std::string call_something(ChannelUnderTest& channel);

/// The name of its ErrorKind, or "ok".
template <class T>
std::string outcome(const kefu::Result<T>& result) {
  return result ? "ok" : std::string(kefu::to_string(result.error().kind()));
}
template <class T>
std::string outcome(kefu::Pending<T> pending) {
  return outcome(std::move(pending).get());
}
/// For messages of failed checks.
template <class T>
std::string why(const kefu::Result<T>& result) {
  return result ? "ok" : result.error().to_string();
}

/// Runs `check` over a new account of every kind.
template <class Check>
void over_every_channel(Check check) {
  for (const ChannelRow& row : every_channel()) {
    const std::string name = row.name;
    CAPTURE(name);
    const auto channel = row.make();
    check(*channel);
  }
}

}  // namespace kefu_test
