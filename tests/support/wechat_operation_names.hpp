#pragma once

#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/sub_merchants.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/tokens.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <map>
#include <string>

namespace kefu_test {

/// The name of the type of every typed operation, by its row. A contract test walks it against wechat::operations().
inline const std::map<const kefu::Operation*, std::string>& wechat_operation_names() {
#define KEFU_ROW(Type) \
  { &kefu::wechat::Type::operation(), #Type }
  static const std::map<const kefu::Operation*, std::string> names{KEFU_ROW(FetchClassicToken),
                                                                   KEFU_ROW(FetchStableToken),
                                                                   KEFU_ROW(SendCustomMessage),
                                                                   KEFU_ROW(SetTyping),
                                                                   KEFU_ROW(SetBusinessTyping),
                                                                   KEFU_ROW(GetQuota),
                                                                   KEFU_ROW(ClearQuota),
                                                                   KEFU_ROW(ClearQuotaBySecret),
                                                                   KEFU_ROW(ClearApiQuota),
                                                                   KEFU_ROW(LookUpRequest),
                                                                   KEFU_ROW(CheckCallback),
                                                                   KEFU_ROW(GetCallbackAddresses),
                                                                   KEFU_ROW(GetApiAddresses),
                                                                   KEFU_ROW(AddKfAccount),
                                                                   KEFU_ROW(UpdateKfAccount),
                                                                   KEFU_ROW(DeleteKfAccount),
                                                                   KEFU_ROW(InviteKfWorker),
                                                                   KEFU_ROW(ListKfAccounts),
                                                                   KEFU_ROW(ListOnlineKfAccounts),
                                                                   KEFU_ROW(SetKfAdmin),
                                                                   KEFU_ROW(CancelKfAdmin),
                                                                   KEFU_ROW(BindWeComKf),
                                                                   KEFU_ROW(UnbindWeComKf),
                                                                   KEFU_ROW(GetWeComKfBinding),
                                                                   KEFU_ROW(RegisterSubMerchant),
                                                                   KEFU_ROW(GetSubMerchant),
                                                                   KEFU_ROW(ListSubMerchants),
                                                                   KEFU_ROW(UpdateSubMerchant),
                                                                   KEFU_ROW(SendSubMerchantMessage),
                                                                   KEFU_ROW(CreateKfSession),
                                                                   KEFU_ROW(CloseKfSession),
                                                                   KEFU_ROW(GetKfSession),
                                                                   KEFU_ROW(ListKfSessions),
                                                                   KEFU_ROW(ListWaitingCustomers),
                                                                   KEFU_ROW(GetKfRecords),
                                                                   KEFU_ROW(UploadMedia),
                                                                   KEFU_ROW(GetMedia),
                                                                   KEFU_ROW(GetJssdkVoice),
                                                                   KEFU_ROW(UploadArticleImage),
                                                                   KEFU_ROW(AddMaterial),
                                                                   KEFU_ROW(GetMaterial),
                                                                   KEFU_ROW(DeleteMaterial),
                                                                   KEFU_ROW(CountMaterials),
                                                                   KEFU_ROW(ListMaterials),
                                                                   KEFU_ROW(UploadKfPicture),
                                                                   KEFU_ROW(SendSubscribeMessage),
                                                                   KEFU_ROW(SendServiceSubscribeMessage),
                                                                   KEFU_ROW(ListTemplateCategories),
                                                                   KEFU_ROW(ListPublicTemplates),
                                                                   KEFU_ROW(ListTemplateKeywords),
                                                                   KEFU_ROW(AddSubscribeTemplate),
                                                                   KEFU_ROW(DeleteSubscribeTemplate),
                                                                   KEFU_ROW(ListSubscribeTemplates),
                                                                   KEFU_ROW(SendTemplateMessage),
                                                                   KEFU_ROW(SendOneTimeMessage),
                                                                   KEFU_ROW(SetIndustry),
                                                                   KEFU_ROW(GetIndustry),
                                                                   KEFU_ROW(AddTemplate),
                                                                   KEFU_ROW(ListTemplates),
                                                                   KEFU_ROW(DeleteTemplate),
                                                                   KEFU_ROW(GetUser),
                                                                   KEFU_ROW(GetUsers),
                                                                   KEFU_ROW(ListFollowers),
                                                                   KEFU_ROW(SetRemark),
                                                                   KEFU_ROW(CreateTag),
                                                                   KEFU_ROW(ListTags),
                                                                   KEFU_ROW(RenameTag),
                                                                   KEFU_ROW(DeleteTag),
                                                                   KEFU_ROW(TagUsers),
                                                                   KEFU_ROW(UntagUsers),
                                                                   KEFU_ROW(GetUserTags),
                                                                   KEFU_ROW(ListTagMembers),
                                                                   KEFU_ROW(ListBlacklist),
                                                                   KEFU_ROW(BlacklistUsers),
                                                                   KEFU_ROW(UnblacklistUsers),
                                                                   KEFU_ROW(RedeemMiniProgramCode),
                                                                   KEFU_ROW(GetPhoneNumber),
                                                                   KEFU_ROW(RedeemLoginCode),
                                                                   KEFU_ROW(RefreshLogin),
                                                                   KEFU_ROW(GetLoginProfile),
                                                                   KEFU_ROW(CheckLogin),
                                                                   KEFU_ROW(CheckText),
                                                                   KEFU_ROW(CheckMedia)};
#undef KEFU_ROW
  return names;
}

}  // namespace kefu_test
