#include "stores/postgres/connection.hpp"

#include "stores/postgres/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <libpq-fe.h>
#include <poll.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMostPrepared = 256;

void drop_notice(void*, const PGresult*) {}

/// Rounded up, so that the time is over when poll() comes back without anything.
int millis_until(MonoTime deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  if (left <= left.zero()) return 0;
  return static_cast<int>(std::min<std::int64_t>(std::chrono::ceil<Millis>(left).count(), 60'000));
}

/// False: not in time. An error of the socket counts as ready, libpq finds it.
bool wait_for(int socket, bool read, bool write, MonoTime deadline) {
  pollfd ready{socket, static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0)), 0};
  for (;;) {
    const int left = millis_until(deadline);
    const int count = ::poll(&ready, 1, left);
    if (count > 0 || (count < 0 && errno != EINTR)) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

}  // namespace

void PostgresConnection::Finish::operator()(pg_conn* handle) const noexcept { PQfinish(handle); }

PostgresConnection::~PostgresConnection() = default;

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresAddress& address,
                                                                     const Secret& password, MonoTime deadline) {
  Result<std::unique_ptr<PostgresConnection>> opened = postgres_error(ErrorKind::unavailable, "no host was tried");
  for (std::size_t host = 0; host < address.hosts(); ++host) {
    const MonoTime now = std::chrono::steady_clock::now();
    const auto share = (deadline - now) / static_cast<int>(address.hosts() - host);
    opened = open_host(address.settings(host), password, now + share);
    if (opened) return opened;
  }
  return opened;
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open_host(const PostgresAddress::Settings& settings,
                                                                          const Secret& password, MonoTime deadline) {
  std::vector<const char*> names, values;
  for (const auto& [name, value] : settings) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back("client_encoding");
  values.push_back("UTF8");
  if (!password.empty()) {
    names.push_back("password");
    values.push_back(password.expose().data());  // Of a std::string, so a zero byte ends it.
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<PostgresConnection> made(new PostgresConnection);
  made->handle_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  if (made->handle_ == nullptr) return postgres_error(ErrorKind::unavailable, "out of memory; try later");
  if (auto connected = made->connect(deadline); !connected) return connected.error();
  return made;
}

Result<void> PostgresConnection::connect(MonoTime deadline) {
  PQsetErrorVerbosity(handle_.get(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(handle_.get(), &drop_notice, nullptr);
  if (PQstatus(handle_.get()) == CONNECTION_BAD) return postgres_connect_fault(*handle_);
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
       next = PQconnectPoll(handle_.get())) {
    if (next == PGRES_POLLING_FAILED) return postgres_connect_fault(*handle_);
    if (!wait_for(PQsocket(handle_.get()), next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING, deadline)) {
      return postgres_error(ErrorKind::unavailable,
                            "the server did not answer in time; try later, and check the network");
    }
  }
  PQsetnonblocking(handle_.get(), 1);
  return {};
}

bool PostgresConnection::is_alive() {
  if (broken_ || PQstatus(handle_.get()) != CONNECTION_OK) return false;
  // Nobody asked, so what comes is a setting that changed, or the end: words first, then nothing.
  pollfd ready{PQsocket(handle_.get()), POLLIN, 0};
  while (::poll(&ready, 1, 0) > 0) {
    if (PQconsumeInput(handle_.get()) == 0 || PQstatus(handle_.get()) != CONNECTION_OK) return false;
    if (PQisBusy(handle_.get()) != 0) return false;
  }
  return true;
}

bool PostgresConnection::in_transaction() const { return PQtransactionStatus(handle_.get()) != PQTRANS_IDLE; }

int PostgresConnection::server_version() const { return PQserverVersion(handle_.get()); }

std::string_view PostgresConnection::parameter(const char* name) const {
  const char* value = PQparameterStatus(handle_.get(), name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool PostgresConnection::wait(bool read, bool write) {
  late_ = !wait_for(PQsocket(handle_.get()), read, write, deadline_);
  return !late_;
}

/// All of what is sent leaves, and what comes meanwhile is taken in, so that neither side waits for the other.
bool PostgresConnection::flush() {
  for (;;) {
    const int left = PQflush(handle_.get());
    if (left <= 0) return left == 0;
    if (!wait(true, true)) return false;
    // Not ready to read is no error: then it takes nothing.
    if (PQconsumeInput(handle_.get()) == 0) return false;
  }
}

bool PostgresConnection::receive() {
  while (PQisBusy(handle_.get()) != 0) {
    if (!wait(true, false) || PQconsumeInput(handle_.get()) == 0) return false;
  }
  return true;
}

Error PostgresConnection::lost(bool sent) {
  broken_ = true;
  return postgres_lost(std::exchange(late_, false) ? "the server did not answer within the timeout; try later"
                                                   : "the connection was lost; try later",
                       sent ? Delivery::unknown : Delivery::refused);
}

/// Reads to the end of what the server says: a statement alone is committed only then, after all of its rows.
Result<PostgresResult> PostgresConnection::finish(const RowHandler* each) {
  if (!flush()) return lost(true);
  PostgresResult last;
  std::optional<Error> failure;
  bool wanted = each != nullptr && *each;
  for (;;) {
    if (!receive()) {
      const Error gone = lost(true);
      return failure ? *failure : gone;
    }
    PGresult* const handle = PQgetResult(handle_.get());
    if (handle == nullptr) break;
    PostgresResult result(handle);
    switch (PQresultStatus(handle)) {
      case PGRES_SINGLE_TUPLE:
        wanted = wanted && (*each)(result);
        break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        last = std::move(result);
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        broken_ = true;
        return with_delivery_of(postgres_error(ErrorKind::bad_argument, "COPY is not for here"), Delivery::refused);
      default:
        if (!failure) failure = postgres_fault(*handle);
        break;
    }
  }
  if (PQstatus(handle_.get()) != CONNECTION_OK) broken_ = true;
  if (failure) {
    asks_for_repeat_ = asks_for_repeat_ || may_be_repeated(*failure);
    return *failure;
  }
  if (broken_) return lost(true);
  return last;
}

Result<PostgresResult> PostgresConnection::run(const std::string& statements) {
  if (PQsendQuery(handle_.get(), statements.c_str()) == 0) return lost(false);
  return finish(nullptr);
}

Result<std::string> PostgresConnection::prepare(std::string_view statement, const PostgresArguments& arguments) {
  const std::string key = fmt::format("{} {}", arguments.signature(), statement);
  if (const auto known = prepared_.find(key); known != prepared_.end()) return known->second;
  // Texts that are made anew each time must not fill the memory, here and there.
  if (prepared_.size() >= kMostPrepared) {
    if (auto dropped = run("DEALLOCATE ALL"); !dropped) return with_delivery_of(dropped.error(), Delivery::refused);
    prepared_.clear();
  }
  const std::string name = fmt::format("kefu_{}", ++names_);
  if (PQsendPrepare(handle_.get(), name.c_str(), std::string(statement).c_str(), arguments.size(), arguments.types()) ==
      0) {
    return lost(false);
  }
  // Whatever becomes of it, the statement was not run.
  if (auto made = finish(nullptr); !made) return with_delivery_of(made.error(), Delivery::refused);
  prepared_.emplace(key, name);
  return name;
}

Result<PostgresResult> PostgresConnection::execute(std::string_view statement, const PostgresArguments& arguments,
                                                   const RowHandler* each) {
  const auto name = prepare(statement, arguments);
  if (!name) return name.error();
  if (PQsendQueryPrepared(handle_.get(), name->c_str(), arguments.size(), arguments.values(), arguments.lengths(),
                          arguments.formats(), each == nullptr ? 1 : 0) == 0) {
    // Part of it may be on its way, but not its end.
    return lost(false);
  }
  if (each != nullptr) PQsetSingleRowMode(handle_.get());
  auto done = finish(each);
  if (!done && is_out_of_date(done.error())) broken_ = true;
  return done;
}

Result<PostgresResult> PostgresConnection::run(std::string_view statement, const PostgresArguments& arguments) {
  return execute(statement, arguments, nullptr);
}

Result<PostgresResult> PostgresConnection::run(std::string_view statement, const PostgresArguments& arguments,
                                               const RowHandler& each) {
  return execute(statement, arguments, &each);
}

}  // namespace detail
KEFU_END_NAMESPACE
