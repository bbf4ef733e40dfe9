// Four processes with eight threads each share one account through the store.
#include "lifecycle/token_shop.hpp"
#include "support/temp_folder.hpp"

#include <doctest/doctest.h>

TEST_CASE("TOK-1: 4 processes x 8 threads with an expired token make one fetch at the platform") {
  const kefu_test::TempFolder folder;
  kefu_test::TokenShop shop(folder.file("shop.db"));
  shop.fetch_token(std::chrono::hours(3));
  shop.platform.advance(std::chrono::hours(3));
  shop.run_processes();
  CHECK(shop.fetches() == 2);
  CHECK(shop.platform.calls("/cgi-bin/getcallbackip") == 1 + 32);
}

TEST_CASE("TOK-2 TOK-4: 4 processes x 8 threads whose token was made void elsewhere make one renewal in all") {
  const kefu_test::TempFolder folder;
  kefu_test::TokenShop shop(folder.file("shop.db"));
  shop.fetch_token(kefu::Millis(0));
  shop.platform.rotate_tokens(kefu_test::kTokenApp);
  shop.run_processes();
  CHECK(shop.fetches() == 2);
  const auto calls = shop.platform.calls("/cgi-bin/getcallbackip");
  CHECK(calls >= 1 + 32 + 1);  // somebody was refused
  CHECK(calls <= 1 + 64);      // and nobody twice
}
