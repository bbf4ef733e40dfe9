#include <kefu/kefu.hpp>

extern "C" __attribute__((visibility("default"))) int host_run() {
  auto runtime = kefu::Runtime::create();
  return runtime ? 0 : 1;
}
