#include "cli/merchants.hpp"

#include "core/text/json_writer.hpp"

#include <kefu/core/time.hpp>
#include <kefu/jd/time.hpp>

#include <iostream>

namespace kefu_cli {

using kefu::Merchant;

std::string redirect_query(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
  text = text.substr(0, text.find('#'));
  const std::size_t mark = text.find('?');
  return std::string(mark == std::string_view::npos ? text : text.substr(mark + 1));
}

void print_merchant(const Merchant& merchant) {
  std::cout << merchant.id << "  " << to_string(merchant.state) << '\n';
  std::cout << "  since    " << kefu::jd::gateway_time(merchant.since) << " (GMT+8)\n";
  if (merchant.token_expires > kefu::WallTime())
    std::cout << "  token to " << kefu::jd::gateway_time(merchant.token_expires) << " (GMT+8), renewed before\n";
  if (!merchant.account_kind.empty()) std::cout << "  kind     " << merchant.account_kind << '\n';
  for (const std::string& scope : merchant.scopes) std::cout << "  scope    " << scope << '\n';
  for (const auto& [name, value] : merchant.ids) std::cout << "  " << name << "  " << value << '\n';
  if (!merchant.why.empty()) std::cout << "  why      " << merchant.why << '\n';
}

std::string merchant_json(const Merchant& merchant, std::string_view repair) {
  std::string out;
  kefu::detail::JsonWriter json(out);
  json.begin_object().key("merchant").string(merchant.id).key("state").string(to_string(merchant.state));
  json.key("since").integer(kefu::unix_seconds(merchant.since));
  if (merchant.authorized_at > kefu::WallTime())
    json.key("authorized_at").integer(kefu::unix_seconds(merchant.authorized_at));
  json.key("account_kind").string(merchant.account_kind).key("scopes").begin_array();
  for (const std::string& scope : merchant.scopes) json.string(scope);
  json.end_array().key("ids").begin_object();
  for (const auto& [name, value] : merchant.ids) json.key(name).string(value);
  json.end_object().key("why").string(merchant.why);
  if (!repair.empty()) json.key("repair").string(repair);
  json.end_object();
  return out;
}

kefu::Result<void> each_merchant(kefu::Authorizer& authorizer, const std::function<void(const Merchant&)>& see) {
  constexpr std::size_t kPage = 1000;
  std::string after;
  for (;;) {
    const auto page = authorizer.merchants(after, kPage).get();
    if (!page) return page.error();
    for (const Merchant& merchant : *page) see(merchant);
    if (page->size() < kPage) return {};
    after = page->back().id;
  }
}

}  // namespace kefu_cli
