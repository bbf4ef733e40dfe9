// A program that knows nothing of kefu loads a plugin that has it inside, twice.
#include <cstdio>
#include <dlfcn.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (int i = 0; i < 2; ++i) {
    void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return 3;
    }
    auto* run = reinterpret_cast<int (*)()>(dlsym(plugin, "host_run"));
    if (run == nullptr || run() != 0) return 4;
    dlclose(plugin);
  }
  return 0;
}
