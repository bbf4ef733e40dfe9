#pragma once

#include <kefu/channel/channel.hpp>
#include <kefu/channel/inbox.hpp>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// Writes one line of the program's own log: what happened, and details. Any thread.
void log_line(std::vector<std::pair<std::string, std::string>> fields);

/// What this shop says to its customers, on whatever platform they write: keyword answers, a menu, a picture, one
/// answer that takes eight seconds.
///
/// Thread safety: `answer` is called by the inbox, one event of one customer at a time, several customers at once.
class Answers {
 public:
  /// `size_chart` may be empty.
  Answers(const std::shared_ptr<kefu::Channel>& channel, kefu::ImageContent size_chart)
      : messenger_(channel->messenger()), size_chart_(std::move(size_chart)) {}
  void answer(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);

 private:
  void answer_text(const kefu::InboundEvent& event, const kefu::ReceivedText& text, const kefu::InboxTurn& turn);
  void send_menu(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void send_many(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void think_slowly(const kefu::InboxTurn& turn);
  /// Work that takes time leaves the inbox's thread; it is waited for at the end of the program.
  void in_background(std::function<void()> work);

  /// Null where the account may not send; the inbox sends the answers to what came in.
  const std::shared_ptr<kefu::Messenger> messenger_;
  const kefu::ImageContent size_chart_;
  std::mutex mutex_;
  std::vector<std::future<void>> background_;
};
