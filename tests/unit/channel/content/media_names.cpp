#include "channel/content/media_writer.hpp"

#include <doctest/doctest.h>

#include <string>

using kefu::detail::clean_file_name;
using kefu::detail::file_name_of;

TEST_CASE("a long name keeps its extension where there is room for it, and its size in any case") {
  const std::string stem(300, 'n');
  CHECK(clean_file_name(stem + ".jpeg", 20) == std::string(15, 'n') + ".jpeg");
  CHECK(clean_file_name(stem + ".jpeg", 8) == std::string(8, 'n'));
  CHECK(clean_file_name("abc.longextension", 4) == "abc");
  CHECK(clean_file_name("abc   .jpg", 8) == "abc.jpg");
  CHECK(clean_file_name(stem, 0).empty());
}

TEST_CASE("a name of a header leads nowhere") {
  CHECK(file_name_of("attachment; filename=\"../../etc/passwd\"") == "passwd");
  CHECK(file_name_of("attachment; filename=\"..\"").empty());
  CHECK(file_name_of("attachment; filename=\".profile\"") == "profile");
}
