#include "cli/commands.hpp"
#include "cli/error_text.hpp"
#include "cli/merchants.hpp"
#include "cli/wechat_config.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/jd/time.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kefu_cli {
namespace {

using kefu::AuthorizationLink;
using kefu::Authorizer;
using kefu::LinkRequest;
using kefu::Merchant;
using kefu::MerchantEvent;
using kefu::Result;

constexpr char kAuthorize[] = "kefu wechat authorize";
constexpr char kMerchants[] = "kefu wechat merchants";
constexpr char kRepair[] = "kefu wechat repair";

/// What a command was told on the command line; each uses its part.
struct WechatFlags {
  std::string merchant;
  std::string config;
  std::string redirect;
  LinkRequest request;
  bool link_only = false;
  bool forget = false;
  bool json = false;
};

int failed(const char* command, const kefu::Error& error, Exit status = kRefused) {
  print_error(command, error);
  return status;
}

void show(const Merchant& merchant, bool json) {
  if (json) {
    std::cout << merchant_json(merchant) << '\n';
  } else {
    print_merchant(merchant);
  }
}

void show_link(const AuthorizationLink& link, bool json) {
  if (!json) {
    std::cout << "on a computer      " << link.url << "\ninside WeChat      " << link.mobile_url << std::endl;
    return;
  }
  std::string line;
  kefu::detail::JsonWriter(line)
      .begin_object()
      .key("url")
      .string(link.url)
      .key("mobile_url")
      .string(link.mobile_url)
      .key("expires")
      .integer(kefu::unix_seconds(link.expires))
      .end_object();
  std::cout << line << std::endl;
}

int redeem(Authorizer& authorizer, const WechatFlags& flags, std::string_view redirect) {
  const auto merchant = authorizer.redeem(redirect_query(redirect)).get();
  if (!merchant) return failed(kAuthorize, merchant.error());
  show(*merchant, flags.json);
  return kDone;
}

int make_link(Authorizer& authorizer, const WechatFlags& flags) {
  const auto link = authorizer.link(flags.merchant, flags.request).get();
  if (!link) return failed(kAuthorize, link.error());
  show_link(*link, flags.json);
  if (flags.link_only) return kDone;
  std::cerr << "Let an administrator of the account open one of them (to " << kefu::jd::gateway_time(link->expires)
            << " GMT+8). Then paste the address to which the browser was sent:\n";
  std::string line;
  if (!std::getline(std::cin, line) || redirect_query(line).empty()) {
    std::cerr << kAuthorize << ": no address was given: give it later with --redirect\n";
    return kBadUsage;
  }
  return redeem(authorizer, flags, line);
}

int authorize_merchant(const WechatFlags& flags) {
  if (flags.merchant.empty() && flags.redirect.empty()) {
    std::cerr << kAuthorize << ": name the merchant\n";
    return kBadUsage;
  }
  const auto place = open_wechat(flags.config);
  if (!place) return failed(kAuthorize, place.error(), kBadUsage);
  const auto authorizer = place->platform.authorizer();
  if (!flags.redirect.empty()) return redeem(*authorizer, flags, flags.redirect);
  if (!flags.forget) return make_link(*authorizer, flags);
  const auto forgotten = authorizer->forget(flags.merchant).get();
  return forgotten ? int{kDone} : failed(kAuthorize, forgotten.error());
}

int list_merchants(const WechatFlags& flags) {
  const auto place = open_wechat(flags.config);
  if (!place) return failed(kMerchants, place.error(), kBadUsage);
  const auto listed =
      each_merchant(*place->platform.authorizer(), [&flags](const Merchant& merchant) { show(merchant, flags.json); });
  return listed ? int{kDone} : failed(kMerchants, listed.error());
}

/// What a reconciliation does to a merchant, as one word for a program and as a sentence.
struct Repair {
  const char* word;
  const char* sentence;
};
Repair repair_of(MerchantEvent::Kind kind) {
  switch (kind) {
    case MerchantEvent::Kind::authorized:
      return {"taken_in", "taken in: the platform has it, here it was unknown or ended"};
    case MerchantEvent::Kind::updated:
      return {"repaired", "repaired: the platform had another refresh token"};
    case MerchantEvent::Kind::withdrawn:
    case MerchantEvent::Kind::needs_authorization:
      break;
  }
  return {"ended", "ended: the platform does not list it any more"};
}

int repair_merchants(const WechatFlags& flags) {
  const auto place = open_wechat(flags.config);
  if (!place) return failed(kRepair, place.error(), kBadUsage);
  const auto authorizer = place->platform.authorizer();
  std::map<std::string, MerchantEvent::Kind> changes;
  // Heard before the answer that get() waits for, by open_wechat's executor.
  authorizer->on_event([&changes](const MerchantEvent& event) { changes[event.merchant.id] = event.kind; });
  const auto report = place->platform.reconcile().get();
  authorizer->on_event({});
  if (!report) return failed(kRepair, report.error());
  const auto listed = each_merchant(*authorizer, [&](const Merchant& merchant) {
    const auto change = changes.find(merchant.id);
    const Repair repair =
        change == changes.end() ? Repair{"unchanged", "nothing to repair"} : repair_of(change->second);
    if (flags.json) {
      std::cout << merchant_json(merchant, repair.word) << '\n';
      return;
    }
    std::cout << merchant.id << "  " << to_string(merchant.state) << "  " << repair.sentence << '\n';
    if (!merchant.why.empty()) std::cout << "  why      " << merchant.why << '\n';
  });
  if (!listed) return failed(kRepair, listed.error());
  std::cerr << "the platform lists " << report->listed << ": repaired " << report->repaired << ", taken in "
            << report->adopted << "; ended here " << report->ended << '\n';
  return kDone;
}

std::shared_ptr<WechatFlags> add_common(CLI::App& command) {
  auto flags = std::make_shared<WechatFlags>();
  command
      .add_option("--config", flags->config,
                  "JSON file with component_app_id, component_app_secret, token, encoding_aes_key, store, redirect_uri")
      ->required();
  command.add_flag("--json", flags->json, "One JSON object per line");
  return flags;
}

void add_authorize(CLI::App& wechat, Run& run) {
  CLI::App* authorize = wechat.add_subcommand(
      "authorize", "Prints the links by which a merchant authorizes the platform, and stores what is granted");
  auto flags = add_common(*authorize);
  authorize->add_option("merchant", flags->merchant, "Your own name of the merchant");
  authorize->add_option("--kind", flags->request.account_kind, "Only accounts of this kind are let in")
      ->check(CLI::IsMember({"official_account", "mini_program"}));
  authorize->add_option("--account", flags->request.account_id, "Only this account is let in, by its app id");
  authorize->add_option("--scope", flags->request.scopes, "Permission set (权限集) to ask for, by its id; repeatable");
  auto* acts = authorize->add_option_group("acts", "One of these instead of both steps at once");
  acts->add_flag("--link", flags->link_only, "Only print the links");
  acts->add_option("--redirect", flags->redirect, "The address, or its query, to which the browser was sent");
  acts->add_flag("--forget", flags->forget, "Forget the merchant's grant here; the merchant ends it at the platform");
  acts->require_option(0, 1);
  authorize->callback([flags, &run] { run = [flags] { return authorize_merchant(*flags); }; });
}

}  // namespace

void add_wechat(CLI::App& program, Run& run) {
  CLI::App* wechat = program.add_subcommand("wechat", "Merchants of a third-party platform (微信第三方平台)");
  wechat->require_subcommand(1);
  add_authorize(*wechat, run);
  CLI::App* merchants = wechat->add_subcommand("merchants", "Shows all merchants of the store, since when, and why");
  auto list_flags = add_common(*merchants);
  merchants->callback([list_flags, &run] { run = [list_flags] { return list_merchants(*list_flags); }; });
  CLI::App* repair = wechat->add_subcommand(
      "repair", "Compares the store with the platform's list, mends refresh tokens, and says what happened to whom");
  auto repair_flags = add_common(*repair);
  repair->callback([repair_flags, &run] { run = [repair_flags] { return repair_merchants(*repair_flags); }; });
}

}  // namespace kefu_cli
