#pragma once

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/channel.hpp>
#include <kefu/channel/inbox.hpp>
#include <kefu/channel/media_library.hpp>

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// Writes one line of the program's own log: what happened, and details. Any thread.
void log_line(std::vector<std::pair<std::string, std::string>> fields);

/// What this shop says to its customers, on whatever platform they write: keyword answers, a menu, a picture, one
/// answer that takes eight seconds; it keeps the last picture of each and hands them over to agents.
///
/// Thread safety: `answer` is called by the inbox, one event of one customer at a time, several customers at once.
class Answers : public std::enable_shared_from_this<Answers> {
 public:
  /// `size_chart` may be empty.
  Answers(const std::shared_ptr<kefu::Channel>& channel, kefu::ImageContent size_chart)
      : messenger_(channel->messenger()),
        library_(channel->media_library()),
        sessions_(channel->capabilities().can(kefu::Ability::open_session) ? channel->agent_sessions() : nullptr),
        size_chart_(std::move(size_chart)) {}
  void answer(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);

 private:
  void answer_text(const kefu::InboundEvent& event, const kefu::ReceivedText& text, const kefu::InboxTurn& turn);
  void send_menu(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void send_many(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void think_slowly(const kefu::InboxTurn& turn);
  void keep_picture(const kefu::InboundEvent& event, const std::string& media_id, const kefu::InboxTurn& turn);
  void show_picture(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  void hand_over(const kefu::InboundEvent& event, const kefu::InboxTurn& turn);
  /// Work that takes time leaves the inbox's thread; it is waited for at the end of the program.
  void in_background(std::function<void()> work);

  /// Null where the account may not send; the inbox sends the answers to what came in.
  const std::shared_ptr<kefu::Messenger> messenger_;
  const std::shared_ptr<kefu::MediaLibrary> library_;    ///< Null where the platform keeps no files.
  const std::shared_ptr<kefu::AgentSessions> sessions_;  ///< Null where the account cannot open sessions.
  const kefu::ImageContent size_chart_;
  std::mutex mutex_;
  std::map<std::string, kefu::StoredMedia> pictures_;  ///< By customer.
  std::vector<std::future<void>> background_;
};
