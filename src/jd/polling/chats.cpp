#include "jd/operations/paging.hpp"
#include "jd/polling/source.hpp"

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/thread.hpp>

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

/// Customers' messages: the sessions of the window, and the log of each customer who had one.
class ChatSource final : public PollSource {
 public:
  ChatSource(ApiClient client, PollingSettings settings) : client_(std::move(client)), settings_(std::move(settings)) {}

  std::string_view name() const override { return poll_stream::kChat; }
  std::size_t agents() const override { return std::max<std::size_t>(settings_.agents.size(), 1); }

  void list(const PollWindow& window, std::size_t agent, int page, const CancelToken& unwanted,
            Done<PollPage> done) override {
    ListSessions call(window.from, last_day(window, settings_));
    call.waiter = agent_name(agent);
    call.page = page;
    call.page_size = settings_.page_size;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [window, page, page_size = settings_.page_size, agent = agent_name(agent),
                   done = std::move(done)](Result<SessionsPage> answer) {
                    if (!answer) return done(answer.error());
                    done(page_of(*answer, window, page, page_size, agent));
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
                      if (line.author == ChatLine::Author::waiter && !agents) continue;
                      items.items.push_back(item_of(std::move(line), unit));
                    }
                    done(std::move(items));
                  });
  }

  std::vector<PollUnit> units_of(const std::vector<OpenChat>& open) const override {
    std::vector<PollUnit> units;
    for (const OpenChat& chat : open) units.push_back(unit_of(chat.customer, chat.sid, chat.agent));
    return units;
  }

 private:
  std::string agent_name(std::size_t agent) const {
    return agent < settings_.agents.size() ? settings_.agents[agent] : std::string();
  }
  static PollUnit unit_of(const BuyerIds& customer, const std::string& sid, const std::string& agent) {
    PollUnit unit;
    unit.name = "sid " + sid;
    unit.must_read = true;
    unit.customer = customer;
    unit.scope = sid;
    unit.agent = agent;
    // A masked pin names nobody, so each session of its own is asked for.
    const std::string who = name_of(customer);
    unit.once = seen_mark(identity_of({agent, who, is_masked(who) ? sid : std::string()}));
    return unit;
  }
  static PollPage page_of(const SessionsPage& answer, const PollWindow& window, int page, int page_size,
                          const std::string& agent) {
    PollPage found;
    found.is_last = is_last_page(answer.sessions.size(), page, page_size, answer.total);
    found.total = answer.total;
    for (const ChatSession& session : answer.sessions) {
      found.print += session.raw;
      if (session.end.empty()) {
        OpenChat chat;
        chat.customer = session.customer;
        chat.sid = session.sid;
        chat.agent = agent;
        chat.since = session.begin.at.value_or(window.to);
        if (chat.since + StreamCursor::kLongestChat > window.to) found.open.push_back(std::move(chat));
      } else {
        found.ended.push_back(session.sid);
        // Nothing was said in it since the last round, as late as the platform may show it.
        const WallTime last = std::max(*session.end.at, session.begin.at.value_or(*session.end.at));
        if (last < window.from) continue;
      }
      found.units.push_back(unit_of(session.customer, session.sid, agent));
    }
    return found;
  }
  static PolledItem item_of(ChatLine line, const PollUnit& unit) {
    using Author = ChatLine::Author;
    PolledItem item;
    item.stream = poll_stream::kChat;
    const std::string sid = line.sid.empty() ? unit.scope : line.sid;
    item.identity = chat_identity(sid, line.time.at, line.author == Author::waiter, line.content);
    item.kind = line.author == Author::customer ? PolledItem::Kind::customer_text
                : line.author == Author::waiter ? PolledItem::Kind::agent_text
                                                : PolledItem::Kind::other;
    item.customer = line.customer.empty() ? unit.customer : std::move(line.customer);
    item.scope = sid;
    if (!sid.empty()) item.thread = thread_of(SessionThread(sid));
    item.time = line.time.at;
    item.agent = std::move(line.waiter);
    item.text = std::move(line.content);
    item.raw = std::move(line.raw);
    return item;
  }

  const ApiClient client_;
  const PollingSettings settings_;
};

/// Customers' ratings of agents.
class EvaluationSource final : public PollSource {
 public:
  EvaluationSource(ApiClient client, PollingSettings settings)
      : client_(std::move(client)), settings_(std::move(settings)) {}

  std::string_view name() const override { return poll_stream::kEvaluation; }
  std::size_t agents() const override { return std::max<std::size_t>(settings_.agents.size(), 1); }

  void list(const PollWindow& window, std::size_t agent, int page, const CancelToken& unwanted,
            Done<PollPage> done) override {
    ListEvaluations call(window.from, last_day(window, settings_));
    if (agent < settings_.agents.size()) call.waiter = settings_.agents[agent];
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
    item.raw = std::move(evaluation.raw);
    return item;
  }

  const ApiClient client_;
  const PollingSettings settings_;
};

}  // namespace

std::unique_ptr<PollSource> make_chat_source(ApiClient client, PollingSettings settings) {
  return std::make_unique<ChatSource>(std::move(client), std::move(settings));
}
std::unique_ptr<PollSource> make_evaluation_source(ApiClient client, PollingSettings settings) {
  return std::make_unique<EvaluationSource>(std::move(client), std::move(settings));
}

}  // namespace jd
KEFU_END_NAMESPACE
