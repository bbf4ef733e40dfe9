// kefu store copy: a host moves from one store to another one, and is told when it may not.
#include "support/child_process.hpp"
#include "support/store_filling.hpp"
#include "support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#ifdef KEFU_PROGRAM
using namespace kefu;
using kefu_test::ChildProcess;
using kefu_test::TempFolder;

namespace {

std::shared_ptr<Store> open_file(const std::string& path) { return SqliteStore::open(SqliteOptions(path)).value(); }

/// Its exit status; the line it prints, if any, comes first.
int copy(const std::string& from, const std::string& to, std::string* line = nullptr,
         const std::vector<std::string>& flags = {}) {
  std::vector<std::string> command{KEFU_PROGRAM, "store", "copy", from, to};
  command.insert(command.end(), flags.begin(), flags.end());
  ChildProcess child(command);
  const auto said = child.line();
  if (line != nullptr) *line = said.value_or("");
  return child.wait();
}

}  // namespace

TEST_CASE("kefu store copy moves everything, with the time that is left, and can be asked again") {
  const TempFolder folder;
  const std::string from = folder.file("from.db"), to = folder.file("to.db");
  kefu_test::fill_store(*open_file(from));
  std::string line;
  CHECK(copy("sqlite:" + from, to, &line) == 0);
  CHECK(line.rfind("copied 703 entries", 0) == 0);
  kefu_test::check_filled(*open_file(to));
  CHECK(copy(from, to, &line) == 0);
  CHECK(line.rfind("copied 0 entries (0 bytes), 703 were there already", 0) == 0);
  kefu_test::check_filled(*open_file(from));
}

TEST_CASE("kefu store copy goes on after it was killed") {
  const TempFolder folder;
  const std::string from = folder.file("from.db"), to = folder.file("to.db");
  kefu_test::fill_store(*open_file(from));
  for (int pages = 1; pages <= 3; ++pages) {
    ChildProcess child({KEFU_PROGRAM, "store", "copy", from, to});
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    // It writes 200 entries at a time.
    for (std::size_t seen = 0; seen < static_cast<std::size_t>(200 * pages);) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      const auto page = open_file(to)->list("", "", ListLimits::keys(1000));
      if (page) seen = page->items.size();
    }
    child.kill();
    child.wait();
  }
  CHECK(copy(from, to) == 0);
  kefu_test::check_filled(*open_file(to));
}

TEST_CASE("kefu store copy refuses what would lose something: stores in use, other data, files that are not there") {
  const TempFolder folder;
  const std::string from = folder.file("from.db"), to = folder.file("to.db"), other = folder.file("other.db");
  kefu_test::fill_store(*open_file(from));
  CHECK(copy(folder.file("none.db"), to) == 2);
  CHECK(copy("redis:db.example", to) != 0);
  CHECK(copy("redis:db.example user=x password_file=" + folder.file("none"), to) == 2);

  // Another value under one of the keys.
  const std::string key = StoreKey("prod", "wechat", "grant", "wx1").add("500").str();
  REQUIRE(open_file(to)->put_if_unchanged(key, "theirs", 0, std::nullopt, Durability::full)->committed);
  CHECK(copy(from, to) == 1);
  CHECK((*open_file(to)->get(key))->value == "theirs");
  CHECK(copy(from, to, nullptr, {"--overwrite"}) == 0);
  kefu_test::check_filled(*open_file(to));

  // More than FROM has: copied, and told.
  REQUIRE(open_file(other)->put_if_unchanged("more", "v", 0, std::nullopt, Durability::full)->committed);
  CHECK(copy(from, other) == 1);

  // An Inbox that lives, at either end.
  const std::string session = StoreKey("prod", "inbox", "inbox-session", "1").add("abc").str();
  const auto lives = open_file(folder.file("lives.db"));
  REQUIRE(lives->put_if_unchanged(session, "1", 0, Millis(600'000), Durability::full)->committed);
  CHECK(copy(folder.file("lives.db"), folder.file("new.db")) == 1);
  CHECK(open_file(folder.file("new.db"))->list("", "", 1)->items.empty());
  CHECK(copy(from, folder.file("lives.db")) == 1);
  CHECK(lives->list("", "", ListLimits::keys(10))->items.size() == 1);
}
#endif
