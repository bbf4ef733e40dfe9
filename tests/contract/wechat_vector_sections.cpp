// Which test uses which section of wechat-messages.json, so that no entry lies idle unseen. Requests and replies are
// walked by wechat_request_vectors.cpp and wechat_reply_vectors.cpp, which list what they leave out.
#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

namespace {

/// Sections whose walkers take every entry.
const std::map<std::string, const char*, std::less<>> kWalked{
    {"requests", "tests/contract/wechat_request_vectors.cpp"},
    {"replies", "tests/contract/wechat_reply_vectors.cpp"},
    {"pushes", "tests/unit/wechat/push/events.cpp"},
    {"crypto", "tests/unit/sandbox/wechat/push.cpp"},
    {"window_sequences", "tests/contract/reply_windows.cpp"},
    {"passive_replies", "tests/unit/wechat/push/passive_reply.cpp"},
};

/// Passive replies that its walker leaves out, and why.
const std::map<std::string, const char*, std::less<>> kUnusedReplies{
    {"empty", "kefu answers the word success, which the platform recommends"},
    {"json_where_xml_expected", "a wrong answer: kefu writes the form that the push had"},
};

}  // namespace

TEST_CASE("TST-2: every section of wechat-messages.json is walked by a test that names it") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  std::set<std::string> sections;
  for (const auto& section : vectors.root()) {
    const std::string name(section.name);
    if (name == "about" || name == "conventions") continue;
    CAPTURE(name);
    sections.insert(name);
    const auto walker = kWalked.find(name);
    REQUIRE(walker != kWalked.end());
    const std::string source = kefu_test::data_file(std::string("../../") + walker->second);
    CHECK(source.find("[\"" + name + "\"]") != std::string::npos);
  }
  CHECK(sections.size() == kWalked.size());

  const std::string walker = kefu_test::data_file("../unit/wechat/push/passive_reply.cpp");
  std::size_t unused = 0;
  for (const auto& entry : vectors.root()["passive_replies"]) {
    const std::string name(entry.value["name"].text());
    CAPTURE(name);
    const bool used = walker.find("\"" + name + "\"") != std::string::npos;
    CHECK(used != (kUnusedReplies.count(name) != 0));
    unused += used ? 0 : 1;
  }
  CHECK(unused == kUnusedReplies.size());
}
