#pragma once

#include <kefu/core/cancel.hpp>

#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One token for two who may cancel: the caller's own and the holder of the Pending. Makes a third one only if both
/// can. One thread at a time.
class JointCancel {
 public:
  JointCancel(CancelToken one, CancelToken other) : one_(std::move(one)), other_(std::move(other)) {}
  ~JointCancel() {
    if (!joint_) return;
    one_.forget(ids_[0]);
    other_.forget(ids_[1]);
  }
  JointCancel(const JointCancel&) = delete;
  JointCancel& operator=(const JointCancel&) = delete;

  bool requested() const noexcept { return one_.requested() || other_.requested(); }
  CancelToken token() {
    if (!one_.can_be_requested()) return other_;
    if (!other_.can_be_requested()) return one_;
    if (!joint_) {
      joint_.emplace();
      ids_[0] = one_.on_request([joint = *joint_] { joint.request(); });
      ids_[1] = other_.on_request([joint = *joint_] { joint.request(); });
    }
    return joint_->token();
  }

 private:
  const CancelToken one_;
  const CancelToken other_;
  std::optional<CancelSource> joint_;
  std::uint64_t ids_[2] = {0, 0};
};

}  // namespace detail
KEFU_END_NAMESPACE
