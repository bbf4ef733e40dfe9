#include "cli/jd_commands.hpp"
#include "cli/jd_config.hpp"
#include "cli/merchants.hpp"

#include <kefu/jd/time.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace kefu_cli {
namespace {

/// What `kefu jd authorize` was told on the command line.
struct JdAuthorizeFlags {
  std::string shop;
  std::string config;
  std::string redirect;
  bool link_only = false;
  bool list = false;
  bool check = false;
  bool forget = false;
};

int authorize_failed(const kefu::Error& error) {
  print_jd_error("authorize", error);
  return kRefused;
}

int bad_authorize(const std::string& message) {
  std::cerr << "kefu jd authorize: " << message << '\n';
  return kBadUsage;
}

int list_merchants(kefu::Authorizer& authorizer) {
  const auto listed = each_merchant(authorizer, print_merchant);
  return listed ? int{kDone} : authorize_failed(listed.error());
}

/// Asks the gateway for the shop's own data, which any token may.
int check_token(const JdWorkplace& place) {
  const auto merchant = place.app.authorizer()->merchant(place.shop->id()).get();
  if (merchant) print_merchant(*merchant);
  const auto answer =
      place.shop->call(kefu::RawCall("POST", "jingdong.vender.shop.query", "{}", kefu::Effect::read)).get();
  if (!answer) return authorize_failed(answer.error());
  std::cout << "the gateway takes the token of " << place.shop->id() << '\n';
  return kDone;
}

int redeem(kefu::Authorizer& authorizer, std::string_view redirect) {
  const auto merchant = authorizer.redeem(redirect_query(redirect)).get();
  if (!merchant) return authorize_failed(merchant.error());
  print_merchant(*merchant);
  return kDone;
}

int make_link(kefu::Authorizer& authorizer, const std::string& shop, bool link_only) {
  const auto link = authorizer.link(shop).get();
  if (!link) return authorize_failed(link.error());
  std::cout << link->url << std::endl;
  if (link_only) return kDone;
  std::cerr << "Open this link as the main account of the shop, within ten minutes (to "
            << kefu::jd::gateway_time(link->expires)
            << " GMT+8). Then paste the address to which the browser was sent:\n";
  std::string line;
  if (!std::getline(std::cin, line) || redirect_query(line).empty())
    return bad_authorize("no address was given: give it later with --redirect");
  return redeem(authorizer, line);
}

int authorize_shop(const JdAuthorizeFlags& flags) {
  auto config = load_jd_config(flags.config);
  if (!config) return bad_authorize(config.error().message());
  if (config->store.empty())
    return bad_authorize("config: store is not set: an authorization would end with this program");
  if (!flags.shop.empty()) config->shop.shop = flags.shop;
  const std::string shop = config->shop.shop;
  auto place = open_jd(*std::move(config));
  if (!place) {
    print_jd_error("authorize", place.error());
    return kBadUsage;
  }
  kefu::Authorizer& authorizer = *place->app.authorizer();
  if (flags.list) return list_merchants(authorizer);
  if (flags.check) return check_token(*place);
  if (!flags.redirect.empty()) return redeem(authorizer, flags.redirect);
  if (!flags.forget) return make_link(authorizer, shop, flags.link_only);
  const auto forgotten = authorizer.forget(shop).get();
  return forgotten ? int{kDone} : authorize_failed(forgotten.error());
}

}  // namespace

void add_jd_authorize(CLI::App& jd, Run& run) {
  CLI::App* authorize = jd.add_subcommand(
      "authorize", "Prints the link by which a shop authorizes the application, and stores what it grants");
  auto flags = std::make_shared<JdAuthorizeFlags>();
  authorize->add_option("shop", flags->shop, "Your own name of the shop; default: the config's");
  authorize->add_option("--config", flags->config, "JSON file with app_key, app_secret, redirect_uri and store")
      ->required();
  auto* acts = authorize->add_option_group("acts", "One of these instead of both steps at once");
  acts->add_flag("--link", flags->link_only, "Only print the link");
  acts->add_option("--redirect", flags->redirect, "The address, or its query, to which the browser was sent");
  acts->add_flag("--list", flags->list, "Show all shops of the store and their states");
  acts->add_flag("--check", flags->check, "Ask the gateway whether it takes the shop's token");
  acts->add_flag("--forget", flags->forget, "Forget the shop's grant here; the merchant ends it at the platform");
  acts->require_option(0, 1);
  authorize->callback([flags, &run] { run = [flags] { return authorize_shop(*flags); }; });
}

}  // namespace kefu_cli
