#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/result.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A place where we call code of the host, and what it means there that the host throws.
struct HostSeam {
  std::string_view name;  ///< In errors, logs and metrics: "TokenSource::get".
  ErrorKind kind = ErrorKind::internal;
  Delivery delivery = Delivery::not_sent;  ///< `unknown` where the host may have acted before it threw.
};

namespace host_seam {
inline constexpr HostSeam kCallback{"Pending::then"};
inline constexpr HostSeam kExecutor{"Executor::run"};
inline constexpr HostSeam kTokenGet{"TokenSource::get"};
inline constexpr HostSeam kTokenReport{"TokenSource::report_invalid"};
inline constexpr HostSeam kBodySource{"BodySource"};
inline constexpr HostSeam kReceiver{"MediaTarget::receiver"};
inline constexpr HostSeam kTransport{"Transport::send", ErrorKind::internal, Delivery::unknown};
/// Nobody knows which of its calls threw, and whether a commit was done.
inline constexpr HostSeam kStore{"Store", ErrorKind::unavailable, Delivery::unknown};
inline constexpr HostSeam kClock{"Clock"};
inline constexpr HostSeam kJitter{"Jitter"};
inline constexpr HostSeam kObserver{"Observer"};
}  // namespace host_seam

/// What host code did and may not do.
enum class HostFault : unsigned char {
  threw,
  dropped,   ///< Destroyed what it owed an answer to.
  repeated,  ///< Answered, or ran a task, a second time.
};

/// Tells the observer, if there is one: log_event::kHostFault (of a callback kCallbackThrew) and metric::kHostFaults.
KEFU_EXPORT void report_host_fault(Observer* observer, const HostSeam& seam, HostFault fault,
                                   std::string_view what) noexcept;

/// In a catch block: tells the observer what was thrown and makes an error of it.
KEFU_EXPORT Error caught_from_host(Observer* observer, const HostSeam& seam);

/// What a call answers whose host destroyed what it owed an answer to.
KEFU_EXPORT Error dropped_by_host(const HostSeam& seam);

template <class T>
struct HostResult {
  using type = Result<T>;
};
template <class T>
struct HostResult<Result<T>> {
  using type = Result<T>;
};

/// The one way into host code: `work()`, and an error in place of what it throws. No lock is held around it.
template <class Work>
auto call_host(Observer* observer, const HostSeam& seam, Work&& work) ->
    typename HostResult<std::decay_t<std::invoke_result_t<Work&>>>::type {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (...) {
    return caught_from_host(observer, seam);
  }
}

/// The same where there is nobody to tell: false if it threw.
template <class Work>
bool call_host_quietly(Work&& work) noexcept {
  try {
    work();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
