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

Error unknown_state() {
  return Error(ErrorKind::not_found,
               "the redirect's state is unknown, was used, or is too old: begin anew with Authorizer::link");
}

/// What a link was made for.
std::string link_record(const std::string& merchant, std::string_view proof) {
  std::string out;
  JsonWriter(out).begin_object().key("merchant").string(merchant).key("proof").string(proof).end_object();
  return out;
}

/// Takes the link's entry out of the store: the merchant, for the one who was first.
Result<std::string> consume_link(Store& store, const std::string& key, std::string_view proof) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  if (!*entry) return unknown_state();
  const auto record = Document::json((*entry)->value);
  if (!equal_in_constant_time(record.root()["proof"].text(), proof)) return unknown_state();
  auto removed = commit_known(store, {StoreWrite::remove(key, (*entry)->generation)}, Durability::relaxed);
  if (!removed) return removed.error();
  if (!removed->committed) return unknown_state();
  return std::string(record.root()["merchant"].text());
}

}  // namespace

std::string AuthorizationLinks::new_state() {
  std::string name = random_text(kStateName);
  const std::string proof = random_text(kStateProof);
  if (name.empty() || proof.empty()) return {};
  return name + proof;
}

void AuthorizationLinks::keep(const std::string& state, const std::string& merchant,
                              MoveFunction<void(Result<void>)> done) const {
  const std::string_view name = std::string_view(state).substr(0, kStateName);
  runtime_->with_store<CommitOutcome>(
      Affinity(name),
      [key = key(name), record = link_record(merchant, std::string_view(state).substr(kStateName))](Store& store) {
        return put_known(store, key, record, 0, kLinkLife, Durability::relaxed);
      },
      [done = std::move(done)](const Result<CommitOutcome>& written) mutable {
        done(written ? Result<void>() : Result<void>(written.error()));
      });
}

void AuthorizationLinks::take(std::string_view state, MoveFunction<void(Result<std::string>)> done) const {
  if (state.size() != kStateName + kStateProof) return done(unknown_state());
  const std::string_view name = state.substr(0, kStateName);
  runtime_->with_store<std::string>(
      Affinity(name),
      [key = key(name), proof = std::string(state.substr(kStateName))](Store& store) {
        return consume_link(store, key, proof);
      },
      [done = std::move(done)](Result<std::string> merchant) mutable { done(std::move(merchant)); });
}

std::string AuthorizationLinks::key(std::string_view name) const {
  return StoreKey(runtime_->name_space, platform_, "authorization-link", app_).add(name).str();
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
