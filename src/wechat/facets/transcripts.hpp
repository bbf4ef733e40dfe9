#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/transcripts.hpp>
#include <kefu/core/client.hpp>

#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The chat records of one official account, of all its agents: the platform's days, ids and page sizes do not show.
///
/// Thread safety: all members may be called from any thread.
class AccountTranscripts final : public Transcripts {
 public:
  AccountTranscripts(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                     std::shared_ptr<const Capabilities> capabilities)
      : runtime_(std::move(runtime)), client_(std::move(client)), capabilities_(std::move(capabilities)) {}

  /// At most 1000 entries a page and 20 calls of the platform; a page may therefore be short, or empty, and have a
  /// `next`. Default time: 60 s.
  Pending<TranscriptPage> read(TranscriptQuery query, CallOptions options) override;

 private:
  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::shared_ptr<const Capabilities> capabilities_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
