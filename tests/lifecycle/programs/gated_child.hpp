#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace kefu_test {

/// What the children that begin together share: they wait at a gate, and tell why they cannot go on.

[[noreturn]] inline void fail(const std::string& text) {
  std::printf("failed %s\n", text.c_str());
  std::fflush(stdout);
  std::_Exit(1);
}

/// Until the pipe is closed at its other end.
inline void wait_for_end(int pipe) {
  char byte;
  while (::read(pipe, &byte, 1) > 0) {
  }
}

}  // namespace kefu_test
