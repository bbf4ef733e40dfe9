#pragma once

#include <kefu/core/store.hpp>

#include <cstddef>
#include <cstdint>

namespace kefu_cli {

/// What became of the entries of a store that was copied.
struct StoreCopyCounts {
  std::size_t copied = 0;
  std::size_t there = 0;  ///< TO held the same already: an earlier copy that was interrupted.
  std::uint64_t bytes = 0;
};

/// Writes all that FROM holds into TO, with the time that it has left; leases are not copied, they end by themselves.
/// May be interrupted and begun again. Errors: `conflict` (an Inbox still works on FROM or TO; TO holds something else
/// under one of the keys, unless `overwrite`), and those of the stores.
kefu::Result<StoreCopyCounts> copy_store(kefu::Store& from, kefu::Store& to, bool overwrite);

/// Reads both again: nothing if each holds what the other holds, until the same moments. Else `conflict`, with how many
/// entries are missing, different and additional in TO.
kefu::Result<void> compare_stores(kefu::Store& from, kefu::Store& to);

}  // namespace kefu_cli
