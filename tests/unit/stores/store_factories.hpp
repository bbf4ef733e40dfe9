#pragma once

#ifdef KEFU_STORES_UNDER_TEST
// Stores that need a server have a program of their own, with the same suite and another list.
#include KEFU_STORES_UNDER_TEST
#else

#include "support/temp_folder.hpp"
#include "support/test_clock.hpp"

#include <kefu/core/sealed_store.hpp>
#include <kefu/core/store.hpp>
#include <kefu/stores/sqlite.hpp>

#include <memory>

namespace kefu_test {

/// Each kind of store under test is one of these: `store` is empty at first and reads time from `clock`.
struct MemoryFactory {
  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<kefu::Store> store = std::make_shared<kefu::MemoryStore>(clock);
  static constexpr int kIncrementsPerThread = 2000;
  static constexpr std::size_t kMaxValueSize = kefu::Store::kMaxValueSize;
};

struct SqliteFactory {
  static std::shared_ptr<kefu::Store> open(const std::string& path, std::shared_ptr<TestClock> clock) {
    kefu::SqliteOptions options(path);
    options.clock = std::move(clock);
    options.busy_timeout = kefu::Millis(60'000);  // A loaded machine is slow, not wrong.
    return kefu::SqliteStore::open(options).value();
  }

  TempFolder folder;
  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<kefu::Store> store = open(folder.file("store.db"), clock);
  static constexpr int kIncrementsPerThread = 150;
  static constexpr std::size_t kMaxValueSize = kefu::Store::kMaxValueSize;
};

struct SealedFactory {
  MemoryFactory inner;
  std::shared_ptr<TestClock> clock = inner.clock;
  std::shared_ptr<kefu::Store> store =
      kefu::SealedStore::create(inner.store,
                                kefu::SealedOptions(kefu::SealKey(7, kefu::Secret(std::string(32, '\x17')))))
          .value();
  static constexpr int kIncrementsPerThread = 200;
  static constexpr std::size_t kMaxValueSize = kefu::Store::kMaxValueSize - kefu::SealedStore::kOverhead;
};

}  // namespace kefu_test

/// The suite runs over each of these; a new kind of store joins here.
#define KEFU_STORE_FACTORIES kefu_test::MemoryFactory, kefu_test::SqliteFactory, kefu_test::SealedFactory

#endif
