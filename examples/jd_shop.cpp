// A JD shop in one file: authorize it once, print its quality report, then answer what customers write.
//
// usage: jd_shop APP_KEY SECRET_FILE REDIRECT_URI STORE.db [HOST]
//
// SECRET_FILE: the AppSecret, and in a second line the secret of the DongDong grant if the shop has one.
// HOST is the sandbox's JD URL (http://127.0.0.1:...); without it calls go to JD. The shop's authorization and the
// place where polling stands are kept in STORE.db: stop the program and start it again, nothing is lost and nothing
// comes twice. It ends with standard input.
#include <kefu/kefu.hpp>
#include <kefu/stores/sqlite.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

namespace {

constexpr char kShop[] = "flagship";  // our own name of the shop

int fail(const char* what, const kefu::Error& error) {
  std::cerr << what << ": " << error.to_string() << '\n';
  return 1;
}

/// Sends the merchant to JD's page, unless the shop is authorized already.
kefu::Result<void> authorize(const kefu::jd::App& app) {
  const auto known = app.authorizer()->merchant(kShop).get();
  if (known && known->state == kefu::Merchant::State::active) return {};
  const auto link = app.authorizer()->link(kShop).get();
  if (!link) return link.error();
  std::cout << "Open " << link->url
            << "\nand paste what follows the '?' of the page you are sent back to: " << std::flush;
  std::string query;
  std::getline(std::cin, query);
  const auto merchant = app.authorizer()->redeem(query).get();
  if (!merchant) return merchant.error();
  return {};
}

/// The last seven days, as CSV.
void print_report(const kefu::jd::Shop& shop) {
  const auto today = kefu::jd::start_of_day(std::chrono::system_clock::now());
  kefu::jd::QualityReportRequest request(today - std::chrono::hours(24 * 7), today);
  if (const auto agents = shop.agent_sessions()->agents().get())
    for (const auto& agent : *agents) request.agents.push_back(agent.id);
  const auto report = kefu::jd::quality_report(shop, request).get();
  if (!report) {
    fail("quality report", report.error());
    return;
  }
  std::cout << kefu::jd::to_csv(*report);
  for (const auto& part : report->missing)
    std::cerr << "missing: " << part.what << ": " << part.why.to_string() << '\n';
}

/// Called for each event, in order per customer. An answer goes into the session or to the after-sale order it came
/// from.
void handle(const kefu::InboundEvent& event, const kefu::InboxTurn& turn) {
  if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) {
    std::cout << event.customer.id << " in " << event.thread << ": " << text->body << std::endl;
    return turn.answer(kefu::TextContent("您好，已收到您的消息：" + text->body));
  }
  if (const auto* rated = std::get_if<kefu::CustomerRated>(&event.payload))
    std::cout << event.customer.id << " rated " << rated->agent << ": " << rated->score << std::endl;
  if (const auto* ticket = std::get_if<kefu::TicketChanged>(&event.payload))
    std::cout << "after-sale order " << ticket->ticket_id << ": " << ticket->status << std::endl;
  turn.done();
}

kefu::jd::ShopConfig shop_config(kefu::Secret dongdong_secret) {
  kefu::jd::ShopConfig config(kShop);
  // Both come from your contract with JD; without them the shop reads, but does not answer.
  if (!dongdong_secret.empty())
    config.dongdong = kefu::jd::DongDongGrant("110.200.0000002.001", std::move(dongdong_secret), "flagship-zhang");
  config.after_sale = kefu::jd::AfterSaleDesk("10001", "flagship-zhang", "小张");
  config.polling.interval = std::chrono::seconds(10);
  return config;
}

int run(const kefu::Runtime& runtime, kefu::jd::AppConfig app_config, kefu::Secret dongdong_secret) {
  const auto app = kefu::jd::App::create(runtime, std::move(app_config));
  if (!app) return fail("application", app.error());
  if (const auto authorized = authorize(*app); !authorized) return fail("authorization", authorized.error());
  const auto shop = kefu::jd::Shop::create(*app, shop_config(std::move(dongdong_secret)));
  if (!shop) return fail("shop", shop.error());
  print_report(**shop);
  const auto inbox = kefu::Inbox::create(runtime, *shop, handle);
  if (!inbox) return fail("inbox", inbox.error());
  std::cout << "polling; end of input stops" << std::endl;
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::cerr << "usage: jd_shop APP_KEY SECRET_FILE REDIRECT_URI STORE.db [HOST]\n";
    return 2;
  }
  std::ifstream secret_file(argv[2]);
  std::string secret;
  std::string dongdong_secret;
  std::getline(secret_file, secret);
  std::getline(secret_file, dongdong_secret);
  kefu::jd::AppConfig config(argv[1], kefu::Secret(secret));
  config.redirect_uri = argv[3];
  if (argc == 6) config.gateway_url = config.oauth_url = argv[5];

  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(argv[4]));
  if (!store) return fail("store", store.error());
  kefu::RuntimeOptions options;
  options.store = *std::move(store);
  const auto runtime = kefu::Runtime::create(std::move(options));
  if (!runtime) return fail("runtime", runtime.error());
  return run(*runtime, std::move(config), kefu::Secret(dongdong_secret));
}
