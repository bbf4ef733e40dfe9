#pragma once

#include "channel/inbox/event_steps.hpp"
#include "channel/inbox/journal.hpp"
#include "channel/inbox/outbox.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

KEFU_BEGIN_NAMESPACE
namespace detail {

class AnswerRecords;

/// An event whose answer is on its way.
struct AnswerPlace {
  explicit AnswerPlace(HeldEventPtr h) : held(std::move(h)) {}
  ~AnswerPlace();
  AnswerPlace(const AnswerPlace&) = delete;
  AnswerPlace& operator=(const AnswerPlace&) = delete;
  const HeldEventPtr held;
  std::weak_ptr<AnswerRecords> records;
  bool is_offered = false;       ///< It holds an answer that no store has yet: the first step writes it.
  std::optional<LaneLook> next;  ///< Of its lane, once we have ended the event.
};

/// The answers that one session of the journal delivers: each is part of its event's record, whose end lets the lane
/// move on in the same commit.
///
/// Thread safety: the loop.
class AnswerRecords final : public OutboxRecords, public std::enable_shared_from_this<AnswerRecords> {
 public:
  AnswerRecords(std::shared_ptr<Journal> journal, std::shared_ptr<const EventSteps> steps,
                std::shared_ptr<const Clock> clock)
      : journal_(std::move(journal)),
        steps_(std::move(steps)),
        clock_(std::move(clock)),
        session_(journal_->session().id()) {}

  const std::string& session() const { return session_; }
  /// Known here from now on, for as long as somebody holds the place.
  void enroll(const std::shared_ptr<AnswerPlace>& place);
  void forget(std::string_view key);
  /// Something is delivered or claimed under this session.
  bool is_busy() const { return !places_.empty(); }

  bool alive() const override { return journal_->session().id() == session_ && journal_->alive(); }
  void change(const std::string& id, OutboxDecide decide, OutboxDone done) override;

 private:
  class Change;
  const std::shared_ptr<Journal> journal_;
  const std::shared_ptr<const EventSteps> steps_;
  const std::shared_ptr<const Clock> clock_;
  const std::string session_;
  std::unordered_map<std::string_view, std::weak_ptr<AnswerPlace>> places_;
};

/// How the answer of an event stands, also of one that is over.
OutboxRecord delivery_of(const EventProgress& event);

}  // namespace detail
KEFU_END_NAMESPACE
