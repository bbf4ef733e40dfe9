#include "core/async/runtime_parts.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <unordered_map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

// What the host's transport owes one call. It hears of a cancel through a token of its own: a transport that keeps that
// longer than it should keeps nothing of the call or its runtime.
struct OwedExchange {
  MoveFunction<void(HttpOutcome)> done;
  CancelToken wanted;
  std::uint64_t listener = 0;
};

struct StoppableTransport::Shared {
  explicit Shared(std::shared_ptr<Observer> told) : observer(std::move(told)) {}
  const std::shared_ptr<Observer> observer;
  std::mutex mutex;
  bool stopped = false;
  std::uint64_t last = 0;
  std::unordered_map<std::uint64_t, OwedExchange> owed;

  MoveFunction<void(HttpOutcome)> take(std::uint64_t id) {
    OwedExchange taken;
    {
      const std::lock_guard lock(mutex);
      const auto found = owed.find(id);
      if (found == owed.end()) return nullptr;
      taken = std::move(found->second);
      owed.erase(found);
    }
    taken.wanted.forget(taken.listener);
    return std::move(taken.done);
  }
};

namespace {

// What the host's transport holds in place of `done`. Destroyed uncalled it lets go of `done`, which answers its call.
template <class Shared>
class OwedAnswer {
 public:
  OwedAnswer(std::shared_ptr<Shared> shared, std::uint64_t id) : shared_(std::move(shared)), id_(id) {}
  OwedAnswer(OwedAnswer&&) noexcept = default;
  OwedAnswer& operator=(OwedAnswer&&) = delete;
  ~OwedAnswer() {
    if (shared_) static_cast<void>(shared_->take(id_));
  }
  void operator()(HttpOutcome outcome) {
    if (std::exchange(answered_, true))
      return report_host_fault(shared_->observer.get(), host_seam::kTransport, HostFault::repeated, {});
    if (auto done = shared_->take(id_)) done(std::move(outcome));  // which may end this object
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::uint64_t id_;
  bool answered_ = false;
};

}  // namespace

StoppableTransport::StoppableTransport(std::shared_ptr<Transport> inner, std::shared_ptr<Observer> observer)
    : inner_(std::move(inner)), shared_(std::make_shared<Shared>(std::move(observer))) {}
StoppableTransport::~StoppableTransport() = default;

void StoppableTransport::send(HttpRequest request, MonoTime deadline, CancelToken cancel,
                              MoveFunction<void(HttpOutcome)> done) {
  const CancelSource unwanted;
  OwedExchange owed;
  owed.done = std::move(done);
  owed.wanted = std::move(cancel);
  owed.listener = owed.wanted.on_request([unwanted] { unwanted.request(); });
  std::uint64_t id;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->stopped) return owed.wanted.forget(owed.listener);  // `done` ends here, which answers its call
    id = ++shared_->last;
    shared_->owed.emplace(id, std::move(owed));
  }
  inner_->send(std::move(request), deadline, unwanted.token(), OwedAnswer<Shared>(shared_, id));
}

void StoppableTransport::stop() {
  decltype(Shared::owed) owed;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    owed.swap(shared_->owed);
  }
  for (auto& [id, exchange] : owed) {
    exchange.wanted.forget(exchange.listener);
    exchange.done(HttpOutcome(TransportFault::cancelled_after_sending, "the runtime was stopped"));
  }
}

void StoreThreads::stop() {
  for (const auto& thread : threads_) thread->stop();
}

bool StoreThreads::is_own_thread() const {
  return std::any_of(threads_.begin(), threads_.end(), [](const auto& thread) { return thread->is_own_thread(); });
}

bool ScheduledStore::post(const Affinity&, Task&& work, bool) {
  if (!finishing_.load(std::memory_order_acquire)) return scheduler_->post(std::move(work)) != 0;
  work();
  work = nullptr;
  return true;
}

DefaultJitter::DefaultJitter() : state_((std::uint64_t(std::random_device{}()) << 32) ^ std::random_device{}()) {}

double DefaultJitter::unit() {
  std::uint64_t z = state_.fetch_add(0x9e3779b97f4a7c15U, std::memory_order_relaxed) + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

}  // namespace detail
KEFU_END_NAMESPACE
