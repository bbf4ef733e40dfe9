#include "sandbox/control_jd.hpp"
#include "sandbox/control_service.hpp"
#include "sandbox/http_client.hpp"
#include "sandbox/http_server.hpp"
#include "sandbox/in_process_transport.hpp"
#include "sandbox/json_text.hpp"
#include "sandbox/sandbox_core.hpp"

#include <kefu/sandbox/sandbox.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

class SystemTime final : public Clock {
 public:
  WallTime wall() const override { return std::chrono::system_clock::now(); }
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }
};

class MovedClock final : public Clock {
 public:
  explicit MovedClock(std::shared_ptr<SandboxCore> core) : core_(std::move(core)) {}
  WallTime wall() const override { return core_->now(); }
  MonoTime mono() const override { return core_->base_clock()->mono(); }

 private:
  std::shared_ptr<SandboxCore> core_;
};

ErrorKind kind_of_status(int status) {
  if (status == 404) return ErrorKind::not_found;
  return status == 409 ? ErrorKind::conflict : ErrorKind::bad_argument;
}

JdToken token_of(const JdGrant& grant) {
  JdToken token;
  token.access_token = grant.access_token;
  token.refresh_token = grant.refresh_token;
  token.issued = grant.issued;
  token.expires = grant.expires;
  return token;
}

std::string loopback_base(int port) { return fmt::format("http://127.0.0.1:{}", port); }

std::vector<ReceivedMessage> received_after(const WechatCustomer* customer, std::uint64_t after) {
  std::vector<ReceivedMessage> out;
  if (customer == nullptr) return out;
  for (const InboxMessage& message : customer->inbox) {
    if (message.number <= after) continue;
    ReceivedMessage& one = out.emplace_back();
    one.number = message.number;
    one.time = message.time;
    one.channel = message.channel;
    one.msgtype = message.msgtype;
    one.text = message.text;
    one.content = message.content;
    one.agent = message.agent;
  }
  return out;
}

}  // namespace

class Sandbox::Impl {
 public:
  explicit Impl(SandboxOptions wanted) : options(std::move(wanted)) {
    if (!options.clock) options.clock = std::make_shared<SystemTime>();
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
    for (std::size_t i = 0; i < platforms.size(); ++i) platforms[i].url = loopback_base(ports[i]);
    control_url = loopback_base(*control);
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
    return out;
  }

  const WechatCustomer* find(std::string_view appid, std::string_view openid) const {
    WechatAccount* account = core->wechat.find(appid);
    return account == nullptr ? nullptr : core->wechat.find_customer(*account, openid);
  }

  /// POST to the path of these segments under /jd/shops.
  static Result<std::string> jd_post(Sandbox& sandbox, std::initializer_list<std::string_view> segments,
                                     std::string_view json) {
    std::string target = "/jd/shops";
    for (const std::string_view segment : segments) target += "/" + percent_encoded(segment);
    ControlReply reply = sandbox.control("POST", target, json);
    if (reply.status == 200) return std::move(reply.body);
    return Error(kind_of_status(reply.status), std::string(detail::Document::json(reply.body).root()["error"].text()));
  }

  SandboxOptions options;
  std::shared_ptr<SandboxCore> core;
  std::shared_ptr<EventLoop> loop;
  std::unique_ptr<HttpServer> server;
  std::shared_ptr<ControlService> service;
  std::vector<ServedTwin> platforms;  ///< WeChat, JD; their order is that of the ports in `start`.
  std::string control_url;
};

Sandbox::Sandbox(SandboxOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Sandbox::~Sandbox() { impl_->stop(); }

Result<void> Sandbox::start() { return impl_->start(); }
void Sandbox::stop() { impl_->stop(); }
std::string Sandbox::wechat_url() const { return impl_->platforms[0].url; }
std::string Sandbox::jd_url() const { return impl_->platforms[1].url; }
std::string Sandbox::control_url() const { return impl_->control_url; }

ControlReply Sandbox::control(std::string_view method, std::string_view target, std::string_view json) {
  WebRequest request;
  ControlReply reply;
  if (!read_request_line(fmt::format("{} {} HTTP/1.1", method, target), request)) {
    const ControlAnswer bad = sandbox::control_error(400, "method or target is malformed");
    reply.status = bad.status;
    reply.body = bad.body;
    return reply;
  }
  request.body = json;
  ControlResult result = sandbox::control(*impl_->core, request);
  ControlAnswer answer = std::move(result.now);
  if (result.ask) {
    std::unique_lock<std::mutex> lock(impl_->core->mutex);
    std::optional<ControlAnswer> given;
    impl_->core->condition.wait_for(lock, result.wait, [&] { return (given = result.ask(false)).has_value(); });
    answer = given ? std::move(*given) : result.ask(true).value_or(ControlAnswer());
  }
  reply.status = answer.status;
  reply.body = std::move(answer.body);
  return reply;
}

Result<std::uint64_t> Sandbox::customer_does(std::string_view appid, std::string_view openid, std::string_view act,
                                             std::string_view json) {
  const std::string target =
      fmt::format("/customers/{}/{}?appid={}", percent_encoded(openid), percent_encoded(act), percent_encoded(appid));
  const ControlReply reply = control("POST", target, json);
  const detail::Document document = detail::Document::json(reply.body);
  if (reply.status != 200) return Error(kind_of_status(reply.status), std::string(document.root()["error"].text()));
  return static_cast<std::uint64_t>(document.root()["push"].integer().value_or(0));
}

Result<std::uint64_t> Sandbox::customer_writes(std::string_view appid, std::string_view openid, std::string_view text) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("content").string(text).end_object();
  return customer_does(appid, openid, "text", json);
}

Result<WechatApp> Sandbox::add(const WechatApp& app) {
  if (auto wrong = wrong_setting(app)) return Error(ErrorKind::bad_argument, std::move(*wrong));
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return impl_->core->wechat.add(app).app;
}

std::vector<ReceivedMessage> Sandbox::messages(std::string_view appid, std::string_view openid,
                                               std::uint64_t after) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return received_after(impl_->find(appid, openid), after);
}

std::vector<ReceivedMessage> Sandbox::wait_for_messages(std::string_view appid, std::string_view openid,
                                                        std::uint64_t after, std::size_t count, Millis limit) const {
  std::unique_lock<std::mutex> lock(impl_->core->mutex);
  impl_->core->condition.wait_for(lock, limit, [&] {
    const WechatCustomer* customer = impl_->find(appid, openid);
    return customer != nullptr && customer->messages >= after + count;
  });
  return received_after(impl_->find(appid, openid), after);
}

Result<JdApp> Sandbox::add(const JdApp& app) {
  if (auto wrong = wrong_setting(app)) return Error(ErrorKind::bad_argument, std::move(*wrong));
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return impl_->core->jd.add(app).app;
}

Result<JdShop> Sandbox::add(const JdShop& shop) {
  if (auto wrong = wrong_setting(shop)) return Error(ErrorKind::bad_argument, std::move(*wrong));
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return impl_->core->jd.add(shop).shop;
}

Result<JdToken> Sandbox::jd_authorize(std::string_view app_key, std::string_view shop) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  JdTwin& twin = impl_->core->jd;
  const JdAppState* app = twin.find_app(app_key);
  const JdShopState* found = twin.find_shop(shop);
  if (app == nullptr || found == nullptr)
    return Error(ErrorKind::not_found, "no such JD application or shop: add them first");
  return token_of(twin.authorize(*app, *found, false, impl_->core->now()));
}

Result<JdToken> Sandbox::jd_token(std::string_view app_key, std::string_view shop) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  const JdGrant* grant = impl_->core->jd.find_grant(app_key, shop);
  if (grant == nullptr) return Error(ErrorKind::not_found, "this shop has not authorized this application");
  return token_of(*grant);
}

Result<std::string> Sandbox::jd_buyer_does(std::string_view shop, std::string_view pin, std::string_view act,
                                           std::string_view json) {
  return impl_->jd_post(*this, {shop, "buyers", pin, act}, json);
}

Result<std::string> Sandbox::jd_agent_does(std::string_view shop, std::string_view agent, std::string_view act,
                                           std::string_view json) {
  return impl_->jd_post(*this, {shop, "agents", agent, act}, json);
}

Result<std::string> Sandbox::jd_buyer_writes(std::string_view shop, std::string_view pin, std::string_view text) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("content").string(text).end_object();
  auto done = jd_buyer_does(shop, pin, "write", json);
  if (!done) return std::move(done).error();
  return std::string(detail::Document::json(*done).root()["sid"].text());
}

Result<std::string> Sandbox::jd_add(std::string_view shop, std::string_view records, std::string_view json) {
  return impl_->jd_post(*this, {shop, records}, json);
}

Result<std::int64_t> Sandbox::jd_add_ticket(std::string_view shop, std::string_view pin, std::string_view content) {
  std::string json;
  detail::JsonWriter(json).begin_object().key("customer").string(pin).key("content").string(content).end_object();
  auto added = jd_add(shop, "tickets", json);
  if (!added) return std::move(added).error();
  return detail::Document::json(*added).root()["service_id"].integer().value_or(0);
}

Result<std::string> Sandbox::jd_ticket_does(std::string_view shop, std::int64_t service_id, std::string_view act,
                                            std::string_view json) {
  return impl_->jd_post(*this, {shop, "tickets", std::to_string(service_id), act}, json);
}

std::vector<JdReceived> Sandbox::jd_received(std::string_view shop, std::string_view pin, std::uint64_t after) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  std::vector<JdReceived> out;
  JdShopState* found = impl_->core->jd.find_shop(shop);
  const JdBuyer* buyer = found == nullptr ? nullptr : impl_->core->jd.find_buyer(*found, pin);
  if (buyer == nullptr) return out;
  for (const JdReceived& one : buyer->inbox)
    if (one.number > after) out.push_back(one);
  return out;
}

Result<void> Sandbox::jd_add_history(std::string_view shop, const JdHistory& history) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  JdShopState* found = impl_->core->jd.find_shop(shop);
  if (found == nullptr) return Error(ErrorKind::not_found, "no JD shop of this name: " + std::string(shop));
  if (auto wrong = add_jd_history(impl_->core->jd, *found, history))
    return Error(ErrorKind::bad_argument, std::move(*wrong));
  return {};
}

WallTime Sandbox::now() const { return impl_->core->now(); }
std::shared_ptr<const Clock> Sandbox::clock() const { return std::make_shared<MovedClock>(impl_->core); }

void Sandbox::advance(Millis by) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  impl_->core->move_clock(by);
}

void Sandbox::set_time(WallTime to) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  impl_->core->move_clock(std::chrono::duration_cast<Millis>(to - impl_->core->now()));
}

Result<void> Sandbox::switch_on(const FaultSwitch& wanted) {
  const FaultKind* kind = find_fault_kind(wanted.name);
  if (kind == nullptr) return Error(ErrorKind::bad_argument, "there is no fault of this name: " + wanted.name);
  Fault fault;
  fault.name = wanted.name;
  fault.path = wanted.path;
  fault.left = wanted.count;
  fault.skip = wanted.skip;
  fault.errcode = wanted.errcode;
  fault.delay_ms = wanted.delay.count();
  fault.size = wanted.size;
  fault.acts = kind->acts;
  fault.status = wanted.status;
  fault.body = wanted.body;
  fault.content_type = wanted.content_type;
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  impl_->core->faults.add(std::move(fault));
  return {};
}

void Sandbox::clear_faults() {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  impl_->core->faults.clear();
}

void Sandbox::rotate_tokens(std::string_view appid) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  if (WechatAccount* account = impl_->core->wechat.find(appid))
    impl_->core->wechat.rotate_tokens(*account, impl_->core->now(), true);
}

std::uint64_t Sandbox::calls(std::string_view path) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  std::uint64_t total = 0;
  for (const Twin* twin : impl_->core->twins)
    for (const auto& [called, count] : twin->calls)
      if (path.empty() || called == path) total += count.calls;
  return total;
}

std::shared_ptr<Transport> Sandbox::transport(std::shared_ptr<Scheduler> scheduler,
                                              std::shared_ptr<const Clock> clock) {
  if (!clock) clock = impl_->options.clock;
  return in_process_transport(impl_->core, std::make_shared<SchedulerTimers>(std::move(scheduler), std::move(clock)),
                              impl_->platforms);
}

void Sandbox::connect_webhook(std::string_view appid, PushHandler handler, std::shared_ptr<Scheduler> scheduler,
                              std::shared_ptr<const Clock> clock) {
  if (!clock) clock = impl_->options.clock;
  impl_->core->use_handler(std::string(appid), std::move(handler),
                           std::make_shared<SchedulerTimers>(std::move(scheduler), std::move(clock)));
}

std::string apply_config(Sandbox& sandbox, std::string_view json) {
  const detail::Document document = detail::Document::json(json);
  if (!document) return "it is no JSON object";
  const auto post = [&sandbox](std::string_view target, const detail::Value& body) -> std::string {
    const ControlReply reply = sandbox.control("POST", target, json_of(body));
    if (reply.status == 200) return {};
    return std::string(detail::Document::json(reply.body).root()["error"].text());
  };
  // In the order in which they need each other.
  static constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"apps", "/apps"}, {"jd_apps", "/jd/apps"}, {"jd_shops", "/jd/shops"}, {"switches", "/switches"}};
  for (const auto& part : document.root())
    if (std::none_of(std::begin(kParts), std::end(kParts), [&part](const auto& row) { return row.first == part.name; }))
      return "unknown part: " + std::string(part.name);
  for (const auto& [name, target] : kParts)
    for (const detail::Value& one : document.root()[name].items())
      if (std::string problem = post(target, one); !problem.empty()) return problem;
  return {};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
