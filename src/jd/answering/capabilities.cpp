#include "jd/answering/capabilities.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using K = ContentKind;

constexpr const char* kNoMessenger =
    "answers need ShopConfig::dongdong (a grant that JD's DongDong team gives on application) or "
    "ShopConfig::after_sale (replies to after-sale messages)";

/// Pushes with the same accessid are processed once within this time; after-sale replies have no such key.
constexpr std::chrono::seconds kAccessIdMemory{180};

void replace_kind(Capabilities& c, ContentKind kind, std::optional<ContentKind> becomes, const char* reason) {
  c.rule(kind).becomes = becomes;
  c.rule(kind).reason = reason;
}

/// Kinds beside text and pictures: no method of JD's carries them, so nobody can change it.
void describe_other_kinds(Capabilities& c) {
  replace_kind(c, K::link, K::text, "no public method of JD sends links");
  replace_kind(c, K::product, K::text, "no public method of JD sends product cards");
  replace_kind(c, K::order, K::text, "no public method of JD sends order cards");
  replace_kind(c, K::menu, K::text, "no public method of JD sends menus");
  replace_kind(c, K::location, K::text, "no public method of JD sends locations");
  replace_kind(c, K::music, K::text, "no public method of JD sends music");
  replace_kind(c, K::mini_program, K::text, "mini-program cards belong to other platforms");
  replace_kind(c, K::voice, std::nullopt, "no public method of JD sends voices");
  replace_kind(c, K::video, std::nullopt, "no public method of JD sends videos: send a link to it");
  replace_kind(c, K::file, std::nullopt, "no public method of JD sends files: send a link to it");
  replace_kind(c, K::raw, std::nullopt, "JD's methods differ in more than their body: call the operation itself");
}

void describe_content(Capabilities& c, const ShopConfig& config, bool pictures) {
  c.rule(K::text).supported = true;
  c.rule(K::text).max_bytes = config.max_text_bytes;
  describe_other_kinds(c);
  if (pictures)
    c.rule(K::image).supported = true;
  else
    replace_kind(
        c, K::image, std::nullopt,
        "after-sale replies are text; pictures go into DongDong sessions (ShopConfig::dongdong, a grant of JD's "
        "DongDong team)");
}

void forbid_sending(Capabilities& c) {
  for (ContentRule& rule : c.content) rule.reason = kNoMessenger;
  c.missing_why(Facet::messenger) = kNoMessenger;
}

bool polls_anything(const ShopConfig& config) {
  const PollingSettings& polling = config.polling;
  return polling.chats || polling.evaluations || (polling.after_sale && config.after_sale);
}

void describe_facets(Capabilities& c, const ShopConfig& config) {
  if (!config.host_feed)
    c.missing_why(Facet::push_receiver) =
        "JD pushes nothing by HTTP: poll, or set ShopConfig::host_feed if the host reads JD's message queue";
  if (!polls_anything(config)) c.missing_why(Facet::poller) = "ShopConfig::polling switches everything off";
  c.missing_why(Facet::media_library) = "JD has no public upload: pictures are sent by URL";
  c.missing_why(Facet::outreach) =
      "no public method of JD reaches a customer who has not written: a customer is answered in a session that they "
      "opened, or on their after-sale order";
}

void describe_abilities(Capabilities& c) {
  constexpr const char* kWorkbench =
      "no public method of JD does it: agents hand conversations over in JD's own workbench";
  c.cannot_why(Ability::typing) = "JD has no typing sign";
  c.cannot_why(Ability::find_session) = "JD cannot be asked for a customer's session: list the sessions of the period";
  c.cannot_why(Ability::open_session) = kWorkbench;
  c.cannot_why(Ability::close_session) = kWorkbench;
  c.cannot_why(Ability::waiting) = "no public method of JD lists who waits: see the quality report for waiting times";
  for (const Ability ability : {Ability::permanent_media, Ability::high_quality_voice})
    c.cannot_why(ability) = c.why_not(Facet::media_library);
  for (const Ability ability : {Ability::subscription_message, Ability::template_message})
    c.cannot_why(ability) = c.why_not(Facet::outreach);
}

Capabilities described(const ShopConfig& config) {
  Capabilities c;
  c.platform = "jd";
  c.account_kind = "shop";
  describe_facets(c, config);
  describe_abilities(c);
  return c;
}

/// All that capabilities are made from.
std::string key_of_capabilities(const char* what, const ShopConfig& config) {
  return fmt::format("jd {} {} {} {} {} {}", what, config.dongdong.has_value(), config.after_sale.has_value(),
                     config.host_feed, polls_anything(config), config.max_text_bytes);
}

}  // namespace

Capabilities capabilities_of(const ShopConfig& config) {
  Capabilities c = described(config);
  if (config.dongdong) c.key_memory = kAccessIdMemory;
  if (config.dongdong || config.after_sale)
    describe_content(c, config, config.dongdong.has_value());
  else
    forbid_sending(c);
  return c;
}

Capabilities after_sale_capabilities(const ShopConfig& config) {
  Capabilities c = described(config);
  describe_content(c, config, false);
  return c;
}

std::shared_ptr<const Capabilities> shared_capabilities_of(detail::RuntimeCore& runtime, const ShopConfig& config) {
  return runtime.shared_values.get<Capabilities>(key_of_capabilities("shop", config),
                                                 [&config] { return capabilities_of(config); });
}

std::shared_ptr<const Capabilities> shared_after_sale_capabilities(detail::RuntimeCore& runtime,
                                                                   const ShopConfig& config) {
  return runtime.shared_values.get<Capabilities>(key_of_capabilities("after-sale", config),
                                                 [&config] { return after_sale_capabilities(config); });
}

}  // namespace jd
KEFU_END_NAMESPACE
