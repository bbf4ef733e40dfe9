// QR codes, menus, mini-program codes, links, short keys and sessions as the twin judges them.
#include "core/crypto/crypto.hpp"
#include "unit/sandbox/wechat/case.hpp"

using kefu_test::app_of_kind;
using kefu_test::WechatCase;
using Kind = kefu::sandbox::WechatKind;

namespace {

constexpr char kVisitor[] = "oABC1234567890abcdefghijklmn";

std::string repeated(const char* text, int times) {
  std::string made;
  for (int i = 0; i < times; ++i) made += text;
  return made;
}

}  // namespace

TEST_CASE("shops C: QR codes: the four kinds, their limits, the picture from its own host, the scene of a scan") {
  WechatCase test(app_of_kind(Kind::service));
  const auto create = [&test](const std::string& body) { return test.post("/cgi-bin/qrcode/create", body); };
  const auto text = [](const std::string& scene, const std::string& more) {
    return R"({"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":")" + scene + "\"}}" + more + "}";
  };
  CHECK(create(R"({"action_name":"QR_OTHER"})").code == 40052);
  CHECK(create(R"({"action_name":"QR_STR_SCENE"})").code == 40053);
  CHECK(create(text(repeated("客", 64), "")).code == 0);
  CHECK(create(text(repeated("客", 65), "")).code == 40053);
  CHECK(create(R"({"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":0}}})").code == 40053);
  CHECK(create(R"({"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100001}}})").code == 40053);
  const auto forever = create(R"({"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":100000}}})");
  CHECK(forever.code == 0);
  CHECK_FALSE(forever["expire_seconds"].present());
  test.turn("qrcode_permanent_most", 1);
  CHECK(create(R"({"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":1}}})").code == 45029);

  const auto made = create(text("shop=42", R"(,"expire_seconds":60)"));
  const std::string ticket(made["ticket"].text());
  CHECK(ticket.find_first_of("+/=") != std::string::npos);
  const auto picture = [&] {
    kefu::HttpRequest request;
    request.base = "https://mp.weixin.qq.com";
    request.path = "/cgi-bin/showqrcode";
    request.query = {{"ticket", ticket}};
    return test.send(request).reply;
  };
  CHECK(picture().header("content-type") == "image/jpg");
  test.control("POST", std::string("/customers/") + kVisitor, R"({"appid":")" + test.account.appid + "\"}");
  test.does(kVisitor, "scan", R"({"ticket":")" + ticket + "\"}");
  CHECK(test.last_push_body().find("<EventKey><![CDATA[shop=42]]></EventKey>") != std::string::npos);
  test.does(kVisitor, "unfollow");
  test.does(kVisitor, "follow", R"({"ticket":")" + ticket + "\"}");
  CHECK(test.last_push_body().find("<EventKey><![CDATA[qrscene_shop=42]]></EventKey>") != std::string::npos);
  test.pass(60);
  CHECK(picture().status == 404);
  WechatCase other(app_of_kind(Kind::subscription));
  CHECK(other.post("/cgi-bin/qrcode/create", text("a", "")).code == 48001);
}

TEST_CASE("shops C: menus are judged by level, conditional ones need a default and a rule that is not abolished") {
  WechatCase test(app_of_kind(Kind::subscription));
  const auto create = [&test](const std::string& buttons) {
    return test.post("/cgi-bin/menu/create", R"({"button":[)" + buttons + "]}").code;
  };
  const auto below = [](const std::string& buttons) { return R"({"name":"a","sub_button":[)" + buttons + "]}"; };
  const std::string click = R"({"type":"click","name":"a","key":"k"})";
  CHECK(create("") == 40016);
  CHECK(create(click + "," + click + "," + click + "," + click) == 40016);
  CHECK(create(R"({"type":"hover","name":"a"})") == 40017);
  CHECK(create(R"({"type":"click","name":"12345678901234567","key":"k"})") == 40018);
  CHECK(create(R"({"type":"click","name":"a"})") == 40019);
  CHECK(create(R"({"type":"view","name":"a"})") == 40020);
  CHECK(create(below(below(click))) == 40022);
  CHECK(create(below(click + "," + click + "," + click + "," + click + "," + click + "," + click)) == 40023);
  CHECK(create(below(R"({"type":"hover","name":"a"})")) == 40024);
  CHECK(create(below(R"({"type":"click","name":")" + std::string(61, 'n') + R"(","key":"k"})")) == 40025);
  CHECK(create(below(R"({"type":"click","name":"a"})")) == 40026);
  CHECK(create(below(R"({"type":"view","name":"a"})")) == 40027);
  test.change_app(R"({"linked_appids":["wxlinked"]})");
  CHECK(create(R"({"type":"miniprogram","name":"a","appid":"wxother","pagepath":"p","url":"https://x"})") == 40119);
  const auto conditional = [&](const std::string& rule) {
    return test.post("/cgi-bin/menu/addconditional", R"({"button":[)" + click + R"(],"matchrule":)" + rule + "}");
  };
  CHECK(conditional(R"({"tag_id":"2"})").code == 65303);
  CHECK(create(click) == 0);
  CHECK(conditional("{}").code == 65304);
  CHECK(conditional(R"({"tag_id":"2","sex":"1"})").code == 65320);
  const auto added = conditional(R"({"tag_id":"2"})");
  CHECK(added["menuid"].kind() == kefu::detail::Value::Kind::string);
  CHECK(test.post("/cgi-bin/menu/trymatch", R"({"user_id":"oNobody"})").code == 65302);
  CHECK(test.post("/cgi-bin/menu/delconditional", R"({"menuid":"1"})").code == 65301);
  CHECK(test.get("/cgi-bin/menu/get")["conditionalmenu"].size() == 1);
  CHECK(test.get("/cgi-bin/menu/delete").code == 0);
  CHECK(test.get("/cgi-bin/menu/get").code == 46003);
  test.change_app(
      R"({"console_menu":{"is_menu_open":1,"selfmenu_info":{"button":[]}},"console_replies":{"is_autoreply_open":1}})");
  CHECK(test.get("/cgi-bin/get_current_selfmenu_info")["is_menu_open"].text() == "1");
  CHECK(test.get("/cgi-bin/get_current_autoreply_info")["is_autoreply_open"].text() == "1");
}

TEST_CASE("shops C: mini-program codes, links and short keys keep the platform's limits and lives") {
  WechatCase test(app_of_kind(Kind::mini_program));
  const auto code = [&test](const char* path, const std::string& body) { return test.post(path, body).code; };
  CHECK(code("/wxa/getwxacode", R"({"path":""})") == 40159);
  CHECK(code("/cgi-bin/wxaapp/createwxaqrcode", R"({"path":")" + std::string(129, 'p') + "\"}") == 40159);
  CHECK(code("/wxa/getwxacodeunlimit", R"({"scene":")" + std::string(33, 's') + "\"}") == 40169);
  CHECK(code("/wxa/getwxacodeunlimit", R"({"scene":"a%20"})") == 40129);
  CHECK(code("/wxa/getwxacodeunlimit", R"({"scene":"a","page":"/p"})") == 41030);
  CHECK(code("/wxa/getwxacodeunlimit", R"({"scene":"a","env_version":"beta"})") == 40097);
  const auto picture = test.post("/wxa/getwxacode", R"({"path":"p"})").reply;
  CHECK(picture.header("num-used") == "1");

  const auto scheme = [&](const std::string& life) {
    return test.post("/wxa/generatescheme", R"({"jump_wxa":{"path":"/p","query":"a=1"},)" + life + "}");
  };
  CHECK(scheme(R"("expire_type":1,"expire_interval":31)").code == 85401);
  const auto now = kefu::unix_seconds(test.time->wall());
  CHECK(scheme(R"("expire_type":0,"expire_time":)" + std::to_string(now + 59)).code == 85401);
  const auto made = scheme(R"("expire_type":0,"expire_time":)" + std::to_string(now + 60));
  const std::string ask = R"({"query_type":0,"scheme":")" + std::string(made["openlink"].text()) + "\"}";
  CHECK(test.post("/wxa/queryscheme", ask)["scheme_info"]["query"].text() == "a=1");
  CHECK(test.post("/wxa/query_urllink", R"({"url_link":"https://wxaurl.cn/none"})").code == 85403);
  CHECK(code("/wxa/generatescheme", R"({"jump_wxa":{"query":"a b"},"expire_type":1,"expire_interval":1})") == 40212);
  test.pass(60);
  CHECK(test.post("/wxa/queryscheme", ask).code == 85403);

  CHECK(code("/cgi-bin/shorten/gen", R"({"long_data":")" + std::string(4097, 'x') + "\"}") == 9410010);
  CHECK(code("/cgi-bin/shorten/gen", R"({"long_data":"x","expire_seconds":2592001})") == 9410011);
  const auto key = test.post("/cgi-bin/shorten/gen", R"({"long_data":"x","expire_seconds":10})");
  const std::string fetch = R"({"short_key":")" + std::string(key["short_key"].text()) + "\"}";
  CHECK(test.post("/cgi-bin/shorten/fetch", fetch)["long_data"].text() == "x");
  test.pass(10);
  CHECK(test.post("/cgi-bin/shorten/fetch", fetch).code == 9410012);
}

TEST_CASE("shops B8: switches refuse what lies outside their range, and version 1 of the checks is answered") {
  WechatCase test(app_of_kind(Kind::mini_program));
  const auto set = [&test](const std::string& json) { return test.sandbox.control("POST", "/switches", json).status; };
  CHECK(set(R"({"kf_id_as_number":2})") == 400);
  CHECK(set(R"({"kf_id_as_number":-1})") == 400);
  CHECK(set(R"({"templates_full_code":0})") == 400);  // would be a success
  CHECK(set(R"({"content_check_first_version_code":0})") == 200);
  CHECK(set(R"({"push_deliveries":0})") == 400);
  CHECK(set(R"({"api_security_misbehave":4})") == 400);
  CHECK(test.post("/wxa/msg_sec_check", R"({"content":"x"})").code == 0);
  test.control("POST", "/moderation", R"({"appid":")" + test.account.appid + R"(","suggest":"risky"})");
  CHECK(test.post("/wxa/msg_sec_check", R"({"content":"x"})").code == 87014);
  CHECK(test.upload("/wxa/img_sec_check", {}, "a.jpg", "\xFF\xD8\xFF picture").code == 87014);
  test.change_app(R"({"push_format":"json"})");
  CHECK(test.post("/wxa/media_check_async", R"({"media_url":"https://example.com/a.png","media_type":2})").code == 0);
  CHECK(test.last_push_body().find(R"("isrisky":1)") != std::string::npos);
  CHECK(test.post("/wxa/msg_sec_check", R"({"version":2,"content":"x"})").code == 41009);
  test.turn("content_check_first_version_code", 48001);
  CHECK(test.post("/wxa/msg_sec_check", R"({"content":"x"})").code == 48001);
}

TEST_CASE("shops C: a session is checked by the signature of its key, a union id told after a payment") {
  WechatCase test(app_of_kind(Kind::mini_program));
  test.control("POST", std::string("/customers/") + kVisitor, R"({"appid":")" + test.account.appid + "\"}");
  const auto check = [&test](const std::string& signature, const char* method = "hmac_sha256") {
    return test.get("/wxa/checksession", {{"openid", kVisitor}, {"signature", signature}, {"sig_method", method}}).code;
  };
  CHECK(check("x") == 87009);
  CHECK(check("x", "md5") == 87008);
  const auto paid = [&test](kefu::HttpFields query) {
    query.emplace_back("openid", kVisitor);
    return test.get("/wxa/getpaidunionid", query).code;
  };
  CHECK(paid({}) == 89300);
  test.control("POST", std::string("/customers/") + kVisitor + "/pay",
               R"({"appid":")" + test.account.appid + R"(","transaction_id":"42"})");
  CHECK(paid({}) == 0);
  CHECK(paid({{"transaction_id", "42"}}) == 0);
  CHECK(paid({{"transaction_id", "43"}}) == 89300);
  test.turn("answer_union_id", 0);
  CHECK(paid({}) == 89002);
  test.turn("answer_union_id", 1);
  test.pass(301);
  CHECK(paid({}) == 89300);
}

TEST_CASE("numbers that no 64 bits hold fit nobody, and pages beyond the end are empty") {
  WechatCase test(app_of_kind(Kind::service));
  test.control("POST", std::string("/customers/") + kVisitor, R"({"appid":")" + test.account.appid + "\"}");
  const std::string buttons = R"({"button":[{"type":"click","name":"a","key":"k"}])";
  CHECK(test.post("/cgi-bin/menu/create", buttons + "}").code == 0);
  CHECK(
      test.post("/cgi-bin/menu/addconditional", buttons + R"(,"matchrule":{"tag_id":"99999999999999999999"}})").code ==
      0);
  const auto matched = test.post("/cgi-bin/menu/trymatch", std::string(R"({"user_id":")") + kVisitor + "\"}");
  CHECK(matched.code == 0);
  CHECK(matched["button"].items().size() == 1);

  const std::string page = R"({"offset":9223372036854775807,"count":20})";
  const auto articles = test.post("/cgi-bin/freepublish/batchget", page);
  CHECK(articles.code == 0);
  CHECK(articles["item_count"].integer() == 0);
  WechatCase mini(app_of_kind(Kind::mini_program));
  CHECK(mini.post("/cgi-bin/business/list", page).code == 0);
  CHECK(mini.post("/wxa/generatescheme",
                  R"({"jump_wxa":{"path":"a","query":""},"expire_type":0,"expire_time":-9223372036854775807})")
            .code == 85401);
}
