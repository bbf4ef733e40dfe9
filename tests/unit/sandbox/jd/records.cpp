#include "unit/sandbox/jd/case.hpp"

using kefu_test::JdCase;
using kefu_test::kJdShop;

namespace {

void add(JdCase& test, std::string_view records, std::string_view json) {
  const auto added = test.sandbox.jd_add(kJdShop, records, json);
  REQUIRE_MESSAGE(added.has_value(), (added ? "" : added.error().to_string()));
}

constexpr char kOrder[] = R"({"order_id":9007199254740993,"pin":"jd_buyer_001","state":"WAIT_SELLER_STOCK_OUT",)"
                          R"("fields":{"waybill":"JDVA1","orderRemark":"快点"}})";

}  // namespace

TEST_CASE("an order shows the fields that were asked for, personal ones as cipher text") {
  JdCase test;
  add(test, "orders", kOrder);
  const auto get = [&test](std::string_view method, std::string_view fields, std::string_view more = {}) {
    return test.call(method, fmt::format(R"({{"order_id":9007199254740993,"optional_fields":"{}"{}}})", fields, more));
  };
  const auto order = get("jingdong.pop.order.enGet", "orderId,orderState,consigneeInfo,pin,waybill");
  CHECK(order["orderDetailInfo"]["apiResult"]["success"].boolean() == true);
  const auto info = order["orderDetailInfo"]["orderInfo"];
  CHECK(info.size() == 5);
  CHECK(info["orderId"].text() == "9007199254740993");
  CHECK(info["waybill"].text() == "JDVA1");
  CHECK(info["pin"].text() == "jd_buyer_001");
  CHECK(info["consigneeInfo"]["mobile"].text().substr(0, 3) == "AAQ");
  CHECK(get("jingdong.pop.order.get", "consigneeInfo")["orderDetailInfo"]["orderInfo"]["consigneeInfo"]["mobile"]
            .text() == "138****8000");
  CHECK(get("jingdong.pop.order.enGet", "").code == "60");
  CHECK(get("jingdong.pop.order.enGet", "orderId,shoeSize").code == "68");
  const auto other = get("jingdong.pop.order.enGet", "orderId", R"(,"order_state":"LOCKED")");
  CHECK(other["orderDetailInfo"]["apiResult"]["success"].boolean() == false);
  CHECK(other["orderDetailInfo"]["apiResult"]["chineseErrCode"].text() == "订单不存在");
}

TEST_CASE("orders are searched by state and time within a month") {
  JdCase test;
  add(test, "orders", kOrder);
  add(test, "orders", R"({"state":"LOCKED"})");
  const auto search = [&test](std::string_view from, std::string_view state, std::string_view size = "100") {
    return test.call("jingdong.pop.order.enSearch",
                     fmt::format(R"({{"start_date":"{} 00:00:00","end_date":"2024-06-02 00:00:00",)"
                                 R"("optional_fields":"orderId","order_state":"{}","page":"1","page_size":"{}",)"
                                 R"("sortType":1,"dateType":1}})",
                                 from, state, size));
  };
  CHECK(search("2024-05-25", "LOCKED")["searchorderinfo_result"]["orderTotal"].integer() == 1);
  CHECK(search("2024-05-25", "LOCKED,WAIT_SELLER_STOCK_OUT")["searchorderinfo_result"]["orderInfoList"].size() == 2);
  CHECK(search("2024-05-01", "LOCKED").code == "61");
  CHECK(search("2024-05-25", "LOCKED", "101").code == "61");
  CHECK(search("2024-05-25", "").code == "60");
}

TEST_CASE("a remark is written and read") {
  JdCase test;
  add(test, "orders", kOrder);
  CHECK(test.call("jingdong.pop.order.modifyVenderRemark",
                  R"({"order_id":9007199254740993,"flag":3,"remark":"客户咨询"})")
            .code == "0");
  const auto read = test.call("jingdong.order.venderRemark.queryByOrderId", R"({"order_id":9007199254740993})");
  CHECK(read["venderRemarkQueryResult"]["vender_remark"]["remark"].text() == "客户咨询");
  CHECK(read["venderRemarkQueryResult"]["vender_remark"]["flag"].integer() == 3);
  CHECK(test.call("jingdong.pop.order.modifyVenderRemark", R"({"order_id":1,"flag":3,"remark":"x"})").code == "71");
  CHECK(test.call("jingdong.pop.order.modifyVenderRemark", R"({"order_id":9007199254740993,"flag":6,"remark":"x"})")
            .code == "61");
}

TEST_CASE("shop, goods and parcels") {
  JdCase test;
  CHECK(test.call("jingdong.vender.shop.query")["shop_jos_result"]["vender_id"].integer() == 10001);
  CHECK(test.call("jingdong.seller.vender.info.get")["vender_info_result"]["shop_id"].integer() == 10002);
  CHECK(test.call("jingdong.vender.childAccount.query",
                  R"({"page":1,"size":20})")["child_account_result"]["child_account_s"]
            .size() == 1);
  CHECK(test.call("jingdong.vender.childAccount.query", R"({"page":1,"size":21})").code == "61");
  add(test, "skus", R"({"skuId":100012043978,"skuName":"示例商品 黑色 L","stockNum":20})");
  const auto sku = test.call("jingdong.sku.read.findSkuById", R"({"skuId":100012043978,"field":["skuName"]})");
  CHECK(sku["sku"]["skuName"].text() == "示例商品 黑色 L");
  CHECK(sku["sku"].size() == 1);
  CHECK(test.call("jingdong.sku.read.findSkuById", R"({"skuId":1})").code == "69");
  add(test, "wares", R"({"wareId":10000001,"title":"示例商品","jdPrice":199.0})");
  CHECK(
      test.call("jingdong.ware.read.searchWare4Valid", R"({"searchKey":"示例","searchField":"title"})")["page"]["data"]
          .items()
          .at(0)["jdPrice"]
          .text() == "199.0");
  CHECK(test.call("jingdong.ware.read.findWareById", R"({"wareId":10000001})")["ware"]["title"].text() == "示例商品");
  add(test, "traces", R"({"waybill":"JDVA1","title":"快件揽收","remark":"快件已揽收","name":"张三"})");
  const auto trace = test.call("jingdong.etms.trace.get", R"({"waybillCode":"JDVA1"})")["trace_api_dtos"].items();
  CHECK(trace.at(0)["ope_time"].text() == "2024/06/01 08:30:00");
  add(test, "orders", kOrder);
  CHECK(test.call("jingdong.getThirdTrace", R"({"orderId":"9007199254740993"})")["result"]["result"].size() == 1);
  const auto ldop = test.call("jingdong.ldop.receive.trace.get", R"({"customerCode":"c","waybillCode":"JDVA1"})");
  CHECK((ldop["querytrace_result"]["code"].integer() == 100 && ldop["querytrace_result"]["messsage"].text() == "成功"));
}

TEST_CASE("the names of a buyer lead to each other") {
  JdCase test;
  test.control("POST", "/jd/shops/flagship/buyers/jd_buyer_001", R"({"open_id":"open-1","xid":"o*AAT1"})");
  const auto data = [&test](std::string_view method, std::string_view json) {
    const auto answer = test.call(method, json);
    const auto inner = answer["returnType"] ? answer["returnType"] : answer["result"];
    return std::string(inner["data"].text());
  };
  CHECK(data("jingdong.jos.oauth.rpc.xid.pin2Xid", R"({"appKey":"a","userPin":"jd_buyer_001"})") == "o*AAT1");
  CHECK(data("jingdong.jos.oauth.rpc.xid.openId2Xid", R"({"appKey":"a","openId":"open-1"})") == "o*AAT1");
  const std::string mixed = data("jingdong.jos.getEncryptPin", R"({"pin":"jd_buyer_001"})");
  CHECK(data("jingdong.jos.oauth.rpc.xid.mixPin2Xid", fmt::format(R"({{"appKey":"a","mixPin":"{}"}})", mixed)) ==
        "o*AAT1");
  CHECK(data("jingdong.UserRelatedRpcI18nService.getOpenId", R"({"pin":"jd_buyer_001"})") == "open-1");
  const auto unknown = test.call("jingdong.jos.oauth.rpc.xid.pin2Xid", R"({"appKey":"a","userPin":"nobody"})");
  CHECK(unknown["returnType"]["code"].integer() == 404);
}

TEST_CASE("reviews of goods are answered once they are seen, refunds are reviewed once") {
  JdCase test;
  add(test, "reviews", R"({"customer":"jd_buyer_001","score":1,"content":"太小"})");
  const auto list = [&test](std::string_view more) {
    return test
        .call("jingdong.pop.PopCommentJsfService.getVenderCommentsForJos",
              fmt::format(R"({{"beginTime":"2024-06-01 00:00:00","endTime":"2024-06-02 00:00:00",)"
                          R"("page":1,"pageSize":20{}}})",
                          more))["comments"]
        .items();
  };
  CHECK(list(R"(,"score":"5")").empty());
  for (const char* answered : {"\"1\"", "true", "\"true\""})
    CHECK(list(fmt::format(R"(,"isVenderReply":{})", answered)).empty());
  CHECK(list(R"(,"isVenderReply":false)").size() == 1);
  const auto reviews = test.call("jingdong.pop.PopCommentJsfService.getVenderCommentsForJos",
                                 R"({"beginTime":"2024-06-01 00:00:00","endTime":"2024-06-02 00:00:00"})");
  const std::string id(reviews["comments"].items().at(0)["commentId"].text());
  CHECK(test.call("jingdong.pop.PopCommentJsfService.saveReply",
                  fmt::format(R"({{"commentId":"{}","content":"可以换","replyId":"-1"}})", id))
            .code == "0");
  CHECK(test.sandbox.jd_received(kJdShop, "jd_buyer_001").at(0).channel == "review");
  add(test, "refunds", R"({"id":55,"status":0,"orderId":"255512345678"})");
  const auto count = [&test] {
    return test.call("jingdong.pop.afs.soa.refundapply.getWaitRefundNum")["queryResult"]["totalCount"].integer();
  };
  const auto review = [&test](std::string_view more) {
    return test
        .call("jingdong.pop.afs.soa.refundapply.replyRefund",
              fmt::format(R"({{"id":55,"checkUserName":"客服A",{}}})", more))["replyResult"]["success"]
        .boolean();
  };
  CHECK(count() == 1);
  CHECK(review(R"("status":3,"remark":"x")") == false);
  CHECK(review(R"("status":1,"remark":"同意")") == true);
  CHECK(review(R"("status":2,"remark":"不同意")") == false);
  CHECK(count() == 0);
  CHECK(test.call("jingdong.pop.afs.soa.refundapply.queryPageList",
                  R"({"status":1,"pageIndex":1,"pageSize":50})")["queryResult"]["result"]
            .size() == 1);
  CHECK(test.call("jingdong.pop.afs.soa.refundapply.queryById", R"({"id":55})")["queryResult"]["result"]
            .items()
            .at(0)["status"]
            .integer() == 1);
}

TEST_CASE("shops A12: the control API refuses members that a call does not take, before it acts") {
  JdCase test;
  const auto post = [&test](const std::string& target, const std::string& json) {
    return test.sandbox.control("POST", target, json);
  };
  const std::string tickets = std::string("/jd/shops/") + kJdShop + "/tickets";
  const auto misspelt = post(tickets, R"({"customer":"jd_buyer_001","service_id":7,"contents":"少发一件"})");
  CHECK(misspelt.status == 400);
  CHECK(misspelt.body.find("contents is no member of this call, which takes: customer ") != std::string::npos);
  CHECK(test.sandbox.control("GET", tickets + "/7", "").status == 404);
  CHECK(post(tickets, R"({"customer":"jd_buyer_001","service_id":7,"content":"少发一件"})").status == 200);
  CHECK(post("/faults", R"({"fault":"latency","method":"jingdong.vender.shop.query"})").status == 400);
  CHECK(post("/jd/shops/" + std::string(kJdShop) + "/buyers/b/write", R"({"text":"在吗","late":1})").status == 400);
  CHECK(post("/pushes/1/repeat", R"({"again":true})").status == 400);
  // Goods and refunds are their members.
  CHECK(post("/jd/shops/" + std::string(kJdShop) + "/skus", R"({"skuId":1,"anything":"x"})").status == 200);
}
