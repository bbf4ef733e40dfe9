#pragma once

#include "sandbox/http/event_loop.hpp"
#include "sandbox/http/message.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

class ServerConnection;

/// Sends the answer to one request; may be kept and called later, on the loop, at most once. The connection may be gone
/// by then: the answer is dropped.
class Responder {
 public:
  explicit Responder(std::weak_ptr<ServerConnection> connection) : connection_(std::move(connection)) {}
  void operator()(WebAnswer answer) const;
  bool client_is_there() const { return !connection_.expired(); }

 private:
  std::weak_ptr<ServerConnection> connection_;
};

/// What answers on one port.
struct WebService {
  std::function<void(WebRequest& request, Responder respond)> handle;
  /// Asked when the headers are there: an answer that leaves before the body was read. May be empty.
  std::function<std::optional<WebAnswer>(const WebRequest& head)> answer_early;
  /// Connections that this service has for itself, whatever the others have; 0: it shares what is left.
  int own_places = 0;
};

/// A small HTTP/1.1 server on loopback. It exists because no kept library can break the protocol on purpose.
///
/// One request at a time per connection; keep-alive; bounded heads, bodies, connections, and work that one of them gets
/// done before the others have their turn. A connection on which nothing happens for `idle` ends. `listen` is called
/// before the loop starts, everything else happens on the loop.
class HttpServer {
 public:
  explicit HttpServer(EventLoop& loop, Millis idle = Millis(60'000)) : loop_(loop), idle_(idle) {}
  ~HttpServer() { close_listeners(); }

  /// Port 0 takes a free one. The port in use, or nothing (`why` says the cause).
  std::optional<int> listen(int port, WebService service, std::string& why);
  /// Registers the listeners with the loop, which must be running; called on the loop.
  void open();
  void close_listeners();

 private:
  struct Listener {
    int fd;
    std::shared_ptr<const WebService> service;
    std::shared_ptr<std::set<ServerConnection*>> open;  ///< Of this service, or of all that share.
  };
  int places_of(const Listener& listener) const;
  void accept_all(const Listener& listener);
  void pause(int listener);
  void end_idle();

  EventLoop& loop_;
  const Millis idle_;
  std::vector<Listener> listeners_;
  std::shared_ptr<std::set<ServerConnection*>> sharing_ = std::make_shared<std::set<ServerConnection*>>();
};

}  // namespace sandbox
KEFU_END_NAMESPACE
