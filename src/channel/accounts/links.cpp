#include "channel/accounts/links.hpp"

#include "core/crypto/crypto.hpp"
#include "core/store/commit_known.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/percent_encoding.hpp"

#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kStateName = 16;
constexpr std::size_t kStateProof = 22;  // 131 bits
constexpr std::size_t kMaxMerchantName = 64;
constexpr int kMostLinkCommits = 8;
/// A browser that is reloaded, or comes again after a restart, is told what became of its code.
constexpr std::chrono::hours kUsedLinkLife{24};

Error busy_links() {
  return Error(ErrorKind::unavailable, "links of this merchant are made and followed all the time: call again");
}

Error unknown_state() {
  return Error(ErrorKind::not_found,
               "the redirect's state is unknown, was used, or is too old: begin anew with Authorizer::link");
}

/// What stands under a link's name.
struct LinkRecord {
  std::string merchant;
  std::string proof;
  std::string code;  ///< A digest of the code with which it was used; empty: it was not.
  std::string by;    ///< Of who used it: no two write one text.

  std::string json() const {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("merchant").string(merchant).key("proof").string(proof);
    if (!code.empty()) json.key("code").string(code).key("by").string(by);
    json.end_object();
    return out;
  }
  static LinkRecord read(std::string_view text) {
    const auto document = Document::json(text);
    const auto root = document.root();
    LinkRecord record;
    record.merchant = root["merchant"].text();
    record.proof = root["proof"].text();
    record.code = root["code"].text();
    return record;
  }
};

/// The merchant is on the way: beside the link, in one commit.
Result<void> put_link(Store& store, const std::string& key, const LinkRecord& record, const std::string& attempt_key,
                      Attempt attempt) {
  for (int round = 0; round < kMostLinkCommits; ++round) {
    auto before = find_attempt(store, attempt_key);
    if (!before) return before.error();
    attempt.why.clear();
    if (before->attempt) attempt.why = before->attempt->outcome();
    // What became of the attempt before is told as long as there is no grant.
    std::optional<Millis> life;
    if (attempt.why.empty()) life = kLinkLife;
    const auto done = commit_known(store,
                                   {StoreWrite::put(key, record.json(), 0, kLinkLife),
                                    StoreWrite::put(attempt_key, attempt.json(), before->generation, life)},
                                   Durability::relaxed);
    if (!done) return done.error();
    if (done->committed) return {};
  }
  return busy_links();
}

}  // namespace

/// What `follow` works on.
struct AuthorizationLinks::Following {
  std::string key;
  std::string name;
  std::string proof;
  std::string code;  ///< A digest.
  std::string by;
  WallTime now{};
  WallTime until{};
  CodeAgain again = CodeAgain::never;
  StoreKey attempts;

  /// Marks the link as used and records the intent, for the one who is first.
  Result<FollowedLink> mark(Store& store) const {
    for (int round = 0; round < kMostLinkCommits; ++round) {
      auto entry = store.get(key);
      if (!entry) return entry.error();
      if (!*entry) return unknown_state();
      LinkRecord record = LinkRecord::read((*entry)->value);
      if (!equal_in_constant_time(record.proof, proof)) return unknown_state();
      const std::string attempt_key = attempts.with(record.merchant);
      const auto before = find_attempt(store, attempt_key);
      if (!before) return before.error();
      if (!record.code.empty())
        if (auto refused = refuse_again(record, before->attempt)) return *std::move(refused);
      record.code = code;
      record.by = by;
      Attempt intent;
      if (before->attempt) intent = *before->attempt;
      intent.stage = Attempt::Stage::code;
      intent.link = name;
      intent.since = now;
      intent.until = until;
      intent.why.clear();
      const auto done = commit_known(store,
                                     {StoreWrite::put(key, record.json(), (*entry)->generation, kUsedLinkLife),
                                      StoreWrite::put(attempt_key, intent.json(), before->generation)},
                                     Durability::full);
      if (!done) return done.error();
      if (done->committed) return FollowedLink{record.merchant, name, now};
    }
    return busy_links();
  }

  std::optional<Error> refuse_again(const LinkRecord& record, const std::optional<Attempt>& attempt) const {
    const bool is_ours = attempt && attempt->link == name && equal_in_constant_time(record.code, code);
    if (!is_ours || !attempt->is_lost(now)) return unknown_state();
    if (again == CodeAgain::allowed) return std::nullopt;
    return Error(
        ErrorKind::needs_authorization,
        fmt::format("the redirect of the merchant {} came before, and nothing is known of what it brought ({}): "
                    "begin anew with Authorizer::link",
                    record.merchant, attempt->outcome()));
  }
};

std::string AuthorizationLinks::new_state() {
  std::string name = random_text(kStateName);
  const std::string proof = random_text(kStateProof);
  if (name.empty() || proof.empty()) return {};
  return name + proof;
}

void AuthorizationLinks::keep(const std::string& state, const std::string& merchant,
                              MoveFunction<void(Result<void>)> done) const {
  const std::string name = state.substr(0, kStateName);
  LinkRecord record;
  record.merchant = merchant;
  record.proof = state.substr(kStateName);
  Attempt attempt;
  attempt.link = name;
  attempt.since = runtime_->clock->wall();
  attempt.until = attempt.since + kLinkLife;
  runtime_->with_store<void>(
      Affinity(name),
      [key = key(name), record = std::move(record), attempt_key = attempt_key(merchant),
       attempt = std::move(attempt)](Store& store) { return put_link(store, key, record, attempt_key, attempt); },
      [done = std::move(done)](Result<void> written) mutable { done(std::move(written)); });
}

void AuthorizationLinks::follow(std::string_view state, const Secret& code, Millis within,
                                MoveFunction<void(Result<FollowedLink>)> done) const {
  if (state.size() != kStateName + kStateProof) return done(unknown_state());
  const std::string name(state.substr(0, kStateName));
  const WallTime now = runtime_->clock->wall();
  Following following{key(name),
                      name,
                      std::string(state.substr(kStateName)),
                      code_digest(code),
                      random_text(kStateName),
                      now,
                      now + within,
                      again_,
                      attempt_keys(runtime_->name_space, platform_, app_)};
  runtime_->with_store<FollowedLink>(
      Affinity(name), [following = std::move(following)](Store& store) { return following.mark(store); },
      [done = std::move(done)](Result<FollowedLink> link) mutable { done(std::move(link)); });
}

void AuthorizationLinks::fail(const FollowedLink& link, const std::string& why, Task done) const {
  const std::string key = attempt_key(link.merchant);
  runtime_->with_store<void>(
      Affinity(link.name).surely(),
      [key, name = link.name, why, now = runtime_->clock->wall()](Store& store) -> Result<void> {
        auto found = find_attempt(store, key);
        if (!found) return found.error();
        if (!found->attempt || found->attempt->link != name || found->attempt->stage != Attempt::Stage::code) return {};
        found->attempt->why = why;
        found->attempt->until = std::min(found->attempt->until, now);
        const auto put =
            put_known(store, key, found->attempt->json(), found->generation, std::nullopt, Durability::relaxed);
        return put ? Result<void>() : Result<void>(put.error());
      },
      [done = std::move(done)](const Result<void>&) mutable { done(); });
}

std::string AuthorizationLinks::key(std::string_view name) const {
  return StoreKey(runtime_->name_space, platform_, "authorization-link", app_).add(name).str();
}

std::string failed_redemption(const Error& error) {
  const bool is_open = error.delivery() == Delivery::unknown || error.kind() == ErrorKind::cancelled ||
                       error.kind() == ErrorKind::timeout;
  const std::string code = error.platform_code().empty() ? std::string() : ", code " + error.platform_code();
  if (is_open)
    return fmt::format("the code of its link may be spent: what it brought is not known here ({})",
                       to_string(error.kind()));
  return fmt::format("its last authorization came to nothing ({}{})", to_string(error.kind()), code);
}

std::optional<std::string> check_merchant_name(std::string_view name) {
  if (name.empty()) return "the merchant's name is empty: give the name by which you know the shop";
  if (name.size() > kMaxMerchantName)
    return fmt::format("the merchant's name has {} bytes, the limit is {}", name.size(), kMaxMerchantName);
  if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; }))
    return "the merchant's name may hold printable ASCII characters only";
  return std::nullopt;
}

std::string unescaped_merchant(std::string_view escaped) {
  std::string name;
  append_percent_decoded(name, escaped, PlusSign::itself, BrokenEscape::itself);
  return name;
}

}  // namespace detail
KEFU_END_NAMESPACE
