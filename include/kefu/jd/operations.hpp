#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The row of every operation of this room, family by family: for a host's limits, dashboards and documents. The rows
/// live as long as the program. Thread safety: any thread.
KEFU_EXPORT std::vector<const Operation*> operations();

}  // namespace jd
KEFU_END_NAMESPACE
