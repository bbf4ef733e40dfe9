// The table of everything that is looked at before a request of WeChat goes out is what the code looks at, each with
// the section of the reference that it follows. KEFU_WRITE_README=1 writes it anew.
#include "support/readme_section.hpp"
#include "support/wechat_operation_cases.hpp"

#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/tokens.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;

namespace {

constexpr std::string_view kBegin = "<!-- wechat-checks: written by tests/contract/wechat_local_checks.cpp -->\n";
constexpr std::string_view kEnd = "<!-- /wechat-checks -->\n";

/// Those whose requests other tests compare with their vectors.
std::vector<kefu_test::WechatCase> more_cases() {
  using kefu_test::wechat_case;
  const MediaContent file = MediaContent::memory("x", "a.jpg");
  std::vector<kefu_test::WechatCase> all;
  for (const CustomMessage& message :
       {CustomMessage(TextContent("x")), CustomMessage(ImageContent("M")), CustomMessage(VoiceContent("M")),
        CustomMessage(VideoContent("M")), CustomMessage(MusicContent()), CustomMessage(News(LinkContent())),
        CustomMessage(Link(LinkContent())), CustomMessage(MiniProgramContent()), CustomMessage(MpNews("M")),
        CustomMessage(MpNewsArticle("A")), CustomMessage(WxCard("C"))})
    all.push_back(wechat_case("", SendCustomMessage("oA", message)));
  MenuContent menu;
  menu.items.emplace_back("1", "x");
  all.push_back(wechat_case("", SendCustomMessage("oA", menu)));
  all.push_back(wechat_case("", SetTyping("oA", true)));
  all.push_back(wechat_case("", SetBusinessTyping("oA", true)));
  all.push_back(wechat_case("", FetchClassicToken("a", Secret("s"))));
  all.push_back(wechat_case("", FetchStableToken("a", Secret("s"))));
  all.push_back(wechat_case("", UploadMedia(MediaKind::image, file)));
  all.push_back(wechat_case("", GetMedia("M")));
  all.push_back(wechat_case("", GetJssdkVoice("M")));
  all.push_back(wechat_case("", UploadArticleImage(file)));
  all.push_back(wechat_case("", AddMaterial(MediaKind::image, file)));
  all.push_back(wechat_case("", GetMaterial("M")));
  all.push_back(wechat_case("", UploadKfPicture("a@b", file)));
  return all;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("shops B4: every local check has its source; the table of all of them is what the code looks at") {
  std::map<const Operation*, Lines> found;
  std::vector<kefu_test::WechatCase> cases = kefu_test::wechat_cases();
  for (kefu_test::WechatCase& one : more_cases()) cases.push_back(std::move(one));
  for (const kefu_test::WechatCase& one : cases) {
    Lines& lines = found[one.row];
    for (const detail::FieldCheck& check : one.checks()) {
      const std::pair<std::string, std::string> line(check.field, check.must);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
  }
  std::string text(kBegin);
  text += "\n| operation | field | must | source |\n| --- | --- | --- | --- |\n";
  std::size_t number = 0;
  for (const Row* row : rows()) {
    const std::string type(row->type);
    CHECK_MESSAGE(found.count(&row->operation) == 1, "no sample of " << type);
    CHECK_MESSAGE(!row->source.empty(), "no source of " << type);
    const bool security = !row->source.empty() && row->source[0] == 'B';
    const std::string source =
        (security ? "wechat-security-and-authorization " : "wechat-messages ") + std::string(row->source);
    for (const auto& [field, must] : found[&row->operation]) {
      text += "| `" + type + "` | `" + field + "` | " + must + " | " + source + " |\n";
      ++number;
    }
  }
  CHECK(number > 150);
  kefu_test::check_readme_section("include/kefu/wechat/CHECKS.md", kBegin, kEnd, text + "\n" + std::string(kEnd),
                                  "*local check*");
}
