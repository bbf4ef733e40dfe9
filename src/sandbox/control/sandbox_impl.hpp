#pragma once

#include "sandbox/control/core.hpp"
#include "sandbox/control/in_process_transport.hpp"
#include "sandbox/control/service.hpp"
#include "sandbox/control/webhook_client.hpp"
#include "sandbox/http/server.hpp"

#include <kefu/sandbox/sandbox.hpp>

#include <memory>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The error of a refusal by the control API.
inline Error control_refusal(const ControlReply& reply) {
  ErrorKind kind = ErrorKind::bad_argument;
  if (reply.status == 404) kind = ErrorKind::not_found;
  if (reply.status == 409) kind = ErrorKind::conflict;
  if (reply.status == 429) kind = ErrorKind::rate_limited;
  if (reply.status == 500) kind = ErrorKind::internal;
  return Error(kind, std::string(detail::Document::json(reply.body).root()["error"].text()));
}

/// The twins with their ports, while the sandbox runs. Its members are in one file per platform.
class Sandbox::Impl {
 public:
  explicit Impl(SandboxOptions wanted) : options(std::move(wanted)) {
    core = std::make_shared<SandboxCore>(options.clock);
    platforms = {{&core->wechat, {}}, {&core->jd, {}}};
  }

  Result<void> start() {
    if (loop) return Error(ErrorKind::conflict, "the sandbox is running already");
    auto new_loop = std::make_shared<EventLoop>();
    auto new_server = std::make_unique<HttpServer>(*new_loop);
    service = std::make_shared<ControlService>(*new_loop, core);
    std::string why;
    const std::vector<int> wanted = {options.wechat_port, options.jd_port};
    std::vector<int> ports;
    for (std::size_t i = 0; i < platforms.size(); ++i) {
      const auto port = new_server->listen(wanted[i], twin_service(*platforms[i].twin, *new_loop), why);
      if (!port) return Error(ErrorKind::configuration, why);
      ports.push_back(*port);
    }
    const auto control = new_server->listen(options.control_port, control_service(), why);
    if (!control) return Error(ErrorKind::configuration, why);
    if (!new_loop->start()) return Error(ErrorKind::internal, "the sandbox's thread cannot be started");
    loop = std::move(new_loop);
    server = std::move(new_server);
    for (std::size_t i = 0; i < platforms.size(); ++i)
      platforms[i].url = "http://127.0.0.1:" + std::to_string(ports[i]);
    control_url = "http://127.0.0.1:" + std::to_string(*control);
    loop->run_at(MonoTime::min(), [this] { server->open(); });
    core->on_change([weak = std::weak_ptr<ControlService>(service)] {
      if (const auto one = weak.lock()) one->on_change();
    });
    core->use_sockets(
        loop, [weak = std::weak_ptr<EventLoop>(loop)](const std::string& url, Delivery delivery, MonoTime deadline,
                                                      MoveFunction<void(PushReply)> done) {
          if (const auto running = weak.lock())
            post_to_callback(*running, url, std::move(delivery), deadline, std::move(done));
        });
    return {};
  }

  void stop() {
    if (!loop) return;
    core->on_change({});
    core->use_sockets(nullptr, {});
    loop->stop();
    server.reset();
    service.reset();
    loop.reset();
  }

  WebService twin_service(Twin& twin, EventLoop& timers) {
    WebService out;
    out.handle = [one = core, &twin, &timers](WebRequest& request, Responder respond) {
      one->serve(twin, request, timers, std::move(respond));
    };
    out.answer_early = [one = core, &twin](const WebRequest& head) { return one->answer_early(twin, head); };
    return out;
  }

  WebService control_service() {
    WebService out;
    out.handle = [one = service](WebRequest& request, Responder respond) { one->handle(request, std::move(respond)); };
    out.own_places = 1024;
    return out;
  }

  const WechatCustomer* find(std::string_view appid, std::string_view openid) const {
    WechatAccount* account = core->wechat.find(appid);
    return account == nullptr ? nullptr : core->wechat.find_customer(*account, openid);
  }

  SandboxOptions options;
  std::shared_ptr<SandboxCore> core;
  std::shared_ptr<EventLoop> loop;
  std::unique_ptr<HttpServer> server;
  std::shared_ptr<ControlService> service;
  std::vector<ServedTwin> platforms;  ///< WeChat, JD; their order is that of the ports in `start`.
  std::string control_url;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
