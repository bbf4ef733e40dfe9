#pragma once

#include "channel/send/lanes.hpp"
#include "core/async/runtime_core.hpp"
#include "core/tokens/credential.hpp"

#include <kefu/core/client.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// One push: what is said to whom, under which repeat key.
struct DongDongPart {
  enum class Kind : unsigned char { text, picture };
  Kind kind = Kind::text;
  std::string body;  ///< The text, or the picture's URL.
  std::string access_id;
  std::string from_pin;
  BuyerIds to;
  std::string sid;
};

/// Pushes into DongDong sessions. A push whose outcome is unknown (a broken connection, 43, 65, 67) is repeated under
/// the same accessid, which the platform takes once in 3 minutes: at most twice, within the message's deadline, and
/// well before those 3 minutes are over. A refused one is not repeated. If a repeat is refused, the outcome stays
/// unknown: the refusal may say "taken already", whose number is not public.
///
/// Loop only, but for construction.
class DongDongPush final : public std::enable_shared_from_this<DongDongPush> {
 public:
  DongDongPush(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
               std::shared_ptr<const DongDongGrant> grant);

  using Sent = detail::MessageParts::Sent;
  /// `sent` gets the platform's message id.
  void push(DongDongPart part, CallOptions options, CancelToken unwanted, Sent sent);

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  void authorize(const AttemptPtr& attempt);
  void send(const AttemptPtr& attempt, const Secret& token);
  template <class Op>
  void start(const AttemptPtr& attempt, Op op);
  void failed(const AttemptPtr& attempt, const Error& error);
  void pause(const AttemptPtr& attempt, MonoTime until);

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const DongDongGrant> grant_;
  std::shared_ptr<detail::TokenProvider> tokens_;  ///< Made by the first push.
};

}  // namespace jd
KEFU_END_NAMESPACE
