#pragma once

#include "core/text/kept_members.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// How far a merchant is on the way to a grant: a record of its own, written with the link, and again before its code
/// is spent. What the code brings removes it in the commit of the grant, so that one which stays tells of a process
/// that ended between the platform's answer and that commit.
struct Attempt {
  enum class Stage : unsigned char {
    link,  ///< A link was made.
    code,  ///< Its code is, or was, about to be spent.
  };
  Attempt() {}

  Stage stage = Stage::link;
  std::string link;  ///< The name in the link's state.
  WallTime since{};
  WallTime until{};  ///< The link's end, or when who spends the code gives up.
  std::string why;   ///< What came of the last attempt, where nothing did.
  KeptMembers kept;

  /// The code was, or may have been, spent, and nobody is at it any more.
  bool is_lost(WallTime now) const { return stage == Stage::code && now >= until; }
  /// What it came to, for a person.
  std::string outcome() const;

  std::string json() const;
  /// Nothing if the text is none.
  static std::optional<Attempt> read(std::string_view text);
};

/// By which a stored record knows a code that it may not hold.
std::string code_digest(const Secret& code);

StoreKey attempt_keys(std::string_view name_space, std::string_view platform, std::string_view app);

struct StoredAttempt {
  std::optional<Attempt> attempt;
  std::uint64_t generation = 0;  ///< 0: there is none.
};
Result<StoredAttempt> find_attempt(Store& store, const std::string& key);

/// For the commit of a grant: removes the merchant's attempt; of one that began after `since` what it says of those
/// before.
Result<void> settle_attempt(Store& store, const std::string& key, WallTime since, std::vector<StoreWrite>& writes);

/// What is told of a merchant who has this grant, if any, and is on the way like this, if at all.
std::optional<Merchant> with_attempt(const std::string& id, std::optional<Merchant> grant,
                                     const std::optional<Attempt>& attempt, WallTime now);

/// The words for states in stored records: those that versions know which had two of them.
std::string_view stored_state(Merchant::State state);
std::optional<Merchant::State> read_merchant_state(std::string_view word);

}  // namespace detail
KEFU_END_NAMESPACE
