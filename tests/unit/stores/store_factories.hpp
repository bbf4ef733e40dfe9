#pragma once

#include "support/test_clock.hpp"

#include <kefu/core/store.hpp>

#include <memory>

namespace kefu_test {

/// Each kind of store under test is one of these: `store` is empty at first and reads time from `clock`.
struct MemoryFactory {
  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<kefu::Store> store = std::make_shared<kefu::MemoryStore>(clock);
  static constexpr int kIncrementsPerThread = 2000;
};

}  // namespace kefu_test

/// The suite runs over each of these; a new kind of store joins here.
#define KEFU_STORE_FACTORIES kefu_test::MemoryFactory
