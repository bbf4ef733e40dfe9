// A host that uses both components.
#include <kefu/kefu.hpp>

int main() {
  auto runtime = kefu::Runtime::create();
  return runtime ? 0 : 1;
}
