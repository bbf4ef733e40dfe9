#include "facet_calls.hpp"

#include <chrono>

using namespace std::chrono_literals;
using namespace kefu;

namespace kefu_test {
namespace {

TranscriptQuery words_of_today(ChannelUnderTest& channel, const CustomerId& customer) {
  TranscriptQuery query(channel.time().wall() - 2h, channel.time().wall());
  query.customer = customer;
  return query;
}

/// What a batch brought is taken, so that the next poll asks the platform again.
Waiting poll_and_accept(const std::shared_ptr<Poller>& poller, CallOptions options) {
  const auto batch = std::make_shared<Pending<PollBatch>>(poller->poll(std::move(options)));
  return [poller, batch]() -> std::optional<Error> {
    const auto polled = std::move(*batch).get();
    if (!polled) return polled.error();
    const auto accepted = poller->accept(polled->cursor).get();
    if (!accepted) return accepted.error();
    return std::nullopt;
  };
}

std::optional<FacetCall> media_call(ChannelUnderTest& channel, Ability ability) {
  const auto library = channel.channel()->media_library();
  if (!library) return std::nullopt;
  const std::string name(to_string(ability));
  const std::string voice = channel.voice();
  if (ability == Ability::high_quality_voice)
    return FacetCall(name, [=](CallOptions o) {
      MediaDownload download(voice);
      download.high_quality = true;
      return waiting(library->download(std::move(download), std::move(o)));
    });
  return FacetCall(name, [=](CallOptions o) {
    MediaUpload upload(MediaKind::image, MediaContent::memory(smallest_picture(), "suite.png"));
    upload.permanent = true;
    return waiting(library->upload(std::move(upload), std::move(o)));
  });
}

std::optional<FacetCall> outreach_call(ChannelUnderTest& channel, Ability ability) {
  const auto outreach = channel.channel()->outreach();
  if (!outreach) return std::nullopt;
  const OutreachMessage message(
      ability == Ability::subscription_message ? OutreachBy::subscription : OutreachBy::template_notice,
      channel.reachable().customer, channel.outreach_template(ability), {OutreachMessage::Field("thing1", "words")});
  return FacetCall(std::string(to_string(ability)),
                   [=](CallOptions o) { return waiting(outreach->send(message, std::move(o))); });
}

std::optional<FacetCall> sessions_call(ChannelUnderTest& channel, Ability ability) {
  const auto sessions = channel.channel()->agent_sessions();
  if (!sessions) return std::nullopt;
  const CustomerId customer = channel.reachable().customer;
  const std::string agent = channel.agent();
  const std::string name(to_string(ability));
  switch (ability) {
    case Ability::agents:
      return FacetCall(name, [=](CallOptions o) { return waiting(sessions->agents(std::move(o))); });
    case Ability::list_sessions: {
      const AgentSessionQuery query = channel.sessions_since(channel.time().wall() - 2h);
      return FacetCall(name, [=](CallOptions o) { return waiting(sessions->sessions(query, std::move(o))); });
    }
    case Ability::find_session:
      return FacetCall(name, [=](CallOptions o) { return waiting(sessions->session_of(customer, std::move(o))); });
    case Ability::open_session:
      return FacetCall(name, [=](CallOptions o) { return waiting(sessions->open(customer, agent, std::move(o))); });
    case Ability::close_session:
      return FacetCall(name, [=](CallOptions o) { return waiting(sessions->close(customer, agent, std::move(o))); });
    case Ability::waiting:
      return FacetCall(name, [=](CallOptions o) { return waiting(sessions->waiting(std::move(o))); });
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<FacetCall> call_of(ChannelUnderTest& channel, Ability ability) {
  const std::string name(to_string(ability));
  if (ability == Ability::typing) {
    const auto messenger = channel.channel()->messenger();
    if (!messenger) return std::nullopt;
    const Address to = channel.reachable();
    return FacetCall(name, [=](CallOptions o) { return waiting(messenger->typing(to, true, std::move(o))); });
  }
  if (ability == Ability::search_transcript) {
    const auto transcripts = channel.channel()->transcripts();
    if (!transcripts) return std::nullopt;
    TranscriptQuery query = words_of_today(channel, channel.reachable().customer);
    query.words = "anything";
    return FacetCall(name, [=](CallOptions o) { return waiting(transcripts->read(query, std::move(o))); });
  }
  if (ability == Ability::permanent_media || ability == Ability::high_quality_voice)
    return media_call(channel, ability);
  if (ability == Ability::subscription_message || ability == Ability::template_message)
    return outreach_call(channel, ability);
  return sessions_call(channel, ability);
}

std::vector<FacetCall> promised_calls(ChannelUnderTest& channel) {
  const auto account = channel.channel();
  const Address to = channel.reachable();
  std::vector<FacetCall> calls;
  if (const auto messenger = account->messenger())
    calls.emplace_back("messenger", [=](CallOptions o) {
      return waiting(messenger->send(Message(to, TextContent("words")), std::move(o)));
    });
  // Typing follows a message, as platforms want it.
  for (const Ability ability : {Ability::typing, Ability::agents, Ability::list_sessions, Ability::find_session,
                                Ability::waiting, Ability::search_transcript})
    if (account->capabilities().can(ability))
      if (auto call = call_of(channel, ability)) calls.push_back(*std::move(call));
  if (const auto transcripts = account->transcripts()) {
    const TranscriptQuery query = words_of_today(channel, to.customer);
    calls.emplace_back("transcripts", [=](CallOptions o) { return waiting(transcripts->read(query, std::move(o))); });
  }
  if (const auto profiles = account->profiles())
    calls.emplace_back("profiles",
                       [=](CallOptions o) { return waiting(profiles->look_up(to.customer, std::move(o))); });
  if (const auto library = account->media_library())
    calls.emplace_back("media_library", [=](CallOptions o) {
      MediaUpload upload(MediaKind::image, MediaContent::memory(smallest_picture(), "suite.png"));
      return waiting(library->upload(std::move(upload), std::move(o)));
    });
  if (const auto poller = account->poller())
    calls.emplace_back("poller", [=](CallOptions o) { return poll_and_accept(poller, std::move(o)); });
  return calls;
}

std::string smallest_picture() { return std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) + std::string(64, '\x42'); }

bool gives_reason(const Error& error, const std::string& reason) {
  return error.message().find(reason.substr(0, reason.find_first_of(":;("))) != std::string::npos;
}

std::vector<std::string> hostile_page_tokens() {
  std::vector<std::string> tokens = {"x",
                                     "-1",
                                     ".",
                                     "..",
                                     "1.",
                                     ".1",
                                     "1.-1",
                                     "1.1.1.1.1.1",
                                     "99999999999999999999999999",
                                     "9223372036854775807.0",
                                     "-9223372036854775808.1.1",
                                     "1e9.1",
                                     " 1.1.1",
                                     "../../etc/passwd",
                                     "{\"page\":1}",
                                     "\xff\xfe",
                                     "%00",
                                     "页"};
  tokens.push_back(std::string("1\0.1", 4));
  tokens.emplace_back(100'000, '1');
  return tokens;
}

}  // namespace kefu_test
