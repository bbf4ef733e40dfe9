#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <string>

namespace kefu_cli {

/// Days as a command names them.
struct JdPeriod {
  kefu::WallTime from;
  kefu::WallTime to;  ///< Exclusive.
};

/// "2024-06-01" to "2024-06-07", both days included, in GMT+8. Error: `bad_argument` naming the flag.
kefu::Result<JdPeriod> read_jd_period(const std::string& from, const std::string& to);

}  // namespace kefu_cli
