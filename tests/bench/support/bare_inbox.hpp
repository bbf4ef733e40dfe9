#pragma once

#include "bench/support/bare_push.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace kefu_bench {

/// One push, and what the bare program may know of it without looking into its own answer.
struct InboxPush {
  std::string query;
  std::string body;
  std::string message;  ///< Clear text.
  std::string customer;
  std::string id;
};

/// What the Inbox does with pushes over SQLite, by hand and in groups: every push is opened and its answer built
/// (BarePush), its event is looked for and stored with its place in the customer's queue and the customer's reply
/// window, and once it is answered the answer takes the event's place and the queue moves on. One statement is
/// prepared for each step, keys and values are as long as ours, and each group is one transaction (or two: what came is
/// on the disk before it is handled) that reaches the disk before any answer leaves. It shares no code with kefu.
class BareInbox {
 public:
  BareInbox(const std::string& file, BarePush& push, bool twice) : push_(push), twice_(twice) {
    require(sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                            nullptr) == SQLITE_OK);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE entry (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, "
        "generation INTEGER NOT NULL, expires INTEGER)");
    read_ = prepare("SELECT value, generation, expires FROM entry WHERE key = ?1");
    insert_ = prepare("INSERT INTO entry (key, value, generation, expires) VALUES (?1, ?2, ?3, ?4)");
    update_ = prepare("UPDATE entry SET value = ?2, generation = ?3, expires = ?4 WHERE key = ?1 AND generation = ?5");
    remove_ = prepare("DELETE FROM entry WHERE key = ?1 AND generation = ?2");
  }
  ~BareInbox() {
    for (sqlite3_stmt* one : {read_, insert_, update_, remove_}) sqlite3_finalize(one);
    sqlite3_close(database_);
  }
  BareInbox(const BareInbox&) = delete;
  BareInbox& operator=(const BareInbox&) = delete;

  void handle(const std::vector<InboxPush>& pushes, std::size_t group, std::string_view answer, std::int64_t now) {
    for (std::size_t at = 0; at < pushes.size(); at += group) {
      const std::size_t end = std::min(pushes.size(), at + group);
      run("BEGIN IMMEDIATE");
      ++generation_;
      renew(now);
      for (std::size_t i = at; i < end; ++i) {
        require(!push_.handle(pushes[i].query, pushes[i].body, answer, now).empty());
        accept(pushes[i], now);
      }
      if (twice_) {
        run("COMMIT");
        run("BEGIN IMMEDIATE");
        ++generation_;
        renew(now);
      }
      for (std::size_t i = at; i < end; ++i) finish(pushes[i], answer, now);
      run("COMMIT");
    }
  }

 private:
  static void require(bool good) {
    if (!good) std::abort();
  }
  void run(const char* sql) { require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == SQLITE_OK);
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int index, const std::string& text) {
    sqlite3_bind_blob(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  /// The generation; 0: there is none, or it has expired.
  std::int64_t read(const std::string& key, std::int64_t now) {
    bind(read_, 1, key);
    std::int64_t found = 0;
    if (sqlite3_step(read_) == SQLITE_ROW) {
      value_.assign(static_cast<const char*>(sqlite3_column_blob(read_, 0)),
                    static_cast<std::size_t>(sqlite3_column_bytes(read_, 0)));
      const bool is_over = sqlite3_column_type(read_, 2) != SQLITE_NULL && sqlite3_column_int64(read_, 2) <= now * 1000;
      if (!is_over) found = sqlite3_column_int64(read_, 1);
    }
    sqlite3_reset(read_);
    return found;
  }
  void write(const std::string& key, const std::string& value, std::int64_t expected, std::int64_t expires) {
    sqlite3_stmt* statement = expected == 0 ? insert_ : update_;
    bind(statement, 1, key);
    bind(statement, 2, value);
    sqlite3_bind_int64(statement, 3, generation_);
    if (expires == 0) {
      sqlite3_bind_null(statement, 4);
    } else {
      sqlite3_bind_int64(statement, 4, expires);
    }
    if (expected != 0) sqlite3_bind_int64(statement, 5, expected);
    require(sqlite3_step(statement) == SQLITE_DONE && sqlite3_changes(database_) == 1);
    sqlite3_reset(statement);
  }
  void renew(std::int64_t now) {
    const std::string key = "kefu/2/default/inbox/inbox-session/1/a1b2c3d4e5.1";
    write(key, "1 1234567", read(key, now), (now + 30) * 1000);
  }
  static std::string event_key(const InboxPush& push) {
    return "kefu/2/default/wechat/inbox-event/wx1234567890abcdef/" + push.id;
  }
  static std::string lane_key(const InboxPush& push) {
    return "kefu/2/default/wechat/inbox-lane/wx1234567890abcdef/" + push.customer;
  }
  static std::string window_key(const InboxPush& push) {
    return "kefu/2/default/wechat/window/wx1234567890abcdef/" + push.customer;
  }

  void accept(const InboxPush& push, std::int64_t now) {
    require(read(event_key(push), now) == 0);  // no repeat
    write(event_key(push), R"({"v":2,"s":"work","at":1700000000000,"n":0,"raw":")" + push.message + "\"}", 0, 0);
    const std::int64_t lane = read(lane_key(push), now);
    write(lane_key(push), R"({"v":2,"by":"a1b2c3d4e5.1","events":[")" + push.id + "\"]}", lane, 0);
    const std::int64_t window = read(window_key(push), now);
    write(window_key(push), "1 message 5 1700000000000 1700172800000", window, (now + 172'800) * 1000);
  }
  void finish(const InboxPush& push, std::string_view answer, std::int64_t now) {
    const std::int64_t event = read(event_key(push), now);
    require(event != 0);
    write(event_key(push),
          R"({"v":2,"s":"done","at":1700000000000,"n":1,"by":"a1b2c3d4e5.1","req":"r1","text":")" +
              std::string(answer) + "\"}",
          event, (now + 3'600) * 1000);
    // Another push of the same customer in this group has moved the queue on already.
    if (const std::int64_t lane = read(lane_key(push), now); lane != 0) {
      bind(remove_, 1, last_key_ = lane_key(push));
      sqlite3_bind_int64(remove_, 2, lane);
      require(sqlite3_step(remove_) == SQLITE_DONE);
      sqlite3_reset(remove_);
    }
  }

  BarePush& push_;
  const bool twice_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* read_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
  sqlite3_stmt* remove_ = nullptr;
  std::string value_;
  std::string last_key_;
  std::int64_t generation_ = 0;
};

}  // namespace kefu_bench
