#pragma once

#include <kefu/core/store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Store::commit for those who must tell somebody: when the store does not know whether it committed, the first write's
/// key is read again, and the commit is made again while nothing happened to it. So an error with delivery `unknown`
/// comes only from a store that cannot be read either.
///
/// What the first write puts there must be nobody else's text, or a text that does the same for whoever wrote it. If it
/// removes, then something that is there (`expected` is not 0): of a mere demand nothing can be read again.
/// `conflict` is 0 if the reading found somebody else's write.
Result<CommitOutcome> commit_known(Store& store, const std::vector<StoreWrite>& writes, Durability durability);
/// The same for one put, whose value is wiped after use.
Result<CommitOutcome> put_known(Store& store, std::string key, std::string value, std::uint64_t expected,
                                std::optional<std::chrono::milliseconds> ttl, Durability durability);

}  // namespace detail
KEFU_END_NAMESPACE
