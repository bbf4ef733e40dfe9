// Files of uploads and downloads over the real transport (foundation j): a slow disk stops its own call and nothing
// else.
#include "support/raw_server.hpp"
#include "support/temp_folder.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/wechat/account.hpp>
#include <kefu/wechat/media.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::TempFolder;

namespace {

const std::string kJpegHead("\xFF\xD8\xFF\xE0 a picture", 14);

std::string picture(std::size_t size) {
  std::string bytes = kJpegHead;
  while (bytes.size() < size) bytes += static_cast<char>(bytes.size() % 251);
  return bytes;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t files_in(const TempFolder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

/// Looks again and again; a test that never sees it ends with its time limit.
template <class Condition>
void await_files(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

/// A platform on the loopback: gives tokens, keeps what is uploaded, and answers the rest as the test says.
struct FilePlatform {
  std::function<void(RawConnection&, const std::string& request)> answer = [](RawConnection& connection,
                                                                              const std::string&) {
    connection.reply(R"({"type":"image","media_id":"M1","created_at":1672500000})");
  };
  RawServer server{[this](RawConnection& connection, int) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      if (request.find("/cgi-bin/stable_token") != std::string::npos) {
        connection.reply(R"({"access_token":"token","expires_in":7200})");
      } else if (request.find("/cgi-bin/material/get_materialcount") != std::string::npos) {
        connection.reply(R"({"voice_count":1,"video_count":2,"image_count":3,"news_count":4})");
      } else {
        answer(connection, request);
      }
    }
  }};
};

struct FileWorld {
  explicit FileWorld(Millis stop_within = Millis(5'000)) {
    RuntimeOptions options;
    options.stop_within = stop_within;
    auto made = Runtime::create(std::move(options));
    REQUIRE(made);
    runtime = std::make_unique<Runtime>(*std::move(made));
    account = add("wx0123456789abcdef");
    other = add("wxfedcba9876543210");
  }
  std::shared_ptr<Account> add(const char* app) const {
    AccountConfig config(app, Secret("0123456789abcdef0123456789abcdef"), AccountKind::service_account);
    config.base_url = platform.server.base();
    auto made = Account::create(*runtime, std::move(config));
    REQUIRE_MESSAGE(made, (made ? "" : made.error().to_string()));
    return *std::move(made);
  }
  bool other_works() const { return other->call(CountMaterials()).get().has_value(); }

  TempFolder folder;
  FilePlatform platform;
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<Account> account;
  std::shared_ptr<Account> other;
};

/// A file whose opening stands still until it is let go: a pipe that nobody writes to.
struct StuckFile {
  explicit StuckFile(std::string where) : path(std::move(where)) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
  ~StuckFile() { let_go(); }
  /// Also right if nobody waits for it yet: then nobody ever will.
  void let_go() const {
    const int end = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (end >= 0) ::close(end);
  }
  const std::string path;
};

}  // namespace

TEST_CASE(
    "foundation j: a file that stands still ends its own call at the deadline or a cancel, and stops no account") {
  FileWorld w;
  REQUIRE(w.other_works());
  const StuckFile stuck(w.folder.file("stuck.jpg"));
  CallOptions options;
  CancelSource cancel;
  bool cancels = false;
  SUBCASE("deadline") { options.timeout = Millis(300); }
  SUBCASE("cancel") {
    cancels = true;
    options.cancel = cancel.token();
  }
  auto upload = w.account->call(UploadMedia(MediaKind::image, MediaContent::file(stuck.path)), options);
  CHECK(w.other_works());
  CHECK(w.account->call(CountMaterials()).get());  // its own account goes on as well
  CHECK(w.account->call(UploadMedia(MediaKind::image, MediaContent::memory(picture(100)))).get());
  if (cancels) cancel.request();
  const auto ended = std::move(upload).get();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind() == (cancels ? ErrorKind::cancelled : ErrorKind::timeout));
  CHECK(ended.error().delivery() == Delivery::not_sent);
  stuck.let_go();
}

TEST_CASE("foundation j: a runtime stops while a file stands still, and answers its call") {
  FileWorld w(Millis(20));
  REQUIRE(w.other_works());
  const StuckFile stuck(w.folder.file("stuck.jpg"));
  auto upload = w.account->call(UploadMedia(MediaKind::image, MediaContent::file(stuck.path)));
  CHECK(w.other_works());
  w.runtime->stop();
  const auto ended = std::move(upload).get();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind() == ErrorKind::cancelled);
}

TEST_CASE("foundation j: a file larger than all buffers goes out byte for byte, again from its start on a repeat") {
  FileWorld w;
  const std::string bytes = picture(900'000);
  const std::string path = w.folder.file("large.jpg");
  std::ofstream(path, std::ios::binary) << bytes;
  std::mutex mutex;
  std::vector<std::string> bodies;
  w.platform.answer = [&](RawConnection& connection, const std::string& request) {
    const std::lock_guard lock(mutex);
    bodies.push_back(request);
    connection.reply(bodies.size() == 1 ? R"({"errcode":-1,"errmsg":"busy"})"
                                        : R"({"type":"image","media_id":"M1","created_at":1672500000})");
  };
  const auto uploaded = w.account->call(UploadMedia(MediaKind::image, MediaContent::file(path))).get();
  REQUIRE_MESSAGE(uploaded, (uploaded ? "" : uploaded.error().to_string()));
  const std::lock_guard lock(mutex);
  REQUIRE(bodies.size() == 2);
  for (const std::string& body : bodies) CHECK(body.find("\r\n\r\n" + bytes + "\r\n--kefu-") != std::string::npos);
}

TEST_CASE("foundation j: a download has its name when it is whole, not before, and leaves nothing if it never is") {
  FileWorld w;
  const std::string bytes = picture(700'000);
  const std::string path = w.folder.file("saved.jpg");
  std::promise<void> half;
  std::promise<void> rest;
  bool whole = true;
  SUBCASE("whole") {}
  SUBCASE("cut") { whole = false; }
  w.platform.answer = [&](RawConnection& connection, const std::string&) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(bytes.size()) +
                     "\r\n\r\n" + bytes.substr(0, 400'000));
    half.set_value();
    rest.get_future().wait();
    if (whole) connection.write(bytes.substr(400'000));
    if (!whole) connection.shutdown();
  };
  auto download = w.account->call(GetMedia("M1", MediaTarget::file(path)));
  half.get_future().wait();
  await_files([&] {
    for (const auto& entry : std::filesystem::directory_iterator(w.folder.path()))
      if (entry.path().string().rfind(path + ".part", 0) == 0 && entry.file_size() > 0) return true;
    return false;
  });
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(w.other_works());
  rest.set_value();
  const auto saved = std::move(download).get();
  CHECK(saved.has_value() == whole);
  if (whole) {
    REQUIRE_MESSAGE(saved, saved.error().to_string());
    CHECK(saved->size == bytes.size());
    CHECK(bytes_of(path) == bytes);
    CHECK(files_in(w.folder) == 1);
  } else {
    await_files([&] { return files_in(w.folder) == 0; });
  }
}

TEST_CASE("foundation j: a small file that begins like an answer is a file, and a file's error is told as before") {
  FileWorld w;
  w.platform.answer = [](RawConnection& connection, const std::string&) {
    connection.reply("{ no JSON at all", "200 OK", "Content-Type: image/jpeg\r\n");
  };
  const std::string path = w.folder.file("odd.bin");
  const auto saved = w.account->call(GetMedia("M1", MediaTarget::file(path))).get();
  REQUIRE_MESSAGE(saved, (saved ? "" : saved.error().to_string()));
  CHECK(bytes_of(path) == "{ no JSON at all");

  const auto nowhere = w.account->call(GetMedia("M1", MediaTarget::file(w.folder.file("no/such/folder/a")))).get();
  CHECK(nowhere.error().kind() == ErrorKind::bad_argument);
  CHECK(nowhere.error().delivery() == Delivery::not_sent);
  std::filesystem::create_directory(w.folder.file("taken"));
  const auto taken = w.account->call(GetMedia("M1", MediaTarget::file(w.folder.file("taken")))).get();
  CHECK(taken.error().kind() == ErrorKind::unavailable);
  CHECK(taken.error().message().find("cannot be written") != std::string::npos);
  const auto missing = w.account->call(UploadMedia(MediaKind::image, MediaContent::file("/no/such/file.png"))).get();
  CHECK(missing.error().kind() == ErrorKind::bad_argument);
}
