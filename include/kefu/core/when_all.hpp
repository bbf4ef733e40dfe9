#pragma once

#include <kefu/core/pending.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {

/// Results come to their places, in any order and from any thread; the last one answers.
template <class All, class Places>
struct Gathering {
  Gathering(Promise<All> p, Places empty, std::size_t count)
      : promise(std::move(p)), places(std::move(empty)), missing(count) {}
  /// True for the last one.
  bool came() { return missing.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  Promise<All> promise;
  Places places;
  std::atomic<std::size_t> missing;
};

template <std::size_t... Place, class... T>
Pending<std::tuple<Result<T>...>> gather(std::index_sequence<Place...>, std::shared_ptr<TypedState<T>>... states) {
  using All = std::tuple<Result<T>...>;
  using Places = std::tuple<std::optional<Result<T>>...>;
  std::shared_ptr<PendingHome> home;
  ((home = home ? home : states->home()), ...);
  Promise<All> promise(std::move(home));
  auto pending = promise.pending();
  (PendingAccess::lead(pending, *states), ...);
  const auto gathering = std::make_shared<Gathering<All, Places>>(std::move(promise), Places(), sizeof...(T));
  (continue_with(
       std::move(states),
       [gathering](Result<T> result) {
         std::get<Place>(gathering->places).emplace(std::move(result));
         if (gathering->came()) gathering->promise.answer(All(*std::move(std::get<Place>(gathering->places))...));
       },
       PendingState::Where::here),
   ...);
  return pending;
}

}  // namespace detail

/// A Pending of all results, each in the place of its Pending, whether they succeeded or not; it is answered when the
/// last one is. Takes the results of those it is given. Cancelling or dropping it cancels them all; one that was used
/// before has `bad_argument` in its place.
///
/// Thread safety: any thread; the results may come from several.
template <class... T>
Pending<std::tuple<Result<T>...>> when_all(Pending<T>... all) {
  static_assert(sizeof...(T) > 0, "when_all waits for at least one Pending");
  return detail::gather(std::index_sequence_for<T...>(), detail::PendingAccess::use(all)...);
}

/// The same for any number of operations of one kind. None at all is answered at once.
template <class T>
Pending<std::vector<Result<T>>> when_all(std::vector<Pending<T>> all) {
  using All = std::vector<Result<T>>;
  using Places = std::vector<std::optional<Result<T>>>;
  std::vector<std::shared_ptr<detail::TypedState<T>>> states;
  states.reserve(all.size());
  std::shared_ptr<detail::PendingHome> home;
  for (Pending<T>& one : all) {
    states.push_back(detail::PendingAccess::use(one));
    if (!home) home = states.back()->home();
  }
  Promise<All> promise(std::move(home));
  auto pending = promise.pending();
  if (states.empty()) promise.answer(All());
  for (const auto& state : states) detail::PendingAccess::lead(pending, *state);
  const auto gathering =
      std::make_shared<detail::Gathering<All, Places>>(std::move(promise), Places(states.size()), states.size());
  for (std::size_t place = 0; place < states.size(); ++place)
    detail::continue_with(
        std::move(states[place]),
        [gathering, place](Result<T> result) {
          gathering->places[place].emplace(std::move(result));
          if (!gathering->came()) return;
          All results;
          results.reserve(gathering->places.size());
          for (auto& one : gathering->places) results.push_back(*std::move(one));
          gathering->promise.answer(std::move(results));
        },
        detail::PendingState::Where::here);
  return pending;
}

KEFU_END_NAMESPACE
