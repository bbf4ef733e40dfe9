#pragma once

#include "soak/books.hpp"
#include "soak/setup.hpp"
#include "soak/wire.hpp"

#include <kefu/core/store.hpp>
#include <kefu/sandbox/push.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <sys/types.h>
#include <thread>
#include <unordered_map>
#include <vector>

namespace kefu_soak {

/// The processes of the shop and the balancer before them, which knows of each whether it lives and does not know what
/// it is stopped for. A process is a program of its own, or a thread of this one that shares a store.
///
/// Thread safety: `push` any thread, all else one.
class Shop {
 public:
  /// `program`: what to run; `store`: then threads share it, and nothing is run.
  Shop(std::string program, Setup setup, Books& books, std::shared_ptr<kefu::Store> store);
  ~Shop();

  void start(int process);
  void kill(int process);
  /// Ends in order, as for a deploy.
  void end(int process);
  void stop(int process, kefu::Millis time);
  void resume_all();
  void fault(int process, const std::string& kind, int amount);
  bool runs(int process) const;
  bool is_stopped(int process) const;
  int size() const { return static_cast<int>(processes_.size()); }
  std::size_t resident(int process) const;  ///< Bytes; 0: not known.

  void push(const std::string& account, kefu::sandbox::PushRequest request,
            kefu::MoveFunction<void(kefu::sandbox::PushReply)> answer);
  /// Hears the processes for so long, and lets those go on whose stop is over.
  void tend(kefu::Millis time);
  /// Asks one for the dead letters and writes them into the books. False: it did not say.
  bool ask_dead();
  kefu::Millis slowest() const { return slowest_; }

 private:
  struct Process {
    Wire wire;
    pid_t pid = 0;
    int life = 0;  ///< Another one for each start.
    bool alive = false;
    bool is_over = false;  ///< It said so.
    std::optional<Books::Time> stopped_until;
    Books::Time stopped{};
    Books::Time resumed{};
  };
  struct Request {
    std::string id;
    int process = 0;
    Books::Time since{};
    bool told_late = false;
    kefu::MoveFunction<void(kefu::sandbox::PushReply)> answer;
  };
  void hear(int process, const Fields& told);
  void gone(int process);
  void resume(Process& process);
  void watch_requests();
  void listen(kefu::Millis time) const;
  std::optional<int> choose();

  const std::string program_;
  const Setup setup_;
  Books& books_;
  const std::shared_ptr<kefu::Store> store_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::thread> threads_;
  bool is_dead_told_ = false;
  int lives_ = 0;
  std::mutex mutex_;  ///< Of what follows, and of each process' `wire` and `alive` where others write.
  std::unordered_map<std::uint64_t, Request> requests_;
  std::uint64_t last_request_ = 0;
  std::uint64_t turn_ = 0;
  kefu::Millis slowest_{0};
};

}  // namespace kefu_soak
