#include <kefu/channel/content.hpp>
#include <kefu/channel/inbound.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/match.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace kefu;

namespace {

template <class Variant, std::size_t... Index>
std::string names_of(std::index_sequence<Index...>) {
  std::string names;
  ((names += std::string(to_string(Variant(std::in_place_index<Index>))) + " "), ...);
  return names;
}

template <class Variant>
std::string names_of() {
  return names_of<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>());
}

}  // namespace

TEST_CASE("every kind of content, payload and passive reply has a name of its own") {
  CHECK(names_of<Content>() == "text image voice video file location link music menu mini_program product order raw ");
  CHECK(names_of<InboundPayload>() ==
        "platform_event text media location link mini_program menu_tapped followed unfollowed scanned session_entered "
        "agent_session_changed delivery_reported customer_rated ticket_changed agent_spoke ");
  CHECK(names_of<PassiveReply>() == "no_reply content transfer_to_agent ");
  CHECK(to_string(OpenedPush::Outcome::url_check) == "url_check");
  CHECK(to_string(OpenedPush::Outcome::wake) == "wake");
  CHECK(to_string(ReceivedMedia::Kind::short_video) == "short_video");
}

TEST_CASE("a value that this version does not know is printed, not read past the names") {
  CHECK(to_string(static_cast<ContentKind>(200)) == "unknown");
  CHECK(to_string(static_cast<ReceivedMedia::Kind>(200)) == "unknown");
}

TEST_CASE("match calls the branch of what is there, else the default one") {
  const auto which = [](const InboundPayload& payload) {
    return match(
        payload, [](const ReceivedText& text) { return text.body; }, [](const Followed&) { return std::string("new"); },
        [](const auto&) { return std::string("other"); });
  };
  CHECK(which(ReceivedText("hello")) == "hello");
  CHECK(which(Followed()) == "new");
  CHECK(which(Unfollowed()) == "other");
}
