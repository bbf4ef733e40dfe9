#include "stores/postgres/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <libpq-fe.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

struct StateRow {
  std::string_view state;  ///< SQLSTATE, or the two letters of its class.
  ErrorKind kind;
  std::string_view advice;
};

// PostgreSQL 15, appendix A. The first row that fits counts.
constexpr StateRow kStates[] = {
    {"53100", ErrorKind::quota_exhausted, "its disk is full; free some room"},
    {"53", ErrorKind::unavailable, "it has no connection or memory left; try later, or raise its limits"},
    {"57014", ErrorKind::unavailable, "a statement took longer than the timeout; try later"},
    {"57", ErrorKind::unavailable, "it starts, stops or restarts; try later"},
    {"25006", ErrorKind::unavailable, "it only reads now; it is a standby, or somebody made it so"},
    {"55", ErrorKind::unavailable, "somebody else has what is needed; try later"},
    {"40", ErrorKind::unavailable, "transactions met; try again"},
    {"08", ErrorKind::unavailable, "the connection was lost; try later"},
    {"58", ErrorKind::unavailable, "its disk or system failed; try later and check it"},
    {"28", ErrorKind::configuration, "it refuses user or password; check them and its pg_hba.conf"},
    {"3D", ErrorKind::configuration, "there is no such database; make it or name another"},
    {"42501", ErrorKind::configuration, "the user lacks a right on the schema or what is in it; grant it"},
    {"XX001", ErrorKind::configuration, "its data are damaged; restore them from a backup"},
    {"XX002", ErrorKind::configuration, "an index is damaged; REINDEX, and check the disk"},
    {"23", ErrorKind::conflict, "a rule of the table refused it"},
    {"42", ErrorKind::configuration, "the schema lacks what a kefu store has; restore it or choose another"},
    {"3F", ErrorKind::configuration, "the schema is gone; restore it or choose another"},
};

/// Line ends would make two log lines of one.
std::string on_one_line(std::string_view text) {
  std::string line(text.substr(0, 512));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

/// Messages of class 22 (data) repeat the value that did not fit.
bool tells_values(std::string_view state) { return state.substr(0, 2) == "22"; }

Error fault_of(std::string_view state, std::string_view words, Delivery delivery) {
  const auto* row = std::find_if(std::begin(kStates), std::end(kStates), [&](const StateRow& known) {
    return state.substr(0, known.state.size()) == known.state;
  });
  const bool known = row != std::end(kStates);
  ErrorDetails details;
  details.platform_code = state;
  if (!tells_values(state)) details.platform_message = on_one_line(words);
  details.message = fmt::format("PostgreSQL store: {} (SQLSTATE {})",
                                known ? row->advice : "unexpected result; keep this text and report it", state);
  return Error(known ? row->kind : ErrorKind::internal, delivery, std::move(details));
}

/// With PQERRORS_VERBOSE a server's error reads "FATAL:  28P01: words" whatever its language.
std::pair<std::string_view, std::string_view> state_and_words(std::string_view message) {
  for (std::size_t at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
    const std::string_view state = message.substr(at + 3, 5);
    const bool is_state = state.size() == 5 && std::all_of(state.begin(), state.end(), [](unsigned char c) {
                            return std::isdigit(c) || (c >= 'A' && c <= 'Z');
                          });
    if (!is_state || message.substr(at + 8, 2) != ": ") continue;
    const std::string_view words = message.substr(at + 10);
    return {state, words.substr(0, words.find('\n'))};
  }
  return {{}, message};
}

}  // namespace

Error postgres_error(ErrorKind kind, std::string_view what) {
  return Error(kind, fmt::format("PostgreSQL store: {}", what));
}

Error postgres_fault(const pg_result& result) {
  const auto field = [&](int code) -> std::string_view {
    const char* text = PQresultErrorField(&result, code);
    return text == nullptr ? std::string_view() : std::string_view(text);
  };
  const std::string_view state = field(PG_DIAG_SQLSTATE);
  // After FATAL the session is over, and it may have come after the commit.
  const bool did_nothing = field(PG_DIAG_SEVERITY_NONLOCALIZED) == "ERROR";
  if (state.empty()) {  // libpq's own: the connection is gone.
    return postgres_lost("the connection was lost; try later", Delivery::unknown);
  }
  return fault_of(state, field(PG_DIAG_MESSAGE_PRIMARY), did_nothing ? Delivery::refused : Delivery::unknown);
}

Error postgres_connect_fault(pg_conn& connection) {
  const std::string_view message = PQerrorMessage(&connection);
  const auto [state, words] = state_and_words(message);
  if (!state.empty()) return fault_of(state, words, Delivery::not_sent);
  const bool about_trust = message.find("certificate") != std::string_view::npos ||
                           message.find("does not support SSL") != std::string_view::npos ||
                           message.find("sslmode") != std::string_view::npos;
  const bool about_password = PQconnectionNeedsPassword(&connection) != 0;
  const std::string_view advice =
      about_trust      ? "the server's certificate is not accepted; check sslmode and sslrootcert in conninfo"
      : about_password ? "the server asks for a password; set PostgresOptions::password"
                       : "the server cannot be reached; try later, and check conninfo and the network";
  return postgres_error(about_trust || about_password ? ErrorKind::configuration : ErrorKind::unavailable,
                        fmt::format("{}: {}", advice, on_one_line(message)));
}

Error postgres_lost(std::string_view what, Delivery delivery) {
  return with_delivery_of(postgres_error(ErrorKind::unavailable, what), delivery);
}

Error with_delivery_of(const Error& error, Delivery delivery) { return Error(error.kind(), delivery, error.details()); }

bool may_be_repeated(const Error& error) {
  const std::string_view state = error.platform_code();
  return state == "40001" || state == "40P01" || is_out_of_date(error);  // serialization_failure, deadlock_detected
}

bool is_out_of_date(const Error& error) {
  // The columns that a prepared SELECT answers changed, and an unknown statement's name. 0A000 has other causes too.
  const std::string_view state = error.platform_code();
  return state == "26000" ||
         (state == "0A000" && error.details().platform_message.find("cached plan") != std::string::npos);
}

bool is_fault_of_statement(const Error& error) {
  const std::string_view state = error.platform_code();
  if (state == "42501" || state == "25006") return false;
  for (const std::string_view known : {"08P01", "0A", "22", "23", "25", "2B", "3F", "42", "54", "P0"}) {
    if (state.substr(0, known.size()) == known) return true;
  }
  return false;
}

std::string words_of_fault(const Error& error) {
  const std::string& words = error.details().platform_message;
  return words.empty() ? fmt::format("a value does not fit (SQLSTATE {})", error.platform_code()) : words;
}

}  // namespace detail
KEFU_END_NAMESPACE
