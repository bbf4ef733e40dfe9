#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string>

namespace kefu_test {

// Only here, so that no other object knows where the checkout lies and a compiler cache serves every clone.
std::string data_folder() { return KEFU_TEST_DATA; }

}  // namespace kefu_test
