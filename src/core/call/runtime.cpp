#include "core/async/clock.hpp"
#include "core/async/host_parts.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/runtime_parts.hpp"
#include "core/net/curl_transport.hpp"
#include "core/net/io_loop.hpp"
#include "core/report/redaction.hpp"

#include <kefu/core/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace {

Result<void> check_options(const RuntimeOptions& options) {
  if (options.name_space.empty() || options.name_space.size() > 64)
    return Error(ErrorKind::bad_argument,
                 fmt::format("name_space has {} bytes: it takes 1 to 64", options.name_space.size()));
  if (options.store_workers == 0 || options.store_workers > 64)
    return Error(ErrorKind::bad_argument, fmt::format("store_workers is {}: 1 to 64", options.store_workers));
  if (options.stop_within.count() < 0 || options.stop_within > std::chrono::minutes(10))
    return Error(ErrorKind::bad_argument,
                 fmt::format("stop_within is {} ms: 0 to 600000", options.stop_within.count()));
  for (const auto& [name, size] :
       {std::pair("store_queue", options.store_queue), std::pair("callback_queue", options.callback_queue),
        std::pair("calls_in_flight", options.calls_in_flight)})
    if (size == 0) return Error(ErrorKind::bad_argument, fmt::format("{} is 0: 1 or more", name));
  if (options.scheduler && !options.clock)
    return Error(ErrorKind::bad_argument, "a scheduler needs its clock: give both from the same simulated time");
  if (options.scheduler && !options.transport)
    return Error(ErrorKind::bad_argument,
                 "with a scheduler of the host there is no I/O thread: give a scripted or in-process transport too");
  if (options.multi_instance && (!options.store || !options.store->durable()))
    return Error(ErrorKind::configuration,
                 "multi_instance needs a durable store that the processes share (kefu::sqlite): tokens, accepted "
                 "pushes and windows would otherwise be kept by each process for itself");
  return {};
}

/// Parts that are threads of this runtime: started last, when nothing can fail any more but starting them.
struct RuntimeThreads {
  std::shared_ptr<detail::IoLoop> loop;
  std::vector<std::shared_ptr<detail::WorkThread>> store;
  std::shared_ptr<detail::WorkThread> callbacks;

  bool start() const {
    return (!loop || loop->start()) &&
           std::all_of(store.begin(), store.end(), [](const auto& each) { return each->start("kefu-store"); }) &&
           (!callbacks || callbacks->start("kefu-callback"));
  }
};

void add_loop(detail::RuntimeCore& core, RuntimeOptions& options, RuntimeThreads& threads) {
  using detail::WorkThread;
  if (options.scheduler) {
    core.scheduler = std::move(options.scheduler);
    core.store_queue = std::make_shared<detail::ScheduledStore>(core.scheduler);
    return;
  }
  threads.loop = std::make_shared<detail::IoLoop>();
  core.files = std::make_shared<detail::FileThread>(options.stop_within);
  core.scheduler = threads.loop;
  core.after_loop = [loop = std::weak_ptr(threads.loop)](Task task) {
    if (const auto held = loop.lock()) held->after_end(std::move(task));
  };
  threads.loop->wait_at_stop([&core] { return core.store_is_busy(); }, options.stop_within);
  core.store_on_loop = !core.store->blocks();
  for (std::size_t i = 0; i < options.store_workers && !core.store_on_loop; ++i)
    threads.store.push_back(std::make_shared<WorkThread>(options.store_queue, WorkThread::AtStop::drop_queued));
  core.store_queue = std::make_shared<detail::StoreThreads>(threads.store);
}

void add_executor(detail::RuntimeCore& core, RuntimeOptions& options, RuntimeThreads& threads) {
  using detail::WorkThread;
  core.executor = std::move(options.executor);
  core.inline_callbacks = dynamic_cast<InlineExecutor*>(core.executor.get()) != nullptr;
  if (core.executor) return;
  if (!threads.loop) {
    core.executor = std::make_shared<detail::ScheduledCallbacks>(core.scheduler);
    return;
  }
  // What waits for it is bounded where calls start.
  core.callbacks =
      std::make_shared<WorkThread>(options.callback_queue, WorkThread::AtStop::run_queued, core.runs_callbacks());
  threads.callbacks = core.callbacks;
}

Result<void> add_transport(detail::RuntimeCore& core, RuntimeOptions& options, RuntimeThreads& threads) {
  if (options.transport) {
    auto transport = std::make_shared<detail::StoppableTransport>(std::move(options.transport), core.observer);
    core.stop_transport = [transport] { transport->stop(); };
    core.transport = std::move(transport);
    return {};
  }
  auto transport = detail::CurlTransport::create(std::move(options.curl), threads.loop, core.files);
  if (!transport) return transport.error();
  core.transport = *std::move(transport);
  core.transport_is_ours = true;
  return {};
}

}  // namespace

Result<Runtime> Runtime::create(RuntimeOptions options) {
  if (auto checked = check_options(options); !checked) return checked.error();
  auto core = std::make_shared<detail::RuntimeCore>();
  core->name_space = std::move(options.name_space);
  core->multi_instance = options.multi_instance;
  core->most_calls = options.calls_in_flight;
  core->most_callbacks = options.callback_queue;
  core->observer = detail::make_redacting(std::move(options.observer), options.metrics_by_account);
  if (options.clock) {
    core->clock = std::make_shared<detail::HostClock>(std::move(options.clock), core->observer);
  } else {
    core->clock = std::make_shared<detail::SystemClock>();
  }
  core->store = options.store ? std::move(options.store) : std::make_shared<MemoryStore>(core->clock);
  if (options.jitter) {
    core->jitter = std::make_shared<detail::HostJitter>(std::move(options.jitter), core->observer);
  } else {
    core->jitter = std::make_shared<detail::DefaultJitter>();
  }

  RuntimeThreads threads;
  add_loop(*core, options, threads);
  add_executor(*core, options, threads);
  if (auto added = add_transport(*core, options, threads); !added) return added.error();
  if (!threads.start()) {
    core->stop();
    return Error(ErrorKind::unavailable, "the system refused another thread: raise its limit on threads or memory");
  }
  return Runtime(std::move(core));
}

Runtime::Runtime(std::shared_ptr<detail::PendingHome> core) : core_(std::move(core)) {}
Runtime::Runtime(Runtime&&) noexcept = default;

Runtime& Runtime::operator=(Runtime&& other) noexcept {
  if (this != &other) {
    if (core_) detail::core_of(*this)->stop();
    core_ = std::move(other.core_);
  }
  return *this;
}

Runtime::~Runtime() {
  if (core_) detail::core_of(*this)->stop();
}

void Runtime::stop() { detail::core_of(*this)->stop(); }
const Clock& Runtime::clock() const { return *detail::core_of(*this)->clock; }
std::shared_ptr<detail::PendingHome> Runtime::home() const { return core_; }

KEFU_END_NAMESPACE
