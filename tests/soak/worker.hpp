#pragma once

#include "soak/setup.hpp"
#include "soak/wire.hpp"

#include <kefu/core/store.hpp>

#include <memory>

namespace kefu_soak {

/// One process of the shop: three accounts with an Inbox each, over a store that fails when it is told to. Returns when
/// it is told to end, or when the other end of the wire is gone. With `store` it shares that one in place of a file.
int run_worker(const Setup& setup, Wire wire, std::shared_ptr<kefu::Store> store = nullptr);

}  // namespace kefu_soak
