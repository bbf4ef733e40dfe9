#pragma once

#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace kefu_test {

/// Holds a README's text between two marks, both included, against what the code says; with KEFU_WRITE_README=1 writes
/// it anew. `again` tells how to run the test that writes.
inline void check_readme_section(const std::string& file, std::string_view begin_mark, std::string_view end_mark,
                                 const std::string& expected, const char* again) {
  std::string readme = data_file("../../" + file);
  const std::size_t begin = readme.find(begin_mark);
  const std::size_t end = readme.find(end_mark);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::size_t size = end + end_mark.size() - begin;
  if (const char* write = std::getenv("KEFU_WRITE_README"); write != nullptr && *write == '1') {
    readme.replace(begin, size, expected);
    std::ofstream(data_folder() + "/../../" + file, std::ios::binary) << readme;
    return;
  }
  const bool in_step = readme.substr(begin, size) == expected;
  CHECK_MESSAGE(in_step, file << " is behind the rows: run KEFU_WRITE_README=1 test_contract -tc=\"" << again << "\"");
}

}  // namespace kefu_test
