#pragma once

#include <kefu/jd/dongdong.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// PushChatText or PushChatImage for one part of a message whose sender has taken the reply window for all of its
/// parts: push_gate knows it by its row.
template <class Push>
struct SessionPush : Push {
  using Push::Push;
  static const Operation& operation() {
    static const Operation row{Push::operation().info, &SessionPush::encode, Push::operation().decode};
    return row;
  }

 private:
  static Result<void> encode(const void* request, HttpRequest& out) {
    const Push& push = *static_cast<const SessionPush*>(request);
    return Push::operation().encode(&push, out);
  }
};

}  // namespace jd
KEFU_END_NAMESPACE
