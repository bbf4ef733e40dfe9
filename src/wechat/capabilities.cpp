#include "wechat/capabilities.hpp"

#include <initializer_list>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

void support(Capabilities& c, std::initializer_list<ContentKind> kinds) {
  for (ContentKind kind : kinds) c.rule(kind).supported = true;
}

void replace(Capabilities& c, ContentKind kind, std::optional<ContentKind> becomes, const char* reason) {
  c.rule(kind).becomes = becomes;
  c.rule(kind).reason = reason;
}

void describe_official_account(Capabilities& c) {
  using K = ContentKind;
  support(c, {K::text, K::image, K::voice, K::video, K::link, K::music, K::menu, K::mini_program, K::raw});
  replace(c, K::file, std::nullopt, "the customer-message API has no files: send a link to it");
  replace(c, K::location, K::text, "the customer-message API has no locations");
  replace(c, K::product, K::link, "product cards belong to other platforms");
  replace(c, K::order, K::link, "order cards belong to other platforms");
}

void describe_mini_program(Capabilities& c) {
  using K = ContentKind;
  support(c, {K::text, K::image, K::link, K::mini_program, K::raw});
  replace(c, K::voice, std::nullopt, "mini programs send text, images, links and mini-program cards only");
  replace(c, K::video, std::nullopt, "mini programs send text, images, links and mini-program cards only");
  // Not links: those need a picture and a description here, which such content may lack.
  replace(c, K::music, K::text, "mini programs have no music message");
  replace(c, K::menu, K::text, "no source says that mini programs may send menus");
  replace(c, K::file, std::nullopt, "the customer-message API has no files: send a link to it");
  replace(c, K::location, K::text, "the customer-message API has no locations");
  replace(c, K::product, K::text, "product cards belong to other platforms");
  replace(c, K::order, K::text, "order cards belong to other platforms");
}

void forbid_all(Capabilities& c, const char* reason) {
  for (ContentRule& rule : c.content) {
    rule = ContentRule();
    rule.reason = reason;
  }
  c.cannot_why(Ability::typing) = reason;
  c.missing[static_cast<std::size_t>(Facet::messenger)] = reason;
}

}  // namespace

std::string_view to_string(AccountKind kind) noexcept {
  switch (kind) {
    case AccountKind::subscription_account:
      return "official_account.subscription";
    case AccountKind::service_account:
      return "official_account.service";
    case AccountKind::mini_program:
      return "mini_program";
  }
  return "unknown";
}

Capabilities capabilities_of(AccountKind kind, bool verified) {
  Capabilities c;
  c.platform = "wechat";
  c.account_kind = to_string(kind);
  if (kind == AccountKind::mini_program)
    describe_mini_program(c);
  else
    describe_official_account(c);
  c.rule(ContentKind::text).max_bytes = kTextBytes;

  for (Facet facet :
       {Facet::media_library, Facet::agent_sessions, Facet::transcripts, Facet::profiles, Facet::outreach})
    c.missing_why(facet) = "not in this version of kefu: use RawCall";
  for (Ability ability : {Ability::agents, Ability::list_sessions, Ability::find_session, Ability::open_session,
                          Ability::close_session, Ability::waiting, Ability::search_transcript})
    c.cannot_why(ability) = "not in this version of kefu: use RawCall";
  c.missing_why(Facet::poller) = "WeChat pushes: there is nothing to poll";
  if (kind != AccountKind::mini_program && !verified)
    forbid_all(c, "customer messages need a verified account (微信认证); the platform answers 48001 without");
  return c;
}

}  // namespace wechat
KEFU_END_NAMESPACE
