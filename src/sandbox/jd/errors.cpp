#include "sandbox/jd/twin.hpp"

#include <algorithm>
#include <iterator>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr JdCodeText kJdTexts[] = {
    {1, "服务不可用", "missing system error"},
    {2, "限制时间内调用失败次数", "App Call Limited"},
    {3, "请求被禁止", "Forbidden Request"},
    {4, "缺少版本参数", "Missing Version"},
    {5, "不支持的版本号", "Unsupported Version"},
    {6, "非法的版本参数", "Invalid Version"},
    {7, "缺少时间戳参数", "Missing Timestamp"},
    {8, "非法的时间戳参数", "Invalid Timestamp"},
    {9, "缺少商家Id参数", "Missing VenderId"},
    {10, "无效商家Id参数", "Invalid VenderId"},
    {11, "缺少签名参数", "Missing Signature"},
    {12, "无效签名", "Invalid Signature"},
    {13, "无效数据格式", "Invalid Format"},
    {14, "缺少方法名参数", "Missing Method"},
    {15, "不存在的方法名", "Invalid Method"},
    {16, "缺少流水号参数", "Missing TradeNo"},
    {17, "流水号已经存在", "Used TradeNo"},
    {18, "缺少access_token参数", "Missing access_token"},
    {19, "token已过期或者不存在，请重新授权", "Invalid access_token"},
    {20, "缺少app_key参数", "Missing app_key"},
    {21, "无效app_key", "Invalid app_key"},
    {22, "授权者不是商家", "the franchisor not businessmen"},
    {23, "API已停用", "API stop"},
    {24, "无权调用API", "cannot use this API"},
    {25, "应用未上线", "this application is not on-line"},
    {26, "缺少手机号", "Missing mobile"},
    {27, "无效手机号", "Invalid mobile"},
    {43, "系统处理错误", "system error"},
    {50, "无效调用", "invalid get program"},
    {60, "参数不合法", "parameter is not valid"},
    {61, "参数值不合法", "parameter value is not valid"},
    {62, "JSON转换错误", "json conversion error"},
    {63, "JSON格式不正确", "json malformed"},
    {64, "此类型商家无权调用本接口", "this type of merchant may not call"},
    {65, "平台连接后端服务超时", "platform connecting service timeout"},
    {66, "平台连接后端服务不可用", "platform to connect to the back-end service not available"},
    {67, "平台连接后端服务处理过程中出现未知异常信息",
     "platform connecting service process unknown exception information"},
    {68, "验证可选字段异常信息", "validation of optional field anomaly information"},
    {69, "获取数据失败", "failed to get data"},
    {70, "订单正在出库中", "missing order out storage"},
    {71, "编号不属于该商家", "Id is not belong to the special vender"},
    {72, "用户不是此类型商家", "the merchant is not of this type"},
    {73, "增值API，应用须部署在云鼎", "value-added API"},
    {1100, "参数错误", "parameter error"},
};

}  // namespace

JdCodeText jd_code_text(int code) {
  const auto found = std::lower_bound(std::begin(kJdTexts), std::end(kJdTexts), code,
                                      [](const JdCodeText& row, int wanted) { return row.code < wanted; });
  return found != std::end(kJdTexts) && found->code == code ? *found : JdCodeText{code, "x", "y"};
}

const std::vector<TwinSwitch>& jd_switches() {
  static const std::vector<TwinSwitch> rows = {
      {"jd_clock_bound_s", 600, "how far a timestamp may be off; old pages say 360"},
      {"jd_response_spelling", 0, "1: answers sit under ..._response"},
      {"jd_trailing_comma", 0, "1: a comma before the last closing brackets"},
      {"jd_numbers_as_strings", 0, "1: numbers of answers as strings"},
      {"jd_code_as_number", 0, "1: codes as numbers"},
      {"jd_dates_as_text", 0, "1: dates of im.pop and asc answers as text instead of milliseconds"},
      {"jd_legacy_wrappers", 0,
       "names of older generations: 1 ChatLog.chatList, ChatSession as a list, refundApplyVo (2014); 2 ChatSession as "
       "an "
       "object with chatSession (2015); 3 ChatLog.chatLogList, ChatSession with chatSessionList and a total as text"},
      {"jd_total_record", -1, "totalRecord of im.pop lists: -1 as many as there are, else this number, as 1 was seen"},
      {"jd_html_entities", 0, "1: content of chat lines with HTML entities, as seen: &#x26; for the ampersand"},
      {"jd_token_in_text", 0, "1: the text of code 19 repeats the access token"},
      {"jd_mask_customers", 0, "1: lists show customers as j***1"},
      {"jd_customer_ids_in_lists", 0, "weak: 1 adds open_id_buyer and xid_buyer to chat and evaluation lists"},
      {"jd_token_life_s", 31535999, "life of an access token; 86399 in an application's test phase"},
      {"jd_refresh_token_life_s", 31536000, "weak: life of a refresh token from its issue"},
      {"jd_refresh_changes_access_token", 1, "0: a refresh keeps the access token's text and lengthens its life"},
      {"jd_refresh_rotates_refresh_token", 1, "0: the refresh token stays and works again"},
      {"jd_refresh_after_expiry", 0, "1: a refresh works after the access token's end"},
      {"jd_old_access_token_life_s", 0, "weak: how long the access token before a refresh still works"},
      {"jd_code_life_s", 300, "life of an authorization code; clients assume up to 600"},
      {"jd_oauth_error_code", 400, "weak: code of every refusal of /oauth2/*"},
      {"jd_legacy_oauth_gbk", 1, "0: /oauth/token answers in UTF-8"},
      {"jd_visibility_delay_s", 0, "weak: sessions, lines, evaluations and tickets show up this much later"},
      {"jd_newest_first", 0, "weak: 1 turns the order of im.pop lists around"},
      {"jd_end_day_counts", 1, "weak: 0 leaves out the day of endTime"},
      {"jd_period_days", 7, "most days from startTime to endTime of im.pop calls"},
      {"jd_period_age_days", 90, "how old the start of a period may be"},
      {"jd_period_code", 61, "weak: answer to a period too long or too old; 0 allows any"},
      {"jd_page_size_max", 100, "weak: largest pageSize of im.pop lists"},
      {"jd_page_size_over_code", 0, "weak: answer to a larger one; 0 cuts the page"},
      {"jd_absent_waiter_is_main_account", 1, "0: all agents' rows are shown when no waiter is named"},
      {"jd_dongdong_token_life_s", 7200, "weak: life of a token of GrantService"},
      {"jd_dongdong_wrapped", 1, "weak: 0 puts the result of GrantService and MessagePushService into the node itself"},
      {"jd_dongdong_token_code", 230001, "weak: a push with a wrong accessToken or aspid"},
      {"jd_no_session_code", 230002, "weak: a push to a buyer without an open session; 0 lets it pass"},
      {"jd_session_window_s", 0, "weak: how long after the buyer's last line a push passes; 0: as long as it is open"},
      {"jd_duplicate_accessid_code", 0,
       "weak: answer to an accessid seen within 3 minutes; 0 repeats the first answer"},
      {"jd_pushes_in_chat_log", 1, "weak: 0 keeps pushed messages out of the chat log"},
      {"jd_review_reply_code", 200, "resultCode of an answer to a review: 200 is yes, 11 the same again, 24 a fault"},
      {"jd_reviews_in_map", 0, "1: reviews and answers to them inside `map`, as the documentation site draws it"},
      {"jd_act_data", 1,
       "data of acts on after-sale orders: 1 that it was done, 0 that it was not, beside success, -1 nothing"},
      {"jd_freight_updates_order", 0, "1: a freight number moves the update time of its after-sale order"},
      {"jd_ticket_message_delay_s", 0, "messages on an after-sale order show up this much later, its entry unchanged"},
      {"jd_unsolved_reply_closes", 0, "weak: 1 takes a service order off the unsolved ones after a reply"},
      {"jd_ticket_conflict_code", 501, "weak: answer to an outdated sysVersion or a state that does not allow the act"},
  };
  return rows;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
