#include "channel/accounts/attempt.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr int kAttemptVersion = 1;

}  // namespace

std::string Attempt::outcome() const {
  if (!why.empty() || stage == Stage::link) return why;
  return "the code of its link was sent to the platform, or was about to be, and the process ended before what it "
         "brought was stored";
}

std::string Attempt::json() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("v").integer(kAttemptVersion);
  json.key("stage").string(stage == Stage::link ? "link" : "code").key("link").string(link);
  json.key("since").integer(unix_millis(since)).key("until").integer(unix_millis(until)).key("why").string(why);
  kept.write(json);
  json.end_object();
  return out;
}

std::optional<Attempt> Attempt::read(std::string_view text) {
  ReadLimits limits;
  limits.depth = 4;
  const auto document = Document::json(text, limits);
  const auto root = document.root();
  if (!document || !reads_version(root["v"], kAttemptVersion)) return std::nullopt;
  Attempt attempt;
  attempt.stage = root["stage"].text() == "code" ? Stage::code : Stage::link;
  attempt.link = root["link"].text();
  attempt.since = stored_time(root["since"]);
  attempt.until = stored_time(root["until"]);
  attempt.why = root["why"].text();
  attempt.kept = KeptMembers(root, {"v", "stage", "link", "since", "until", "why"});
  return attempt;
}

std::string code_digest(const Secret& code) { return digest(DigestKind::sha256, code.expose()).hex().substr(0, 32); }

StoreKey attempt_keys(std::string_view name_space, std::string_view platform, std::string_view app) {
  return StoreKey(name_space, platform, "authorization-attempt", app);
}

Result<StoredAttempt> find_attempt(Store& store, const std::string& key) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  StoredAttempt found;
  if (!*entry) return found;
  found.generation = (*entry)->generation;
  found.attempt = Attempt::read((*entry)->value);
  return found;
}

Result<void> settle_attempt(Store& store, const std::string& key, WallTime since, std::vector<StoreWrite>& writes) {
  auto found = find_attempt(store, key);
  if (!found) return found.error();
  if (found->generation == 0) return {};
  const bool is_newer = found->attempt && found->attempt->since > since;
  if (!is_newer) {
    writes.push_back(StoreWrite::remove(key, found->generation));
  } else if (found->attempt->stage == Attempt::Stage::link && !found->attempt->why.empty()) {
    found->attempt->why.clear();
    writes.push_back(StoreWrite::put(key, found->attempt->json(), found->generation));
  }
  return {};
}

std::optional<Merchant> with_attempt(const std::string& id, std::optional<Merchant> grant,
                                     const std::optional<Attempt>& attempt, WallTime now) {
  if (!attempt) return grant;
  const std::string outcome = attempt->outcome();
  const bool over = now >= attempt->until;
  if (over && outcome.empty()) return grant;  // a link that nobody followed
  if (grant && grant->state == Merchant::State::active) {
    if (over) grant->why = outcome;
    return grant;
  }
  Merchant merchant = grant ? *std::move(grant) : Merchant();
  merchant.id = id;
  merchant.since = attempt->since;
  merchant.state = over ? Merchant::State::needs_authorization : Merchant::State::pending;
  if (over)
    merchant.why = outcome;
  else if (!attempt->why.empty())
    merchant.why = attempt->why;
  return merchant;
}

std::string_view stored_state(Merchant::State state) {
  return state == Merchant::State::active ? "authorized" : to_string(state);
}

std::optional<Merchant::State> read_merchant_state(std::string_view word) {
  for (const auto state : {Merchant::State::active, Merchant::State::needs_authorization, Merchant::State::withdrawn})
    if (word == stored_state(state)) return state;
  return std::nullopt;
}

}  // namespace detail
KEFU_END_NAMESPACE
