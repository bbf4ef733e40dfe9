// Answers as people who saw the platform have them (jd-ours.json, `shapes`): each goes through the whole call.
#include "core/call/fields.hpp"
#include "support/jd_operation_cases.hpp"
#include "support/vectors.hpp"

#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/after_sale_records.hpp>
#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/orders.hpp>
#include <kefu/jd/reviews.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace kefu;
using namespace kefu::jd;
using detail::Document;
using detail::Value;
using kefu_test::JdWorld;
using kefu_test::text_of;

namespace {

Operator somebody() { return Operator("10001", "flagship-zhang", "客服A"); }

template <class Op>
Op acted(Op op) {
  op.by = somebody();
  return op;
}

/// The answers by their names, of which every one must be asked for.
class Shapes {
 public:
  std::string answer(std::string_view id) const {
    for (const Value shape : document_.root()["shapes"].items()) {
      if (shape["id"].text() != id) continue;
      REQUIRE((shape["origin"].text() == "ours" && !shape["source"].text().empty()));
      std::string json;
      detail::FieldReader(shape["answer"]).whole(json);
      return json;
    }
    FAIL("no shape " << std::string(id));
    return {};
  }

 private:
  Document document_ = kefu_test::load_vectors("jd-ours.json");
};

template <class Op>
Result<typename Op::Response> answered(const Op& op, std::string_view shape) {
  return kefu_test::answered_call(op, Shapes().answer(shape));
}

ReplyToReview reply() { return ReplyToReview("c-1", "感谢您的反馈"); }
ListProductReviews reviews() {
  return ListProductReviews(from_unix_seconds(1716566400), from_unix_seconds(1717171200));
}

}  // namespace

TEST_CASE("witnesses: an answer to a review is done with 200, flat and inside map") {
  for (const char* shape : {"review-reply-200", "review-reply-200-in-map"}) {
    CAPTURE(shape);
    const auto done = answered(reply(), shape);
    REQUIRE(done);
    CHECK((done->code == "200" && done->message == "成功"));
  }
}

TEST_CASE("witnesses: what an answer to a review is refused with, and what leaves open whether it is there") {
  struct Refusal {
    const char* shape;
    const char* code;
    Delivery delivery;
  };
  for (const Refusal& each : {Refusal{"review-reply-no-review", "19", Delivery::refused},
                              Refusal{"review-reply-no-review-in-map", "19", Delivery::refused},
                              Refusal{"review-reply-again", "11", Delivery::unknown},
                              Refusal{"review-reply-fault", "24", Delivery::unknown}}) {
    CAPTURE(each.shape);
    const auto done = answered(reply(), each.shape);
    REQUIRE(!done);
    CHECK(done.error().delivery() == each.delivery);
    CHECK(done.error().platform_code() == each.code);
    CHECK(!done.error().details().platform_message.empty());
  }
}

TEST_CASE("witnesses: reviews inside map are read; a refusal beside an empty list is no empty list") {
  const auto found = answered(reviews(), "reviews-in-map");
  REQUIRE(found);
  REQUIRE(found->reviews.size() == 1);
  CHECK((found->reviews[0].content == "非常好" && found->reviews[0].is_answered && found->total == 1));
  const auto none = answered(reviews(), "reviews-none");
  REQUIRE(none);
  CHECK((none->reviews.empty() && none->total == 0));
  const auto refused = answered(reviews(), "reviews-too-often");
  REQUIRE(!refused);
  CHECK(refused.error().platform_code() == "32");
}

TEST_CASE("witnesses: an act on an after-sale order whose data is false was not done") {
  const SaveTrack note = acted(SaveTrack(7001, "已联系"));
  CHECK(answered(note, "track-saved"));
  const auto lost = answered(note, "track-not-saved");
  REQUIRE(!lost);
  CHECK(lost.error().kind() == ErrorKind::conflict);
  CHECK(lost.error().delivery() == Delivery::refused);
  CHECK(answered(acted(RefuseService(7001, 255512345678, 2, "超期", 1)), "act-done-by-word"));
  // As a raw call too; but a read whose data is "no" has found it.
  const JdWorld world;
  world.answer(Shapes().answer("track-not-saved"));
  CHECK(!world.call("jingdong.asc.track.save", Effect::create));
  CHECK(world.call("jingdong.asc.track.save", Effect::read));
}

TEST_CASE("witnesses: a telephone, freight without its order's number, an order in full") {
  const auto telephone = answered(acted(ViewServiceTelephone(7001)), "telephone");
  REQUIRE(telephone);
  CHECK(telephone->number == "134****2222");
  const auto freight = answered(acted(ViewFreight(7001, 255512345678)), "freight");
  REQUIRE(freight);
  REQUIRE(freight->freights.size() == 1);
  CHECK((freight->freights[0].express_code == "JDY0001" && freight->freights[0].service_id == 0));
  CHECK((freight->freights[0].freight_money == "0" && freight->freights[0].notes.size() == 1));
  const auto bill = answered(acted(GetServiceOrder(7001, 255512345678)), "service-bill");
  REQUIRE(bill);
  CHECK((bill->service_id == 7001 && bill->service_status == 10005 && bill->sys_version == 9));
  CHECK((bill->customer.pin == "jd_buyer_001" && bill->contact_mobile == "188****2724"));
  CHECK((bill->pickware_address == "示例路1号" && bill->question_pictures.empty()));
  CHECK(text_of(bill->update_time) == "2024-06-01 08:30:00");
  REQUIRE(bill->items.size() == 1);
  CHECK(bill->items[0].actual_pay_price == "141.9");
}

TEST_CASE("witnesses: a refund under way has neither number nor time; amounts keep their decimals") {
  ViewServiceRefunds call;
  call.order_id = 255512345678;
  const auto page = answered(call, "refunds-under-way");
  REQUIRE(page);
  REQUIRE(page->items.size() == 2);
  CHECK((page->items[0].service.service_id == 7001 && page->items[0].refund_id == 0));
  CHECK((page->items[0].complete_time.empty() && !page->items[0].status && page->items[0].amount.empty()));
  CHECK((page->items[1].amount == "189.5" && page->items[1].status == 13));
}

TEST_CASE("witnesses: an order with xid and what was paid, a large number beside success") {
  const auto order = answered(GetOrder(281046817987, {"orderId", "xid_buyer", "actualPay"}), "order-with-xid");
  REQUIRE(order);
  CHECK((order->order.buyer.xid == "o*AAT01" && order->order.buyer.pin == "jd_buyer_001"));
  CHECK((order->order.actual_pay == "12.30" && order->order.should_pay == "15.00"));
}

TEST_CASE("witnesses: a number and a text with nothing around them are the family's refusal") {
  const auto refused = answered(GetOrderRemark(281046817987), "remark-refused-bare");
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::conflict);
  CHECK(refused.error().delivery() == Delivery::refused);
  CHECK(refused.error().platform_code() == "10100002");
  CHECK(refused.error().details().platform_message == "订单号不正确");
  // A write may have happened for all that is known of the number.
  const auto doubt = answered(reply(), "remark-refused-bare");
  REQUIRE(!doubt);
  CHECK(doubt.error().delivery() == Delivery::unknown);
}
