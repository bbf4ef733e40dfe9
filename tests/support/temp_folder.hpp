#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace kefu_test {

/// A new folder of its own, removed at the end: under the system's temporary folder, or in memory where the test's own
/// subject is not the disk and there are too many syncs to wait for.
class TempFolder {
 public:
  enum class Place { disk, memory };
  explicit TempFolder(Place place = Place::disk) {
    const std::filesystem::path memory("/dev/shm");
    const bool in_memory = place == Place::memory && ::access(memory.c_str(), W_OK) == 0;
    std::string name = ((in_memory ? memory : std::filesystem::temp_directory_path()) / "kefu-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace kefu_test
