#pragma once

#include "core/runtime_core.hpp"

#include <kefu/channel/channel.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/core/client.hpp>
#include <kefu/wechat/account.hpp>
#include <kefu/wechat/customer_messages.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Sends through one account: adapts, takes the reply window for all parts at once, then sends part by part. Messages
/// to one customer leave in the order of `send` (DED-4); customers do not wait for each other. Bounded: 100 messages
/// may wait per customer and 10 000 in all.
///
/// Thread safety: all members may be called from any thread.
class AccountMessenger final : public Messenger, public std::enable_shared_from_this<AccountMessenger> {
 public:
  AccountMessenger(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, std::shared_ptr<ReplyLedger> ledger,
                   std::string account, AccountKind kind, bool business_typing, Capabilities capabilities);

  Pending<Receipt> send(Message message, CallOptions options) override;
  Pending<void> typing(Address to, bool on, CallOptions options) override;

  /// The account was removed: messages that wait, and all later ones, answer `cancelled`.
  void close();

 private:
  enum class Phase : unsigned char { waiting, reserving, sending, finished };
  enum class Unless : unsigned char { finished, sending };  ///< Which message `finish` leaves alone.
  struct Watch;
  struct Job;
  class Turn;
  using JobPtr = std::shared_ptr<Job>;

  Result<JobPtr> prepare(Message message, const CallOptions& options, Promise<Receipt>& promise) const;
  Result<CustomMessage> as_custom_message(Content content) const;
  Result<void> check_address(const Address& to) const;
  void enqueue(JobPtr job);
  void watch(const JobPtr& job);
  void drop_watch(const Job& job, const Watch& watch) const;
  void give_up(const JobPtr& job, ErrorKind kind, const char* why);
  void reserve(Turn turn);
  void reserved(Turn turn, Result<Reservation> reservation);
  bool begin_sending(Job& job);
  void send_next(Turn turn);
  void part_failed(Turn turn, const Error& error);
  void finish(const JobPtr& job, Result<Receipt> result, Unless unless = Unless::finished);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<ReplyLedger> ledger_;
  const std::string account_;
  const AccountKind kind_;
  const bool business_typing_;
  const Capabilities capabilities_;

  std::mutex mutex_;
  std::unordered_map<std::string, std::deque<JobPtr>> lanes_;  ///< By customer; the first of each is under way.
  std::size_t waiting_ = 0;
  bool closed_ = false;
};

}  // namespace wechat
KEFU_END_NAMESPACE
