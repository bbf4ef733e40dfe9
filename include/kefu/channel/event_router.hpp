#pragma once

#include <kefu/channel/inbound.hpp>
#include <kefu/channel/inbox.hpp>
#include <kefu/core/export.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

KEFU_BEGIN_NAMESPACE

/// Says which handler gets which event. A value that an Inbox takes as its handler:
///
///     kefu::EventRouter router;
///     router.keyword("退款", refund).menu("ship", shipping).on<kefu::Followed>(welcome).otherwise(no_idea);
///     auto inbox = kefu::Inbox::create(runtime, account, router);
///
/// The most specific handler gets the event, in whatever order they were given, so that a handler for all texts never
/// hides one for a word. It is the first of these that there is:
///
///  1. what the routes of the event's account say, by the same order
///  2. `menu`, by the tapped item of a menu: ReceivedText::menu_id or MenuTapped::key
///  3. `scene`, by the scene of Followed or Scanned
///  4. `text`, if it is all that the customer wrote
///  5. `keyword`, the longest one that the customer's text holds
///  6. `on`, by the kind of payload
///  7. `otherwise`
///
/// An event for which there is none is done without an answer. Words are compared without the blanks and line ends
/// around a text and without regard to the case of ASCII letters; ids of menus and scenes as they are. A second handler
/// for the same takes the place of the first one; an empty Handler takes it away.
///
/// What a handler throws makes its turn fail, as with any handler of an Inbox. An Inbox copies its handler: routes that
/// are added later do not reach it.
///
/// Thread safety: routes are added from one thread at a time. Calls may come from any threads at once; the executor of
/// the runtime says how many, and so handlers must stand that.
class KEFU_EXPORT EventRouter {
 public:
  using Handler = Inbox::Handler;

  EventRouter();
  EventRouter(const EventRouter&);
  EventRouter(EventRouter&&) noexcept;
  EventRouter& operator=(const EventRouter&);
  EventRouter& operator=(EventRouter&&) noexcept;
  ~EventRouter();

  /// Events with this payload: `handle(const Payload&, InboxTurn)` or `handle(const Payload&, const InboundEvent&,
  /// InboxTurn)`.
  template <class Payload, class F>
  EventRouter& on(F handle);
  /// Texts that are this word, which may be a sentence.
  EventRouter& text(std::string_view word, Handler handle);
  /// Texts that hold this word. Of two of the same length the one that comes first in the order of bytes.
  EventRouter& keyword(std::string_view word, Handler handle);
  /// A tapped item, of a MenuContent or of the account's own menu.
  EventRouter& menu(std::string key, Handler handle);
  /// Customers who come by a code with this scene, as new followers or not.
  EventRouter& scene(std::string scene, Handler handle);
  /// Routes for the events of one account, before those for all. With an `otherwise` they take all of its events.
  EventRouter& account(std::string id, EventRouter routes);
  /// Everything else.
  EventRouter& otherwise(Handler handle);

  /// Gives the event to its handler.
  void operator()(InboundEvent event, InboxTurn turn) const;
  /// The handler that gets this event; null if there is none. Valid until the routes change.
  const Handler* find(const InboundEvent& event) const;

 private:
  using Routes = std::map<std::string, Handler, std::less<>>;

  static void put(Routes& routes, std::string key, Handler handle);
  const Handler* find_text(const ReceivedText& text) const;
  const Handler* find_own(const InboundEvent& event) const;

  Routes menus_;
  Routes scenes_;
  Routes texts_;
  Routes keywords_;
  std::map<std::size_t, Handler> payloads_;  ///< By InboundPayload::index().
  std::map<std::string, std::shared_ptr<const EventRouter>, std::less<>> accounts_;
  Handler otherwise_;
};

template <class Payload, class F>
EventRouter& EventRouter::on(F handle) {
  payloads_[InboundPayload(std::in_place_type<Payload>).index()] = [handle = std::move(handle)](InboundEvent event,
                                                                                                InboxTurn turn) {
    if constexpr (std::is_invocable_v<const F&, const Payload&, const InboundEvent&, InboxTurn>) {
      handle(std::get<Payload>(event.payload), std::as_const(event), std::move(turn));
    } else {
      static_assert(std::is_invocable_v<const F&, const Payload&, InboxTurn>,
                    "on<Payload> takes handle(const Payload&, InboxTurn) or with const InboundEvent& between them");
      handle(std::get<Payload>(event.payload), std::move(turn));
    }
  };
  return *this;
}

KEFU_END_NAMESPACE
