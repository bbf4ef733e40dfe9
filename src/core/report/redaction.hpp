#pragma once

#include <kefu/core/observer.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// True for names whose values are credentials: access_token, secret, signature, ticket, authorization ...
bool is_secret_name(std::string_view name) noexcept;

/// Free text with everything masked that looks like a credential: `name=value` and `"name":"value"` of a secret name,
/// words with 32 hex digits in a row, base64 runs of 40 and more. Text without such is returned as it is.
std::string redacted(std::string_view text);
/// True if `redacted` would change the text; cheap.
bool needs_redaction(std::string_view text);

/// At most `bytes`, cut at the border of a UTF-8 character.
std::string cut_text(std::string_view text, std::size_t bytes);

/// Masks every record on its way to `sink`, by name and by shape (SEC-1), keeps each text on one line, and swallows and
/// counts what the sink throws. Without `metrics_by_account` no metric has the label "account". Null for null.
std::shared_ptr<Observer> make_redacting(std::shared_ptr<Observer> sink, bool metrics_by_account = true);

}  // namespace detail
KEFU_END_NAMESPACE
