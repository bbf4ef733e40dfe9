// First byte: the method or path whose answer it is ('0' to '6'). Second byte: the HTTP status ('a' 200, 'b' 201, 'c'
// 404, 'd' 502). The rest is the body.
#include "fuzz/expect.hpp"
#include "jd/gateway/envelope.hpp"
#include "jd/gateway/operation.hpp"
#include "jd/gateway/platform.hpp"

#include <kefu/core/runtime.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>

using namespace kefu;

namespace {

constexpr std::array<std::string_view, 7> kAddresses{"jingdong.asc.query.list",
                                                     "jingdong.MessagePushService.pushChatTextMessage",
                                                     "jingdong.com.jd.dd.open.gw.api.GrantService",
                                                     "jingdong.com.jd.dd.open.gw.api.MessagePushService",
                                                     "jd.union.open.goods.query",
                                                     "/oauth2/refresh_token",
                                                     "/oauth/token"};
constexpr std::array<int, 4> kStatus{200, 201, 404, 502};

class StoppedClock final : public Clock {
 public:
  MonoTime mono() const override { return MonoTime(); }
  WallTime wall() const override { return from_unix_seconds(1717201800); }
};

const detail::Platform& platform() {
  static const auto made = [] {
    // Stopped: what an answer leads to in the store is refused.
    Runtime runtime = Runtime::create().value();
    runtime.stop();
    const auto core = detail::core_of(runtime);
    core->clock = std::make_shared<StoppedClock>();
    const Secret secret("5f1d3b7a9c2e4f6081a3c5e7092b4d6f");
    return std::make_shared<jd::ShopPlatform>(core, std::make_shared<const jd::AppConfig>("key", secret),
                                              std::make_shared<const jd::Signer>(jd::Signer::create(secret).value()),
                                              "shop", nullptr, std::make_shared<jd::CallStop>(core, "key"));
  }();
  return *made;
}

void check(const OperationInfo& info, const detail::Reply& reply, const detail::Verdict& verdict) {
  const detail::Value root = reply.document.root();
  if (root["error_response"].present()) expect(!verdict.accepted, "an error_response is no success");
  if (!verdict.accepted) {
    expect(!verdict.advice.empty(), "a failure says what to do");
    expect(verdict.most_repeats >= 1, "the table says what is not repeated");
    return;
  }
  expect(verdict.code.empty(), "no code of JD's is ignored");
  expect(root.kind() == detail::Value::Kind::object, "success is an object");
  if (jd::is_oauth_address(info.path)) return;
  expect(reply.http.status == 200, "the gateway's success is HTTP 200");
  expect(jd::answer_node(root).kind() == detail::Value::Kind::object, "success has a node");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  OperationInfo info{};
  info.name = "fuzz";
  info.method = "POST";
  info.path = kAddresses[(data[0] - static_cast<unsigned>('0')) % kAddresses.size()];
  info.authorization = Authorization::access_token;
  detail::Reply reply;
  reply.http.status = kStatus[(data[1] - static_cast<unsigned>('a')) % kStatus.size()];
  reply.http.body.assign(reinterpret_cast<const char*>(data) + 2, size - 2);
  // The Date header is free text too.
  reply.http.headers.emplace_back("date", reply.http.body.substr(0, 29));
  reply.document = platform().read(info, reply.http, std::pmr::get_default_resource());
  reply.unreadable = reply.document.fault();
  for (const Effect effect : {Effect::read, Effect::create}) {
    info.effect = effect;
    check(info, reply, platform().classify(info, reply));
  }
  return 0;
}
