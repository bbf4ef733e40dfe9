// Files that go to customers and come back, where the platform keeps them.
#include "facet_calls.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

namespace {

MediaUpload upload_of(std::string bytes) {
  return MediaUpload(MediaKind::image, MediaContent::memory(std::move(bytes), "suite.png"));
}

}  // namespace

TEST_CASE("every media library: a picture that was stored comes back byte for byte, and reaches the customer") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto library = it.channel()->media_library();
    if (!library) return;
    const auto stored = library->upload(upload_of(smallest_picture())).get();
    REQUIRE_MESSAGE(stored.has_value(), why(stored));
    CHECK(stored->account == it.facts().id);
    CHECK(stored->usable(it.facts().id, it.time().wall()));
    CHECK_FALSE(stored->usable("somebody-else", it.time().wall()));

    const auto back = library->download(MediaDownload(stored->media_id)).get();
    REQUIRE_MESSAGE(back.has_value(), why(back));
    CHECK(back->bytes == smallest_picture());

    if (const auto messenger = it.channel()->messenger()) {
      const std::size_t shown = it.shown().size();
      const auto sent = messenger->send(Message(it.reachable(), ImageContent(stored->media_id))).get();
      REQUIRE_MESSAGE(sent.has_value(), why(sent));
      REQUIRE(it.shown().size() == shown + 1);
      CHECK(it.shown().back().all.find(stored->media_id) != std::string::npos);
    }
  });
}

TEST_CASE("MED-4: every media library: what is there is used again without a call, what has ended is stored anew") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto library = it.channel()->media_library();
    if (!library) return;
    const auto stored = library->upload(upload_of(smallest_picture())).get();
    REQUIRE_MESSAGE(stored.has_value(), why(stored));
    const std::uint64_t before = it.calls();
    const auto same = library->renew(*stored, upload_of(smallest_picture())).get();
    REQUIRE_MESSAGE(same.has_value(), why(same));
    CHECK(same->media_id == stored->media_id);
    CHECK(it.calls() == before);
    if (!stored->expires) return;
    it.time_passes(std::chrono::duration_cast<Millis>(*stored->expires - it.time().wall()) + 1min);
    CHECK_FALSE(stored->usable(it.facts().id, it.time().wall()));
    const auto anew = library->renew(*stored, upload_of(smallest_picture())).get();
    REQUIRE_MESSAGE(anew.has_value(), why(anew));
    CHECK(anew->media_id != stored->media_id);
    CHECK(anew->usable(it.facts().id, it.time().wall()));
  });
}

TEST_CASE("every media library: the host bounds what an upload sends, whatever it comes from") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto library = it.channel()->media_library();
    if (!library) return;
    const std::string picture = smallest_picture();
    for (const bool permanent : {false, true}) {
      CAPTURE(permanent);
      if (permanent && !it.channel()->capabilities().can(Ability::permanent_media)) continue;
      MediaUpload upload = upload_of(picture);
      upload.permanent = permanent;
      upload.max_bytes = picture.size() - 1;
      const std::uint64_t before = it.calls();
      const auto refused = library->upload(upload).get();
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().kind() == ErrorKind::bad_argument);
      for (const std::string& part : {std::string("content"), std::string("max_bytes"), std::to_string(picture.size()),
                                      std::to_string(picture.size() - 1)})
        CHECK_MESSAGE(refused.error().message().find(part) != std::string::npos, refused.error().message());
      CHECK_FALSE(library->renew(StoredMedia(), upload).get().has_value());
      CHECK(it.calls() == before);
      upload.max_bytes = picture.size();
      const auto stored = library->upload(upload).get();
      CHECK_MESSAGE(stored.has_value(), why(stored));
    }
  });
}

TEST_CASE("every media library: what is no file of that kind is refused here; an id of nobody is an error") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto library = it.channel()->media_library();
    if (!library) return;
    const std::uint64_t before = it.calls();
    const auto refused = [&](const std::string& what, auto pending) {
      CAPTURE(what);
      const auto answer = std::move(pending).get();
      REQUIRE_FALSE(answer.has_value());
      CHECK_MESSAGE(answer.error().kind() == ErrorKind::bad_argument, answer.error().to_string());
      CHECK(it.calls() == before);
    };
    refused("nothing", library->upload(upload_of("")));
    refused("a voice", library->upload(upload_of("#!AMR\n" + std::string(64, 1))));
    refused("too large", library->upload(upload_of(smallest_picture() + std::string(64 * 1024 * 1024, 'x'))));
    refused("no file", library->upload(MediaUpload(MediaKind::image, MediaContent::file("/nowhere/at/all.png"))));
    refused("no id", library->download(MediaDownload("")));
    CHECK_FALSE(library->download(MediaDownload("an-id-that-nobody-gave")).get().has_value());
  });
}
