#include <kefu/jd/thread.hpp>

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <system_error>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::string_view kSession = "sid:";
constexpr std::string_view kAfterSale = "asc:";

bool begins_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || value <= 0) return std::nullopt;
  return value;
}

Error not_a_thread(std::string_view thread) {
  return Error(ErrorKind::bad_argument,
               fmt::format("to.thread is \"{:.40}\": JD's are \"sid:<sid>\" for a DongDong session and "
                           "\"asc:<serviceId>:<orderId>\" for an after-sale order; take InboundEvent::sender()",
                           thread));
}

}  // namespace

std::string thread_of(const SessionThread& session) { return std::string(kSession).append(session.sid); }

std::string thread_of(const AfterSaleThread& service_order) {
  return fmt::format("{}{}:{}", kAfterSale, service_order.service_id, service_order.order_id);
}

Result<Thread> read_thread(std::string_view thread) {
  if (begins_with(thread, kSession)) {
    const std::string_view sid = thread.substr(kSession.size());
    if (sid.empty()) return not_a_thread(thread);
    return Thread(SessionThread(std::string(sid)));
  }
  if (!begins_with(thread, kAfterSale)) return not_a_thread(thread);
  const std::string_view ids = thread.substr(kAfterSale.size());
  const auto colon = ids.find(':');
  if (colon == std::string_view::npos) return not_a_thread(thread);
  const auto service = number(ids.substr(0, colon));
  const auto order = number(ids.substr(colon + 1));
  if (!service || !order) return not_a_thread(thread);
  return Thread(AfterSaleThread(*service, *order));
}

}  // namespace jd
KEFU_END_NAMESPACE
