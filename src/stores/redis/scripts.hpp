#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The scripts that the server runs: each operation of the Store is one of them.
enum class RedisScript : unsigned char {
  look,    ///< May this user do everything, and is there a store? Answers nothing.
  make,    ///< Makes the store where none is.
  read,    ///< time, key...: the time, then what stands under each key.
  list,    ///< time, first, last, entries, bytes, keys only: keys and what stands under them, more, the last key.
  commit,  ///< time, sweep, (key, expected, life, value)...: 1 and the generation, or 0 and the conflict.
  free,    ///< The same where memory is full: for removals only, and to sweep.
  lease,   ///< time, key, owner, life: fence and end, or nothing.
  release  ///< time, key, owner, fence.
};
constexpr std::size_t kRedisScripts = 8;

/// Their texts, by number.
const std::vector<std::string>& redis_scripts();

/// The keys of a store, as all scripts have them. They share a hash tag, and so a slot of a cluster.
std::vector<std::string> redis_keys(const std::string& prefix);

}  // namespace detail
KEFU_END_NAMESPACE
