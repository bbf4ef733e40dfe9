// Names of a buyer, against a scripted gateway.
#include "support/jd_gateway.hpp"

#include <kefu/jd/buyer.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace kefu;
using kefu_test::JdCall;
using kefu_test::JdGateway;

namespace {

constexpr char kPin[] = "jingdong.jos.oauth.rpc.xid.pin2Xid";
constexpr char kOpenId[] = "jingdong.jos.oauth.rpc.xid.openId2Xid";
constexpr char kFound[] = R"({"code":"0","returnType":{"code":200,"data":"o*AAT01","requestId":"r-1"}})";
using Ids = std::vector<std::pair<std::string, std::string>>;

Result<Profile> look_up(const JdGateway& world, const jd::BuyerIds& ids) {
  return world.shop->profiles()->look_up(jd::customer_of(ids, "sid-1")).get();
}

}  // namespace

TEST_CASE("a pin and an open_id are joined to the xid") {
  JdGateway world;
  world.on_node(kPin, kFound);
  world.on_node(kOpenId, kFound);
  const auto by_pin = look_up(world, jd::BuyerIds("jd_buyer_001"));
  REQUIRE_MESSAGE(by_pin.has_value(), (by_pin ? "" : by_pin.error().to_string()));
  CHECK(by_pin->customer.id == "pin:jd_buyer_001");  // the name that was seen first
  CHECK(by_pin->customer.union_id == "o*AAT01");
  CHECK(by_pin->ids == Ids{{"pin", "jd_buyer_001"}, {"xid", "o*AAT01"}});
  CHECK(world.calls_of(kPin).at(0)["userPin"] == "jd_buyer_001");
  CHECK(world.calls_of(kPin).at(0)["appKey"] == kefu_test::kJdAppKey);

  const auto by_open_id = look_up(world, jd::BuyerIds("", "OPENID1"));
  REQUIRE(by_open_id.has_value());
  CHECK(by_open_id->customer == by_pin->customer);
  CHECK(by_open_id->ids == Ids{{"pin", "jd_buyer_001"}, {"open_id", "OPENID1"}, {"xid", "o*AAT01"}});
  CHECK(world.calls_of(kOpenId).at(0)["openId"] == "OPENID1");
}

TEST_CASE("an xid needs no call; a masked pin names nobody") {
  JdGateway world;
  const auto known = look_up(world, jd::BuyerIds("", "", "o*AAT01"));
  REQUIRE(known.has_value());
  CHECK(known->ids == Ids{{"xid", "o*AAT01"}});
  CHECK(look_up(world, jd::BuyerIds("j***1")).error().kind() == ErrorKind::bad_argument);
  for (const char* wrong : {"", "jd_buyer_001", "pin:", "pin:j***1", "masked:j***1@sid-1"}) {
    const auto profile = world.shop->profiles()->look_up(CustomerId(wrong)).get();
    REQUIRE_FALSE_MESSAGE(profile.has_value(), wrong);
    CHECK(profile.error().kind() == ErrorKind::bad_argument);
  }
  CHECK(world.calls.empty());
}

TEST_CASE("a name that JD does not know is not found; a refusal is told as such") {
  JdGateway world;
  world.on_node(kPin, R"({"code":"0","returnType":{"code":200,"data":"","requestId":"r-1"}})");
  CHECK(look_up(world, jd::BuyerIds("nobody")).error().kind() == ErrorKind::not_found);
  world.on_node(kPin, R"({"code":"0","returnType":{"code":500,"message":"no","requestId":"r-2"}})");
  const auto refused = look_up(world, jd::BuyerIds("nobody"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().platform_code() == "500");
}
