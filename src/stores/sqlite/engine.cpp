#include "stores/sqlite/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

Error as_unknown(const Error& error) { return Error(error.kind(), Delivery::unknown, error.details()); }

}  // namespace

Result<std::shared_ptr<SqliteEngine>> SqliteEngine::open(SqliteOptions options) {
  if (options.path.empty() || options.path.find('\0') != std::string::npos) {
    return Error(ErrorKind::bad_argument, "SQLite store: path is empty or holds a zero byte; name a file");
  }
  if (options.busy_timeout < Millis(1) || options.busy_timeout > Millis(60'000)) {
    return Error(ErrorKind::bad_argument, fmt::format("SQLite store: busy_timeout is {} ms; 1 to 60000 are allowed",
                                                      options.busy_timeout.count()));
  }
  std::shared_ptr<SqliteEngine> engine(new SqliteEngine(std::move(options)));
  auto file = SqliteFile::enter(engine->options_.path);
  if (!file) return file.error();
  engine->file_ = *std::move(file);
  if (auto connected = engine->connect(); !connected) return connected.error();
  return engine;
}

SqliteEngine::~SqliteEngine() {
  if (file_ == nullptr) return;
  if (!file_->forked()) {
    if (!file_->others_log_stands()) return;
    for (const Side* side : {reader_.get(), writer_.get()}) {
      if (side->connection != nullptr) side->connection->leave_log_at_close();
    }
    return;
  }
  static_cast<void>(reader_.release());
  static_cast<void>(writer_.release());
  static_cast<void>(new std::shared_ptr<SqliteFile>(std::move(file_)));
}

Result<void> SqliteEngine::connect() {
  const MonoTime until = deadline();
  if (auto same = file_->check(); !same) return same;
  for (Side* side : {writer_.get(), reader_.get()}) {
    auto opened = SqliteConnection::open(file_->path(), until);
    if (!opened) return opened.error();
    side->connection = std::move(*opened);
    const bool writes = side == writer_.get();
    if (writes) {
      if (!file_->take_turn(until)) return threads_had_it();
      auto ready = prepare_sqlite_layout(*side->connection, file_->path(), now(), until);
      file_->give_turn_back();
      if (!ready) return ready;
      if (auto set = limit_size(*side->connection); !set) return set;
      side->connection->leave_log_alone();
    }
    if (auto made = side->entries.prepare(*side->connection, file_->path(), writes); !made) return made;
  }
  file_->know_companions();
  return {};
}

Result<void> SqliteEngine::limit_size(SqliteConnection& connection) const {
  if (!options_.max_bytes) return {};
  const auto page = connection.number("PRAGMA page_size");
  if (!page) return page.error();
  const auto pages = *options_.max_bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(*page, 512));
  const auto limit = std::clamp<std::uint64_t>(pages, 1, 4294967294);
  return connection.run(fmt::format("PRAGMA max_page_count = {}", limit).c_str());
}

Result<void> SqliteEngine::check_process() const {
  if (!file_->forked()) return {};
  return Error(ErrorKind::configuration,
               fmt::format("SQLite store {}: it was opened before fork(), and a child process may not use what its "
                           "parent has open: start the other program with exec, or open the file in the children only",
                           options_.path));
}

Error SqliteEngine::threads_had_it() const {
  return Error(ErrorKind::unavailable,
               fmt::format("SQLite store {}: other threads held it for the whole busy_timeout of {} ms; try later",
                           options_.path, options_.busy_timeout.count()));
}

bool SqliteEngine::empty_log() {
  if (!check_process()) return false;
  const MonoTime until = deadline();
  if (!writer_->turn.take(until)) return false;
  writer_->connection->set_deadline(until);
  const bool moved = writer_->connection->move_log(false).has_value();
  writer_->turn.give_back();
  return moved;
}

SqliteReading::~SqliteReading() {
  snapshot_.reset();
  if (side_ != nullptr) side_->turn.give_back();
}

Result<void> SqliteReading::begin(bool is_short, MonoTime deadline) {
  if (auto process = engine_.check_process(); !process) return process;
  if (is_short && engine_.writer_->turn.try_take()) {
    side_ = engine_.writer_.get();
  } else if (engine_.reader_->turn.take(deadline)) {
    side_ = engine_.reader_.get();
  } else {
    return engine_.threads_had_it();
  }
  side_->connection->set_deadline(deadline);
  return engine_.file_->check();
}

Result<void> SqliteReading::begin_snapshot() {
  snapshot_.emplace(*side_->connection);
  return snapshot_->begin_reading();
}

SqliteWriting::~SqliteWriting() { end(); }

/// Others go on before the log is looked at.
void SqliteWriting::end() {
  transaction_.reset();
  if (std::exchange(has_turn_, false)) {
    engine_.file_->give_turn_back();
    engine_.file_->checkpoints().log_has(connection().pages_in_log());
  }
  if (std::exchange(has_side_, false)) engine_.writer_->turn.give_back();
}

Result<void> SqliteWriting::begin(Durability durability, MonoTime deadline) {
  if (auto process = engine_.check_process(); !process) return process;
  has_side_ = engine_.writer_->turn.take(deadline);
  if (!has_side_) return engine_.threads_had_it();
  connection().set_deadline(deadline);
  if (auto set = connection().make_durable(durability); !set) return set;
  has_turn_ = engine_.file_->take_turn(deadline);
  if (!has_turn_) return engine_.threads_had_it();
  if (auto same = engine_.file_->check(); !same) return same;
  transaction_.emplace(connection());
  return transaction_->begin();
}

Result<void> SqliteWriting::commit() {
  auto done = transaction_->commit();
  const bool has_no_end = !done && done.error().kind() == ErrorKind::quota_exhausted && connection().failed_to_write();
  end();
  // Else the log may hold all of it, and whoever reads the log after a crash would find it done.
  return done || has_no_end ? done : as_unknown(done.error());
}

}  // namespace detail
KEFU_END_NAMESPACE
