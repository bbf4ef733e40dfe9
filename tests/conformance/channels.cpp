#include "channel_under_test.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

using namespace std::chrono_literals;
using kefu::Content;
using kefu::ContentKind;

namespace kefu_test {
namespace {

constexpr char kMedia[] = "media-of-the-suite";
constexpr char kPicture[] = "https://img.example.com/suite.jpg";
constexpr char kPage[] = "https://shop.example.com/suite";

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

std::vector<ChannelRow> every_channel() {
  std::vector<ChannelRow> all;
  for (const auto& rows : {wechat_channels(), jd_channels()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

Reception::Reception(ChannelUnderTest& channel, std::string reply) {
  auto made = kefu::Inbox::create(channel.runtime(), channel.channel(),
                                  [this, reply](kefu::InboundEvent event, kefu::InboxTurn turn) {
                                    const bool answers = !reply.empty() && !words_of(event).empty();
                                    events.push_back(std::move(event));
                                    if (!answers) return turn.done();
                                    turn.answer(kefu::TextContent(reply));
                                  });
  REQUIRE_MESSAGE(made.has_value(), why(made));
  inbox = std::make_unique<kefu::Inbox>(*std::move(made));
  channel.connect(*inbox);
}

std::vector<kefu::InboundEvent> Reception::with_words(const std::string& words) const {
  std::vector<kefu::InboundEvent> found;
  for (const auto& event : events)
    if (words_of(event) == words) found.push_back(event);
  return found;
}

std::string words_of(const kefu::InboundEvent& event) {
  const auto* text = std::get_if<kefu::ReceivedText>(&event.payload);
  return text == nullptr ? std::string() : text->body;
}

bool hears(const kefu::Channel& channel) {
  return channel.capabilities().has(kefu::Facet::push_receiver) || channel.capabilities().has(kefu::Facet::poller);
}

Content smallest(const ChannelUnderTest& channel, ContentKind kind, const std::string& mark) {
  switch (kind) {
    case ContentKind::text:
      return kefu::TextContent(mark);
    case ContentKind::image: {
      kefu::ImageContent image(kMedia);
      image.url = kPicture;
      return image;
    }
    case ContentKind::voice:
      return kefu::VoiceContent(kMedia);
    case ContentKind::video:
      return kefu::VideoContent(kMedia, kMedia);
    case ContentKind::file:
      return kefu::FileContent(kMedia, mark);
    case ContentKind::location:
      return kefu::LocationContent(39.9, 116.4, mark);
    case ContentKind::link: {
      kefu::LinkContent link(mark, kPage);
      link.description = "description";
      link.picture_url = kPicture;
      return link;
    }
    case ContentKind::music: {
      kefu::MusicContent music(kPage, kMedia);
      music.title = mark;
      return music;
    }
    case ContentKind::menu:
      return kefu::MenuContent(mark, {kefu::MenuContent::Item("1", "yes")});
    case ContentKind::mini_program:
      return kefu::MiniProgramContent(channel.channel()->id(), "pages/index", mark, kMedia);
    case ContentKind::product: {
      kefu::ProductContent product("100012043978");
      product.title = mark;
      product.url = kPage;
      return product;
    }
    case ContentKind::order: {
      kefu::OrderContent order("255512345678");
      order.title = mark;
      return order;
    }
    case ContentKind::raw:
      break;
  }
  return channel.raw(mark);
}

bool shows(const Shown& shown, ContentKind kind, const std::string& mark) {
  switch (kind) {
    case ContentKind::image:
      return holds(shown.all, kMedia) || holds(shown.all, kPicture);
    case ContentKind::voice:
    case ContentKind::video:
      return holds(shown.all, kMedia);
    default:
      return holds(shown.all, mark);
  }
}

std::string call_something(ChannelUnderTest& channel) {
  const auto account = channel.channel();
  const auto& can = account->capabilities();
  if (const auto messenger = account->messenger())
    return outcome(messenger->send(kefu::Message(channel.reachable(), kefu::TextContent("still here"))));
  if (account->agent_sessions() && can.can(kefu::Ability::agents)) return outcome(account->agent_sessions()->agents());
  if (const auto poller = account->poller()) return outcome(poller->poll());
  return "no call";
}

}  // namespace kefu_test
