#include <kefu/channel/event_router.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// As words are compared.
std::string word_of(std::string_view text) {
  std::string word(without_blanks(text));
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

template <class Map, class Key>
auto* handler_in(const Map& routes, const Key& key) {
  const auto place = routes.find(key);
  return place == routes.end() ? nullptr : &place->second;
}

}  // namespace

EventRouter::EventRouter() = default;
EventRouter::EventRouter(const EventRouter&) = default;
EventRouter::EventRouter(EventRouter&&) noexcept = default;
EventRouter& EventRouter::operator=(const EventRouter&) = default;
EventRouter& EventRouter::operator=(EventRouter&&) noexcept = default;
EventRouter::~EventRouter() = default;

void EventRouter::put(Routes& routes, std::string key, Handler handle) {
  if (handle) {
    routes.insert_or_assign(std::move(key), std::move(handle));
  } else {
    routes.erase(key);
  }
}

EventRouter& EventRouter::text(std::string_view word, Handler handle) {
  return put(texts_, word_of(word), std::move(handle)), *this;
}
EventRouter& EventRouter::keyword(std::string_view word, Handler handle) {
  return put(keywords_, word_of(word), std::move(handle)), *this;
}
EventRouter& EventRouter::menu(std::string key, Handler handle) {
  return put(menus_, std::move(key), std::move(handle)), *this;
}
EventRouter& EventRouter::scene(std::string scene, Handler handle) {
  return put(scenes_, std::move(scene), std::move(handle)), *this;
}
EventRouter& EventRouter::account(std::string id, EventRouter routes) {
  accounts_.insert_or_assign(std::move(id), std::make_shared<const EventRouter>(std::move(routes)));
  return *this;
}
EventRouter& EventRouter::otherwise(Handler handle) {
  otherwise_ = std::move(handle);
  return *this;
}

const EventRouter::Handler* EventRouter::find_text(const ReceivedText& text) const {
  if (!text.menu_id.empty()) {
    if (const Handler* handler = handler_in(menus_, text.menu_id)) return handler;
  }
  if (texts_.empty() && keywords_.empty()) return nullptr;
  const std::string word = word_of(text.body);
  if (const Handler* handler = handler_in(texts_, word)) return handler;
  const Handler* best = nullptr;
  std::size_t length = 0;
  for (const auto& [key, handler] : keywords_) {
    if (key.size() <= length || word.find(key) == std::string::npos) continue;
    best = &handler;
    length = key.size();
  }
  return best;
}

const EventRouter::Handler* EventRouter::find_own(const InboundEvent& event) const {
  if (const auto* text = std::get_if<ReceivedText>(&event.payload)) return find_text(*text);
  if (const auto* tap = std::get_if<MenuTapped>(&event.payload)) return handler_in(menus_, tap->key);
  if (const auto* followed = std::get_if<Followed>(&event.payload)) return handler_in(scenes_, followed->scene);
  if (const auto* scan = std::get_if<Scanned>(&event.payload)) return handler_in(scenes_, scan->scene);
  return nullptr;
}

const EventRouter::Handler* EventRouter::find(const InboundEvent& event) const {
  if (const auto* of_account = handler_in(accounts_, event.account)) {
    if (const Handler* handler = (*of_account)->find(event)) return handler;
  }
  if (const Handler* handler = find_own(event)) return handler;
  if (const Handler* handler = handler_in(payloads_, event.payload.index())) return handler;
  return otherwise_ ? &otherwise_ : nullptr;
}

void EventRouter::operator()(InboundEvent event, InboxTurn turn) const {
  if (const Handler* handler = find(event)) return (*handler)(std::move(event), std::move(turn));
  turn.done();
}

KEFU_END_NAMESPACE
