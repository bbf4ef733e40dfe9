#pragma once

#include "core/text/document.hpp"

#include <string>

namespace kefu_cli {

/// Answers one recorded push of a third-party platform, a line with `id`, `side` ("component"), `endpoint`, `config`
/// {token, encoding_aes_key, accepted_receive_ids, previous_encoding_aes_key?} and `request` {method, path, query or
/// raw_query, body_text}, with one JSON object: {"id","accept":true, ...} and the elements of the push in snake case,
/// or {"id","accept":false,"fault"} with the vector files' word. A line that is no such record gives the fault
/// "bad-case" and what is wrong with it. Freshness is off: the pushes are recorded ones.
std::string answer_recorded_push(kefu::detail::Value line);

}  // namespace kefu_cli
