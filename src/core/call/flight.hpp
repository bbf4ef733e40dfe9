#pragma once

#include "core/async/wait.hpp"
#include "core/call/pipeline.hpp"
#include "core/call/report.hpp"
#include "core/call/transmit.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One call on its way, top to bottom in the order of the steps: validate -> gate -> authorize -> limit -> sign -> send
/// -> parse -> classify -> accept | renew once | pause and repeat | give up. `prepare` runs on the caller's thread, all
/// else on the loop. Whoever drops it (a loop that stops) answers the call `cancelled`.
///
/// The steps are in flight.cpp, those with files in flight_files.cpp, the ways to end in flight_end.cpp. Each step asks
/// first whether the call is over: what ends it between two steps is heard by none of them.
class Flight final : public SlotSeeker, public std::enable_shared_from_this<Flight> {
 public:
  Flight(std::shared_ptr<Pipeline> home, std::shared_ptr<Call> call, CallOptions options, CancelToken unwanted);
  ~Flight() override;
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  const OperationInfo& info() const override { return info_; }
  MonoTime deadline() const override { return wait_.deadline(); }
  bool over() const override { return step_ == Step::over; }
  void slot_free() override;
  void held_back(Millis wait, ErrorKind kind, std::string code) override;

  void prepare();
  void begin();
  /// The account was removed.
  void on_removal();
  /// Deadline or cancel, while the call waits or is on the wire.
  void ended(Wait::End end);

 private:
  enum class Step : unsigned char { validate, encode, gate, authorize, limit, send, renew, pause, finish, over };

  // The steps.
  void gate();
  void gated(Result<std::unique_ptr<Platform::Permit>> permit);
  void authorize();
  void authorized(Result<CredentialTag> tag);
  void limit();
  void send();
  void received(Result<HttpOutcome> arrived);
  void judge(Verdict verdict, const Reply* reply, std::string_view detail);
  void accept(const Verdict& verdict);
  void renew(Verdict verdict);
  void renewal_done(Result<void> renewal);
  void pause(const Verdict& verdict, std::string_view detail);

  // The steps of calls that use a file.
  template <class T, class Work, class Then>
  void on_file_thread(Work work, Then then);
  void encode_on_file_thread();
  void finish_on_file_thread(Verdict verdict, const Reply& reply);

  bool enter(Step step);
  bool waits() const { return step_ != Step::validate && step_ != Step::send && step_ != Step::over; }
  void hear();
  static Result<HttpRequest> encoded(const Call& call, Observer* observer);
  Result<void> take(Result<HttpRequest> request);
  bool repeatable();
  void end_exchange();

  // The ends.
  bool ends_early();
  void abandon(Wait::End end);
  void give_up(Fault fault);
  void give_up(const Verdict& verdict, std::string_view detail);
  void give_up_with(const Error& error);
  /// What failed here once the platform had answered: it may have acted.
  static Error after_answer(const Error& error);
  void give_up_without_credential(const Error& error);
  std::string with_earlier_attempts(std::string message, Delivery of_the_last) const;
  Error make_error(ErrorKind kind, Delivery delivery, ErrorDetails details) const;
  void conclude(std::optional<Error> error);

  const std::shared_ptr<Pipeline> home_;
  Platform& platform_;
  RuntimeCore& core_;
  std::shared_ptr<Call> call_;  ///< Shared with the file thread only.
  const OperationInfo& info_;
  const bool uses_file_;
  const Millis timeout_;
  const MonoTime start_;
  Wait wait_;
  CallReport report_;
  const RetryPolicy retry_;
  std::optional<Error> invalid_;
  std::optional<Error> ended_with_;

  HttpRequest request_;
  bool encoded_ = false;
  std::shared_ptr<DownloadGate> download_;
  std::shared_ptr<HostSource> source_;
  CredentialTag tag_;
  std::unique_ptr<Platform::Permit> permit_;
  std::optional<Verdict> refusal_;

  Step step_ = Step::validate;
  Delivery worst_ = Delivery::not_sent;  // of all attempts: what is known of the least certain one
  int attempts_ = 0;
  int repeats_ = 0;
  int http_status_ = 0;
  bool renewed_ = false;
  bool waiting_ = false;  // known to the pipeline as one that may have to be ended
  MonoTime attempt_start_{};
  Scheduler::Ticket timer_ = 0;  // of a pause, or of a transport that is overdue
};

}  // namespace detail
KEFU_END_NAMESPACE
