#pragma once

#include "core/text/document.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What fuzz targets share: a broken promise ends the process, so that the fuzzer keeps the input.
inline void expect(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// True if both trees have the same names, kinds and texts. Asks every question on the way.
inline bool same_values(kefu::detail::Value a, kefu::detail::Value b) {
  static_cast<void>(a.integer());
  static_cast<void>(a.real());
  static_cast<void>(a.boolean());
  if (a.kind() != b.kind() || a.text() != b.text() || a.size() != b.size()) return false;
  auto other = b.begin();
  for (const auto& member : a) {
    if (member.name != (*other).name || !same_values(member.value, (*other).value)) return false;
    ++other;
  }
  return true;
}
