#pragma once

#include "core/text/document.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kefu_test {

/// tests/data (support/main.cpp).
std::string data_folder();

/// The text of a file under tests/data.
inline std::string data_file(const std::string& name) {
  std::ifstream in(data_folder() + "/" + name, std::ios::binary);
  if (!in) throw std::runtime_error("no test data file " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A vector file. One whose top level is an array is found under "items".
inline kefu::detail::Document load_vectors(const std::string& name) {
  std::string text = data_file(name);
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start != std::string::npos && text[start] == '[') text = "{\"items\":" + text + "}";
  kefu::detail::ReadLimits limits;
  limits.bytes = 64 * 1024 * 1024;
  limits.values = 2'000'000;
  auto document = kefu::detail::Document::json(text, limits);
  if (!document) throw std::runtime_error("test data file " + name + " is not JSON");
  return document;
}

/// Equal as JSON: members in any order, numbers and strings as they are written.
inline bool same_json(kefu::detail::Value a, kefu::detail::Value b) {
  using Kind = kefu::detail::Value::Kind;
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  if (a.kind() == Kind::object)
    return std::all_of(a.begin(), a.end(), [b](const auto& member) { return same_json(member.value, b[member.name]); });
  if (a.kind() == Kind::array) {
    auto other = b.begin();
    for (const auto& element : a) {
      if (!same_json(element.value, (*other).value)) return false;
      ++other;
    }
    return true;
  }
  return a.text() == b.text();
}

}  // namespace kefu_test
