#include "core/tokens/record.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/wipe.hpp"
#include "core/tokens/credential.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

std::uint64_t tag_digest(std::string_view text) {
  if (text.empty()) return 0;
  const Digest sha = digest(DigestKind::sha256, text);
  std::uint64_t tag = 0;
  for (std::size_t i = 0; i < 8; ++i) tag = tag << 8 | sha.bytes[i];
  return tag == 0 ? 1 : tag;
}

std::uint64_t tag_digest(std::string_view text, std::uint64_t generation, TokenIdentity identity) {
  if (identity == TokenIdentity::text || text.empty()) return tag_digest(text);
  std::string both;
  both.reserve(text.size() + 24);  // so that no block with the token in it is left behind by growing
  both.append(text).append("\n").append(std::to_string(generation));
  const std::uint64_t tag = tag_digest(both);
  wipe(both);
  return tag;
}

std::string TokenRecord::json() const {
  std::string out;
  out.reserve(value.size() + 256);  // so that growing leaves no block with the token in it behind
  JsonWriter writer(out);
  writer.begin_object();
  writer.key("value").string(value.expose());
  writer.key("generation").unsigned_integer(generation);
  writer.key("issued").integer(unix_millis(issued));
  writer.key("expires").integer(unix_millis(expires));
  kept.write(writer);
  writer.end_object();
  return out;
}

std::optional<TokenRecord> TokenRecord::read(std::string_view text) {
  const Document document = Document::json(text);
  if (!document) return std::nullopt;
  const Value root = document.root();
  const auto generation = root["generation"].integer();
  const auto issued = root["issued"].integer();
  const auto expires = root["expires"].integer();
  if (root["value"].text().empty() || !generation || *generation <= 0 || !issued || !expires || *expires <= *issued)
    return std::nullopt;
  TokenRecord record;
  record.value = Secret(root["value"].text());
  record.generation = static_cast<std::uint64_t>(*generation);
  record.issued = from_unix_millis(*issued);
  record.expires = from_unix_millis(*expires);
  record.kept = KeptMembers(root, {"value", "generation", "issued", "expires"});
  return record;
}

std::string ForceBudget::json() const {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.key("day").integer(day);
  writer.key("spent").integer(spent);
  writer.key("last").integer(unix_millis(last));
  kept.write(writer);
  writer.end_object();
  return out;
}

ForceBudget ForceBudget::read(std::string_view text) {
  ForceBudget budget;
  const Document document = Document::json(text);
  if (!document) return budget;
  budget.day = document.root()["day"].integer().value_or(0);
  budget.spent = std::max(0, document.root()["spent"].small_integer());
  budget.last = from_unix_millis(document.root()["last"].integer().value_or(0));
  budget.kept = KeptMembers(document.root(), {"day", "spent", "last"});
  return budget;
}

std::int64_t ForceBudget::day_of(WallTime now) {
  const auto local = now.time_since_epoch() + std::chrono::hours(8);
  return std::chrono::duration_cast<std::chrono::hours>(local).count() / 24;
}

}  // namespace detail
KEFU_END_NAMESPACE
