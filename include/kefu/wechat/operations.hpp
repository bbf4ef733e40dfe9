#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The row of every operation of an account, family by family: for a host's limits, dashboards and documents. The rows
/// live as long as the program. Thread safety: any thread.
KEFU_EXPORT std::vector<const Operation*> operations();

/// The same of what a third-party platform calls in its own name (component.hpp).
KEFU_EXPORT std::vector<const Operation*> component_operations();

}  // namespace wechat
KEFU_END_NAMESPACE
