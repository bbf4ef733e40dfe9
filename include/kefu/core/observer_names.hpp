#pragma once

#include <kefu/core/export.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE

/// Every name that the library hands to an Observer (OBS-1). They are stable: dashboards and alerts may rely on them.
///
/// Labels are given in braces. `account` is the app id; `outcome` is "ok" or the name of an ErrorKind.
namespace metric {
/// Counter {platform, account, operation, outcome, code}: calls that ended. `code` is the platform's, or empty.
inline constexpr std::string_view kCalls = "kefu_calls_total";
/// Histogram {platform, operation}: seconds of a whole call, waiting and repeats included.
inline constexpr std::string_view kCallSeconds = "kefu_call_seconds";
/// Counter {platform, operation}: requests that went out.
inline constexpr std::string_view kAttempts = "kefu_attempts_total";
/// Counter {platform, operation, reason}: repeats; `reason` is "backoff" or "renewal".
inline constexpr std::string_view kRepeats = "kefu_repeats_total";
/// Counter {platform, operation, code}: codes that mean "already so" and count as success (ERR-1).
inline constexpr std::string_view kIgnoredCodes = "kefu_ignored_codes_total";
/// Counter {platform, account, bucket}: calls that waited for a slot of the local limiter.
inline constexpr std::string_view kLimiterWaits = "kefu_limiter_waits_total";
/// Gauge {platform, account, bucket}: share of a day's allowance that is used, in percent; set at 80 and at 100.
inline constexpr std::string_view kQuotaPercent = "kefu_quota_percent";
/// Counter {platform, account, api, code}: the platform said that an API is used up; it stays shut until its reset.
inline constexpr std::string_view kApiStops = "kefu_api_stops_total";
/// Counter {platform, account, kind, cause, outcome}: token fetches; `cause` is "missing", "ahead", "refused" or
/// "forced".
inline constexpr std::string_view kTokenFetches = "kefu_token_fetches_total";
/// Counter {platform, account, kind}: tokens that the platform refused.
inline constexpr std::string_view kTokenRefusals = "kefu_token_refusals_total";
/// Counter {platform, account, kind}: tokens that another instance had stored already.
inline constexpr std::string_view kTokenAdoptions = "kefu_token_adoptions_total";
/// Counter {platform, kind}: stored values that did not open with the host's keys; SealedStore says what follows.
inline constexpr std::string_view kStoreUnreadable = "kefu_store_unreadable_values_total";
/// Counter {platform, account, outcome}: what came to an Inbox and became of it; `outcome` is "new", "repeat",
/// "refused" (not authentic), "turned_away" (too many in hand), "not_stored", "woken" (it only said that there is
/// something to poll), "answered_late" (as a customer message) or "dead" (to the dead letters).
inline constexpr std::string_view kInboxEvents = "kefu_inbox_events_total";
/// Counter {platform, account, outcome}: polls of an account; `outcome` is "ok", "lost" (another process took the
/// batch) or the name of an ErrorKind.
inline constexpr std::string_view kInboxPolls = "kefu_inbox_polls_total";
/// Counter {platform, account, outcome}: answers of handlers and what became of them; `outcome` is "carried" (by the
/// platform's request), "sent" (as a customer message), "refused" (it cannot arrive), "unknown" (nobody knows whether
/// it did; not repeated), "suppressed" (a human wrote meanwhile), "history" (it answers what was asked before the
/// account's start) or "lost" (its process had lost the event to another one, which handles it again).
inline constexpr std::string_view kInboxAnswers = "kefu_inbox_answers_total";
/// Gauge {platform}: events that are stored and not over, as far as this process knows them.
inline constexpr std::string_view kInboxWaiting = "kefu_inbox_waiting_events";
/// Gauge {platform}: for how long the oldest of them has waited, in seconds; 0 for none.
inline constexpr std::string_view kInboxOldest = "kefu_inbox_oldest_event_seconds";
/// Gauge {platform}: events that are with the handler.
inline constexpr std::string_view kInboxOpenTurns = "kefu_inbox_open_turns";
/// Gauge {platform}: sessions of all processes whose entry is in the store: normally one per process.
inline constexpr std::string_view kInboxSessions = "kefu_inbox_live_sessions";
/// Counter {platform, account}: customers' queues taken over from a process that is gone.
inline constexpr std::string_view kInboxTakeOvers = "kefu_inbox_take_overs_total";
/// Counter {platform}: commits of an Inbox; kInboxSteps by this is how many changes share one.
inline constexpr std::string_view kInboxCommits = "kefu_inbox_commits_total";
/// Counter {platform}: changes that those commits wrote.
inline constexpr std::string_view kInboxSteps = "kefu_inbox_steps_total";
/// Counter {platform}: commits of which the store did not know at first whether they were done.
inline constexpr std::string_view kInboxDoubts = "kefu_inbox_commits_in_doubt_total";
/// Histogram {platform}: seconds that a commit of an Inbox waited for the store's thread.
inline constexpr std::string_view kStoreQueueSeconds = "kefu_inbox_store_queue_seconds";
/// Gauge {platform}: how far reading by polls lies behind at the account where it is worst, in seconds.
inline constexpr std::string_view kPollBehind = "kefu_poll_behind_seconds";
/// Gauge {platform, account}: kInboxOldest of one account. Left out without RuntimeOptions::metrics_by_account.
inline constexpr std::string_view kAccountOldest = "kefu_account_oldest_event_seconds";
/// Gauge {platform, account}: kPollBehind of one account. Left out without RuntimeOptions::metrics_by_account.
inline constexpr std::string_view kAccountBehind = "kefu_account_poll_behind_seconds";
/// Counter {seam, fault}: what code of the host did that it may not do; `seam` is "TokenSource::get", "Executor::run",
/// "Observer"..., `fault` is "threw", "dropped" (what it owed an answer to) or "repeated" (answered again).
inline constexpr std::string_view kHostFaults = "kefu_host_faults_total";
/// Counter, no labels: series that PrometheusObserver did not take for want of room.
inline constexpr std::string_view kDroppedSeries = "kefu_observer_dropped_series_total";
}  // namespace metric

/// LogRecord::event.
namespace log_event {
/// warning {operation, kind, delivery, code, request_id}: a call failed for good.
inline constexpr std::string_view kCallFailed = "call.failed";
/// info {operation, code}: a code was taken as success.
inline constexpr std::string_view kCodeIgnored = "code.ignored";
/// warning {platform, account, api, code}: an API is shut until its reset.
inline constexpr std::string_view kApiStopped = "api.stopped";
/// warning {platform, account, bucket, percent}: a day's allowance is nearly, or quite, used up (WIN-4).
inline constexpr std::string_view kQuotaLevel = "quota.level";
/// info {platform, account, kind, cause, fingerprint, generation}: a new token is in use.
inline constexpr std::string_view kTokenRefreshed = "token.refreshed";
/// warning {platform, account, kind, fingerprint}: the platform refused a token.
inline constexpr std::string_view kTokenRefused = "token.refused";
/// warning {platform, account, kind, error}: fetching a token failed.
inline constexpr std::string_view kTokenFetchFailed = "token.fetch_failed";
/// error {platform, account, kind}: renewal is paused, because renewed tokens are refused again and again.
inline constexpr std::string_view kTokenBreaker = "token.breaker_opened";
/// warning {platform, account, kind, error}: the store failed; tokens in memory stay in use.
inline constexpr std::string_view kTokenStoreFailed = "token.store_failed";
/// info {platform, account}: a merchant authorized the application; `account` is the merchant's name.
inline constexpr std::string_view kAuthorizationGranted = "authorization.granted";
/// error {platform, account, code, why}: the platform does not renew a merchant's grant any more: the merchant has to
/// authorize again (Authorizer::link).
inline constexpr std::string_view kAuthorizationLost = "authorization.lost";
/// error {platform, account, error}: a renewed grant could not be stored yet; if the process ends now, the merchant may
/// have to authorize again.
inline constexpr std::string_view kAuthorizationNotStored = "authorization.not_stored";
/// warning {platform, account, error}: the store failed; a message was sent without being counted in its reply window.
inline constexpr std::string_view kLedgerStoreFailed = "ledger.store_failed";
/// error {platform, kind, why}: a stored value did not open with the host's keys; SealedStore says what follows.
inline constexpr std::string_view kStoreUnreadable = "store.value_unreadable";
/// warning {platform, account, event_id, why}: a push was refused; `why` is the PushFault, the text what to look at.
inline constexpr std::string_view kPushRefused = "push.refused";
/// warning {platform, account, event_id, why}: the Inbox works without a durable store.
inline constexpr std::string_view kInboxNotDurable = "inbox.not_durable";
/// error {platform, account, event_id, why}: the Inbox could not read or write its store.
inline constexpr std::string_view kInboxStoreFailed = "inbox.store_failed";
/// warning {platform, account, event_id, why}: handling failed and will be tried again.
inline constexpr std::string_view kInboxHandlingFailed = "inbox.handling_failed";
/// error {platform, account, event_id, why}: an event went to the dead letters.
inline constexpr std::string_view kInboxDeadLetter = "inbox.dead_letter";
/// warning {platform, account, event_id, why}: a poll failed; it is tried again after a pause.
inline constexpr std::string_view kInboxPollFailed = "inbox.poll_failed";
/// error {platform, account, event_id, why}: an event that no store can take was passed over.
inline constexpr std::string_view kInboxEventRefused = "inbox.event_refused";
/// info {platform, account, event_id, why}: events of a process that is gone were taken over; `why` is how many queues.
inline constexpr std::string_view kInboxTakenOver = "inbox.taken_over";
/// warning {platform, account, event_id, why}: this process was away for longer than the lease: what it had in hand is
/// free for others.
inline constexpr std::string_view kInboxSessionOver = "inbox.session_over";
/// warning {platform, account, stream, why}: one stream of a poller failed and pauses; the others go on.
inline constexpr std::string_view kPollStreamFailed = "poll.stream_failed";
/// warning {platform, account, customer, joined}: the two customers were found to be one; new events come under the
/// first.
inline constexpr std::string_view kCustomersJoined = "customers.joined";
/// error {platform, account, stream, why}: a poller could not read something and passed over it, or history was lost.
inline constexpr std::string_view kPollSkipped = "poll.skipped";
/// warning {platform, calls}: how many calls a day polling may use is not configured: so many are assumed.
inline constexpr std::string_view kPollBudgetAssumed = "poll.budget_assumed";
/// error {what}: a callback of the host threw.
inline constexpr std::string_view kCallbackThrew = "callback.threw";
/// error {seam, fault, what}: other code of the host threw, dropped what it owed an answer to, or answered twice; the
/// labels are those of metric::kHostFaults.
inline constexpr std::string_view kHostFault = "host.fault";
}  // namespace log_event

/// SpanRecord::name.
namespace span_name {
/// {platform, account, operation, outcome, attempts}: a whole call.
inline constexpr std::string_view kCall = "kefu.call";
/// {platform, operation, attempt, status, outcome}: one request and its answer.
inline constexpr std::string_view kAttempt = "kefu.attempt";
/// {platform, account, kind, cause, outcome}: fetching a token.
inline constexpr std::string_view kTokenFetch = "kefu.token.fetch";
}  // namespace span_name

KEFU_END_NAMESPACE
