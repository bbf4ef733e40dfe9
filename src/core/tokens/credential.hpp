#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What tells two credentials apart.
enum class TokenIdentity : unsigned char {
  text,
  text_and_generation,  ///< Where renewing may lengthen the life of the same text, as at JD.
};

/// Names the credential an attempt carried, so that refusing it is "this token failed", never "some token failed".
struct CredentialTag {
  std::uint64_t digest = 0;  ///< First 8 bytes of a SHA-256 over its identity; 0: the request carries none.
  std::uint64_t generation = 0;
};

/// The digest of a tag; never 0 for a text that is not empty.
std::uint64_t tag_digest(std::string_view text);
std::uint64_t tag_digest(std::string_view text, std::uint64_t generation, TokenIdentity identity);

/// A token that may be used until `end`; from `refresh_at` on a new one is fetched in the background.
struct Token {
  Token(Secret v, std::uint64_t generation, MonoTime o, MonoTime r, MonoTime e,
        TokenIdentity identity = TokenIdentity::text)
      : value(std::move(v)),
        tag{tag_digest(value.expose(), generation, identity), generation},
        obtained(o),
        refresh_at(r),
        end(e) {}
  const Secret value;
  const CredentialTag tag;
  const MonoTime obtained;
  const MonoTime refresh_at;
  const MonoTime end;
};
using TokenPtr = std::shared_ptr<const Token>;

/// Where a platform gets the token of its account: the broker, or the host's own service. Members run on the loop.
class TokenProvider {
 public:
  virtual ~TokenProvider() = default;

  /// A token that can be used at once, or null: then ask `get`.
  virtual TokenPtr at_hand() = 0;
  /// Answers with a token, within the deadline; `done` is called once, on the loop, possibly before this returns.
  using Got = MoveFunction<void(Result<TokenPtr>)>;
  virtual void get(MonoTime deadline, CancelToken cancel, Got done) = 0;
  /// The platform refused that token: success once another one is in place.
  using Renewed = MoveFunction<void(Result<void>)>;
  virtual void refused(CredentialTag tag, MonoTime deadline, CancelToken cancel, Renewed done) = 0;
  /// Replaces the token although it may be good, within the budget of forced refreshes: after a leak.
  virtual void force(MonoTime deadline, CancelToken cancel, Renewed done) = 0;
};

/// What a fetch brought. `life` counts from the moment the request was sent.
struct FetchedToken {
  FetchedToken(Secret v, std::chrono::seconds l) : value(std::move(v)), life(l) {}
  /// Nothing was fetched, as somebody else renewed the credential meanwhile: the record is to be read again.
  static FetchedToken elsewhere() {
    FetchedToken none(Secret(), std::chrono::seconds(0));
    none.look_again = true;
    return none;
  }
  Secret value;
  std::chrono::seconds life;
  bool look_again = false;
};

/// Asks the platform for a token; the one thing in which kinds of tokens differ. What else the answer brings (a new
/// refresh token) is made durable by the fetcher before it calls `done`.
///
/// Its own calls go through a pipeline whose platform carries no token, never through the account's: that one waits for
/// the broker, and the broker for the fetch. Called on the loop; `done` is called once, on the loop.
class TokenFetcher {
 public:
  virtual ~TokenFetcher() = default;
  enum class Mode : unsigned char {
    normal,
    replacing,  ///< As normal; the platform refused the current token.
    forced,     ///< Retires the current token at once; budgeted (TOK-5).
  };
  virtual bool can_force() const { return false; }
  virtual void fetch(Mode mode, MonoTime deadline, CancelToken cancel,
                     MoveFunction<void(Result<FetchedToken>)> done) = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
