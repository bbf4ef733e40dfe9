// The kinds of JD shops, at the twin.
#include "channel_under_test.hpp"
#include "support/jd_twin_world.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/thread.hpp>
#include <kefu/jd/time.hpp>

#include <utility>

using namespace kefu;

namespace kefu_test {
namespace {

constexpr char kPushText[] = "jingdong.MessagePushService.pushChatTextMessage";
constexpr char kReplyOrder[] = "jingdong.asc.unsolved.message.reply";
constexpr std::int64_t kOrder = 287'654'321;
constexpr std::int64_t kService = 3001;

struct ShopRow {
  const char* name;
  bool dongdong = false;
  bool after_sale = false;
  bool feed = false;
  std::size_t max_text_bytes = 0;
  bool windows = false;
};

class JdChannel final : public ChannelUnderTest {
 public:
  explicit JdChannel(const ShopRow& row) : row_(row) {
    jd::ShopConfig config = world_.shop_config();
    if (!row.dongdong) config.dongdong.reset();
    if (!row.after_sale) config.after_sale.reset();
    config.host_feed = row.feed;
    config.max_text_bytes = row.max_text_bytes;
    if (row.windows) {
      config.reply_rules.emplace();
      config.reply_rules->rules.emplace_back("message", 4, std::chrono::hours(24));
    }
    tokens_ = std::static_pointer_cast<JdTwinWorld::TwinTokens>(config.token_source);
    shop_ = world_.shop(std::move(config));
  }

  ChannelFacts facts() const override {
    ChannelFacts facts;
    facts.platform = "jd";
    facts.id = kTwinJdShop;
    facts.account_kind = "shop";
    facts.facets = {Facet::poller, Facet::agent_sessions, Facet::transcripts, Facet::profiles};
    if (row_.dongdong || row_.after_sale) facts.facets.push_back(Facet::messenger);
    if (row_.feed) facts.facets.push_back(Facet::push_receiver);
    facts.repeats_lost_sends = row_.dongdong;  // accessid; replies on service orders have no such key
    facts.thread_is_enough = on_orders();
    return facts;
  }
  std::shared_ptr<Channel> channel() const override { return shop_; }
  void drop_channel() override { shop_.reset(); }
  void remove() override { shop_->close(); }
  Runtime& runtime() override { return *world_.runtime; }
  sandbox::SimulatedTime& time() override { return *world_.time; }

  Address reachable() override {
    const CustomerId buyer = jd::customer_of(jd::BuyerIds(kTwinBuyer), "");
    if (on_orders()) {
      open_ticket("");
      return Address("", buyer, jd::thread_of(jd::AfterSaleThread(kService, kOrder)));
    }
    if (session_.empty()) session_ = world_.buyer_writes("你好");
    return Address("", buyer, jd::thread_of(jd::SessionThread(session_)));
  }
  void customer_writes(const std::string& text) override {
    if (on_orders()) {
      if (open_ticket(text)) return;
      const auto asked =
          world_.sandbox.jd_ticket_does(kTwinJdShop, kService, "ask", R"({"content":")" + text + R"("})");
      REQUIRE_MESSAGE(asked.has_value(), why(asked));
      return;
    }
    session_ = world_.buyer_writes(text);
    if (row_.feed) feed(text);
  }
  std::vector<Shown> shown() const override {
    std::vector<Shown> all;
    for (const auto& one : world_.sandbox.jd_received(kTwinJdShop, kTwinBuyer))
      all.push_back(Shown{one.text, one.text + one.url});
    return all;
  }
  void converse(const std::vector<std::string>& lines) override {
    for (const std::string& line : lines) {
      world_.buyer_writes(line);
      world_.time->advance(Millis(5'000));
    }
  }
  void begin_sessions(int count) override {
    for (int i = 0; i < count; ++i) {
      world_.buyer_writes("在吗", "jd_buyer_1" + std::to_string(i));
      world_.time->advance(Millis(5'000));
    }
  }

  void connect(Inbox& inbox) override { inbox_ = &inbox; }
  bool push_again() override {
    if (!row_.feed) return false;
    hand_over();
    return true;
  }
  void spoil_credential() override {
    world_.control("POST", "/jd/grants/void", R"({"shop":")" + std::string(kTwinJdShop) + R"("})");
  }
  std::uint64_t renewals() const override { return static_cast<std::uint64_t>(tokens_->refused); }
  std::string send_path() const override { return on_orders() ? kReplyOrder : kPushText; }
  sandbox::Sandbox& twin() override { return world_.sandbox; }
  RawContent raw(const std::string& text) const override {
    return RawContent("text", R"({"content":")" + text + R"("})");
  }
  std::string agent() const override { return kTwinAgent; }
  AgentSessionQuery sessions_since(WallTime from) override {
    AgentSessionQuery query;
    query.from = from;
    query.to = world_.time->wall() + std::chrono::seconds(1);
    return query;
  }

 private:
  /// Customers are met on their service orders where the shop has nothing else to answer by.
  bool on_orders() const { return row_.after_sale && !row_.dongdong; }
  /// False: it was there already.
  bool open_ticket(const std::string& text) {
    if (ticket_) return false;
    ticket_ = true;
    const auto added = world_.sandbox.jd_add(kTwinJdShop, "tickets",
                                             R"({"customer":")" + std::string(kTwinBuyer) + R"(","service_id":)" +
                                                 std::to_string(kService) + R"(,"order_id":)" + std::to_string(kOrder) +
                                                 R"(,"content":")" + text + R"("})");
    REQUIRE_MESSAGE(added.has_value(), why(added));
    return true;
  }
  /// The host has read the message from JD's queue.
  void feed(const std::string& text) {
    fed_ = R"({"id":"m-)" + std::to_string(++fed_messages_) +
           R"(","type":"chat_message","from":{"app":"im.customer",)" + R"("pin":")" + kTwinBuyer +
           R"("},"to":{"app":"im.waiter","pin":")" + kTwinAgent + R"("},"timestamp":")" +
           jd::gateway_time(world_.time->wall()) + R"(","body":{"type":"text","content":")" + text +
           R"(","chatinfo":{"sid":")" + session_ + R"("}}})";
    hand_over();
  }
  void hand_over() {
    if (inbox_ == nullptr || fed_.empty()) return;
    inbox_->handle(WebhookRequest("POST", "/feed", "", fed_)).then([](Result<WebhookResponse> answer) {
      REQUIRE_MESSAGE(answer.has_value(), why(answer));
      CHECK_MESSAGE(answer->status == 200, answer->body);
    });
  }

  const ShopRow row_;
  JdTwinWorld world_;
  std::shared_ptr<JdTwinWorld::TwinTokens> tokens_;
  std::shared_ptr<jd::Shop> shop_;
  Inbox* inbox_ = nullptr;
  std::string session_;
  std::string fed_;
  int fed_messages_ = 0;
  bool ticket_ = false;
};

}  // namespace

std::vector<ChannelRow> jd_channels() {
  std::vector<ChannelRow> rows;
  for (const ShopRow& row : {
           ShopRow{"jd shop without grants"},
           ShopRow{"jd shop with DongDong", true, false, false, 100, true},
           ShopRow{"jd shop with after-sale", false, true},
           ShopRow{"jd shop with DongDong and after-sale", true, true},
           ShopRow{"jd shop with DongDong, after-sale and the host's feed", true, true, true},
       })
    rows.push_back(ChannelRow{row.name, [row] { return std::make_unique<JdChannel>(row); }});
  return rows;
}

}  // namespace kefu_test
