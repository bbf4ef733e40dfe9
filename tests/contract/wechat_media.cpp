// The media operations against the twin: what goes up comes down, by kind of account, with the platform's limits.
#include "support/temp_folder.hpp"
#include "support/twin_world.hpp"

#include <kefu/wechat/media.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::kind_of;
using kefu_test::TempFolder;
using kefu_test::TwinWorld;

namespace {

const std::string kJpeg("\xFF\xD8\xFF\xE0 a picture", 14);
const std::string kMp4(
    "\0\0\0\x18"
    "ftypmp42 a film",
    19);
const std::string kAmr("#!AMR\n a voice");

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct MediaCase {
  explicit MediaCase(AccountKind kind = AccountKind::service_account) {
    const bool mini = kind == AccountKind::mini_program;
    const char* const app = mini ? kefu_test::kOtherTwinApp : kefu_test::kTwinApp;
    if (mini) world.add_app(app, true, sandbox::WechatKind::mini_program);
    runtime = world.runtime();
    account = TwinWorld::account(*runtime, TwinWorld::config(app, kind));
  }
  TwinWorld world;
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<Account> account;
};

/// Past the local checks: what the platform itself says to a form.
std::string code_of(const Result<RawReply>& answer) { return answer ? "0" : answer.error().platform_code(); }

}  // namespace

TEST_CASE("what is uploaded comes back byte by byte, is sent, and is gone after three days") {
  for (const AccountKind kind : {AccountKind::service_account, AccountKind::mini_program}) {
    MediaCase c(kind);
    const auto library = c.account->media_library();
    const std::string picture = kJpeg + std::string(300'000, 'x') + "\r\n--kefu-\r\n\0end";
    const auto stored = library->upload(MediaUpload(MediaKind::image, MediaContent::memory(picture, "图片.jpg"))).get();
    REQUIRE_MESSAGE(stored.has_value(), (stored ? "" : stored.error().to_string()));

    TempFolder folder;
    const auto saved =
        library->download(MediaDownload(stored->media_id, MediaTarget::file(folder.file("a.jpg")))).get();
    REQUIRE_MESSAGE(saved.has_value(), (saved ? "" : saved.error().to_string()));
    CHECK(bytes_of(folder.file("a.jpg")) == picture);
    CHECK(saved->content_type == "image/jpeg");
    CHECK(saved->name == stored->media_id + ".jpg");

    Message message(Address("", CustomerId(kefu_test::kTwinCustomer)), ImageContent(stored->media_id));
    CHECK(kind_of(c.account->send(message).get()) == "ok");

    c.world.sandbox.advance(std::chrono::hours(73));
    const auto gone = library->download(MediaDownload(stored->media_id, MediaTarget::file(folder.file("b.jpg")))).get();
    CHECK(kind_of(gone) == "not_found");
    CHECK(gone.error().platform_code() == "40007");
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
    CHECK(kind_of(c.account->send(message).get()) == "not_found");
  }
}

TEST_CASE("shops B7: a mini program's card of its own pages needs no app id") {
  MediaCase c(AccountKind::mini_program);
  const MediaUpload picture(MediaKind::image, MediaContent::memory(kJpeg + std::string(100, 'x'), "a.jpg"));
  const auto stored = c.account->media_library()->upload(picture).get();
  REQUIRE(stored);
  REQUIRE(c.world.sandbox.customer_writes(c.account->id(), kefu_test::kTwinCustomer, "在吗"));
  Message message(Address("", CustomerId(kefu_test::kTwinCustomer)),
                  MiniProgramContent("", "pages/index", "首页", stored->media_id));
  CHECK(kind_of(c.account->send(std::move(message)).get()) == "ok");
  const auto shown = c.world.sandbox.messages(c.account->id(), kefu_test::kTwinCustomer);
  REQUIRE(!shown.empty());
  CHECK(shown.back().content.find(c.account->id()) != std::string::npos);
}

TEST_CASE("every kind of temporary file, and what the twin says of each") {
  MediaCase c;
  const auto upload = [&](MediaKind kind, const std::string& bytes) {
    return c.account->call(UploadMedia(kind, MediaContent::memory(bytes))).get();
  };
  const auto voice = upload(MediaKind::voice, kAmr);
  REQUIRE(voice);
  CHECK(c.account->call(GetMedia(voice->media_id)).get()->bytes == kAmr);
  const auto speex = c.account->call(GetJssdkVoice(voice->media_id)).get();
  REQUIRE(speex);
  CHECK(speex->content_type == "voice/speex");
  const auto video = upload(MediaKind::video, kMp4);
  REQUIRE(video);
  const auto address = c.account->call(GetMedia(video->media_id)).get();
  REQUIRE(address);
  CHECK(!address->url.empty());
  CHECK(address->bytes.empty());
  const auto thumb = upload(MediaKind::thumbnail, kJpeg);
  REQUIRE(thumb);
  CHECK(!thumb->media_id.empty());
  CHECK(c.account->call(GetMedia(thumb->media_id)).get()->bytes == kJpeg);
  CHECK(kind_of(c.account->call(GetJssdkVoice(thumb->media_id)).get()) == "not_found");

  c.world.add_app(kefu_test::kOtherTwinApp);
  const auto other = TwinWorld::account(*c.runtime, TwinWorld::config(kefu_test::kOtherTwinApp));
  CHECK(kind_of(other->call(GetMedia(voice->media_id)).get()) == "not_found");  // media belong to one account
}

TEST_CASE("the library: files for good") {
  MediaCase c;
  const auto library = c.account->media_library();
  MediaUpload film(MediaKind::video, MediaContent::memory(kMp4, "film.mp4"));
  film.permanent = true;
  film.title = "标题";
  film.description = "简介";
  const auto stored = library->upload(film).get();
  REQUIRE_MESSAGE(stored.has_value(), (stored ? "" : stored.error().to_string()));
  CHECK(!stored->expires);
  const auto material = c.account->call(GetMaterial(stored->media_id)).get();
  REQUIRE(material);
  CHECK(material->title == "标题");
  CHECK(material->description == "简介");
  CHECK(!material->media.url.empty());

  MediaUpload picture(MediaKind::image, MediaContent::memory(kJpeg, "a.jpg"));
  picture.permanent = true;
  const auto kept = library->upload(picture).get();
  REQUIRE(kept);
  CHECK(!kept->url.empty());
  c.world.sandbox.advance(std::chrono::hours(24 * 30));
  MediaDownload download(kept->media_id);
  download.permanent = true;
  CHECK(library->download(download).get()->bytes == kJpeg);

  const auto counts = c.account->call(CountMaterials()).get();
  REQUIRE(counts);
  CHECK((counts->image_count == 1 && counts->video_count == 1 && counts->voice_count == 0));
  const auto list = c.account->call(ListMaterials("image")).get();
  REQUIRE(list);
  CHECK(list->item.at(0).media_id == kept->media_id);
  CHECK(list->item.at(0).name == "a.jpg");
  CHECK(c.account->call(DeleteMaterial(kept->media_id)).get());
  CHECK(kind_of(library->download(download).get()) == "not_found");
  CHECK(c.account->call(CountMaterials()).get()->image_count == 0);
}

TEST_CASE("pictures of articles and of agents") {
  MediaCase c;
  const auto article = c.account->call(UploadArticleImage(MediaContent::memory(kJpeg))).get();
  REQUIRE(article);
  CHECK(!article->url.empty());
  const auto seated =
      c.world.sandbox.control("POST", "/apps/" + std::string(kefu_test::kTwinApp), R"({"agents":["test1@test"]})");
  REQUIRE_MESSAGE(seated.status == 200, seated.body);
  CHECK(kind_of(c.account->call(UploadKfPicture("test1@test", MediaContent::memory(kJpeg))).get()) == "ok");
}

TEST_CASE("MED-2: downloads under faults of the wire leave nothing behind") {
  for (const char* fault :
       {"html_200", "empty_200", "http_502_html", "reset_inside_reply", "close_inside_reply", "stall_inside_reply"}) {
    CAPTURE(fault);
    MediaCase c;
    const auto stored = c.account->call(UploadMedia(MediaKind::image, MediaContent::memory(kJpeg))).get();
    REQUIRE(stored);
    TempFolder folder;
    c.world.fault(fault, "/cgi-bin/media/get", 4);
    const auto broken = c.account->call(GetMedia(stored->media_id, MediaTarget::file(folder.file("a.jpg")))).get();
    CHECK(!broken);
    CHECK(std::filesystem::is_empty(folder.path()));
  }
}

TEST_CASE("the twin judges uploads: no form, too large a file") {
  MediaCase c;
  const auto path = "/cgi-bin/media/upload";
  RawCall no_form("POST", path, "{}", Effect::read);
  no_form.query.emplace_back("type", "image");
  CHECK(code_of(c.account->call(no_form).get()) == "41005");
  UploadMedia large(MediaKind::thumbnail, MediaContent::memory(kJpeg + std::string(65'536, 'x')));
  large.max_bytes = 1'000'000;  // past the local check
  CHECK(c.account->call(large).get().error().platform_code() == "40012");
}
