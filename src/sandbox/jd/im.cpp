#include "sandbox/jd/lists.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

/// One line of a chat with the session it belongs to.
struct ChatEntry {
  const JdSession* session;
  JdLine line;
};

JdResult result_of(std::string node) {
  JdResult result;
  result.node = std::move(node);
  return result;
}

template <class Entry, class TimeOf>
void put_in_order(const JdCall& call, std::vector<Entry>& all, TimeOf time_of) {
  const bool newest_first = call.twin.setting("jd_newest_first") != 0;
  std::stable_sort(all.begin(), all.end(), [&time_of, newest_first](const Entry& a, const Entry& b) {
    return newest_first ? time_of(b) < time_of(a) : time_of(a) < time_of(b);
  });
}

void write_total(JsonWriter& writer, const JdCall& call, std::size_t count, bool as_text) {
  const std::int64_t set = call.twin.setting("jd_total_record");
  const auto total = set < 0 ? static_cast<std::int64_t>(count) : set;
  writer.key("totalRecord");
  if (as_text) {
    writer.string(std::to_string(total));
  } else {
    writer.integer(total);
  }
}

void write_session(JsonWriter& writer, JdCall& call, const JdSession& session) {
  writer.begin_object().key("customer").string(call.twin.shown(session.customer));
  writer.key("waiter").string(session.waiter);
  write_jd_time(writer, "beginTime", session.begin, call.twin);
  write_jd_time(writer, "replyTime", session.reply, call.twin);
  write_jd_time(writer, "endTime", session.end, call.twin);
  writer.key("sessionType").integer(session.type).key("transfer").boolean(session.transfer);
  writer.key("sid").string(session.sid).key("skuId").integer(session.sku);
  write_jd_buyer_ids(writer, call, session.customer);
  writer.end_object();
}

JdResult list_sessions(JdCall& call) {
  JdPeriod period;
  JdPage page;
  if (auto bad = take_jd_period(call, period)) return *bad;
  if (auto bad = take_jd_page(call, page)) return *bad;
  const JdWaiters waiters(call);
  std::vector<const JdSession*> found;
  for (const JdSession& one : call.shop->sessions)
    if (one.visible <= call.now && period.holds(one.begin) && waiters.has(one.waiter)) found.push_back(&one);
  put_in_order(call, found, [](const JdSession* one) { return one->begin; });
  std::string node;
  JsonWriter writer(node);
  writer.begin_object();
  const std::int64_t generation = call.twin.setting("jd_legacy_wrappers");
  const bool plain_list = generation == 1;
  writer.key(generation == 0 ? "ChatSessionPage" : "ChatSession");
  if (!plain_list) writer.begin_object().key(generation == 2 ? "chatSession" : "chatSessionList");
  writer.begin_array();
  for (const JdSession* one : page_of(found, page)) write_session(writer, call, *one);
  writer.end_array();
  if (!plain_list) write_total(writer, call, found.size(), generation == 3);
  if (!plain_list) writer.end_object();
  writer.end_object();
  return result_of(std::move(node));
}

/// What production shows of `&`, and the like of it for what HTML needs.
std::string with_entities(std::string_view content) {
  std::string out;
  for (const char c : content) {
    if (c == '&') {
      out += "&#x26;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

void write_line(JsonWriter& writer, JdCall& call, const ChatEntry& entry) {
  const JdSession& session = *entry.session;
  writer.begin_object().key("customer").string(call.twin.shown(session.customer));
  writer.key("waiter").string(entry.line.waiter.empty() ? session.waiter : entry.line.waiter);
  const bool entities = call.twin.setting("jd_html_entities") != 0;
  writer.key("content").string(entities ? with_entities(entry.line.content) : entry.line.content);
  writer.key("sid").string(session.sid);
  writer.key("skuId").integer(session.sku);
  write_jd_time(writer, "time", entry.line.time, call.twin);
  writer.key("channel").integer(entry.line.by_waiter ? 21 : 11).key("waiterSend").boolean(entry.line.by_waiter);
  write_jd_buyer_ids(writer, call, session.customer);
  writer.end_object();
}

/// The buyers that `customer` may mean: a masked name several, any other one.
std::vector<const JdBuyer*> buyers_of(JdCall& call) {
  const std::string_view name = call.text("customer");
  if (const JdBuyer* one = call.twin.find_buyer(*call.shop, name)) return {one};
  std::vector<const JdBuyer*> alike;
  if (call.twin.setting("jd_mask_customers") == 0) return alike;
  for (const auto& [pin, buyer] : call.shop->buyers)
    if (jd_masked(pin) == name) alike.push_back(&buyer);
  return alike;
}

std::vector<ChatEntry> find_lines(JdCall& call, const JdPeriod& period, std::string_view keyword) {
  const JdWaiters waiters(call);
  const std::int64_t sku = call.number("skuId");
  std::vector<ChatEntry> found;
  for (const JdBuyer* buyer : buyers_of(call)) {
    for (const std::uint32_t place : buyer->sessions) {
      const JdSession& session = call.shop->sessions[place];
      if (sku != 0 && session.sku != sku) continue;
      for (std::size_t at = 0; at < session.line_count(); ++at) {
        JdLine line = session.line(at);
        if (line.visible > call.now || !period.holds(line.time)) continue;
        if (!waiters.has(line.waiter.empty() ? session.waiter : line.waiter)) continue;
        if (!keyword.empty() && line.content.find(keyword) == std::string::npos) continue;
        found.push_back({&session, std::move(line)});
      }
    }
  }
  return found;
}

JdResult chat_log(JdCall& call, std::string_view keyword) {
  JdPeriod period;
  JdPage page;
  if (call.text("customer").empty()) return jd_error(60);
  if (auto bad = take_jd_period(call, period)) return *bad;
  if (auto bad = take_jd_page(call, page)) return *bad;
  std::vector<ChatEntry> found = find_lines(call, period, keyword);
  put_in_order(call, found, [](const ChatEntry& one) { return one.line.time; });
  std::string node;
  JsonWriter writer(node);
  const std::int64_t generation = call.twin.setting("jd_legacy_wrappers");
  writer.begin_object().key(generation == 0 ? "ChatLogPage" : "ChatLog").begin_object();
  writer.key(generation == 0 || generation == 3 ? "chatLogList" : "chatList").begin_array();
  for (const ChatEntry& one : page_of(found, page)) write_line(writer, call, one);
  writer.end_array();
  write_total(writer, call, found.size(), false);
  writer.end_object().end_object();
  return result_of(std::move(node));
}

JdResult get_chat_log(JdCall& call) { return chat_log(call, {}); }
JdResult query_chat_log(JdCall& call) {
  const std::string_view keyword = call.text("keyWord");
  return keyword.empty() ? jd_error(60) : chat_log(call, keyword);
}

JdResult list_evaluations(JdCall& call) {
  JdPeriod period;
  JdPage page;
  if (auto bad = take_jd_period(call, period)) return *bad;
  if (auto bad = take_jd_page(call, page)) return *bad;
  const JdWaiters waiters(call);
  std::vector<const JdEvaluation*> found;
  for (const JdEvaluation& one : call.shop->evaluations)
    if (one.visible <= call.now && period.holds(one.time) && waiters.has(one.waiter)) found.push_back(&one);
  put_in_order(call, found, [](const JdEvaluation* one) { return one->time; });
  std::string node;
  JsonWriter writer(node);
  writer.begin_object().key("Evaluation").begin_array();
  for (const JdEvaluation* one : page_of(found, page)) {
    writer.begin_object().key("customer").string(call.twin.shown(one->customer)).key("waiter").string(one->waiter);
    writer.key("desc").string(one->text).key("score").integer(one->score);
    write_jd_time(writer, "evaTime", one->time, call.twin);
    write_jd_buyer_ids(writer, call, one->customer);
    writer.end_object();
  }
  writer.end_array().end_object();
  return result_of(std::move(node));
}

JdResult list_logins(JdCall& call) {
  JdPeriod period;
  JdPage page;
  if (auto bad = take_jd_period(call, period)) return *bad;
  if (auto bad = take_jd_page(call, page)) return *bad;
  const JdWaiters waiters(call);
  std::vector<const JdLogin*> found;
  for (const JdLogin& one : call.shop->logins)
    if (one.in <= call.now && period.holds(one.in) && waiters.has(one.waiter)) found.push_back(&one);
  put_in_order(call, found, [](const JdLogin* one) { return one->in; });
  std::string node;
  JsonWriter writer(node);
  writer.begin_object().key("PassLog").begin_array();
  for (const JdLogin* one : page_of(found, page)) {
    writer.begin_object().key("waiter").string(one->waiter);
    write_jd_time(writer, "loginTime", one->in, call.twin);
    write_jd_time(writer, "logoutTime", one->out, call.twin);
    writer.key("ip").string(one->ip).key("loginSid").string(one->sid).end_object();
  }
  writer.end_array().end_object();
  return result_of(std::move(node));
}

JdResult show_group(JdCall& call) {
  const JdShop& shop = call.shop->shop;
  std::string node;
  JsonWriter writer(node);
  writer.begin_object().key("popgroup").begin_object().key("shopName").string(shop.name);
  writer.key("shopUrl").string("https://mall.jd.com/index-" + std::to_string(shop.shop_id) + ".html");
  writer.key("waiterCount").unsigned_integer(shop.agents.size() + 1).key("waiterList").begin_array();
  const auto write_waiter = [&writer](std::string_view name, bool leader) {
    writer.begin_object().key("waiter").string(name).key("yn").integer(1).key("leader").boolean(leader);
    writer.key("level").string(leader ? "1" : "2").end_object();
  };
  write_waiter(shop.main_account, true);
  for (const std::string& agent : shop.agents) write_waiter(agent, false);
  writer.end_array().end_object().end_object();
  return result_of(std::move(node));
}

/// Messages of one session for a third party's service system (jd 4.4).
JdResult list_third_party_messages(JdCall& call) {
  const JdSession* session = call.twin.find_session(*call.shop, call.text("sid"));
  if (session == nullptr) return jd_failure(*call.route, "404", "会话不存在");
  std::string node;
  JsonWriter writer(node);
  writer.begin_object().key("PageChatMessageVo").begin_object().key("code").integer(0).key("message").string("success");
  std::uint64_t count = 0;
  writer.key("isSuccess").boolean(true).key("currentPage").integer(1).key("pageSize").integer(50);
  writer.key("result").begin_array();
  for (std::size_t at = 0; at < session->line_count(); ++at) {
    const JdLine line = session->line(at);
    if (line.visible > call.now) continue;
    ++count;
    writer.begin_object().key("merchantId").string(std::to_string(call.shop->shop.vender_id));
    writer.key("sid").string(session->sid).key("mid").string(session->sid + "-" + std::to_string(at));
    writer.key("uuid").string(session->sid + "-" + std::to_string(at));
    writer.key("waiter").string(line.waiter.empty() ? session->waiter : line.waiter);
    writer.key("customer").string(call.twin.shown(session->customer)).key("content").string(line.content);
    writer.key("created").integer(unix_millis(line.time)).key("channel").string("1");
    writer.key("waiterSend").integer(line.by_waiter ? 1 : 0).key("mt").integer(1).key("chatType").integer(1);
    writer.key("type").string("text").key("url").string("").key("extParam").string("{}").end_object();
  }
  writer.end_array().key("totalCount").unsigned_integer(count).end_object().end_object();
  return result_of(std::move(node));
}

/// The real-time family: answers are not public. The list of its older sister; the slot's bounds are not looked at.
JdResult real_time_sessions(JdCall& call) { return list_sessions(call); }
JdResult real_time_chat_log(JdCall& call) { return chat_log(call, {}); }
JdResult real_time_evaluations(JdCall& call) { return list_evaluations(call); }
JdResult empty_result(JdCall&) { return result_of(R"({"result":[]})"); }

}  // namespace

std::optional<JdResult> take_jd_period(const JdCall& call, JdPeriod& period) {
  const auto from = read_jd_time(call.text("startTime"), true);
  const auto to = read_jd_time(call.text("endTime"), true);
  if (!from || !to) return jd_error(60);
  period.first = platform_day(*from);
  period.last = platform_day(*to);
  const int refusal = static_cast<int>(call.twin.setting("jd_period_code"));
  if (refusal != 0) {
    const std::int64_t oldest = platform_day(call.now) - call.twin.setting("jd_period_age_days");
    if (period.last < period.first || period.last - period.first > call.twin.setting("jd_period_days") ||
        period.first < oldest)
      return jd_error(refusal);
  }
  if (call.twin.setting("jd_end_day_counts") == 0) --period.last;
  return std::nullopt;
}

JdWaiters::JdWaiters(const JdCall& call) : only_(call.grant->account) {
  for (const detail::Value& one : call.body["waiter"].items()) {
    std::string_view rest = one.text();
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (const std::string_view name = rest.substr(0, comma); !name.empty()) names_.emplace(name);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  if (names_.empty() && call.twin.setting("jd_absent_waiter_is_main_account") != 0)
    names_.insert(call.shop->shop.main_account);
}

std::optional<JdResult> take_jd_page(const JdCall& call, JdPage& page) {
  const std::int64_t number = call.number("page", 1);
  std::int64_t size = call.number("pageSize", 20);
  if (number < 1 || size < 1) return jd_error(61);
  const std::int64_t most = call.twin.setting("jd_page_size_max");
  if (size > most) {
    if (const auto code = static_cast<int>(call.twin.setting("jd_page_size_over_code")); code != 0)
      return jd_error(code);
    size = most;
  }
  page.number = static_cast<std::size_t>(std::min<std::int64_t>(number, 1'000'000'000));
  page.size = static_cast<std::size_t>(size);
  return std::nullopt;
}

void write_jd_buyer_ids(JsonWriter& writer, JdCall& call, std::string_view pin) {
  if (call.twin.setting("jd_customer_ids_in_lists") == 0) return;
  const JdBuyer& buyer = call.twin.buyer(*call.shop, pin);
  writer.key("open_id_buyer").string(buyer.open_id).key("xid_buyer").string(buyer.xid);
}

std::vector<JdRoute> jd_im_routes() {
  constexpr JdFamily kPlain = JdFamily::plain;
  return {
      {"jingdong.im.pop.sessionlist.get", kPlain, "", list_sessions},
      {"jingdong.im.pop.chatlog.get", kPlain, "", get_chat_log},
      {"jingdong.im.pop.chatlog.fuzzy.query", kPlain, "", query_chat_log},
      {"jingdong.im.pop.evaluationlist.get", kPlain, "", list_evaluations},
      {"jingdong.im.pop.passlog.get", kPlain, "", list_logins},
      {"jingdong.im.pop.groupinfo.get", kPlain, "", show_group},
      {"jingdong.im.out.merchant.chatmessage.openapi.get", kPlain, "", list_third_party_messages},
      {"jingdong.im.pop.sessionlist.openapi.get", kPlain, "", real_time_sessions, true},
      {"jingdong.im.pop.sessionlistsecond.openapi.get", kPlain, "", real_time_sessions, true},
      {"jingdong.im.pop.chatlog.openapi.get", kPlain, "", real_time_chat_log, true},
      {"jingdong.im.pop.evaluationlist.openapi.get", kPlain, "", real_time_evaluations, true},
      {"jingdong.im.pop.inviteEvaluationList.openapi.get", kPlain, "", empty_result, true},
      {"jingdong.im.pop.leavemsgcreated.openapi.get", kPlain, "", empty_result, true},
      {"jingdong.im.pop.leavemsgallocate.openapi.get", kPlain, "", empty_result, true},
      {"jingdong.im.pop.waiterpresence.openapi.get", kPlain, "", empty_result, true},
      {"jingdong.im.pop.waiterpresencesecond.openapi.get", kPlain, "", empty_result, true},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
