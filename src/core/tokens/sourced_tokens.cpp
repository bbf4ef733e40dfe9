#include "core/tokens/sourced_tokens.hpp"

#include "core/async/host_answer.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Runs `step` on the loop: at once if we are there, else posted.
template <class Step>
void on_loop(const std::shared_ptr<Scheduler>& loop, Step step) {
  if (loop->is_own_thread()) return step();
  loop->post(std::move(step));
}

}  // namespace

void SourcedTokens::ask(Got done) {
  ask_host<Secret>(
      core_, host_seam::kTokenGet, AtStop::answered_here, [&](auto answer) { source_->get(std::move(answer)); },
      [self = shared_from_this(), loop = core_->scheduler, done = std::move(done)](Result<Secret> answer) mutable {
        on_loop(loop, [self = std::move(self), done = std::move(done), answer = std::move(answer)]() mutable {
          if (!answer) return done(answer.error());
          if (answer->empty())
            return done(Error(ErrorKind::configuration, "the host's token source gave an empty token"));
          if (!self->last_ || self->last_->value != *answer)
            self->last_ = std::make_shared<const Token>(*std::move(answer), 0, self->core_->clock->mono(),
                                                        MonoTime::max(), MonoTime::max());
          done(self->last_);
        });
      });
}

void SourcedTokens::get(MonoTime, CancelToken, Got done) { ask(std::move(done)); }

void SourcedTokens::refused(CredentialTag tag, MonoTime, CancelToken, Renewed done) {
  if (!last_ || last_->tag.digest != tag.digest) return done({});  // the source has given another one since
  const TokenPtr refused = last_;
  ask_host<void>(
      core_, host_seam::kTokenReport, AtStop::answered_here,
      [&](auto answer) { source_->report_invalid(refused->value, std::move(answer)); },
      [self = shared_from_this(), loop = core_->scheduler, tag, done = std::move(done)](Result<void> answer) mutable {
        on_loop(loop, [self = std::move(self), tag, done = std::move(done), answer = std::move(answer)]() mutable {
          if (!answer) return done(answer.error());
          self->ask([tag, done = std::move(done)](Result<TokenPtr> token) mutable {
            if (!token) return done(token.error());
            if ((*token)->tag.digest == tag.digest)
              return done(Error(ErrorKind::credentials_refused,
                                "the host's token source gives out the token that the platform refused"));
            done({});
          });
        });
      });
}

void SourcedTokens::force(MonoTime, CancelToken, Renewed done) {
  done(Error(ErrorKind::unsupported, "tokens come from the host's own token source: refresh them there"));
}

}  // namespace detail
KEFU_END_NAMESPACE
