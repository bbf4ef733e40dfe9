#pragma once

#include "channel/window/gate.hpp"
#include "core/async/runtime_core.hpp"

#include <kefu/channel/message.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/pending.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The platform's part of a message: how each of its parts is sent. Used on the loop, one part after the other.
class MessageParts {
 public:
  virtual ~MessageParts() = default;
  virtual std::size_t count() const = 0;
  /// What `send` would refuse of a part before it costs a call, as far as that can be told beforehand.
  virtual Result<void> check(std::size_t part) const { return static_cast<void>(part), Result<void>(); }
  /// Sends one part; `sent` is called once, on the loop, with the platform's id of it (empty: it gives none). Dropped
  /// unanswered it answers by itself.
  using Sent = MoveFunction<void(Result<std::string>)>;
  virtual void send(std::size_t part, CallOptions options, CancelToken unwanted, Sent sent) = 0;
};

/// A message that is ready to leave.
struct OutgoingMessage {
  OutgoingMessage(std::string l, std::unique_ptr<MessageParts> p) : lane(std::move(l)), parts(std::move(p)) {}
  /// It goes to this customer, however the message called him.
  void name(const std::string& meant) {
    lane = meant;
    if (!customer.empty()) customer = meant;
  }
  std::string lane;      ///< Messages of one lane leave in the order of `send`.
  std::string customer;  ///< Whose reply window its parts take; empty: none.
  std::unique_ptr<MessageParts> parts;
  std::vector<Change> changes;
};

/// Sends the messages of one account: takes the reply window for all parts of a message at once, then sends part by
/// part. Messages of one customer leave in order (DED-4); customers do not wait for each other. Bounded: 100 messages
/// may wait per lane and 10 000 in all. Default time for a message: 10 s, and 3 s for each further part.
///
/// Thread safety: all members may be called from any thread.
class SendLanes final : public std::enable_shared_from_this<SendLanes> {
 public:
  /// `window` is null where the account has no reply windows.
  SendLanes(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<WindowGate> window);

  /// Answers at once with the error, or once the message is sent.
  Pending<Receipt> send(Result<OutgoingMessage> message, const CallOptions& options);

  const std::shared_ptr<WindowGate>& window() const { return window_; }

  /// The account was closed: messages that wait, and all later ones, answer `cancelled`.
  void close();
  /// `cancelled` once the account was closed.
  std::optional<Error> refusal() const;

 private:
  enum class Phase : unsigned char { waiting, reserving, sending, finished };
  enum class Unless : unsigned char { finished, sending };  ///< Which message `finish` leaves alone.
  struct Job;
  class Turn;
  using JobPtr = std::shared_ptr<Job>;

  void enqueue(JobPtr job);
  void start(Turn turn);
  void take_window(Turn turn);
  void window_taken(Turn turn, Result<WindowPermit> permit);
  bool begin_sending(Job& job);
  void send_next(Turn turn);
  void part_failed(Turn turn, const Error& error);
  void dropped(const JobPtr& job);
  void finish(const JobPtr& job, Result<Receipt> result, Unless unless = Unless::finished);

  const std::shared_ptr<RuntimeCore> runtime_;
  const std::shared_ptr<WindowGate> window_;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::deque<JobPtr>> lanes_;  ///< The first of each is under way.
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
