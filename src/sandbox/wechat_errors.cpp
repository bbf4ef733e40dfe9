#include "sandbox/wechat_twin.hpp"

#include <algorithm>
#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using CodeText = std::pair<int, std::string_view>;

/// Beginnings of the platform's texts (wechat-messages 13), sorted by code.
constexpr CodeText kTexts[] = {
    {-1, "system error"},
    {0, "ok"},
    {40001, "invalid credential, access_token is invalid or not latest"},
    {40002, "invalid grant_type"},
    {40003, "invalid openid"},
    {40004, "invalid media type"},
    {40005, "invalid file type"},
    {40006, "invalid meida size"},
    {40007, "invalid media_id"},
    {40008, "invalid message type"},
    {40009, "invalid image size"},
    {40010, "invalid voice size"},
    {40011, "invalid video size"},
    {40012, "invalid thumb size"},
    {40013, "invalid appid"},
    {40014, "invalid access_token"},
    {40033, "invalid charset. please check your request, if include \\uxxxx will create fail!"},
    {40035, "invalid args"},
    {40066, "invalid url"},
    {40073, "invalid card id"},
    {40097, "invalid args"},
    {40125, "invalid appsecret"},
    {40164, "invalid ip, not in whitelist"},
    {40165, "invalid weapp pagepath"},
    {40166, "invalid weapp appid"},
    {40200, "invalid account type"},
    {40201, "invalid check url"},
    {40202, "invalid check action"},
    {40203, "invalid check operator"},
    {40226, "code blocked"},
    {41001, "access_token missing"},
    {41002, "appid missing"},
    {41004, "appsecret missing"},
    {41005, "media data missing"},
    {41006, "media_id missing"},
    {41009, "missing openid"},
    {42001, "access_token expired"},
    {43001, "require GET method"},
    {43002, "require POST method"},
    {43003, "require https"},
    {43004, "require subscribe"},
    {43019, "require remove blacklist"},
    {44001, "empty media data"},
    {44002, "empty post data"},
    {44003, "empty news data"},
    {44004, "empty content"},
    {44991, "reach max api minute frequence"},
    {45001, "media size out of limit"},
    {45002, "content size out of limit"},
    {45003, "title size out of limit"},
    {45004, "description size out of limit"},
    {45005, "url size out of limit"},
    {45006, "picurl size out of limit"},
    {45008, "article size out of limit"},
    {45009, "reach max api daily quota limit"},
    {45011, "api minute-quota reach limit, must slower, retry next minute"},
    {45015, "response out of time limit or subscription is canceled"},
    {45047, "out of response count limit"},
    {45072, "invalid command"},
    {45080, "need sending message to user, or recving message from user in the last 30 seconds before typing"},
    {45081, "you are already typing"},
    {45103, "This API has been unsupported"},
    {46004, "user no exist"},
    {47001, "data format error"},
    {47003, "argument invalid!"},
    {48001, "api unauthorized"},
    {48002, "user block receive message"},
    {48003, "user not agree mass-send protocol"},
    {48004, "api forbidden for irregularities, view detail on mp.weixin.qq.com"},
    {48006, "forbid to clear quota because of reaching the limit"},
    {48008, "no permission for this msgtype"},
    {50001, "api unauthorized or user unauthorized"},
    {50002, "user limited"},
    {50004, "token API forbidden"},
    {50005, "user is unsubscribed"},
    {50007, "account frozen"},
    {61004, "access clientip is not registered"},
    {61007, "api is unauthorized to component"},
    {65400, "please enable new custom service, or wait for a while if you have enabled"},
    {65401, "invalid custom service account"},
    {70000, "blocked to protect minors"},
    {76001, "rid not found"},
    {76002, "rid is malformed"},
    {76003, "rid or cgi_path does not belong to this account"},
    {76004, "rid is too old"},
    {76021, "cgi_path not found"},
    {76022, "could not use this cgi_path, no permission"},
    {89503, "need admin confirm"},
};

}  // namespace

std::string_view wechat_errmsg(int code) {
  const auto found = std::lower_bound(std::begin(kTexts), std::end(kTexts), code,
                                      [](const CodeText& row, int wanted) { return row.first < wanted; });
  return found != std::end(kTexts) && found->first == code ? found->second : "error";
}

const std::vector<TwinSwitch>& wechat_switches() {
  static const std::vector<TwinSwitch> rows = {
      {"token_life_s", 7200, "life of a new access token, seconds"},
      {"stale_token_code", 40001, "answer to an unknown or superseded token"},
      {"expired_token_code", 42001, "answer to a token whose life is over"},
      {"malformed_token_code", 40014, "answer to what cannot be a token"},
      {"force_refresh_daily_code", 45009, "weak: answer to the 21st forced refresh of a day"},
      {"force_refresh_pause_code", 45011, "weak: answer to a forced refresh within 30 s"},
      {"refuse_escaped_json", 0, "1: needless \\u escapes are answered 40033"},
      {"check_media", 1, "0: any media_id is known"},
      {"unknown_agent_code", 65401, "weak: custom/send with a kf_account that is not in the account's agents"},
      {"type_not_for_kind_code", 40008, "weak: a message type that this kind of account lacks"},
      {"link_from_official_account_code", 40008, "weak: a link message from an official account"},
      {"msgmenu_from_mini_program_code", 40008, "weak: a menu message from a mini program; 0 allows it"},
      {"retired_mpnews_code", 45103, "weak: mpnews messages; 0 allows them"},
      {"unfollowed_code", 45015, "answer to a message to a customer who unfollowed"},
      {"business_typing_for_official_code", 40200,
       "weak: an official account on the business typing path; 0 allows it"},
      {"passive_reply_spends_window", 0, "1: a passive reply costs one message of the window"},
      {"passive_articles_after_event", 8, "most articles of a passive news reply to an event (1 after messages)"},
      {"push_deliveries", 3, "how often a push is delivered in all when nobody answers"},
      {"push_deadline_ms", 5000, "how long the platform waits for the answer to a push"},
      {"push_retry_interval_ms", 5000, "from the start of one delivery to the next"},
      {"push_retry_same_signature", 0, "1: re-deliveries carry the timestamp, nonce and signatures of the first"},
  };
  return rows;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
