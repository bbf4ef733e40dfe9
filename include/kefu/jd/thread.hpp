#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

KEFU_BEGIN_NAMESPACE
namespace jd {

// What Address::thread and InboundEvent::thread hold at a JD shop: where a customer is answered.

/// A DongDong session, as in chat logs and session lists.
struct SessionThread {
  explicit SessionThread(std::string s) : sid(std::move(s)) {}
  std::string sid;
};

/// A service order of the after-sale APIs.
struct AfterSaleThread {
  AfterSaleThread(std::int64_t s, std::int64_t o) : service_id(s), order_id(o) {}
  std::int64_t service_id;
  std::int64_t order_id;
};

using Thread = std::variant<SessionThread, AfterSaleThread>;
/// "session", "after_sale".
KEFU_EXPORT std::string_view to_string(const Thread& thread) noexcept;

/// "sid:<sid>", "asc:<serviceId>:<orderId>".
KEFU_EXPORT std::string thread_of(const SessionThread& session);
KEFU_EXPORT std::string thread_of(const AfterSaleThread& service_order);

/// Back again. Errors: `bad_argument` for text of neither form, or with an id that is missing or no positive number.
KEFU_EXPORT Result<Thread> read_thread(std::string_view thread);

}  // namespace jd
KEFU_END_NAMESPACE
