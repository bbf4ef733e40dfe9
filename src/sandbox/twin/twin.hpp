#pragma once

#include "sandbox/http/message.hpp"
#include "sandbox/twin/faults.hpp"

#include <kefu/core/time.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// A fact that no source gives is a switch; the ones that are mere guesses are marked weak in the help text. Names are
/// unique over all twins.
struct TwinSwitch {
  std::string_view name;
  std::int64_t value;
  std::string_view about;
  std::int64_t least = 0;  ///< What lies outside is refused.
  std::int64_t most = INT64_MAX;
};

struct CallCount {
  std::uint64_t calls = 0;
  std::map<int, std::uint64_t> codes;
};

/// Counts calls since the start of a period (day, minute, month).
struct PeriodCount {
  std::int64_t period = -1;
  std::int64_t used = 0;
  std::int64_t add(std::int64_t current) {
    if (period != current) *this = {current, 0};
    return ++used;
  }
  std::int64_t in(std::int64_t current) const { return period == current ? used : 0; }
};

std::int64_t platform_day(WallTime now);  ///< Days begin in Beijing.
std::string random_hex(std::size_t digits);

/// The loopback twin of one platform, as servers, transport, faults and control API see it: pure state and rules, no
/// sockets, no clock of its own.
///
/// Thread safety: none; the owner holds its lock around every call.
class Twin {
 public:
  explicit Twin(const std::vector<TwinSwitch>& switches);
  virtual ~Twin() = default;
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  virtual WebAnswer handle(const WebRequest& request, WallTime now) = 0;
  /// Whether this host is the platform's in the world outside.
  virtual bool has_host(std::string_view host) const = 0;
  /// What faults and counts know a request by, beside its path: a method that is named inside it.
  virtual std::string call_name(const WebRequest& request) const { return request.path; }

  /// The platform refuses with the fault's code and does nothing. `business`: not its gateway, but the service behind.
  virtual WebAnswer refusal(const WebRequest& request, const Fault& fault, bool business, WallTime now) = 0;
  /// A success of which nothing was done.
  virtual WebAnswer idle_success(const WebRequest& request) = 0;
  /// The token of this request is replaced by another process' new one, and stops working.
  virtual void retire_token(const WebRequest& request, WallTime now) = 0;

  std::int64_t setting(std::string_view name) const;
  /// Null if this twin has no such switch.
  const TwinSwitch* find_switch(std::string_view name) const;
  void note_call(const std::string& name, int code);

  std::map<std::string, std::int64_t, std::less<>> settings;
  std::map<std::string, CallCount, std::less<>> calls;  ///< By call name; bounded.

 private:
  const std::vector<TwinSwitch>& switches_;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
