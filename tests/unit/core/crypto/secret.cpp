#include <kefu/core/secret.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

using kefu::Secret;

TEST_CASE("a Secret shows only the fingerprint of its SHA-256") {
  CHECK(Secret("abc").fingerprint() == "secret:ba78");
  CHECK(Secret().fingerprint() == "secret:empty");
  CHECK(Secret("abc").expose() == "abc");
  static_assert(!std::is_convertible_v<Secret, std::string>, "no implicit way out");
  static_assert(!std::is_convertible_v<Secret, std::string_view>, "no implicit way out");
  static_assert(!std::is_convertible_v<std::string, Secret>, "no implicit way in");
}

TEST_CASE("Secrets compare by value and keep it through copies and moves") {
  for (const std::string& value : {std::string("short"), std::string(100, 'L')}) {
    Secret first(value);
    Secret copy(first);
    CHECK(copy == first);
    Secret moved(std::move(first));
    CHECK(moved == copy);
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move): empty is the contract.
    Secret assigned("before");
    assigned = moved;
    CHECK(assigned == copy);
    assigned = std::move(moved);
    CHECK(assigned == copy);
    CHECK(moved.empty());  // NOLINT(bugprone-use-after-move): empty is the contract.
    Secret& self = assigned;
    assigned = self;
    assigned = std::move(self);
    CHECK(assigned == copy);
    CHECK(assigned != Secret("other"));
    CHECK(assigned != Secret(value + "x"));
  }
}

TEST_CASE("a moved-from or destroyed Secret leaves none of its characters behind") {
  // Short values live inside the object, so its own memory tells whether they were wiped.
  const std::string value = "hunter2hunter2";
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  const auto holds_value = [&] {
    return std::string_view(reinterpret_cast<const char*>(memory), sizeof memory).find(value) != std::string_view::npos;
  };
  auto* secret = new (memory) Secret(value);
  CHECK(holds_value());
  Secret taken(std::move(*secret));
  CHECK_FALSE(holds_value());
  *secret = taken;
  CHECK(holds_value());
  secret->~Secret();
  CHECK_FALSE(holds_value());
  CHECK(taken.expose() == value);
}
