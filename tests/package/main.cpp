// The smallest host: starts a runtime, and prints nothing.
#include <kefu/kefu.hpp>

int main() {
  auto runtime = kefu::Runtime::create();
  if (!runtime) return 1;
  return kefu::Secret("x").fingerprint().rfind("secret:", 0) == 0 ? 0 : 2;
}
