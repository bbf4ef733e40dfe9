// The facets over an account's operations: media library, agents, records, profiles, outreach.
#include "support/vectors.hpp"
#include "support/wechat_world.hpp"

#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/templates.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";
const std::string kPicture("\xFF\xD8\xFF\xE0 a picture", 14);

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

void answer(WechatWorld& world, const std::string& path, const std::string& body) {
  world.transport->on(path, [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
}

detail::Document body_of(const WechatWorld& world) { return detail::Document::json(world.transport->last().body); }

std::string query_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query)
    if (key == name) return value;
  return {};
}

std::shared_ptr<Account> account_of(const WechatWorld& world, AccountConfig config) {
  auto made = Account::create(*world.runtime, std::move(config));
  REQUIRE(made);
  return *std::move(made);
}
AccountConfig config_of(AccountKind kind) {
  return AccountConfig("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret), kind);
}

/// A platform's records behind getmsglist: pages of `page_size` at most, the last record of a page repeated or not,
/// the end of a span held in it or not.
struct Records {
  struct Line {
    std::int64_t id;
    std::int64_t time;
    std::string openid;
    std::string text;
  };
  std::vector<Line> lines;
  std::int64_t page_size = 10'000;
  bool repeats_last = false;
  bool end_inclusive = false;
  bool echoes_number = false;  ///< `number` is what was asked for, as in the page's sample.
  int calls = 0;

  HttpOutcome answer(const HttpRequest& request) {
    ++calls;
    const auto document = detail::Document::json(request.body);
    const detail::Value body = document.root();
    const std::int64_t start = *body["starttime"].integer();
    const std::int64_t end = *body["endtime"].integer();
    const std::int64_t from = *body["msgid"].integer();
    const std::int64_t number = *body["number"].integer();
    if (end - start > 86'400) return WechatWorld::error_reply("65417");
    std::string list;
    std::int64_t count = 0;
    std::int64_t last = from;
    for (const Line& line : lines) {
      if (line.time < start || line.time > end || (line.time == end && !end_inclusive)) continue;
      if (repeats_last ? line.id < from : line.id <= from) continue;
      if (count == number) break;
      ++count;
      last = line.id;
      list += (list.empty() ? "" : ",") + std::string(R"({"openid":")") + line.openid +
              R"(","opercode":2002,"text":")" + line.text + R"(","time":)" + std::to_string(line.time) +
              R"(,"worker":"test1@test"})";
    }
    return WechatWorld::json_reply(R"({"recordlist":[)" + list + R"(],"number":)" +
                                   std::to_string(echoes_number ? number : count) + R"(,"msgid":)" +
                                   std::to_string(last) + "}");
  }
};

/// An answer with as many lines as were asked for, up to what stands behind its list.
std::string full_page(const std::string& text) {
  std::string body = R"({"recordlist":[)";
  for (int i = 0; i < 1000; ++i)
    body += (i == 0 ? "" : ",") +
            (R"({"openid":"o","opercode":2002,"time":1464710401,"worker":"a@b","text":")" + text) + "\"}";
  return body + "],";
}

/// Everything a reader gets who follows `next` to the end.
std::vector<std::string> read_all(Transcripts& transcripts, TranscriptQuery query) {
  std::vector<std::string> texts;
  for (int pages = 0; pages < 1000; ++pages) {
    const auto page = transcripts.read(query).get();
    REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
    CHECK(page->entries.size() <= query.limit);
    for (const TranscriptEntry& entry : page->entries) texts.push_back(entry.text);
    if (page->next.empty()) return texts;
    CHECK(page->next.size() <= 100);
    query.page = page->next;
  }
  FAIL("the walk does not end");
  return texts;
}

}  // namespace

TEST_CASE("capabilities say who has which facet, and what is missing") {
  const WechatWorld world;
  const auto service = account_of(world, config_of(AccountKind::service_account));
  for (const Facet facet : {Facet::messenger, Facet::media_library, Facet::agent_sessions, Facet::transcripts,
                            Facet::profiles, Facet::outreach})
    CHECK(service->capabilities().has(facet));
  CHECK((service->media_library() && service->agent_sessions() && service->transcripts() && service->profiles() &&
         service->outreach()));
  CHECK(service->capabilities().can(Ability::template_message));
  CHECK(!service->capabilities().can(Ability::search_transcript));

  const auto mini = account_of(world, config_of(AccountKind::mini_program));
  CHECK((mini->media_library() && mini->agent_sessions() && mini->outreach()));
  CHECK((!mini->transcripts() && mini->profiles()));
  CHECK(mini->capabilities().can(Ability::agents));
  CHECK(mini->capabilities().can(Ability::subscription_message));
  CHECK(has(mini->capabilities().why_not(Ability::open_session), "微信认证"));
  CHECK(has(mini->capabilities().why_not(Ability::permanent_media), "subscription accounts, service accounts"));
  CHECK(!mini->capabilities().why_not(Facet::transcripts).empty());
  CHECK(mini->capabilities().why_not(Facet::profiles).empty());

  const auto subscription = account_of(world, config_of(AccountKind::subscription_account));
  CHECK((subscription->profiles() && !subscription->outreach()));
  CHECK(has(subscription->capabilities().why_not(Facet::outreach), "service accounts with WeChat verification"));

  AccountConfig config = config_of(AccountKind::service_account);
  config.verified = false;
  const auto unverified = account_of(world, config);
  CHECK((!unverified->messenger() && !unverified->agent_sessions() && !unverified->transcripts()));
  CHECK((unverified->media_library() && unverified->profiles() && unverified->outreach()));
  CHECK(has(unverified->capabilities().why_not(Facet::agent_sessions), "微信认证"));
  CHECK(!unverified->capabilities().can(Ability::template_message));
}

TEST_CASE("a call that the kind of account lacks is refused before it costs one, and names what is missing") {
  WechatWorld world(AccountKind::mini_program);
  const auto session = world.account->call(CreateKfSession("test1@test", kCustomer)).get();
  CHECK(session.error().kind() == ErrorKind::unsupported);
  CHECK(session.error().delivery() == Delivery::not_sent);
  CHECK(has(session.error().message(), "mini programs do not have /customservice/kfsession/create"));
  CHECK(world.transport->count() == 0);
  AccountConfig config = config_of(AccountKind::service_account);
  config.permission_sets = std::vector<int>{2, 11};
  const auto granted = account_of(world, config);
  CHECK(granted->capabilities().has(Facet::media_library));
  CHECK(granted->capabilities().has(Facet::profiles));
  const auto refused = granted->call(SendTemplateMessage(kCustomer, "T", {{"thing1", "x"}})).get();
  CHECK(refused.error().kind() == ErrorKind::permission);
  CHECK(has(refused.error().message(), "7, 100-101"));
  CHECK(!granted->messenger());
}

TEST_CASE("MED-4: media of the library remember account and end, and are uploaded again when they are gone") {
  WechatWorld world;
  const auto library = world.account->media_library();
  int uploads = 0;
  world.transport->on("/cgi-bin/media/upload", [&](const HttpRequest&) {
    const std::int64_t now = unix_seconds(world.time->wall());
    return WechatWorld::json_reply(R"({"type":"image","media_id":"M)" + std::to_string(++uploads) +
                                   R"(","created_at":)" + std::to_string(now) + "}");
  });
  const MediaUpload picture(MediaKind::image, MediaContent::memory(kPicture));
  const auto stored = library->upload(picture).get();
  REQUIRE(stored);
  CHECK(stored->media_id == "M1");
  CHECK(stored->account == world.account->id());
  REQUIRE(stored->expires);
  const auto life = *stored->expires - world.time->wall();
  CHECK((life > std::chrono::hours(71) && life < std::chrono::hours(72)));

  CHECK(library->renew(*stored, picture).get()->media_id == "M1");
  CHECK(uploads == 1);
  StoredMedia foreign = *stored;
  foreign.account = "wxother";
  CHECK(library->renew(foreign, picture).get()->media_id == "M2");
  world.time->advance(std::chrono::hours(72));
  CHECK(library->renew(*stored, picture).get()->media_id == "M3");
}

TEST_CASE("shops E: a media id ends a quarter of an hour before three days of the slower clock, to the moment") {
  for (const std::int64_t platform_ahead : {0, 600, -600}) {
    CAPTURE(platform_ahead);
    WechatWorld world;
    const auto library = world.account->media_library();
    int uploads = 0;
    world.transport->on("/cgi-bin/media/upload", [&](const HttpRequest&) {
      const std::int64_t created = unix_seconds(world.time->wall()) + platform_ahead;
      return WechatWorld::json_reply(R"({"type":"image","media_id":"M)" + std::to_string(++uploads) +
                                     R"(","created_at":)" + std::to_string(created) + "}");
    });
    const MediaUpload picture(MediaKind::image, MediaContent::memory(kPicture));
    const std::int64_t begin = unix_seconds(world.time->wall());
    const auto stored = library->upload(picture).get();
    REQUIRE((stored && stored->expires));
    const std::int64_t slower = std::min<std::int64_t>(platform_ahead, 0);
    CHECK(unix_seconds(*stored->expires) == begin + slower + 72 * 3600 - 15 * 60);

    world.time->advance(std::chrono::duration_cast<Millis>(*stored->expires - world.time->wall()) - Millis(1000));
    CHECK(library->renew(*stored, picture).get()->media_id == "M1");
    world.time->advance(Millis(1000));
    CHECK_FALSE(stored->usable(world.account->id(), *stored->expires));
    CHECK(library->renew(*stored, picture).get()->media_id == "M2");
  }
}

TEST_CASE("shops E: an upload of no time is kept by this clock; what ends never is used for ever") {
  WechatWorld world;
  answer(world, "/cgi-bin/media/upload", R"({"type":"image","media_id":"M"})");
  const auto stored = world.account->media_library()->upload({MediaKind::image, MediaContent::memory(kPicture)}).get();
  REQUIRE((stored && stored->expires));
  CHECK(*stored->expires - world.time->wall() == std::chrono::minutes(72 * 60 - 15));
  StoredMedia kept(world.account->id(), MediaKind::image, "P");
  CHECK(kept.usable(world.account->id(), world.time->wall() + std::chrono::hours(24 * 3650)));
  CHECK_FALSE(StoredMedia(world.account->id()).usable(world.account->id(), world.time->wall()));
}

TEST_CASE("shops E: what an AI wrote is marked in every part that goes out, what a person wrote is not") {
  for (const bool by_ai : {true, false}) {
    CAPTURE(by_ai);
    WechatWorld world;
    const WallTime now = world.time->wall();
    REQUIRE(world.account->reply_ledger()->opened(kCustomer, "message", now, now));
    int marked = 0;
    int plain = 0;
    world.transport->on("/cgi-bin/message/custom/send", [&](const HttpRequest& request) {
      const auto body = detail::Document::json(request.body);
      const detail::Value mark = body.root()["aimsgcontext"];
      if (mark["is_ai_msg"].integer() == 1) ++marked;
      if (!mark.present()) ++plain;
      return WechatWorld::json_reply(R"({"errcode":0,"errmsg":"ok"})");
    });
    Message message(Address("", CustomerId(kCustomer)), TextContent(std::string(5000, 'x')));
    message.allow.split_text = true;
    message.speaker.ai_generated = by_ai;
    REQUIRE(world.account->send(message).get().has_value());
    CHECK(marked == (by_ai ? 3 : 0));
    CHECK(plain == (by_ai ? 0 : 3));

    SendCustomMessage call(kCustomer, TextContent("hello"));
    call.ai_generated = by_ai;
    REQUIRE(world.account->call(std::move(call)).get().has_value());
    CHECK(marked == (by_ai ? 4 : 0));
    CHECK(plain == (by_ai ? 0 : 4));
  }
}

TEST_CASE("permanent media and better recordings, where the account has them") {
  WechatWorld world;
  const auto library = world.account->media_library();
  answer(world, "/cgi-bin/material/add_material", R"({"media_id":"P1","url":"http://u"})");
  MediaUpload upload(MediaKind::image, MediaContent::memory(kPicture));
  upload.permanent = true;
  const auto stored = library->upload(upload).get();
  REQUIRE(stored);
  CHECK(stored->media_id == "P1");
  CHECK(!stored->expires);
  CHECK(stored->url == "http://u");

  answer(world, "/cgi-bin/material/get_material", R"({"down_url":"http://v","title":"t"})");
  MediaDownload permanent("P1");
  permanent.permanent = true;
  CHECK(library->download(permanent).get()->url == "http://v");
  answer(world, "/cgi-bin/material/get_material", R"({"news_item":[{"title":"t"}]})");
  CHECK(library->download(permanent).get().error().kind() == ErrorKind::unsupported);
  permanent.high_quality = true;
  CHECK(library->download(permanent).get().error().kind() == ErrorKind::bad_argument);

  HttpReply voice;
  voice.status = 200;
  voice.headers.emplace_back("content-type", "voice/speex");
  voice.body = "Speex   bytes";
  world.transport->on("/cgi-bin/media/get/jssdk", [voice](const HttpRequest&) { return voice; });
  MediaDownload better("V1");
  better.high_quality = true;
  const auto recording = library->download(better).get();
  REQUIRE(recording);
  CHECK(recording->content_type == "voice/speex");
  CHECK(recording->bytes == "Speex   bytes");

  WechatWorld mini(AccountKind::mini_program);
  CHECK(mini.account->media_library()->upload(upload).get().error().kind() == ErrorKind::unsupported);
  CHECK(mini.account->media_library()->download(better).get().error().kind() == ErrorKind::unsupported);
  CHECK(mini.transport->count() == 0);
}

TEST_CASE("agents: the list, with who is at work") {
  WechatWorld world;
  answer(world, "/cgi-bin/customservice/getkflist",
         R"({"kf_list":[{"kf_account":"test1@test","kf_nick":"一","kf_id":"1001"},{"kf_account":"test2@test",)"
         R"("kf_nick":"二","kf_id":1002},{"kf_account":"","kf_nick":"三","kf_openid":"o3"}]})");
  answer(world, "/cgi-bin/customservice/getonlinekflist",
         R"({"kf_online_list":[{"kf_account":"test2@test","status":1,"kf_id":"1002","accepted_case":4},)"
         R"({"kf_account":"","kf_openid":"o3","status":1,"accepted_case":0}]})");
  const auto agents = world.account->agent_sessions()->agents().get();
  REQUIRE(agents);
  REQUIRE(agents->size() == 3);
  CHECK(agents->at(0).id == "test1@test");
  CHECK(agents->at(0).name == "一");
  CHECK(agents->at(0).online == false);
  CHECK(agents->at(1).online == true);
  CHECK(agents->at(1).sessions == 4);
  CHECK(agents->at(2).id == "o3");
  CHECK(agents->at(2).online == true);
  CHECK(has(agents->at(0).raw, "1001"));

  answer(world, "/cgi-bin/customservice/getonlinekflist", R"({"errcode":65400,"errmsg":"no"})");
  CHECK(world.account->agent_sessions()->agents().get().error().platform_code() == "65400");
}

TEST_CASE("sessions: opened, closed, found, listed by pages, and who waits") {
  WechatWorld world;
  const auto sessions = world.account->agent_sessions();
  answer(world, "/customservice/kfsession/create", R"({"errcode":0,"errmsg":"ok"})");
  CHECK(sessions->open(CustomerId(kCustomer), "test1@test").get());
  CHECK(body_of(world).root()["kf_account"].text() == "test1@test");
  CHECK(body_of(world).root()["openid"].text() == kCustomer);
  answer(world, "/customservice/kfsession/create", R"({"errcode":65415,"errmsg":"the worker is not online"})");
  CHECK(sessions->open(CustomerId(kCustomer), "test1@test").get().error().kind() == ErrorKind::conflict);
  answer(world, "/customservice/kfsession/close", R"({"errcode":65413,"errmsg":"no effective session"})");
  CHECK(sessions->close(CustomerId(kCustomer), "test1@test").get());

  answer(world, "/customservice/kfsession/getsession", R"({"kf_account":"test1@test","createtime":123456789})");
  const auto found = sessions->session_of(CustomerId(kCustomer)).get();
  REQUIRE((found && *found));
  CHECK((*found)->agent == "test1@test");
  CHECK(unix_seconds((*found)->began) == 123456789);
  answer(world, "/customservice/kfsession/getsession", R"({"errcode":0,"kf_account":"","createtime":0})");
  const auto none = sessions->session_of(CustomerId(kCustomer)).get();
  REQUIRE(none);
  CHECK(!*none);

  answer(
      world, "/customservice/kfsession/getsessionlist",
      R"({"sessionlist":[{"openid":"o1","createtime":1},{"openid":"o2","createtime":2},{"openid":"o3","createtime":3}]})");
  AgentSessionQuery query;
  query.agent = "test1@test";
  query.limit = 2;
  const auto first = sessions->sessions(query).get();
  REQUIRE(first);
  CHECK(first->sessions.size() == 2);
  CHECK(query_of(world.transport->last(), "kf_account") == "test1@test");
  query.page = first->next;
  const auto rest = sessions->sessions(query).get();
  REQUIRE(rest);
  CHECK(rest->sessions.at(0).customer.id == "o3");
  CHECK(rest->next.empty());

  answer(world, "/customservice/kfsession/getwaitcase",
         R"({"count":2,"waitcaselist":[{"openid":"later","latest_time":20},{"openid":"first","latest_time":10}]})");
  const auto waiting = sessions->waiting().get();
  REQUIRE(waiting);
  CHECK(waiting->at(0).customer.id == "first");
  CHECK(unix_seconds(waiting->at(1).since) == 20);
}

TEST_CASE("a page of sessions goes on behind the last one, whatever was closed, deleted or reordered in between") {
  WechatWorld world;
  std::map<std::string, std::vector<std::string>> open{
      {"a@x", {"a1", "a2", "a3"}}, {"b@x", {"b1", "b2", "b3"}}, {"c@x", {"c1", "c2", "c3"}}};
  bool backwards = false;
  world.transport->on("/cgi-bin/customservice/getkflist", [&](const HttpRequest&) {
    std::string list;
    for (const auto& [agent, customers] : open) {
      const std::string one = R"({"kf_account":")" + agent + "\"}";
      list = list.empty() ? one : backwards ? one + "," + list : list + "," + one;
    }
    return WechatWorld::json_reply(R"({"kf_list":[)" + list + "]}");
  });
  world.transport->on("/customservice/kfsession/getsessionlist", [&](const HttpRequest& request) {
    std::string list;
    for (const std::string& customer : open[query_of(request, "kf_account")]) {
      const std::string one = R"({"openid":")" + customer + R"(","createtime":10})";
      list = list.empty() ? one : backwards ? one + "," + list : list + "," + one;
    }
    return WechatWorld::json_reply(R"({"sessionlist":[)" + list + "]}");
  });
  AgentSessionQuery query;
  query.limit = 2;
  const auto next_page = [&] {
    const auto page = world.account->agent_sessions()->sessions(query).get();
    REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
    query.page = page->next;
    std::string all;
    for (const AgentSession& one : page->sessions) all += one.customer.id + " ";
    return all;
  };
  CHECK(next_page() == "a1 a2 ");
  open["a@x"].erase(open["a@x"].begin(), open["a@x"].begin() + 2);  // also the one that the page ended with
  CHECK(next_page() == "a3 b1 ");
  open.erase("a@x");
  backwards = true;
  CHECK(next_page() == "b2 b3 ");
  open.erase("b@x");
  CHECK(next_page() == "c1 c2 ");
  CHECK(next_page() == "c3 ");
  CHECK(query.page.empty());
  for (const char* foreign : {"3.20", "x", "1.", "1.!", "1.YQ=="}) {
    query.page = foreign;
    CHECK(world.account->agent_sessions()->sessions(query).get().error().kind() == ErrorKind::bad_argument);
  }
}

TEST_CASE("an agent's name that the platform would refuse is refused wherever it stands") {
  WechatWorld world;
  const auto sessions = world.account->agent_sessions();
  for (const std::string& name : {std::string("a b@shop"), std::string("@"), std::string("a@"), std::string("@shop"),
                                  std::string("a\n@shop"), std::string(26, 'a') + "@shop"}) {
    CAPTURE(name);
    CHECK(sessions->open(CustomerId(kCustomer), name).get().error().kind() == ErrorKind::bad_argument);
    CHECK(sessions->close(CustomerId(kCustomer), name).get().error().kind() == ErrorKind::bad_argument);
    AgentSessionQuery query;
    query.agent = name;
    CHECK(sessions->sessions(query).get().error().kind() == ErrorKind::bad_argument);
  }
  CHECK(world.transport->count("/customservice/kfsession/create") == 0);
}

TEST_CASE("sessions of all agents, of a period, page by page; agents whom nobody stands behind have none") {
  WechatWorld world;
  answer(world, "/cgi-bin/customservice/getkflist",
         R"({"kf_list":[{"kf_account":"a@x"},{"kf_account":"unbound@x"},{"kf_account":""},{"kf_account":"b@x"}]})");
  world.transport->on("/customservice/kfsession/getsessionlist", [](const HttpRequest& request) {
    const std::string agent = query_of(request, "kf_account");
    if (agent == "unbound@x") return WechatWorld::error_reply("65402");
    const std::string name = agent.substr(0, 1);
    return WechatWorld::json_reply(R"({"sessionlist":[{"openid":")" + name + R"(1","createtime":10},{"openid":")" +
                                   name + R"(2","createtime":20},{"openid":")" + name + R"(3","createtime":30}]})");
  });
  const auto read_all_sessions = [&](AgentSessionQuery query) {
    std::string all;
    for (int pages = 0; pages < 20; ++pages) {
      const auto page = world.account->agent_sessions()->sessions(query).get();
      REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
      CHECK(page->sessions.size() <= query.limit);
      for (const AgentSession& one : page->sessions) all += one.customer.id + one.agent + " ";
      if (page->next.empty()) return all;
      query.page = page->next;
    }
    return std::string("no end");
  };
  for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
    CAPTURE(limit);
    AgentSessionQuery query;
    query.limit = limit;
    CHECK(read_all_sessions(query) == "a1a@x a2a@x a3a@x b1b@x b2b@x b3b@x ");
    query.from = from_unix_seconds(20);
    query.to = from_unix_seconds(30);
    CHECK(read_all_sessions(query) == "a2a@x b2b@x ");
  }
  AgentSessionQuery of_one;
  of_one.agent = "unbound@x";
  CHECK(world.account->agent_sessions()->sessions(of_one).get().error().platform_code() == "65402");
}

TEST_CASE("sessions: what cannot be asked is refused without a call") {
  WechatWorld world;
  const auto sessions = world.account->agent_sessions();
  const auto kind = [&](AgentSessionQuery query) { return sessions->sessions(std::move(query)).get().error().kind(); };
  AgentSessionQuery query;
  query.limit = 0;
  CHECK(kind(query) == ErrorKind::bad_argument);
  query.limit = 5;
  query.agent = "no at sign";
  CHECK(kind(query) == ErrorKind::bad_argument);
  query.agent = "a@b";
  for (const char* page : {"x", "-1", "1", "1.", "1.5.", "99999999999999999999.1", " 1.1", "1.1 ", "1.-1"}) {
    query.page = page;
    CHECK(kind(query) == ErrorKind::bad_argument);
  }
  query.page.clear();
  query.from = world.time->wall();
  query.to = *query.from - Millis(1);
  CHECK(kind(query) == ErrorKind::bad_argument);
  CHECK(sessions->open(CustomerId(""), "a@b").get().error().kind() == ErrorKind::bad_argument);
  CHECK(sessions->open(CustomerId("o"), "a").get().error().kind() == ErrorKind::bad_argument);
  CHECK(sessions->session_of(CustomerId("")).get().error().kind() == ErrorKind::bad_argument);
  WechatWorld mini(AccountKind::mini_program);
  const auto of_mini = mini.account->agent_sessions();
  CHECK(of_mini->open(CustomerId("o"), "a@b").get().error().kind() == ErrorKind::unsupported);
  CHECK(of_mini->close(CustomerId("o"), "a@b").get().error().kind() == ErrorKind::unsupported);
  CHECK(of_mini->waiting().get().error().kind() == ErrorKind::unsupported);
  CHECK((world.transport->count() == 0 && mini.transport->count() == 0));
}

TEST_CASE("records: days, ids and repeats of the platform do not show, whatever the page") {
  const std::int64_t start = 1'464'710'400;
  Records records;
  std::vector<std::string> all;
  for (int i = 0; i < 2600; ++i) {  // three days; several in one second, also where two spans meet
    const std::int64_t time = start + (i / 4) * 400;
    records.lines.push_back({20'165'000 + i * 3, time, i % 3 == 0 ? "o1" : "o2", "line " + std::to_string(i)});
    if (time < start + 3 * 86'400) all.push_back("line " + std::to_string(i));
  }
  for (const bool repeats : {false, true})
    for (const bool inclusive : {false, true})
      for (const std::size_t limit : {std::size_t{7}, std::size_t{100}, std::size_t{1000}}) {
        CAPTURE(repeats);
        CAPTURE(inclusive);
        CAPTURE(limit);
        WechatWorld world;
        records.repeats_last = repeats;
        records.end_inclusive = inclusive;
        records.echoes_number = repeats == inclusive;
        world.transport->on("/customservice/msgrecord/getmsglist",
                            [&records](const HttpRequest& request) { return records.answer(request); });
        TranscriptQuery query(from_unix_seconds(start), from_unix_seconds(start + 3 * 86'400));
        query.limit = limit;
        CHECK(read_all(*world.account->transcripts(), query) == all);
      }
}

TEST_CASE("records: filters, bounds and what the lines say") {
  WechatWorld world;
  Records records;
  const std::int64_t start = 1'464'710'400;
  for (int i = 0; i < 10; ++i) records.lines.push_back({i + 2, start + i, i % 2 == 0 ? "o1" : "o2", std::to_string(i)});
  world.transport->on("/customservice/msgrecord/getmsglist",
                      [&records](const HttpRequest& request) { return records.answer(request); });
  const auto transcripts = world.account->transcripts();
  TranscriptQuery query(from_unix_seconds(start + 2), from_unix_seconds(start + 8));
  query.customer = CustomerId("o1");
  CHECK(read_all(*transcripts, query) == std::vector<std::string>{"2", "4", "6"});
  query.agent = "other@test";
  CHECK(read_all(*transcripts, query).empty());

  // Forty empty days: a page after twenty calls, then the rest.
  records.calls = 0;
  TranscriptQuery long_query(from_unix_seconds(start - 40 * 86'400), from_unix_seconds(start));
  const auto page = transcripts->read(long_query).get();
  REQUIRE(page);
  CHECK(page->entries.empty());
  CHECK(!page->next.empty());
  CHECK(records.calls == 20);
  CHECK(read_all(*transcripts, long_query).empty());

  answer(world, "/customservice/msgrecord/getmsglist",
         R"({"recordlist":[{"openid":"o1","opercode":2003,"text":"[image]","time":1464710401,"worker":"a@b"},)"
         R"({"openid":"o1","opercode":2002,"text":"您好","time":1464710402,"worker":"a@b"},)"
         R"({"openid":"o1","opercode":1003,"text":"","time":1464710403,"worker":"a@b"}],"number":3,"msgid":9})");
  const auto lines = transcripts->read(TranscriptQuery(from_unix_seconds(start), from_unix_seconds(start + 60))).get();
  REQUIRE(lines);
  REQUIRE(lines->entries.size() == 3);
  CHECK(lines->entries[0].from == TranscriptEntry::From::customer);
  CHECK(lines->entries[0].type == "[image]");
  CHECK(lines->entries[0].text.empty());
  CHECK(lines->entries[1].from == TranscriptEntry::From::agent);
  CHECK(lines->entries[1].agent == "a@b");
  CHECK(lines->entries[1].text == "您好");
  CHECK(has(lines->entries[1].raw, "2002"));
  CHECK(lines->entries[2].from == TranscriptEntry::From::system);
}

TEST_CASE("records: a page that no query gave out, and a platform that does not go on, are errors") {
  WechatWorld world;
  const auto transcripts = world.account->transcripts();
  const WallTime from = from_unix_seconds(1'464'710'400);
  const auto read = [&](const std::string& page) {
    TranscriptQuery query(from, from + std::chrono::hours(48));
    query.page = page;
    return transcripts->read(query).get();
  };
  for (const char* page :
       {"x", "1464710400", "1464710400.1.0", "1464710400.1.0.xyz", "1464710401.1.0.", "1464710400.0.0.",
        "1464710400.1.1001.", "1464710400.-1.0.", "1464883200.1.0.", "1464624000.1.0.", "9999999999999999999.1.0.",
        "1464710400.1.0.0f1e2d3c4b5a697g", "1464710400.1.0.0f1e2d3c4b5a69788"})
    CHECK(read(page).error().kind() == ErrorKind::bad_argument);
  CHECK(read(std::string(5000, '1')).error().kind() == ErrorKind::bad_argument);
  CHECK(transcripts->read(TranscriptQuery(from, from - Millis(1))).get().error().kind() == ErrorKind::bad_argument);
  TranscriptQuery none(from, from);
  none.limit = 0;
  CHECK(transcripts->read(none).get().error().kind() == ErrorKind::bad_argument);
  TranscriptQuery searched(from, from);
  searched.words = "x";
  CHECK(transcripts->read(searched).get().error().kind() == ErrorKind::unsupported);
  CHECK(transcripts->read(TranscriptQuery(from, from)).get()->entries.empty());
  CHECK(world.transport->count() == 0);

  for (const char* end : {R"("number":1000,"msgid":1})", R"("number":1000})"}) {
    answer(world, "/customservice/msgrecord/getmsglist", full_page("x") + end);
    CHECK(read("").error().kind() == ErrorKind::malformed_reply);
  }
}

TEST_CASE("records: two lines that say the same in one second are two, also where one page ends and the next begins") {
  Records records;
  std::vector<std::string> all;
  for (int i = 0; i < 1500; ++i) {
    records.lines.push_back({20'165'000 + i, 1'464'710'400, "o1", "line " + std::to_string(i < 1000 ? i : i - 1)});
    all.push_back(records.lines.back().text);
  }
  for (const bool repeats : {false, true}) {
    CAPTURE(repeats);
    WechatWorld world;
    records.repeats_last = repeats;
    world.transport->on("/customservice/msgrecord/getmsglist",
                        [&records](const HttpRequest& request) { return records.answer(request); });
    const TranscriptQuery query(from_unix_seconds(1'464'710'400), from_unix_seconds(1'464'714'000));
    CHECK(read_all(*world.account->transcripts(), query) == all);
  }
}

TEST_CASE("records: the last page is the one with fewer lines than were asked for, whatever `number` and `msgid` say") {
  WechatWorld world;
  const WallTime from = from_unix_seconds(1'464'710'400);
  const TranscriptQuery query(from, from + std::chrono::hours(1));
  const auto read = [&] { return read_all(*world.account->transcripts(), query); };
  const std::string line =
      R"({"recordlist":[{"openid":"o","opercode":2002,"time":1464710401,"text":"x","worker":"a@b"}])";
  for (const char* end : {R"(,"number":10000,"msgid":20165258})", R"(,"number":1000,"msgid":1})", "}"}) {
    answer(world, "/customservice/msgrecord/getmsglist", line + end);
    CHECK(read() == std::vector<std::string>{"x"});
  }
  // A page that comes once more in place of the next one brings nothing: the end.
  answer(world, "/customservice/msgrecord/getmsglist", full_page("y") + R"("number":1000,"msgid":500})");
  CHECK(read() == std::vector<std::string>(1000, "y"));
}

TEST_CASE("profiles: ids, tags and following; names the platform no longer tells") {
  WechatWorld world;
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int seen = 0;
  for (const auto& entry : vectors.root()["replies"]) {
    const auto name = entry.value["name"].text();
    if (name != "user_info_ok" && name != "user_info_not_following") continue;
    ++seen;
    std::string body = name == "user_info_ok"
                           ? R"({"subscribe":1,"openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M","subscribe_time":1382694957,)"
                             R"("unionid":"o6_bmasdasdsad6_2sgVt7hMZOPfL","remark":"r","tagid_list":[128,2]})"
                           : R"({"subscribe":0,"openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M"})";
    answer(world, "/cgi-bin/user/info", body);
    const auto profile = world.account->profiles()->look_up(CustomerId("o6_bmjrPTlm6_2sgVt7hMZOPfL2M")).get();
    REQUIRE(profile);
    CHECK(profile->customer.id == entry.value["body"]["openid"].text());
    CHECK(profile->customer.union_id == entry.value["body"]["unionid"].text());
    CHECK(profile->follows == (name == "user_info_ok"));
    CHECK(profile->ids.size() == (name == "user_info_ok" ? 2 : 1));
    CHECK(profile->tags.size() == (name == "user_info_ok" ? 2 : 0));
    CHECK(profile->follows_since.has_value() == (name == "user_info_ok"));
    CHECK(has(profile->raw, "openid"));
  }
  CHECK(seen == 2);
  CHECK(world.account->profiles()->look_up(CustomerId()).get().error().kind() == ErrorKind::bad_argument);
  answer(world, "/cgi-bin/user/info", R"({"errcode":40003,"errmsg":"invalid openid"})");
  CHECK(world.account->profiles()->look_up(CustomerId("x")).get().error().kind() == ErrorKind::bad_argument);
}

TEST_CASE("outreach: template and subscription messages of each kind of account") {
  const OutreachMessage subscription(OutreachBy::subscription, CustomerId(kCustomer), "TEMPLATE_ID",
                                     {{"thing1", "订单已发货"}});
  {
    WechatWorld world;
    const auto outreach = world.account->outreach();
    answer(world, "/cgi-bin/message/template/send", R"({"errcode":0,"msgid":3717005636572528642})");
    OutreachMessage notice = subscription;
    notice.by = OutreachBy::template_notice;
    notice.page = "https://example.com/";
    notice.mini_program = "wx1234567890abcdef";
    notice.mini_program_page = "index?foo=bar";
    notice.idempotency_key = "MSG_000001";
    const auto sent = outreach->send(notice).get();
    REQUIRE(sent);
    CHECK(sent->parts == std::vector<std::string>{"3717005636572528642"});
    const auto document = body_of(world);
    const detail::Value body = document.root();
    CHECK(body["url"].text() == "https://example.com/");
    CHECK(body["miniprogram"]["appid"].text() == "wx1234567890abcdef");
    CHECK(body["client_msg_id"].text() == "MSG_000001");
    CHECK(body["data"]["thing1"]["value"].text() == "订单已发货");

    answer(world, "/cgi-bin/message/subscribe/bizsend",
           R"({"errcode":43101,"errmsg":"user refuse to accept the msg"})");
    CHECK(outreach->send(subscription).get().error().kind() == ErrorKind::blocked_by_customer);
    CHECK(world.transport->last().path == "/cgi-bin/message/subscribe/bizsend");
  }
  {
    WechatWorld mini(AccountKind::mini_program);
    answer(mini, "/cgi-bin/message/subscribe/send", R"({"errcode":0,"errmsg":"ok"})");
    OutreachMessage paged = subscription;
    paged.page = "pages/order?id=1";
    paged.mini_program_state = "trial";
    const auto sent = mini.account->outreach()->send(paged).get();
    REQUIRE(sent);
    CHECK(sent->parts == std::vector<std::string>{""});
    CHECK(body_of(mini).root()["page"].text() == "pages/order?id=1");
    CHECK(body_of(mini).root()["miniprogram_state"].text() == "trial");
    const auto calls = mini.transport->count();
    OutreachMessage notice = subscription;
    notice.by = OutreachBy::template_notice;
    CHECK(mini.account->outreach()->send(notice).get().error().kind() == ErrorKind::unsupported);
    paged.mini_program = "wx1";
    CHECK(mini.account->outreach()->send(paged).get().error().kind() == ErrorKind::bad_argument);
    CHECK(mini.transport->count() == calls);
  }
}

TEST_CASE("outreach: what is wrong is named before anything is sent") {
  WechatWorld world;
  const auto refusal = [&](void (*change)(OutreachMessage&)) {
    OutreachMessage message(OutreachBy::template_notice, CustomerId(kCustomer), "T", {{"thing1", "x"}});
    change(message);
    const auto sent = world.account->outreach()->send(message).get();
    REQUIRE(!sent);
    CHECK(sent.error().kind() == ErrorKind::bad_argument);
    return sent.error().message();
  };
  CHECK(has(refusal([](OutreachMessage& m) { m.customer.id.clear(); }), "customer.id"));
  CHECK(has(refusal([](OutreachMessage& m) { m.template_id.clear(); }), "template_id"));
  CHECK(has(refusal([](OutreachMessage& m) { m.fields.clear(); }), "fields"));
  CHECK(has(refusal([](OutreachMessage& m) { m.idempotency_key = std::string(65, 'x'); }), "65 bytes"));
  CHECK(has(refusal([](OutreachMessage& m) { m.mini_program_page = "x"; }), "mini_program_page"));
  CHECK(has(refusal([](OutreachMessage& m) { m.language = "zh_CN"; }), "language"));
  CHECK(has(refusal([](OutreachMessage& m) { m.fields[0].value = std::string(21, 'x'); }), "thing1"));
  CHECK(world.transport->count() == 0);
}
