#pragma once

#include <kefu/channel/inbox.hpp>
#include <kefu/wechat/account.hpp>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

/// Writes one line of the program's own log: what happened, and details. Any thread.
void log_line(std::vector<std::pair<std::string, std::string>> fields);

/// What this shop says to its customers: keyword answers, a menu, one answer that takes eight seconds.
///
/// Thread safety: `answer` is called by the inbox, one event of one customer at a time, several customers at once.
class Answers {
 public:
  explicit Answers(std::shared_ptr<kefu::wechat::Account> account) : account_(std::move(account)) {}
  void answer(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);

 private:
  void answer_text(const kefu::InboundEvent& event, const kefu::ReceivedText& text, const kefu::InboxTurn& turn);
  void send_menu(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void send_many(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void think_slowly(const kefu::InboxTurn& turn);
  /// Work that takes time leaves the inbox's thread; it is waited for at the end of the program.
  void in_background(std::function<void()> work);

  std::shared_ptr<kefu::wechat::Account> account_;
  std::mutex mutex_;
  std::vector<std::future<void>> background_;
};
