#include "jd/operations/paging.hpp"
#include "jd/polling/agent_group.hpp"
#include "jd/polling/source.hpp"

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/thread.hpp>
#include <kefu/jd/time.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

std::string name_of(const BuyerIds& ids) {
  return !ids.pin.empty() ? ids.pin : !ids.xid.empty() ? ids.xid : ids.open_id;
}

WallTime last_day(const PollWindow& window, const PollingSettings& settings) {
  return settings.end_day_counts ? window.to : window.to + std::chrono::hours(24);
}

/// What the two lists by agent share.
class AgentSource : public PollSource {
 public:
  AgentSource(ApiClient client, PollingSettings settings, std::shared_ptr<AgentGroup> group)
      : client_(std::move(client)), settings_(std::move(settings)), group_(std::move(group)) {}

  std::size_t agents() const override { return group_->count(); }
  bool finds_agents() const override { return group_->is_found(); }
  bool must_refresh(MonoTime now) const override { return group_->must_ask(now); }
  void refresh(MonoTime now, const CancelToken& unwanted, std::function<void()> done) override {
    group_->ask(now, unwanted, std::move(done));
  }
  void plan(double calls) override { group_->plan(calls); }
  std::string note() const override { return group_->note(); }

 protected:
  const ApiClient client_;
  const PollingSettings settings_;
  const std::shared_ptr<AgentGroup> group_;
};

/// Customers' messages: the sessions of the window, and the log of each customer who had one.
class ChatSource final : public AgentSource {
 public:
  using AgentSource::AgentSource;

  std::string_view name() const override { return poll_stream::kChat; }
  bool lists_by_begin() const override { return true; }

  void list(const PollWindow& window, std::size_t agent, int page, const CancelToken& unwanted,
            Done<PollPage> done) override {
    ListSessions call(window.from, last_day(window, settings_));
    call.waiter = group_->name(agent);
    call.page = page;
    call.page_size = settings_.page_size;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [page, page_size = settings_.page_size, agent = group_->name(agent),
                   done = std::move(done)](Result<SessionsPage> answer) {
                    if (!answer) return done(answer.error());
                    done(page_of(*answer, page, page_size, agent));
                  });
  }

  void read(const PollUnit& unit, const PollWindow& window, int page, const CancelToken& unwanted,
            Done<PollItems> done) override {
    ReadChatLog call(name_of(unit.customer), window.from, last_day(window, settings_));
    call.waiter = unit.agent;
    call.page = page;
    call.page_size = settings_.page_size;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [unit, page, page_size = settings_.page_size, agents = settings_.agent_messages,
                   done = std::move(done)](Result<ChatLogPage> answer) {
                    if (!answer) return done(answer.error());
                    PollItems items;
                    items.is_last = is_last_page(answer->lines.size(), page, page_size, answer->total);
                    for (ChatLine& line : answer->lines) {
                      items.print += line.raw;
                      if (line.time.at) items.newest = std::max(items.newest.value_or(*line.time.at), *line.time.at);
                      if (line.author == ChatLine::Author::waiter && !agents) continue;
                      items.items.push_back(item_of(std::move(line), unit));
                    }
                    done(std::move(items));
                  });
  }

 private:
  static PollUnit unit_of(const ChatSession& session, const std::string& agent) {
    PollUnit unit;
    unit.name = "sid " + session.sid;
    unit.must_read = true;
    unit.customer = session.customer;
    unit.scope = session.sid;
    unit.agent = agent;
    // A masked pin names nobody, so each session of its own is asked for.
    const std::string who = name_of(session.customer);
    unit.once = seen_mark(identity_of({agent, who, is_masked(who) ? session.sid : std::string()}));
    unit.entry = seen_mark(session.raw);
    // A session that changed hands may stand in the lists of both agents, each of whom has lines of it.
    unit.same = seen_mark(identity_of({session.sid, session.waiter}));
    unit.began = session.begin.at;
    // An end that cannot be read is none.
    if (session.end.at) unit.ended = std::max(*session.end.at, session.begin.at.value_or(*session.end.at));
    return unit;
  }
  static Result<PollPage> page_of(const SessionsPage& answer, int page, int page_size, const std::string& agent) {
    PollPage found;
    found.is_last = is_last_page(answer.sessions.size(), page, page_size, answer.total);
    found.total = answer.total;
    for (const ChatSession& session : answer.sessions) {
      found.print += session.raw;
      if (session.customer.empty())
        return Error(ErrorKind::malformed_reply, "a session names no customer, so its log cannot be read");
      found.units.push_back(unit_of(session, agent));
    }
    return found;
  }
  static PolledItem item_of(ChatLine line, const PollUnit& unit) {
    using Author = ChatLine::Author;
    PolledItem item;
    item.stream = poll_stream::kChat;
    const std::string sid = line.sid.empty() ? unit.scope : line.sid;
    item.identity = chat_identity(sid, line.time.at, line.author == Author::waiter, line.content);
    // Without its author or its moment it is told, but not answered: it may have been asked before we began.
    item.is_unreadable = line.author == Author::unknown || !line.time.at;
    item.kind = item.is_unreadable                ? PolledItem::Kind::other
                : line.author == Author::customer ? PolledItem::Kind::customer_text
                                                  : PolledItem::Kind::agent_text;
    item.customer = line.customer.empty() ? unit.customer : std::move(line.customer);
    item.scope = sid;
    if (!sid.empty()) item.thread = thread_of(SessionThread(sid));
    item.time = line.time.at;
    item.agent = std::move(line.waiter);
    item.text = std::move(line.content);
    item.raw = std::move(line.raw);
    return item;
  }
};

/// Customers' ratings of agents.
class EvaluationSource final : public AgentSource {
 public:
  using AgentSource::AgentSource;

  std::string_view name() const override { return poll_stream::kEvaluation; }

  void list(const PollWindow& window, std::size_t agent, int page, const CancelToken& unwanted,
            Done<PollPage> done) override {
    ListEvaluations call(window.from, last_day(window, settings_));
    call.waiter = group_->name(agent);
    call.page = page;
    call.page_size = settings_.page_size;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [page, page_size = settings_.page_size, done = std::move(done)](Result<EvaluationList> answer) {
                    if (!answer) return done(answer.error());
                    PollPage found;
                    found.is_last = is_last_page(answer->evaluations.size(), page, page_size, std::nullopt);
                    PollUnit& unit = found.units.emplace_back();
                    unit.name = "evaluations";
                    for (Evaluation& evaluation : answer->evaluations) {
                      if (evaluation.customer.empty() && evaluation.waiter.empty())
                        return done(Error(ErrorKind::malformed_reply, "a rating names neither customer nor agent"));
                      found.print += evaluation.raw;
                      unit.items.push_back(item_of(std::move(evaluation)));
                    }
                    done(std::move(found));
                  });
  }
  void read(const PollUnit&, const PollWindow&, int, const CancelToken&, Done<PollItems> done) override {
    done(PollItems());
  }

 private:
  static PolledItem item_of(Evaluation evaluation) {
    PolledItem item;
    item.stream = poll_stream::kEvaluation;
    item.kind = PolledItem::Kind::rating;
    const std::string score = evaluation.score ? std::to_string(*evaluation.score) : std::string();
    const std::string second = evaluation.time.at ? std::to_string(unix_seconds(*evaluation.time.at)) : std::string();
    item.identity =
        identity_of({name_of(evaluation.customer), evaluation.waiter, second, score, evaluation.description});
    item.customer = std::move(evaluation.customer);
    // No session is named: equal masked names of one agent's day are kept apart by the second.
    item.scope = evaluation.waiter + "@" + second;
    item.time = evaluation.time.at;
    item.agent = std::move(evaluation.waiter);
    item.text = std::move(evaluation.description);
    item.score = evaluation.score.value_or(0);
    item.is_unreadable = !evaluation.score || !evaluation.time.unread.empty();
    if (item.is_unreadable) item.kind = PolledItem::Kind::other;
    item.raw = std::move(evaluation.raw);
    return item;
  }
};

}  // namespace

std::unique_ptr<PollSource> make_chat_source(ApiClient client, PollingSettings settings,
                                             std::shared_ptr<AgentGroup> agents) {
  return std::make_unique<ChatSource>(std::move(client), std::move(settings), std::move(agents));
}
std::unique_ptr<PollSource> make_evaluation_source(ApiClient client, PollingSettings settings,
                                                   std::shared_ptr<AgentGroup> agents) {
  return std::make_unique<EvaluationSource>(std::move(client), std::move(settings), std::move(agents));
}

}  // namespace jd
KEFU_END_NAMESPACE
