#pragma once

#include <kefu/channel/inbox.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/store.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class InboxCore;

/// The events whose handling failed for good. They are found by their keys, and read so many bytes at a time.
///
/// Thread safety: any thread.
class DeadLetters {
 public:
  explicit DeadLetters(InboxCore& core) : core_(core) {}
  Pending<std::vector<DeadLetter>> list(std::size_t limit, std::string after);
  Pending<void> revive(std::string event_id);
  Pending<void> dismiss(std::string event_id);

 private:
  struct Found {
    std::string key;
    DeadLetter letter;
  };
  static Result<std::vector<Found>> read(Store& store, const std::string& prefix, std::string after, std::size_t limit);
  static Result<Found> find(Store& store, const std::string& prefix, const std::string& event_id);
  void put_back(Found found, std::shared_ptr<Promise<void>> promise);

  InboxCore& core_;
};

}  // namespace detail
KEFU_END_NAMESPACE
