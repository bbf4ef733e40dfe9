// A host copied from examples/jd_shop.cpp answers nothing that was asked before it began, or that a human has answered
// (issue 10 A10).
#include "support/jd_polled_shop.hpp"

#include <kefu/channel/inbox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdShop;
using kefu_test::PolledShop;

namespace {

constexpr char kAnswer[] = "您好，已收到您的消息：";

/// A shop that was asked something before its host began.
struct AskedShop : PolledShop {
  AskedShop() {
    buyer_writes("昨天的问题");
    time->advance(3h);
  }
};

struct CopiedHost {
  CopiedHost() {
    auto made = Inbox::create(*shop.runtime, shop.polled, [this](const InboundEvent& event, const InboxTurn& turn) {
      if (const auto* text = std::get_if<ReceivedText>(&event.payload)) {
        asked.push_back(text->body + (event.history ? " (history)" : ""));
        return turn.answer(TextContent(kAnswer + text->body));
      }
      turn.done();
    });
    REQUIRE(made);
    inbox.emplace(*std::move(made));
  }
  /// What the program said to the buyer.
  std::vector<std::string> answers() const {
    std::vector<std::string> texts;
    for (const auto& message : shop.sandbox.jd_received(kTwinJdShop, kTwinBuyer))
      if (message.text.rfind(kAnswer, 0) == 0) texts.push_back(message.text.substr(sizeof kAnswer - 1));
    return texts;
  }

  AskedShop shop;
  std::vector<std::string> asked;
  std::optional<Inbox> inbox;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("shops A10: what was asked before the host's first poll is seen as history and never answered") {
  CopiedHost host;
  host.shop.time->advance(3min);
  CHECK(host.asked == Texts{"昨天的问题 (history)"});
  CHECK(host.answers().empty());
  host.shop.buyer_writes("现在的问题");
  host.shop.time->advance(2min);
  CHECK(host.asked == Texts{"昨天的问题 (history)", "现在的问题"});
  CHECK(host.answers() == Texts{"现在的问题"});
}

TEST_CASE("shops A10: a question that a human has answered meanwhile gets no second answer") {
  CopiedHost host;
  host.shop.time->advance(3min);
  host.shop.buyer_writes("急问");
  host.shop.time->advance(2s);
  host.shop.agent_does("answer", R"({"pin":"jd_buyer_001","content":"我来处理"})");
  host.shop.time->advance(2min);
  CHECK(std::find(host.asked.begin(), host.asked.end(), "急问") != host.asked.end());
  CHECK(host.answers().empty());
}
