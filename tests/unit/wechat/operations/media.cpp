// Media of official accounts and mini programs: forms, limits, downloads that are files and those that are not.
#include "support/temp_folder.hpp"
#include "support/vectors.hpp"
#include "support/wechat_world.hpp"

#include <kefu/wechat/media.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::TempFolder;
using kefu_test::WechatWorld;

namespace {

const std::string kJpegBytes("\xFF\xD8\xFF\xE0 a picture", 14);
const std::string kPngBytes("\x89PNG\r\n\x1A\n a picture", 18);
const std::string kMp4Bytes(
    "\0\0\0\x18"
    "ftypmp42 a film",
    19);

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
std::size_t files_in(const TempFolder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}
std::string query(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query)
    if (key == name) return value;
  return {};
}

/// The form of a request, taken apart by hand.
struct Form {
  explicit Form(const HttpRequest& request) {
    const std::string type = header(request, "content-type");
    const std::string marker = "multipart/form-data; boundary=";
    REQUIRE(type.rfind(marker, 0) == 0);
    boundary = type.substr(marker.size());
    const std::string line = "--" + boundary + "\r\n";
    REQUIRE(request.body.rfind(line, 0) == 0);
    const std::string end = "\r\n--" + boundary + "--\r\n";
    REQUIRE(request.body.size() > end.size());
    REQUIRE(request.body.substr(request.body.size() - end.size()) == end);
    std::string rest = request.body.substr(line.size(), request.body.size() - line.size() - end.size());
    for (std::size_t next = 0; next != std::string::npos;) {
      next = rest.find("\r\n" + line);
      const std::string part = rest.substr(0, next);
      if (next != std::string::npos) rest = rest.substr(next + 2 + line.size());
      const auto blank = part.find("\r\n\r\n");
      REQUIRE(blank != std::string::npos);
      parts.emplace_back(part.substr(0, blank), part.substr(blank + 4));
    }
  }
  std::string boundary;
  HttpFields parts;  ///< Headers and content.
};

struct HostSource final : BodySource {
  explicit HostSource(std::string bytes, bool again = true) : text(std::move(bytes)), rewindable(again) {}
  std::uint64_t length() const override { return text.size(); }
  std::size_t read(char* data, std::size_t size) override {
    const std::size_t part = text.copy(data, std::min<std::size_t>(size, 5), at);  // little by little
    at += part;
    return part;
  }
  bool rewind() override { return rewindable && (at = 0, true); }
  const std::string text;
  const bool rewindable;
  std::size_t at = 0;
};

HttpOutcome file_reply(std::string body, std::string type, std::string disposition = {}) {
  HttpReply reply;
  reply.status = 200;
  if (!type.empty()) reply.headers.emplace_back("content-type", std::move(type));
  if (!disposition.empty()) reply.headers.emplace_back("content-disposition", std::move(disposition));
  reply.body = std::move(body);
  return reply;
}

template <class Op>
std::string refusal(WechatWorld& world, Op op) {
  const auto result = world.account->call(std::move(op)).get();
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::bad_argument);
  CHECK(result.error().delivery() == Delivery::not_sent);
  CHECK(world.transport->count() == 0);
  return result.error().message();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr char kUploaded[] = R"({"type":"image","media_id":"M1","created_at":1672500000})";

}  // namespace

TEST_CASE("TST-2: every upload and download equals its vector") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  std::set<std::string> seen;
  for (const auto& entry : vectors.root()["requests"]) {
    const detail::Value vector = entry.value;
    const std::string name(vector["name"].text());
    const detail::Value form = vector["multipart"];
    const std::string file_name(form["filename"].text());
    CAPTURE(name);
    WechatWorld world;
    world.transport->on(std::string(vector["path"].text()),
                        [](const HttpRequest&) { return WechatWorld::json_reply("{}"); });
    const std::string media_id(vector["query"]["media_id"].text());
    const std::string bytes = name == "material_add_video" ? kMp4Bytes
                              : has(file_name, ".png")     ? kPngBytes
                                                           : kJpegBytes;
    const MediaContent content = MediaContent::memory(bytes, file_name);
    const auto& account = *world.account;
    if (name == "media_upload_image")
      account.call(UploadMedia(MediaKind::image, content)).detach();
    else if (name == "media_uploadimg")
      account.call(UploadArticleImage(content)).detach();
    else if (name == "kfaccount_uploadheadimg")
      account.call(UploadKfPicture("test1@test", content)).detach();
    else if (name == "material_add_video") {
      AddMaterial op(MediaKind::video, content);
      op.title = "视频标题";
      op.introduction = "视频简介";
      account.call(std::move(op)).detach();
    } else if (name == "media_get")
      account.call(GetMedia(media_id)).detach();
    else if (name == "media_get_jssdk")
      account.call(GetJssdkVoice(media_id)).detach();
    else if (name == "material_get")
      account.call(GetMaterial(std::string(vector["body"]["media_id"].text()))).detach();
    else
      continue;
    seen.insert(name);
    world.time->advance(Millis(1));
    const HttpRequest sent = world.transport->last();
    CHECK(sent.method == vector["method"].text());
    CHECK(sent.path == vector["path"].text());
    CHECK(sent.query.size() == vector["query"].size());
    for (const auto& parameter : vector["query"])
      if (parameter.name != "access_token") CHECK(query(sent, parameter.name) == parameter.value.text());
    if (vector["body"].present()) CHECK(kefu_test::same_json(detail::Document::json(sent.body).root(), vector["body"]));
    if (!form.present()) continue;
    const Form read(sent);
    CHECK(read.parts.size() == 1 + form["fields"].size());
    CHECK(read.parts[0].first == "Content-Disposition: form-data; name=\"" + std::string(form["part"].text()) +
                                     "\"; filename=\"" + file_name +
                                     "\"\r\nContent-Type: " + std::string(form["content_type"].text()));
    CHECK(read.parts[0].second == bytes);
    for (const auto& field : form["fields"]) {
      CHECK(read.parts[1].first == "Content-Disposition: form-data; name=\"" + std::string(field.name) + "\"");
      CHECK(read.parts[1].second == field.value.text());
    }
  }
  CHECK(seen.size() == 7);
}

TEST_CASE("MED-1: the platform is told a name with an extension that is true, and nothing in it ends the header") {
  struct Case {
    const char* given;
    const char* told;
  };
  const Case cases[] = {{"", "media.jpg"},
                        {"photo", "photo.jpg"},
                        {"photo.jpeg", "photo.jpeg"},
                        {"PHOTO.JPG", "PHOTO.JPG"},
                        {"photo.png", "photo.jpg"},
                        {"v1.2", "v1.2.jpg"},
                        {"图片.jpg", "图片.jpg"},
                        {"../../etc/a.jpg", "a.jpg"},
                        {"C:\\users\\a.jpg", "a.jpg"},
                        {"a\"b\r\nX-Evil: 1.jpg", "a_bX-Evil_ 1.jpg"},
                        {".jpg", "jpg.jpg"}};
  for (const Case& one : cases) {
    CAPTURE(one.given);
    WechatWorld world;
    world.transport->on("/cgi-bin/media/upload", [](const HttpRequest&) { return WechatWorld::json_reply(kUploaded); });
    REQUIRE(world.account->call(UploadMedia(MediaKind::image, MediaContent::memory(kJpegBytes, one.given))).get());
    const Form form(world.transport->last());
    CHECK(has(form.parts[0].first, std::string("; filename=\"") + one.told + "\"\r\nContent-Type: image/jpeg"));
    CHECK(!has(form.parts[0].first, "filename*"));
  }
}

TEST_CASE("MED-1: boundaries are never the same") {
  WechatWorld world;
  world.transport->on("/cgi-bin/media/upload", [](const HttpRequest&) { return WechatWorld::json_reply(kUploaded); });
  std::set<std::string> boundaries;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(world.account->call(UploadMedia(MediaKind::image, MediaContent::memory(kJpegBytes))).get());
    boundaries.insert(Form(world.transport->last()).boundary);
  }
  CHECK(boundaries.size() == 20);
}

TEST_CASE("MSG-1: size and format are refused before anything is sent") {
  WechatWorld world;
  const auto image = [&](std::string bytes, std::string name = "") {
    return UploadMedia(MediaKind::image, MediaContent::memory(std::move(bytes), std::move(name)));
  };
  CHECK(refusal(world, image("", "a.png")) == "content a.png is empty");
  const std::string large = refusal(world, image(kPngBytes + std::string(10'500'000, 'x'), "a.png"));
  CHECK(has(large, "a.png has 10500018 bytes, the limit for kind image is 10485760"));
  UploadMedia smaller = image(kPngBytes + std::string(3'000'000, 'x'), "a.png");
  smaller.max_bytes = 2 * 1024 * 1024;  // the page names this limit too
  CHECK(has(refusal(world, std::move(smaller)), "a.png has 3000018 bytes, the limit for kind image is 2097152"));
  CHECK(has(refusal(world, image("BM bitmap", "a.bmp")), "a.bmp is BMP, but kind image takes PNG, JPEG, GIF"));
  CHECK(has(refusal(world, image("BM bitmap", "a.png")), "a.png is BMP"));  // by its bytes, not its name
  CHECK(has(refusal(world, image("????", "a.xyz")), "no known format"));
  CHECK(has(refusal(world, UploadMedia(MediaKind::voice, MediaContent::memory(kJpegBytes))), "voice takes AMR, MP3"));
  CHECK(has(
      refusal(world, UploadMedia(MediaKind::thumbnail, MediaContent::memory(kJpegBytes + std::string(65'536, 'x')))),
      "the limit for kind thumbnail is 65536"));
  CHECK(has(refusal(world, UploadMedia(MediaKind::file, MediaContent::memory("x", "a.pdf"))), "kind file"));
  CHECK(has(refusal(world, UploadMedia(MediaKind::image, MediaContent::file("/no/such/file.png"))),
            "/no/such/file.png cannot be read"));
  CHECK(has(refusal(world, UploadMedia(MediaKind::image, MediaContent::file("/tmp"))), "/tmp cannot be read"));
  CHECK(has(refusal(world, UploadMedia(MediaKind::image, MediaContent::source(nullptr, "a.png"))), "neither bytes"));
  CHECK(has(refusal(world, UploadArticleImage(MediaContent::memory("GIF89a"))), "takes JPEG, PNG"));
  CHECK(has(refusal(world, AddMaterial(MediaKind::video, MediaContent::memory(kMp4Bytes))), "title is empty"));
  CHECK(has(refusal(world, UploadKfPicture("test1", MediaContent::memory(kJpegBytes))), "name@account"));
  CHECK(has(refusal(world, GetMedia("")), "media_id is empty"));
  CHECK(has(refusal(world, ListMaterials("image", 0, 21)), "count"));

  UploadMedia larger = image(kPngBytes + std::string(3'000'000, 'x'), "a.png");
  world.transport->on("/cgi-bin/media/upload", [](const HttpRequest&) { return WechatWorld::json_reply(kUploaded); });
  CHECK(world.account->call(std::move(larger)).get());
}

TEST_CASE("uploads from memory, a file and the host's own source say the same, and go out whole again") {
  TempFolder folder;
  const std::string bytes = kJpegBytes + std::string(70'000, 'x');
  write_file(folder.file("a.jpg"), bytes);
  const MediaContent contents[] = {MediaContent::memory(bytes, "a.jpg"), MediaContent::file(folder.file("a.jpg")),
                                   MediaContent::source(std::make_shared<HostSource>(bytes), "a.jpg")};
  for (const MediaContent& content : contents) {
    WechatWorld world;
    int tries = 0;
    world.transport->on("/cgi-bin/media/upload", [&tries](const HttpRequest&) {
      return ++tries < 3 ? WechatWorld::error_reply("-1") : WechatWorld::json_reply(kUploaded);
    });
    const auto uploaded = world.account->call(UploadMedia(MediaKind::image, content)).get();
    REQUIRE_MESSAGE(uploaded.has_value(), (uploaded ? "" : uploaded.error().to_string()));
    CHECK(uploaded->media_id == "M1");
    CHECK(unix_seconds(*uploaded->expires()) == 1672500000 + 3 * 86400);
    CHECK(tries == 3);
    for (const HttpRequest& sent : world.transport->requests()) {
      if (sent.path != "/cgi-bin/media/upload") continue;
      const Form form(sent);
      CHECK(form.parts[0].second == bytes);
      CHECK(has(form.parts[0].first, "filename=\"a.jpg\""));
    }
  }
}

TEST_CASE("MSG-1: what was judged of a source is what is sent of it, whatever it says of its length afterwards") {
  struct Growing final : BodySource {
    std::uint64_t length() const override { return ++asked == 1 ? 100 : 1'000'000; }
    std::size_t read(char* data, std::size_t size) override { return std::fill_n(data, size, 'x'), size; }
    bool rewind() override { return true; }
    mutable int asked = 0;
  };
  WechatWorld world;
  world.transport->on("/cgi-bin/media/upload", [](const HttpRequest&) { return WechatWorld::json_reply(kUploaded); });
  UploadMedia upload(MediaKind::image, MediaContent::source(std::make_shared<Growing>(), "a.jpg"));
  upload.max_bytes = 100;
  REQUIRE(world.account->call(std::move(upload)).get());
  CHECK(Form(world.transport->last()).parts[0].second == std::string(100, 'x'));
}

TEST_CASE("a source that cannot rewind is sent once") {
  WechatWorld world;
  world.transport->on("/cgi-bin/media/upload", [](const HttpRequest&) { return WechatWorld::error_reply("-1"); });
  const MediaContent content = MediaContent::source(std::make_shared<HostSource>(kJpegBytes, false), "a.jpg");
  const auto uploaded = world.account->call(UploadMedia(MediaKind::image, content)).get();
  CHECK(uploaded.error().kind() == ErrorKind::unavailable);
  CHECK(world.transport->count("/cgi-bin/media/upload") == 1);
}

TEST_CASE("media_id is read under both names, and an answer without one is no success") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int seen = 0;
  for (const auto& entry : vectors.root()["replies"]) {
    if (entry.value["api"].text() != "media.upload") continue;
    ++seen;
    WechatWorld world;
    std::string body = entry.value["name"].text() == "upload_ok_thumb"
                           ? R"({"type":"thumb","thumb_media_id":"THUMB_MEDIA_ID","created_at":1672500000})"
                           : R"({"errcode":0,"type":"image","media_id":"MEDIA_ID","created_at":1672500000})";
    CHECK(has(body, std::string(entry.value["body"]["created_at"].text())));
    world.transport->on("/cgi-bin/media/upload", [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
    const auto uploaded =
        world.account->call(UploadMedia(MediaKind::thumbnail, MediaContent::memory(kJpegBytes))).get();
    REQUIRE(uploaded);
    const detail::Value told = entry.value["body"];
    const auto id = told["media_id"].present() ? told["media_id"].text() : told["thumb_media_id"].text();
    CHECK(uploaded->media_id == id);
  }
  CHECK(seen == 2);
  WechatWorld world;
  world.transport->on("/cgi-bin/media/upload", [](const HttpRequest&) { return WechatWorld::json_reply("{}"); });
  const auto nothing = world.account->call(UploadMedia(MediaKind::image, MediaContent::memory(kJpegBytes))).get();
  CHECK(nothing.error().kind() == ErrorKind::malformed_reply);
}

TEST_CASE("MED-2: what the platform answers in a file's place never becomes a file") {
  TempFolder folder;
  const std::string path = folder.file("saved.jpg");
  const auto fetch = [&](HttpOutcome outcome) {
    WechatWorld world;
    world.transport->on("/cgi-bin/media/get", [outcome](const HttpRequest&) { return outcome; });
    return world.account->call(GetMedia("MEDIA_ID", MediaTarget::file(path))).get();
  };
  const auto gone = fetch(file_reply(R"({"errcode":40007,"errmsg":"invalid media_id"})", "text/plain"));
  CHECK(gone.error().kind() == ErrorKind::not_found);
  CHECK(gone.error().platform_code() == "40007");
  CHECK(fetch(file_reply("<html>502</html>", "text/html")).error().kind() == ErrorKind::malformed_reply);
  CHECK(fetch(file_reply(R"({"errcode":400)", "application/json")).error().kind() == ErrorKind::malformed_reply);
  CHECK(fetch(file_reply("{}", "text/plain")).error().kind() == ErrorKind::malformed_reply);
  CHECK(fetch(file_reply("", "image/jpeg")).error().kind() == ErrorKind::malformed_reply);
  CHECK(fetch(HttpOutcome(TransportFault::reset_inside_reply, "cut")).error().kind() == ErrorKind::network);

  const auto video = fetch(file_reply(R"({"video_url":"http://example.com/v"})", "text/plain"));
  REQUIRE(video);
  CHECK(video->url == "http://example.com/v");
  CHECK(video->size == 0);
  CHECK(files_in(folder) == 0);  // nothing whole, nothing in part
}

TEST_CASE("MED-2: a download goes to memory, a file or the host, named by cleaned headers") {
  TempFolder folder;
  const auto reply = file_reply(kJpegBytes, "Image/JPEG; charset=x", R"(attachment; filename="MEDIA_ID.jpg")");
  WechatWorld world;
  world.transport->on("/cgi-bin/media/get", [reply](const HttpRequest&) { return reply; });
  const auto in_memory = world.account->call(GetMedia("MEDIA_ID")).get();
  REQUIRE(in_memory);
  CHECK(in_memory->bytes == kJpegBytes);
  CHECK(in_memory->content_type == "image/jpeg");
  CHECK(in_memory->name == "MEDIA_ID.jpg");
  CHECK(in_memory->size == kJpegBytes.size());
  CHECK(in_memory->url.empty());

  const std::string path = folder.file("saved.jpg");
  write_file(path, "older");
  const auto saved = world.account->call(GetMedia("MEDIA_ID", MediaTarget::file(path))).get();
  REQUIRE(saved);
  CHECK(read_file(path) == kJpegBytes);
  CHECK(saved->bytes.empty());
  CHECK(saved->size == kJpegBytes.size());
  CHECK(files_in(folder) == 1);

  std::string received;
  const auto streamed = world.account
                            ->call(GetMedia("MEDIA_ID", MediaTarget::receiver([&](std::string_view bytes) {
                                              received += bytes;
                                              return true;
                                            })))
                            .get();
  REQUIRE(streamed);
  CHECK(received == kJpegBytes);

  const GetMedia once("MEDIA_ID", MediaTarget::file(folder.file("copy.jpg")));
  auto first = world.account->call(once);
  auto second = world.account->call(once);  // the same operation twice at a time
  CHECK(std::move(first).get());
  CHECK(std::move(second).get());
  CHECK(files_in(folder) == 2);
}

TEST_CASE("MED-2: downloads are bounded, and a file that cannot be written is an error") {
  TempFolder folder;
  WechatWorld world;
  const auto reply = file_reply(kJpegBytes + std::string(100'000, 'x'), "image/jpeg");
  world.transport->on("/cgi-bin/media/get", [reply](const HttpRequest&) { return reply; });
  for (const std::size_t limit : {std::size_t{10}, std::size_t{70'000}}) {
    const auto large = world.account->call(GetMedia("M", MediaTarget::file(folder.file("a"), limit))).get();
    CHECK(large.error().kind() == ErrorKind::malformed_reply);
    CHECK(large.error().delivery() == Delivery::unknown);  // the platform has answered
  }
  const auto in_memory = world.account->call(GetMedia("M", MediaTarget::memory(10))).get();
  CHECK(in_memory.error().delivery() == Delivery::unknown);
  CHECK(files_in(folder) == 0);

  const auto asked = world.transport->count("/cgi-bin/media/get");
  for (const MediaTarget& nothing : {MediaTarget::file(""), MediaTarget::receiver(nullptr)}) {
    const auto refused = world.account->call(GetMedia("M", nothing)).get();
    REQUIRE(!refused);
    CHECK(refused.error().kind() == ErrorKind::bad_argument);
    CHECK(refused.error().message().find("to: the ") == 0);
  }
  CHECK(world.transport->count("/cgi-bin/media/get") == asked);

  const auto nowhere = world.account->call(GetMedia("M", MediaTarget::file(folder.file("no/such/folder/a")))).get();
  CHECK(nowhere.error().kind() == ErrorKind::bad_argument);
  CHECK(nowhere.error().delivery() == Delivery::not_sent);

  std::filesystem::create_directory(folder.file("taken"));
  write_file(folder.file("taken/x"), "x");
  const auto taken = world.account->call(GetMedia("M", MediaTarget::file(folder.file("taken")))).get();
  CHECK(taken.error().kind() == ErrorKind::unavailable);
  CHECK(files_in(folder) == 1);

  const auto ended =
      world.account->call(GetMedia("M", MediaTarget::receiver([](std::string_view) { return false; }))).get();
  CHECK(ended.error().kind() == ErrorKind::cancelled);
}

TEST_CASE("MED-2: names from headers lead nowhere") {
  struct Case {
    const char* disposition;
    const char* name;
  };
  const Case cases[] = {{R"(attachment; filename="a.jpg")", "a.jpg"},
                        {R"(Attachment; FileName=a.jpg; size=3)", "a.jpg"},
                        {R"(attachment; filename="../../etc/passwd")", "passwd"},
                        {R"(attachment; filename="..\\..\\boot.ini")", "boot.ini"},
                        {R"(attachment; filename="/etc/")", ""},
                        {R"(attachment; filename=".bashrc")", "bashrc"},
                        {R"(attachment; filename="a\"b.jpg")", "a_b.jpg"},
                        {R"(attachment; filename="old.jpg"; filename*=UTF-8''%E5%9B%BE.jpg)", "图.jpg"},
                        {R"(attachment; filename*=UTF-8''..%2F..%2Fx)", "x"},
                        {R"(attachment; filename*=UTF-8''%zz%4)", "%zz%4"},
                        {"attachment; filename=\"\x01\xFF.jpg\"", "\xEF\xBF\xBD.jpg"},
                        {"attachment", ""},
                        {R"(attachment; myfilename="a.jpg")", ""},
                        {R"(attachment; filename=")", ""}};
  for (const Case& one : cases) {
    CAPTURE(one.disposition);
    WechatWorld world;
    const auto reply = file_reply(kJpegBytes, "x/y/z", one.disposition);
    world.transport->on("/cgi-bin/media/get", [reply](const HttpRequest&) { return reply; });
    const auto media = world.account->call(GetMedia("M")).get();
    REQUIRE(media);
    CHECK(media->name == one.name);
    CHECK(media->content_type.empty());
  }
  WechatWorld world;
  const auto reply = file_reply(kJpegBytes, "", "attachment; filename=\"" + std::string(5000, 'x') + ".jpg\"");
  world.transport->on("/cgi-bin/media/get", [reply](const HttpRequest&) { return reply; });
  const auto media = world.account->call(GetMedia("M")).get();
  CHECK(media->name.size() == 200);
  CHECK(has(media->name, "x.jpg"));
}

TEST_CASE("the library: files under text/plain, videos and articles as JSON, counts and lists") {
  WechatWorld world;
  HttpOutcome reply = file_reply(kPngBytes, "text/plain");
  world.transport->on("/cgi-bin/material/get_material", [&reply](const HttpRequest&) { return reply; });
  const auto picture = world.account->call(GetMaterial("P")).get();
  REQUIRE(picture);
  CHECK(picture->media.bytes == kPngBytes);

  reply = WechatWorld::json_reply(R"({"title":"T","description":"D","down_url":"http://example.com/v"})");
  const auto video = world.account->call(GetMaterial("V")).get();
  REQUIRE(video);
  CHECK(video->media.url == "http://example.com/v");
  CHECK(video->title == "T");
  CHECK(video->description == "D");

  reply = WechatWorld::json_reply(R"({"news_item":[{"title":"标题","url":"http://x"}]})");
  const auto news = world.account->call(GetMaterial("N")).get();
  REQUIRE(news);
  CHECK(news->news_item == R"([{"title":"标题","url":"http://x"}])");

  world.transport->on("/cgi-bin/material/get_materialcount", [](const HttpRequest&) {
    return WechatWorld::json_reply(R"({"voice_count":1,"video_count":2,"image_count":3,"news_count":4})");
  });
  const auto counts = world.account->call(CountMaterials()).get();
  REQUIRE(counts);
  CHECK(counts->image_count == 3);

  world.transport->on("/cgi-bin/material/batchget_material", [](const HttpRequest&) {
    return WechatWorld::json_reply(
        R"({"total_count":1,"item_count":1,"item":[{"media_id":"P","name":"a.png","update_time":7,"url":"http://u"}]})");
  });
  const auto list = world.account->call(ListMaterials("image")).get();
  REQUIRE(list);
  CHECK(list->total_count == 1);
  CHECK(list->item.at(0).media_id == "P");
  CHECK(list->item.at(0).name == "a.png");
  CHECK(has(list->item.at(0).raw, "update_time"));
}
