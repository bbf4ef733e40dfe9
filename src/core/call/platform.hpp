#pragma once

#include "core/call/download_gate.hpp"
#include "core/call/limiter.hpp"
#include "core/call/reply.hpp"
#include "core/call/verdict.hpp"
#include "core/tokens/credential.hpp"

#include <kefu/core/cancel.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/result.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What is wrong with this as the path of an API. The whole of it is part of a URL, so that it may hold nothing that
/// means something there, and has one spelling: another one would pass the gates and limits of the API.
std::string_view wrong_path(std::string_view path) noexcept;

/// One account's view of its platform: the steps of the pipeline that differ. All members are called on the loop; every
/// `done` is called exactly once, on the loop, possibly before the member returns.
class Platform {
 public:
  virtual ~Platform() = default;

  /// "wechat", "jd": for error texts and metrics.
  virtual std::string_view platform() const = 0;
  /// The app id: label of metrics and limits.
  virtual std::string_view account() const = 0;
  /// Scheme and host for this operation: the one place that maps services to base URLs (NET-1).
  virtual const std::string& base_url(const OperationInfo& info) const = 0;
  /// What is wrong with this as the address of an API, which is the path of a URL or the name of a method; empty if
  /// nothing is. Asked on the caller's thread.
  virtual std::string_view wrong_address(std::string_view path) const { return wrong_path(path); }

  /// The limiter's rules, read once when the account's pipeline is made.
  virtual std::vector<LimitRule> limits() const { return {}; }
  /// Asked about a call that went well. True if the platform's own counters are cleared by it, or shown to be: every
  /// API that was used up is open again.
  virtual bool clears_counters(const OperationInfo& info) const {
    static_cast<void>(info);
    return false;
  }

  /// Local gate: capability, reply window, quota. The permit comes back in `settle`; one that is destroyed without it
  /// was never used. The default lets everything pass.
  struct Permit {
    virtual ~Permit() = default;
  };
  using Gated = MoveFunction<void(Result<std::unique_ptr<Permit>>)>;
  virtual void gate(const OperationInfo& info, const HttpRequest& request, Gated done) {
    static_cast<void>(info), static_cast<void>(request);
    done(std::unique_ptr<Permit>());
  }
  /// The call with this permit ended: `error` is null on success. On any thread, if the call was dropped.
  virtual void settle(std::unique_ptr<Permit> permit, const Error* error) {
    static_cast<void>(permit), static_cast<void>(error);
  }

  /// Puts the credential on the request. Live credentials answer at once.
  using Authorized = MoveFunction<void(Result<CredentialTag>)>;
  virtual void authorize(const OperationInfo& info, HttpRequest& request, MonoTime deadline, CancelToken cancel,
                         Authorized done) = 0;
  /// The platform refused that credential: answers success when another one is in place and the call may be repeated.
  virtual void renew(CredentialTag refused, MonoTime deadline, CancelToken cancel,
                     MoveFunction<void(Result<void>)> done) = 0;

  /// Last step before sending, as a signature ages: called once for every request that was encoded and authorized. It
  /// may give the request its final form (path, body).
  virtual Result<void> sign(const OperationInfo& info, HttpRequest& request, WallTime now) {
    static_cast<void>(info), static_cast<void>(request), static_cast<void>(now);
    return {};
  }

  /// Pure: takes an answer out of what it came in (encryption), before it is read. May replace the body.
  virtual void open(const OperationInfo& info, HttpReply& reply) const {
    static_cast<void>(info), static_cast<void>(reply);
  }

  /// Pure: the answer's values, however the platform writes them; see Document::json for `room`.
  virtual Document read(const OperationInfo& info, const HttpReply& reply, std::pmr::memory_resource* room) const {
    static_cast<void>(info);
    return Document::json(reply.body, {}, room);
  }

  /// The formats of the platform's files, by which one is told from an error in its place; null: its files are known by
  /// their headers only.
  virtual KnowsFormat known_formats() const { return nullptr; }

  /// Pure: what the answer means. Called for every whole HTTP answer, also those that are no JSON.
  virtual Verdict classify(const OperationInfo& info, const Reply& reply) const = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
