#include "unit/sandbox/wechat/case.hpp"

using kefu_test::app_of_kind;
using kefu_test::WechatCase;

namespace {

const std::string kJpg = "\xFF\xD8\xFF picture";
const std::string kMp4 = std::string("\0\0\0\x18", 4) + "ftypmp42....";

struct MediaCase : WechatCase {
  using WechatCase::WechatCase;
  Answer put(const char* type, const char* name, const std::string& bytes) {
    return upload("/cgi-bin/media/upload", {{"type", type}}, name, bytes);
  }
  Answer fetch(const std::string& id, const char* path = "/cgi-bin/media/get") { return get(path, {{"media_id", id}}); }
  Answer add(const char* type, const char* name, const std::string& bytes, std::string_view description = {}) {
    return upload("/cgi-bin/material/add_material", {{"type", type}}, name, bytes, "media", description);
  }
};

}  // namespace

TEST_CASE("MED: an upload is checked, kept for three days, and comes back byte for byte") {
  MediaCase test;
  const auto kept = test.put("image", "a.jpg", kJpg);
  const std::string id(kept["media_id"].text());
  REQUIRE(!id.empty());
  CHECK(kept["type"].text() == "image");
  const auto loaded = test.fetch(id);
  CHECK(loaded.reply.body == kJpg);
  CHECK(loaded.reply.header("content-type") == "image/jpeg");
  CHECK(loaded.reply.header("content-disposition") == "attachment; filename=\"" + id + ".jpg\"");
  test.pass(3 * 86400 - 1);
  CHECK(test.fetch(id).reply.body == kJpg);
  test.pass(1);
  CHECK(test.fetch(id).code == 40007);
  test.turn("media_errors_as_text", 1);
  const auto refused = test.fetch(id);
  CHECK(refused.code == 40007);
  CHECK(refused.reply.header("content-type") == "text/plain");
}

TEST_CASE("MED: what an upload is refused for") {
  MediaCase test;
  CHECK(test.put("file", "a.jpg", kJpg).code == 40004);
  CHECK(test.put("image", "a.bmp", "BMpicture").code == 40005);
  CHECK(test.put("image", "a.jpg", "no picture").code == 40005);
  CHECK(test.put("image", "a", kJpg).code == 40005);
  CHECK(test.put("image", "a.jpg", "").code == 44001);
  CHECK(test.put("voice", "a.amr", "#!AMR" + std::string(2 * 1024 * 1024, 'x')).code == 40010);
  CHECK(test.put("thumb", "a.jpg", kJpg + std::string(64 * 1024, 'x')).code == 40012);
  CHECK(test.upload("/cgi-bin/media/upload", {{"type", "image"}}, "a.jpg", kJpg, "file").code == 41005);
  CHECK(test.call("POST", "/cgi-bin/media/upload", {{"access_token", test.token()}, {"type", "image"}}, kJpg).code ==
        41005);
  test.turn("image_most_kb", 2048);
  CHECK(test.put("image", "a.jpg", kJpg + std::string(2 * 1024 * 1024, 'x')).code == 40009);
  test.turn("check_media_content", 0);
  CHECK(test.put("image", "a.jpg", "no picture").code == 0);
  test.turn("thumb_media_id_name", 1);
  CHECK(!test.put("thumb", "a.jpg", kJpg)["thumb_media_id"].text().empty());
}

TEST_CASE("MED: a video answers an address, from which the bytes come; a voice has a high-definition form") {
  MediaCase test;
  const std::string video(test.put("video", "v.mp4", kMp4)["media_id"].text());
  const std::string url(test.fetch(video)["video_url"].text());
  const std::string base = "https://api.weixin.qq.com";
  REQUIRE(url.find(base) == 0);
  CHECK(test.call("GET", url.substr(base.size()), {}).reply.body == kMp4);
  CHECK(test.call("GET", "/sandbox/video/none", {}).reply.status == 404);
  CHECK(test.fetch(video, "/cgi-bin/media/get/jssdk").code == 40007);
  const std::string voice(test.put("voice", "v.amr", "#!AMR\n...")["media_id"].text());
  const auto speex = test.fetch(voice, "/cgi-bin/media/get/jssdk");
  CHECK(speex.reply.header("content-type") == "voice/speex");
  CHECK(speex.reply.body == "#!AMR\n...");
}

TEST_CASE("MED: media belong to one account, can be voided, and fill no more than the bound") {
  MediaCase test;
  kefu::sandbox::WechatApp other;
  other.appid = "wxother";
  REQUIRE(test.sandbox.add(other).has_value());
  test.control("POST", "/customers/oX?appid=wxother");
  REQUIRE(test.sandbox.customer_does("wxother", "oX", "image", R"({"media_id":"THEIRS"})").has_value());
  CHECK(test.fetch("THEIRS").code == 40007);
  test.does("oMine", "image", R"({"media_id":"MINE","base64":"/9j/cGljdHVyZQ=="})");
  CHECK(test.fetch("MINE").reply.body == "\xFF\xD8\xFFpicture");
  REQUIRE(test.sandbox.void_media("MINE").has_value());
  CHECK(test.fetch("MINE").code == 40007);
  CHECK(!test.sandbox.void_media("MINE").has_value());
  test.turn("media_memory_mb", 1);
  const std::string half = kJpg + std::string(600 * 1024, 'x');
  const std::string first(test.put("image", "a.jpg", half)["media_id"].text());
  const std::string second(test.put("image", "b.jpg", half)["media_id"].text());
  CHECK(test.fetch(first).code == 40007);
  CHECK(test.fetch(second).reply.body == half);
}

TEST_CASE("permanent material is kept, listed, counted and removed") {
  MediaCase test;
  CHECK(test.add("video", "v.mp4", kMp4).code == 40097);
  const std::string video(
      test.add("video", "v.mp4", kMp4, R"({"title":"标题","introduction":"简介"})")["media_id"].text());
  const auto picture = test.add("image", "a.bmp", "BMpicture");
  CHECK(!picture["url"].text().empty());
  const std::string image(picture["media_id"].text());
  test.pass(30 * 86400);
  const auto ask = [&test](const char* path, const std::string& id) {
    return test.post(std::string("/cgi-bin/material/") + path, fmt::format(R"({{"media_id":"{}"}})", id));
  };
  CHECK(ask("get_material", video)["title"].text() == "标题");
  CHECK(ask("get_material", image).reply.body == "BMpicture");
  CHECK(test.get("/cgi-bin/material/get_materialcount")["image_count"].text() == "1");
  const auto listed = test.post("/cgi-bin/material/batchget_material", R"({"type":"image","offset":0,"count":20})");
  CHECK(listed["total_count"].text() == "1");
  CHECK(listed["item"].items().front()["name"].text() == "a.bmp");
  CHECK(test.post("/cgi-bin/material/batchget_material", R"({"type":"image","offset":0,"count":21})").code == 40097);
  CHECK(ask("del_material", image).code == 0);
  CHECK(ask("del_material", image).code == 40007);
  CHECK(ask("get_material", image).code == 40007);
  const std::string temporary(test.put("image", "a.jpg", kJpg)["media_id"].text());
  CHECK(ask("get_material", temporary).code == 40007);
  CHECK(test.upload("/cgi-bin/media/uploadimg", {}, "a.jpg", kJpg)["url"].text().find("http") == 0);
  CHECK(test.upload("/cgi-bin/media/uploadimg", {}, "a.gif", "GIF89a").code == 40005);
}

TEST_CASE(
    "forms that other clients write: parts in any order, names without quotation marks; broken ones are refused") {
  MediaCase test;
  const auto send = [&test](const std::string& type, const std::string& body) {
    kefu::HttpRequest request;
    request.method = "POST";
    request.path = "/cgi-bin/media/upload";
    request.query = {{"access_token", test.token()}, {"type", "image"}};
    request.headers.emplace_back("content-type", type);
    request.body = body;
    return test.send(std::move(request)).code;
  };
  const std::string file =
      "Content-Type: image/jpeg\r\ncontent-disposition: form-data; name=media; filename=a.jpg\r\n\r\n" + kJpg + "\r\n";
  CHECK(send("multipart/form-data; boundary=\"x\"",
             "--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n--x\r\n" + file + "--x--") == 0);
  CHECK(send("multipart/form-data; boundary=x", "--x\r\n" + file + "--x--\r\n") == 0);
  CHECK(send("multipart/form-data; boundary=x", "--x\r\n" + file) == 41005);
  CHECK(send("multipart/form-data; boundary=x", "--y\r\n" + file + "--y--\r\n") == 41005);
  CHECK(send("multipart/form-data", "--x\r\n" + file + "--x--\r\n") == 41005);
  CHECK(send("application/json", "--x\r\n" + file + "--x--\r\n") == 41005);
}
