#include "core/async/host_code.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <exception>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::size_t kThrownBytes = 256;

std::string_view fault_name(HostFault fault) {
  switch (fault) {
    case HostFault::threw:
      return "threw";
    case HostFault::dropped:
      return "dropped";
    default:
      return "repeated";
  }
}

std::string_view fault_text(HostFault fault) {
  switch (fault) {
    case HostFault::threw:
      return "code of the host threw an exception";
    case HostFault::dropped:
      return "code of the host destroyed what it owed an answer to";
    default:
      return "code of the host answered a second time; the first answer holds";
  }
}

/// In a catch block: what was thrown, cut at the border of a UTF-8 character.
std::string thrown_text() {
  std::string text;
  try {
    throw;
  } catch (const std::exception& thrown) {
    text = thrown.what();
  } catch (...) {
    text = "something that is no std::exception";
  }
  if (text.size() <= kThrownBytes) return text;
  std::size_t end = kThrownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

}  // namespace

void report_host_fault(Observer* observer, const HostSeam& seam, HostFault fault, std::string_view what) noexcept {
  if (observer == nullptr) return;
  static_cast<void>(call_host_quietly([&] {
    const std::string_view name = fault_name(fault);
    observer->metric(MetricRecord{MetricRecord::Type::counter, metric::kHostFaults, 1,
                                  Attributes{{"seam", seam.name}, {"fault", name}}});
    if (seam.name == host_seam::kCallback.name)
      return observer->log({LogLevel::error, log_event::kCallbackThrew,
                            "a callback threw; the call it belongs to was answered all the same",
                            Attributes{{"what", what}}});
    observer->log({LogLevel::error, log_event::kHostFault, fault_text(fault),
                   Attributes{{"seam", seam.name}, {"fault", name}, {"what", what}}});
  }));
}

Error caught_from_host(Observer* observer, const HostSeam& seam) {
  const std::string what = thrown_text();
  report_host_fault(observer, seam, HostFault::threw, what);
  ErrorDetails details;
  details.message = fmt::format("{} threw: {}", seam.name, what);
  return Error(seam.kind, seam.delivery, std::move(details));
}

Error dropped_by_host(const HostSeam& seam) {
  ErrorDetails details;
  details.message = fmt::format("{} of the host dropped what it owed an answer to", seam.name);
  return Error(ErrorKind::cancelled, seam.delivery, std::move(details));
}

}  // namespace detail
KEFU_END_NAMESPACE
