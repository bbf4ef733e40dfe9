#include "channel/inbox/session.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

Session::Session(std::string_view name_space, std::string name, Millis lease)
    : keys_(keys(name_space)), name_(std::move(name)), lease_(lease) {
  end();
}

void Session::next(SessionRound& round, MonoTime now) {
  round.key = key_;
  round.id = id_;
  round.text = std::string(kVersion) + std::to_string(++round_);
  round.expected = generation_;
  round.lease = lease_;
  round.posted = now;
}

void Session::committed(std::uint64_t generation, MonoTime posted) {
  generation_ = generation;
  posted_ = posted;
}

void Session::end() {
  id_ = name_ + '.' + std::to_string(++sessions_);
  key_ = key_of(id_);
  generation_ = 0;
}

}  // namespace detail
KEFU_END_NAMESPACE
