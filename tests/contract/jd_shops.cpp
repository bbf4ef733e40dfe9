// What shops meet (issue 10 A): answers of all generations through whole calls, and the rules that hold for all of
// them.
#include "core/call/fields.hpp"
#include "support/jd_gateway.hpp"
#include "support/jd_operation_cases.hpp"
#include "support/vectors.hpp"

#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/im_pop.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace kefu;
using namespace kefu::jd;
using detail::Document;
using detail::JsonWriter;
using detail::Value;
using kefu_test::answered_call;
using kefu_test::JdCall;
using kefu_test::JdCase;
using kefu_test::JdGateway;

namespace {

using Kind = Value::Kind;

/// How a JSON text is written anew with a change.
struct Rewrite {
  bool strange_entries = false;  ///< Objects in lists lose all they are known by.
  bool renamed_members = false;  ///< Members of the answer node, but for its code.
  int node_depth = 1;            ///< 0: the answer has no wrapper.
};

void write_changed(JsonWriter& writer, Value value, const Rewrite& change, int depth, bool in_list) {
  switch (value.kind()) {
    case Kind::object:
      writer.begin_object();
      if (in_list && change.strange_entries) {
        writer.key("foo").integer(1).end_object();
        return;
      }
      for (const auto& member : value) {
        const bool renamed = change.renamed_members && depth == change.node_depth && member.name != "code";
        writer.key(renamed ? "x_" + std::string(member.name) : std::string(member.name));
        write_changed(writer, member.value, change, depth + 1, false);
      }
      writer.end_object();
      return;
    case Kind::array:
      writer.begin_array();
      for (const Value item : value.items()) write_changed(writer, item, change, depth + 1, true);
      writer.end_array();
      return;
    case Kind::string:
      writer.string(value.text());
      return;
    case Kind::null:
    case Kind::absent:
      writer.null();
      return;
    default:
      writer.raw(value.text());
  }
}

std::string changed(Value answer, const Rewrite& change) {
  std::string json;
  JsonWriter writer(json);
  write_changed(writer, answer, change, 0, false);
  return json;
}

bool has_objects_in_list(Value value) {
  for (const auto& member : value) {
    if (value.kind() == Kind::array && member.value.kind() == Kind::object) return true;
    if (has_objects_in_list(member.value)) return true;
  }
  return false;
}

/// Their answers are in no source: entries are handed out as JSON, or the node's code is all that is known.
bool shows_raw_json(std::string_view method) {
  for (const std::string_view known :
       {"MessagePush", "dongdong.packet", "DataService", "NoticeDispatcher", "inviteEvaluationList", "leavemsg",
        "waiterpresence", "saveReply", "commentreply.save"})
    if (method.find(known) != std::string_view::npos) return true;
  return false;
}

struct Outcome {
  std::optional<Error> error;
  std::size_t items = 0;
  std::string first_id;
  std::string first_order;
};

Outcome outcome_of(std::string_view method, std::string_view body) {
  const WallTime day = kefu_test::jd_time("2024-06-01 00:00:00");
  Outcome out;
  const auto note = [&out](const auto& result, auto count) {
    if (!result) {
      out.error = result.error();
    } else {
      out.items = count(*result);
    }
  };
  if (method == "jingdong.im.pop.chatlog.get") {
    note(answered_call(ReadChatLog("jd_buyer_001", day, day), body), [](const auto& r) { return r.lines.size(); });
  } else if (method == "jingdong.im.pop.sessionlist.get") {
    note(answered_call(ListSessions(day, day), body), [](const auto& r) { return r.sessions.size(); });
  } else {
    REQUIRE(method == "jingdong.pop.afs.soa.refundapply.queryById");
    const auto read = answered_call(GetRefundApplication(81), body);
    note(read, [](const auto& r) { return r.applications.size(); });
    if (read && !read->applications.empty()) {
      out.first_id = read->applications[0].id;
      out.first_order = read->applications[0].order_id;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("shops A1: every wrapper of every generation is read, and no other is taken for one") {
  const Document vectors = kefu_test::load_vectors("jd.json");
  int checked = 0;
  for (const Value entry : vectors.root()["typed_cases"].items()) {
    const std::string id(entry["id"].text());
    CAPTURE(id);
    const Outcome out = outcome_of(entry["method"].text(), entry["body"].text());
    const Value expect = entry["expect"];
    ++checked;
    if (expect["kind"].text() == "malformed") {
      REQUIRE(out.error);
      CHECK(out.error->kind() == ErrorKind::malformed_reply);
      continue;
    }
    REQUIRE_MESSAGE(!out.error, (out.error ? out.error->to_string() : ""));
    CHECK(static_cast<std::int64_t>(out.items) == expect["items"].integer());
    if (expect["check"]) CHECK((out.first_id == expect["check"]["id"].text()));
    if (expect["check"]) CHECK((out.first_order == expect["check"]["orderId"].text()));
  }
  CHECK(checked >= 18);
}

TEST_CASE("shops A1: an entry in which nothing is known is no success, in any operation") {
  const Document vectors = kefu_test::load_vectors("jd.json");
  int checked = 0;
  for (const JdCase& one : kefu_test::jd_cases()) {
    const std::string method(one.row->info.path);
    CAPTURE(method);
    const Value answer = vectors.root()["apis"][method]["response"];
    if (answer.kind() != Kind::object || shows_raw_json(method)) continue;
    Rewrite renamed;
    renamed.renamed_members = true;
    renamed.node_depth = answer["code"] ? 0 : 1;
    CHECK_FALSE(one.decode(changed(answer, renamed)));
    ++checked;
    if (!has_objects_in_list(answer)) continue;
    Rewrite strange;
    strange.strange_entries = true;
    CHECK_FALSE(one.decode(changed(answer, strange)));
  }
  CHECK(checked >= 60);
}

TEST_CASE("shops A11: HTML entities of chat lines become characters, once") {
  const Document vectors = kefu_test::load_vectors("jd.json");
  const WallTime day = kefu_test::jd_time("2024-06-01 00:00:00");
  for (const Value entry : vectors.root()["chat_content_cases"].items()) {
    std::string body =
        R"({"jingdong_im_pop_chatlog_get_responce":{"code":"0","ChatLogPage":{"chatLogList":[{"content":)";
    JsonWriter(body).string(entry["wire"].text());
    body += "}]}}}";
    const auto read = answered_call(ReadChatLog("b", day, day), body);
    REQUIRE(read);
    REQUIRE(read->lines.size() == 1);
    CHECK(read->lines[0].content == entry["text"].text());
  }
}

TEST_CASE("shops A2: a total is a hint: only a short page ends a list") {
  const Document vectors = kefu_test::load_vectors("jd.json");
  for (const Value entry : vectors.root()["paging_cases"].items()) {
    const std::string id(entry["id"].text());
    CAPTURE(id);
    const auto at_platform = *entry["lines_at_platform"].integer();
    const bool sessions = entry["method"].text() == "jingdong.im.pop.sessionlist.get";
    JdGateway gateway;
    gateway.on(std::string(entry["method"].text()), [&](const JdCall& call) {
      const std::int64_t page = std::stoll(call["page"]);
      const std::int64_t size = std::stoll(call["pageSize"]);
      std::string node;
      JsonWriter writer(node);
      writer.begin_object().key("code").string("0").key(sessions ? "ChatSessionPage" : "ChatLogPage").begin_object();
      writer.key(sessions ? "chatSessionList" : "chatLogList").begin_array();
      for (std::int64_t i = (page - 1) * size; i < std::min(page * size, at_platform); ++i) {
        writer.begin_object().key("customer").string("b").key("sid").string("s" + std::to_string(i));
        writer.key(sessions ? "beginTime" : "time").integer(1717201200000 + i * 1000);
        writer.key("content").string("line " + std::to_string(i)).key("waiterSend").boolean(false).end_object();
      }
      writer.end_array().key("totalRecord");
      if (entry["total_record"].kind() == Kind::string) {
        writer.string(entry["total_record"].text());
      } else if (entry["total_record"]) {
        writer.raw(entry["total_record"].text());
      } else {
        writer.null();
      }
      writer.end_object().end_object();
      return JdGateway::node(call.method, node);
    });
    gateway.time->advance(std::chrono::duration_cast<Millis>(from_unix_millis(1717201800000) - gateway.time->wall()));
    const auto shop = gateway.make_shop(gateway.settings());
    std::size_t found = 0;
    if (sessions) {
      AgentSessionQuery query;
      query.from = gateway.time->wall() - std::chrono::hours(24);
      query.to = gateway.time->wall();
      query.limit = 1000;
      const auto read = shop->agent_sessions()->sessions(query).get();
      REQUIRE_MESSAGE(read, (read ? "" : read.error().to_string()));
      found = read->sessions.size();
    } else {
      TranscriptQuery query(gateway.time->wall() - std::chrono::hours(24), gateway.time->wall());
      query.customer = CustomerId("pin:b");
      query.limit = 1000;
      const auto read = shop->transcripts()->read(query).get();
      REQUIRE_MESSAGE(read, (read ? "" : read.error().to_string()));
      found = read->entries.size();
    }
    CHECK(static_cast<std::int64_t>(found) == entry["expect"]["lines"].integer());
  }
}
