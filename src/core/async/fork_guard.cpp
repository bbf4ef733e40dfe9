#include "core/async/fork_guard.hpp"

#include <cstddef>
#include <sys/mman.h>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {
std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
}  // namespace

ForkGuard::ForkGuard() : pid_(getpid()) {
#if defined(MADV_WIPEONFORK)
  void* page = mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (madvise(page, page_size(), MADV_WIPEONFORK) != 0) {
    munmap(page, page_size());
    return;
  }
  page_ = static_cast<volatile unsigned char*>(page);
  *page_ = 1;
#endif
}

ForkGuard::~ForkGuard() {
  if (page_ != nullptr) munmap(const_cast<unsigned char*>(page_), page_size());
}

bool ForkGuard::forked() const noexcept { return page_ != nullptr ? *page_ == 0 : getpid() != pid_; }

}  // namespace detail
KEFU_END_NAMESPACE
