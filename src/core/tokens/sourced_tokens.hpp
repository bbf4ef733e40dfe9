#pragma once

#include "core/async/runtime_core.hpp"
#include "core/tokens/credential.hpp"

#include <kefu/core/token_source.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Tokens from the host's own service; the library never fetches (TOK-1). Loop only.
class SourcedTokens final : public TokenProvider, public std::enable_shared_from_this<SourcedTokens> {
 public:
  SourcedTokens(std::shared_ptr<RuntimeCore> core, std::shared_ptr<TokenSource> source)
      : core_(std::move(core)), source_(std::move(source)) {}

  /// Always null: only the source knows which token is live.
  TokenPtr at_hand() override { return nullptr; }
  /// The caller keeps the deadline and the cancel token; an answer that comes too late finds nobody.
  void get(MonoTime deadline, CancelToken cancel, Got done) override;
  void refused(CredentialTag tag, MonoTime deadline, CancelToken cancel, Renewed done) override;
  /// Not ours to do: answers `unsupported`.
  void force(MonoTime deadline, CancelToken cancel, Renewed done) override;

 private:
  void ask(Got done);

  const std::shared_ptr<RuntimeCore> core_;
  const std::shared_ptr<TokenSource> source_;
  TokenPtr last_;  // what the source gave last, to name it when it is refused
};

}  // namespace detail
KEFU_END_NAMESPACE
