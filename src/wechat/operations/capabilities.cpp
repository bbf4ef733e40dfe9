#include "wechat/operations/capabilities.hpp"

#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/users.hpp>

#include <initializer_list>
#include <string>

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

void forbid_messages(Capabilities& c, const std::string& reason) {
  for (ContentRule& rule : c.content) {
    rule = ContentRule();
    rule.reason = reason;
  }
  c.cannot_why(Ability::typing) = reason;
  c.missing_why(Facet::messenger) = reason;
}

template <class Op>
std::string why_not(const AccountStanding& account) {
  const auto lacking = lacking_for(account, Op::operation().info.path);
  return lacking ? lacking->message() : std::string();
}

/// An API each, which decides.
void describe_facets(Capabilities& c, const AccountStanding& account) {
  c.missing_why(Facet::poller) = "WeChat pushes: there is nothing to poll";
  c.missing_why(Facet::media_library) = why_not<UploadMedia>(account);
  c.cannot_why(Ability::permanent_media) = why_not<AddMaterial>(account);
  c.cannot_why(Ability::high_quality_voice) = why_not<GetJssdkVoice>(account);

  c.cannot_why(Ability::agents) = why_not<ListKfAccounts>(account);
  c.missing_why(Facet::agent_sessions) = c.why_not(Ability::agents);
  const std::string no_sessions = why_not<CreateKfSession>(account);
  for (const Ability ability :
       {Ability::list_sessions, Ability::find_session, Ability::open_session, Ability::close_session, Ability::waiting})
    c.cannot_why(ability) = no_sessions;

  c.missing_why(Facet::transcripts) = account.kind == AccountKind::mini_program
                                          ? "no source says that mini programs may read chat records"
                                          : why_not<GetKfRecords>(account);
  c.cannot_why(Ability::search_transcript) = "WeChat's records cannot be searched: read them and search there";
  const bool mini = account.kind == AccountKind::mini_program;
  c.missing_why(Facet::profiles) = mini ? why_not<GetPaidUnionId>(account) : why_not<GetUser>(account);
  c.cannot_why(Ability::subscription_message) =
      account.kind == AccountKind::subscription_account
          ? "no source says that subscription accounts may send subscription messages"
      : mini ? why_not<SendSubscribeMessage>(account)
             : why_not<SendServiceSubscribeMessage>(account);
  c.cannot_why(Ability::template_message) = why_not<SendTemplateMessage>(account);
  if (!c.can(Ability::subscription_message) && !c.can(Ability::template_message))
    c.missing_why(Facet::outreach) = c.why_not(Ability::template_message);
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

Capabilities capabilities_of(const AccountStanding& account) {
  const bool mini = account.kind == AccountKind::mini_program;
  Capabilities c;
  c.platform = "wechat";
  c.account_kind = to_string(account.kind);
  if (mini)
    describe_mini_program(c);
  else
    describe_official_account(c);
  c.rule(ContentKind::text).max_bytes = kTextBytes;
  if (const auto lacking = lacking_for(account, SendCustomMessage::operation().info.path))
    forbid_messages(c, lacking->message());
  describe_facets(c, account);
  return c;
}

}  // namespace wechat
KEFU_END_NAMESPACE
