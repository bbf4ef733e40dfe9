#include "core/async/time_range.hpp"
#include "sandbox/control/jd.hpp"
#include "sandbox/jd/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

constexpr std::size_t kSessionsPerShop = 200'000;
constexpr std::size_t kLinesPerSession = 20'000;

void end_jd_session(JdShopState& shop, JdSession& session, WallTime when) {
  session.end = when;
  auto& open = shop.open[session.customer];
  const auto place = static_cast<std::uint32_t>(&session - shop.sessions.data());
  open.erase(std::remove(open.begin(), open.end(), place), open.end());
}

/// What an act answers: the session it was about, and what the buyer is called.
ControlAnswer session_answer(const JdTwin& twin, const JdSession& session) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  JdFields fields(twin);
  fields.text("sid", session.sid).text("customer", session.customer).text("waiter", session.waiter);
  fields.time("begin", session.begin).time("reply", session.reply).time("end", session.end);
  fields.number("lines", static_cast<std::int64_t>(session.line_count())).write(writer);
  return answer;
}

struct ChatAct {
  ControlCall& call;
  JdShopState& shop;
  const std::string& actor;  ///< Pin of buyer or agent.
  WallTime when;
  WallTime visible;
};

ControlAnswer shop_is_full() { return control_error(409, "this shop is full; start another sandbox"); }

/// The session an act is about: `sid`, else the buyer's newest open one.
JdSession* session_of(ChatAct& act, std::string_view pin, std::optional<ControlAnswer>& error) {
  const std::string_view sid = act.call.text("sid");
  JdSession* session =
      sid.empty() ? act.call.core.jd.open_session_of(act.shop, pin) : act.call.core.jd.find_session(act.shop, sid);
  if (session == nullptr) error = control_error(404, "no such open session");
  return session;
}

JdSession& open_one(ChatAct& act) {
  JdSession& session = act.call.core.jd.open_session(act.shop, act.actor, act.call.text("waiter"), act.when);
  session.visible = act.visible;
  session.sku = act.call.number("sku", 0);
  session.type = static_cast<int>(act.call.number("type", 1));
  return session;
}

ControlResult buyer_opens(ChatAct& act) {
  if (act.shop.sessions.size() >= kSessionsPerShop) return shop_is_full();
  const std::string_view sid = act.call.text("sid");
  if (!sid.empty() && act.call.core.jd.find_session(act.shop, sid) != nullptr)
    return control_error(409, "there is a session of this sid");
  JdSession& session = open_one(act);
  if (!sid.empty()) session.sid = sid;
  return session_answer(act.call.core.jd, session);
}

ControlResult buyer_writes(ChatAct& act) {
  JdTwin& twin = act.call.core.jd;
  const std::string_view content = act.call.text("content");
  if (content.empty()) return control_error(400, "content is missing");
  std::optional<ControlAnswer> error;
  JdSession* session = session_of(act, act.actor, error);
  if (session == nullptr && !act.call.text("sid").empty()) return *error;
  if (session == nullptr && act.shop.sessions.size() >= kSessionsPerShop) return shop_is_full();
  if (session == nullptr) session = &open_one(act);
  if (session->customer != act.actor) return control_error(409, "this session is another buyer's");
  if (session->lines.size() >= kLinesPerSession) return shop_is_full();
  twin.say(*session, false, session->waiter, content, act.when, act.visible);
  return session_answer(twin, *session);
}

ControlResult buyer_ends(ChatAct& act) {
  std::optional<ControlAnswer> error;
  JdSession* session = session_of(act, act.actor, error);
  if (session == nullptr) return *error;
  end_jd_session(act.shop, *session, act.when);
  return session_answer(act.call.core.jd, *session);
}

ControlResult buyer_rates(ChatAct& act) {
  std::optional<ControlAnswer> error;
  const auto buyer = act.shop.buyers.find(act.actor);
  const JdSession* session =
      act.call.text("sid").empty() && buyer != act.shop.buyers.end() && !buyer->second.sessions.empty()
          ? &act.shop.sessions[buyer->second.sessions.back()]
          : session_of(act, act.actor, error);
  if (session == nullptr) return *error;
  if (act.shop.evaluations.size() >= kSessionsPerShop) return shop_is_full();
  JdEvaluation evaluation;
  evaluation.customer = act.actor;
  evaluation.waiter = act.call.text("waiter").empty() ? session->waiter : std::string(act.call.text("waiter"));
  evaluation.text = act.call.text("text");
  evaluation.sid = session->sid;
  evaluation.score = static_cast<int>(act.call.number("score", 5));
  evaluation.time = act.when;
  evaluation.visible = act.visible;
  act.shop.evaluations.push_back(std::move(evaluation));
  return session_answer(act.call.core.jd, *session);
}

ControlResult agent_answers(ChatAct& act) {
  const std::string_view content = act.call.text("content");
  if (content.empty()) return control_error(400, "content is missing");
  std::optional<ControlAnswer> error;
  JdSession* session = session_of(act, act.call.text("pin"), error);
  if (session == nullptr) return *error;
  if (session->lines.size() >= kLinesPerSession) return shop_is_full();
  act.call.core.jd.say(*session, true, act.actor, content, act.when, act.visible);
  JdReceived received;
  received.time = act.when;
  received.channel = "dongdong";
  received.type = "text";
  received.text = content;
  received.agent = act.actor;
  received.thread = session->sid;
  act.call.core.jd.put_in_inbox(act.call.core.jd.buyer(act.shop, session->customer), std::move(received));
  return session_answer(act.call.core.jd, *session);
}

ControlResult agent_takes_over(ChatAct& act) {
  std::optional<ControlAnswer> error;
  JdSession* session = session_of(act, act.call.text("pin"), error);
  if (session == nullptr) return *error;
  session->waiter = act.actor;
  session->transfer = true;
  return session_answer(act.call.core.jd, *session);
}

ControlResult agent_ends(ChatAct& act) {
  std::optional<ControlAnswer> error;
  JdSession* session = session_of(act, act.call.text("pin"), error);
  if (session == nullptr) return *error;
  end_jd_session(act.shop, *session, act.when);
  return session_answer(act.call.core.jd, *session);
}

ControlAnswer agent_answer(std::string_view agent, bool online) {
  ControlAnswer answer;
  JsonWriter(answer.body).begin_object().key("agent").string(agent).key("online").boolean(online).end_object();
  return answer;
}

ControlResult agent_logs_in(ChatAct& act) {
  if (act.shop.logins.size() >= kSessionsPerShop) return shop_is_full();
  JdLogin login;
  login.waiter = act.actor;
  login.in = act.when;
  login.ip = "192.0.2.10";
  login.sid = fmt::format("ls-{}", act.call.core.jd.next_id());
  act.shop.logins.push_back(std::move(login));
  return agent_answer(act.actor, true);
}

ControlResult agent_logs_out(ChatAct& act) {
  for (auto login = act.shop.logins.rbegin(); login != act.shop.logins.rend(); ++login) {
    if (login->waiter != act.actor || login->out != kNotYet) continue;
    login->out = act.when;
    return agent_answer(act.actor, false);
  }
  return control_error(409, "this agent is not on line");
}

struct ChatActRow {
  std::string_view name;
  ControlResult (*run)(ChatAct& act);
};
constexpr ChatActRow kBuyerActs[] = {
    {"open", buyer_opens}, {"write", buyer_writes}, {"end", buyer_ends}, {"rate", buyer_rates}};
constexpr ChatActRow kAgentActs[] = {{"answer", agent_answers},
                                     {"take-over", agent_takes_over},
                                     {"end", agent_ends},
                                     {"login", agent_logs_in},
                                     {"logout", agent_logs_out}};

/// `time` (unix seconds) puts an act into the past; `late_s` shows it that much later, whatever the switch says.
template <std::size_t count>
ControlResult do_chat_act(ControlCall& call, const ChatActRow (&rows)[count]) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  const auto row = std::find_if(std::begin(rows), std::end(rows),
                                [&call](const ChatActRow& one) { return one.name == call.names[2]; });
  if (row == std::end(rows)) return control_error(404, "nobody can do this: " + call.names[2]);
  const WallTime when = jd_moment(call, "time", call.now());
  const std::int64_t late = call.number("late_s", -1);
  const WallTime visible =
      late < 0 ? call.core.jd.visible_from(when) : detail::later(call.now(), std::chrono::seconds(late));
  ChatAct act{call, *shop, call.names[1], when, visible};
  ControlResult result = row->run(act);
  call.core.changed();
  return result;
}
ControlResult do_buyer_act(ControlCall& call) { return do_chat_act(call, kBuyerActs); }
ControlResult do_agent_act(ControlCall& call) { return do_chat_act(call, kAgentActs); }

ControlAnswer buyer_answer(const JdBuyer& buyer) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("pin").string(buyer.pin).key("open_id").string(buyer.open_id);
  writer.key("xid")
      .string(buyer.xid)
      .key("masked")
      .string(jd_masked(buyer.pin))
      .key("mixed_pin")
      .string(buyer.mixed_pin);
  writer.key("sessions").unsigned_integer(buyer.sessions.size());
  writer.key("received").unsigned_integer(buyer.received).end_object();
  return answer;
}

ControlResult put_buyer(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  JdBuyer& buyer = call.core.jd.buyer(*shop, call.names[1]);
  if (!call.text("open_id").empty()) buyer.open_id = call.text("open_id");
  if (!call.text("xid").empty()) buyer.xid = call.text("xid");
  if (!call.text("mixed_pin").empty()) buyer.mixed_pin = call.text("mixed_pin");
  return buyer_answer(buyer);
}

ControlResult list_received(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  const auto after = static_cast<std::uint64_t>(std::max<std::int64_t>(0, call.number("after", 0)));
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(1, call.number("count", 1)));
  const Millis limit(std::clamp<std::int64_t>(call.number("wait_ms", 0), 0, 120'000));
  return {limit,
          [&core = call.core, name = shop->shop.shop, pin = call.names[1], after,
           count](bool last) -> std::optional<ControlAnswer> {
            JdShopState* again = core.jd.find_shop(name);
            const JdBuyer* buyer = again == nullptr ? nullptr : core.jd.find_buyer(*again, pin);
            if (!last && (buyer == nullptr || buyer->received < after + count)) return std::nullopt;
            ControlAnswer answer;
            JsonWriter writer(answer.body);
            writer.begin_object().key("last").unsigned_integer(buyer == nullptr ? 0 : buyer->received);
            writer.key("messages").begin_array();
            static const std::deque<JdReceived> kNothing;
            for (const JdReceived& one : buyer == nullptr ? kNothing : buyer->inbox) {
              if (one.number <= after) continue;
              writer.begin_object().key("n").unsigned_integer(one.number).key("time").integer(unix_seconds(one.time));
              writer.key("channel").string(one.channel).key("type").string(one.type).key("text").string(one.text);
              writer.key("url").string(one.url).key("agent").string(one.agent).key("thread").string(one.thread);
              writer.key("accessid").string(one.accessid).end_object();
            }
            writer.end_array().end_object();
            return answer;
          }};
}

ControlResult add_history(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  JdHistory history;
  history.sessions = call.number("sessions", history.sessions);
  history.lines = call.number("lines", history.lines);
  history.buyers = call.number("buyers", history.buyers);
  history.step_s = call.number("step_s", history.step_s);
  history.until = jd_moment(call, "until", call.now());
  history.from = jd_moment(call, "from", history.until - std::chrono::hours(24));
  for (const auto& agent : call.body["agents"].items()) history.agents.emplace_back(agent.text());
  if (auto wrong = add_jd_history(call.core.jd, *shop, history)) return control_error(400, *wrong);
  ControlAnswer answer;
  JsonWriter(answer.body).begin_object().key("sessions").unsigned_integer(shop->sessions.size()).end_object();
  return answer;
}

}  // namespace

std::optional<std::string> add_jd_history(JdTwin& twin, JdShopState& shop, const JdHistory& history) {
  if (history.sessions < 1 || history.lines < 0 || history.buyers < 1 || history.step_s < 0)
    return "sessions and buyers must be at least 1, lines and step_s at least 0";
  if (history.until <= history.from) return "until must be later than from";
  if (history.lines > 1'000'000 || history.step_s > 86'400) return "lines or step_s is too large";
  if (shop.sessions.size() + static_cast<std::size_t>(history.sessions) > kSessionsPerShop)
    return fmt::format("a shop has at most {} sessions", kSessionsPerShop);
  std::vector<std::string> agents = history.agents;
  if (agents.empty()) agents = shop.shop.agents;
  if (agents.empty()) agents.push_back(shop.shop.main_account);
  const std::int64_t span = std::chrono::duration_cast<Millis>(history.until - history.from).count();
  for (std::int64_t i = 0; i < history.sessions; ++i) {
    // Divided before multiplied: 10 000 sessions of years do not overflow, and the seconds are whole.
    const std::int64_t offset_s = span / history.sessions * i / 1000;
    const WallTime begin = detail::later(history.from, std::chrono::seconds(offset_s));
    JdSession& session = twin.open_session(shop, fmt::format("history_{:06}", i % history.buyers + 1),
                                           agents[static_cast<std::size_t>(i) % agents.size()], begin);
    session.made_lines = static_cast<std::uint32_t>(history.lines);
    session.made_step_s = static_cast<std::uint32_t>(history.step_s);
    if (history.lines > 1) session.reply = session.line(1).time;
    if (history.lines > 0) session.last_customer_line = session.line(0).time;
    end_jd_session(shop, session, detail::later(begin, std::chrono::seconds(history.lines * history.step_s)));
  }
  return std::nullopt;
}

std::vector<ControlRoute> control_jd_chat_routes() {
  return {
      {"POST", "/jd/shops/{shop}/buyers/{pin}", "makes a buyer known or sets the other ids: open_id, xid, mixed_pin",
       put_buyer, "open_id xid mixed_pin"},
      {"GET", "/jd/shops/{shop}/buyers/{pin}/messages",
       "what the buyer received after number `after`; waits up to wait_ms for `count` of them", list_received,
       "after# count# wait_ms#"},
      {"POST", "/jd/shops/{shop}/buyers/{pin}/{act}",
       "the buyer does something: open (waiter, sku, type, sid), write (content, sid; opens a session), end (sid), "
       "rate "
       "(score, text, sid, waiter); "
       "every act also takes time (unix) and late_s (when lists show it)",
       do_buyer_act, "waiter sku# type# sid content score# text time# late_s#"},
      {"POST", "/jd/shops/{shop}/agents/{agent}/{act}",
       "an agent does something in the workbench: answer (content; pin or sid), take-over, end (pin or sid), login, "
       "logout; time, late_s",
       do_agent_act, "content pin sid time# late_s#"},
      {"POST", "/jd/shops/{shop}/history",
       "sessions of the past in bulk: sessions, lines (each), buyers, from, until (unix), step_s, agents", add_history,
       "sessions# lines# buyers# step_s# until# from# agents*"},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
