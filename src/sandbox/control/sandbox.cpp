#include "sandbox/control/sandbox_impl.hpp"
#include "sandbox/http/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>

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

Sandbox::Sandbox(SandboxOptions options) {
  if (!options.clock) options.clock = std::make_shared<SystemTime>();
  impl_ = std::make_unique<Impl>(std::move(options));
}
Sandbox::~Sandbox() {
  impl_->stop();
  impl_->core->end_tickets();
}

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
  if (reply.status != 200) return control_refusal(reply);
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
  WechatApp added = impl_->core->wechat.add(app).app;
  impl_->core->await_tickets();
  return added;
}

std::vector<ReceivedMessage> Sandbox::messages(std::string_view appid, std::string_view openid,
                                               std::uint64_t after) const {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  return received_after(impl_->find(appid, openid), after);
}

std::vector<ReceivedMessage> Sandbox::wait_for_messages(std::string_view appid, std::string_view openid,
                                                        std::uint64_t after, std::size_t count, Millis limit) const {
  std::unique_lock<std::mutex> lock(impl_->core->mutex);
  impl_->core->condition.wait_for(lock, detail::bounded_span<Millis>(limit), [&] {
    const WechatCustomer* customer = impl_->find(appid, openid);
    return customer != nullptr && customer->messages >= after + count;
  });
  return received_after(impl_->find(appid, openid), after);
}

WallTime Sandbox::now() const { return impl_->core->now(); }
std::shared_ptr<const Clock> Sandbox::clock() const { return std::make_shared<MovedClock>(impl_->core); }

void Sandbox::advance(Millis by) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  impl_->core->move_clock(by);
}

void Sandbox::set_time(WallTime to) {
  const std::lock_guard<std::mutex> lock(impl_->core->mutex);
  impl_->core->move_clock(std::chrono::duration_cast<Millis>(detail::within_reach(to) - impl_->core->now()));
}

Result<void> Sandbox::switch_on(const FaultSwitch& wanted) {
  const FaultKind* kind = find_fault_kind(wanted.name);
  Fault fault;
  fault.name = wanted.name;
  fault.path = wanted.path;
  fault.left = wanted.count;
  fault.skip = wanted.skip;
  fault.errcode = wanted.errcode;
  fault.delay_ms = wanted.delay.count();
  fault.size = wanted.size;
  fault.acts = kind != nullptr && kind->acts;
  fault.status = wanted.status;
  fault.body = wanted.body;
  fault.content_type = wanted.content_type;
  if (auto wrong = wrong_fault(fault)) return Error(ErrorKind::bad_argument, std::move(*wrong));
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
