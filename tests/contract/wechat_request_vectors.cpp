// Every request of the vector files, published and ours, against what the typed operations write.
#include "support/vectors.hpp"
#include "support/wechat_operation_cases.hpp"

#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/operations.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

using namespace kefu;
using namespace kefu::wechat;

namespace {

/// APIs whose requests another test compares, and where.
const std::map<std::string, std::string, std::less<>> kElsewhere{
    {"token", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"stable_token", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"message.custom.send", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"message.custom.typing", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"message.custom.business.typing", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"kfaccount.uploadheadimg", "tests/unit/wechat/operations/media.cpp"},
    {"media.upload", "tests/unit/wechat/operations/media.cpp"},
    {"media.get", "tests/unit/wechat/operations/media.cpp"},
    {"media.get.jssdk", "tests/unit/wechat/operations/media.cpp"},
    {"media.uploadimg", "tests/unit/wechat/operations/media.cpp"},
    {"material.add_material", "tests/unit/wechat/operations/media.cpp"},
    {"material.get_material", "tests/unit/wechat/operations/media.cpp"},
};

/// Requests that no operation writes, and why.
const std::map<std::string, std::string, std::less<>> kUnused{
    {"kfaccount_del_legacy", "the form with GET is older; the current page has POST"},
    {"template_send_empty_miniprogram", "one client writes an empty object; kefu leaves it out"},
    {"msg_sec_check_v1", "version 1 of the content checks is no operation of kefu"},
    {"img_sec_check", "version 1 of the content checks is no operation of kefu"},
    {"media_check_async_v1", "version 1 of the content checks is no operation of kefu"},
};

/// Requests that kefu refuses before they cost a call, and the field it names.
const std::map<std::string, std::string, std::less<>> kRefused{{"msgrecord_span_too_long", "endtime"}};

void compare(detail::Value vector, const HttpRequest& request) {
  CHECK(request.method == vector["method"].text());
  CHECK(request.path == vector["path"].text());
  CHECK(request.query.size() == vector["query"].size());
  if (vector["host"]) CHECK(request.path == "/cgi-bin/showqrcode");  // goes to another base URL: wechat_promotion.cpp
  for (const auto& parameter : request.query) {
    CAPTURE(parameter.first);
    CHECK(vector["query"][parameter.first].text() == parameter.second);
  }
  if (!vector["body"]) {
    CHECK(request.body.empty());
    return;
  }
  const auto body = detail::Document::json(request.body);
  INFO(request.body);
  CHECK(kefu_test::same_json(body.root(), vector["body"]));
}

}  // namespace

TEST_CASE("TST-2: every request vector is what an operation writes, or is listed with the reason") {
  std::map<std::string, kefu_test::WechatCase, std::less<>> cases;
  for (kefu_test::WechatCase& one : kefu_test::wechat_cases()) {
    const std::string name = one.vector;
    CHECK_MESSAGE(cases.emplace(name, std::move(one)).second, "two cases of the vector " << name);
  }
  std::set<std::string> compared;
  std::set<std::string, std::less<>> unused;
  for (const char* file : {"wechat-messages.json", "wechat-ours.json"}) {
    const auto vectors = kefu_test::load_vectors(file);
    for (const auto& entry : vectors.root()["requests"]) {
      const detail::Value vector = entry.value;
      const std::string name(vector["name"].text());
      CAPTURE(name);
      const std::string route = std::string(vector["method"].text()) + " " + std::string(vector["path"].text());
      if (kElsewhere.count(vector["api"].text()) != 0) {
        compared.insert(route);
        continue;
      }
      if (kUnused.count(name) != 0) {
        CHECK(cases.count(name) == 0);
        CHECK(unused.insert(name).second);
        continue;
      }
      const auto found = cases.find(name);
      REQUIRE_MESSAGE(found != cases.end(), "no case in wechat_cases.cpp writes this vector, and no list says why");
      const Result<HttpRequest> request = found->second.encode();
      cases.erase(found);
      if (const auto refused = kRefused.find(name); refused != kRefused.end()) {
        REQUIRE(!request);
        CHECK(request.error().kind() == ErrorKind::bad_argument);
        CHECK(request.error().message().find(refused->second) == 0);
        continue;
      }
      REQUIRE_MESSAGE(request.has_value(), (request ? "" : request.error().to_string()));
      compare(vector, *request);
      compared.insert(route);
    }
  }
  for (const auto& left : cases) FAIL_CHECK("no vector of the name " << left.first);
  CHECK(unused.size() == kUnused.size());
  for (const Operation* row : operations()) {
    const std::string route = std::string(row->info.method) + " " + std::string(row->info.path);
    CHECK_MESSAGE(compared.count(route) != 0, "no vector of " << route);
  }
}

TEST_CASE("T6: the '@' of an agent's account goes out as it is, which the platform wants") {
  const auto request = kefu_test::wechat_case("", ListKfSessions("test1@test")).encode();
  REQUIRE(request);
  std::string target;
  append_request_target(target, *request);
  CHECK(target == "/customservice/kfsession/getsessionlist?access_token=ACCESS_TOKEN&kf_account=test1@test");
}
