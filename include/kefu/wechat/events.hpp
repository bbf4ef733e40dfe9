#pragma once

#include <kefu/channel/inbound.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Every message and event that official accounts and mini programs are pushed (wechat-messages 8), from XML and JSON
// alike. Field comments give the platform's names. A field that was not sent is empty or 0, or
// absent where 0 says something; ids are text with every
// digit. What no field holds is in InboundEvent.raw.

// --- Messages of a customer ---

struct TextPush {
  TextPush() {}
  std::string content;  ///< Content
  std::string menu_id;  ///< bizmsgmenuid: the tapped item of a menu message; empty if the customer typed the words.
};
struct ImagePush {
  ImagePush() {}
  std::string picture_url;  ///< PicUrl; untrusted and short-lived.
  std::string media_id;     ///< MediaId
};
struct VoicePush {
  VoicePush() {}
  std::string media_id;      ///< MediaId
  std::string format;        ///< Format: "amr", "speex".
  std::string media_id_16k;  ///< MediaId16K: a 16 kHz copy.
  std::string recognition;   ///< Recognition; new pushes usually have none.
};
/// video and shortvideo.
struct VideoPush {
  VideoPush() {}
  std::string media_id;        ///< MediaId
  std::string thumb_media_id;  ///< ThumbMediaId
  bool is_short = false;       ///< MsgType was shortvideo.
};
struct LocationPush {
  LocationPush() {}
  double latitude = 0;   ///< Location_X
  double longitude = 0;  ///< Location_Y
  double scale = 0;      ///< Scale
  std::string label;     ///< Label
};
struct LinkPush {
  LinkPush() {}
  std::string title;        ///< Title
  std::string description;  ///< Description
  std::string url;          ///< Url
};
/// Cannot be downloaded through media/get.
struct FilePush {
  FilePush() {}
  std::string title;        ///< Title: the file's name.
  std::string description;  ///< Description
  std::string file_key;     ///< FileKey
  std::string file_md5;     ///< FileMd5
  std::int64_t size = 0;    ///< FileTotalLen, bytes.
};
/// A mini program card (mini programs only).
struct MiniProgramPagePush {
  MiniProgramPagePush() {}
  std::string title;           ///< Title
  std::string app_id;          ///< AppId
  std::string page_path;       ///< PagePath
  std::string thumb_url;       ///< ThumbUrl
  std::string thumb_media_id;  ///< ThumbMediaId
};

// --- Events of official accounts ---

/// A customer follows. By a QR code with parameters `event_key` is "qrscene_" and the scene value; after a
/// payment it can be "last_trade_no_" and the transaction, which is no scene.
struct SubscribeEvent {
  SubscribeEvent() {}
  std::string event_key;  ///< EventKey
  std::string ticket;     ///< Ticket of the QR code.
  /// The scene value without the prefix; empty if there was no QR code.
  std::string scene() const;
};
/// The platform obliges the account to delete the customer's data.
struct UnsubscribeEvent {
  UnsubscribeEvent() {}
  std::string event_key;  ///< EventKey; usually empty.
};
/// A follower scanned a QR code with parameters.
struct ScanEvent {
  ScanEvent() {}
  std::string scene;   ///< EventKey
  std::string ticket;  ///< Ticket
};
/// The position that a customer allowed the account to see; not a message.
struct LocationEvent {
  LocationEvent() {}
  double latitude = 0;   ///< Latitude
  double longitude = 0;  ///< Longitude
  double precision = 0;  ///< Precision
};
struct ClickEvent {
  ClickEvent() {}
  std::string key;  ///< EventKey
};
struct ViewEvent {
  ViewEvent() {}
  std::string url;      ///< EventKey
  std::string menu_id;  ///< MenuId
};
struct ViewMiniProgramEvent {
  ViewMiniProgramEvent() {}
  std::string page_path;  ///< EventKey
  std::string menu_id;    ///< MenuId
};
/// scancode_push and scancode_waitmsg.
struct ScanCodeEvent {
  ScanCodeEvent() {}
  std::string key;          ///< EventKey
  std::string scan_type;    ///< ScanCodeInfo/ScanType: "qrcode"...
  std::string scan_result;  ///< ScanCodeInfo/ScanResult
  bool waits = false;       ///< scancode_waitmsg: the customer is shown that an answer comes.
};
/// pic_sysphoto, pic_photo_or_album and pic_weixin: which one is in PushHead.event. The pictures follow as messages.
struct PicturesChosenEvent {
  struct Picture {
    Picture() {}
    std::string md5;  ///< PicMd5Sum
  };
  PicturesChosenEvent() {}
  std::string key;                ///< EventKey
  std::int64_t count = 0;         ///< SendPicsInfo/Count
  std::vector<Picture> pictures;  ///< SendPicsInfo/PicList/item
};
/// location_select.
struct LocationChosenEvent {
  LocationChosenEvent() {}
  std::string key;         ///< EventKey
  double latitude = 0;     ///< SendLocationInfo/Location_X
  double longitude = 0;    ///< SendLocationInfo/Location_Y
  double scale = 0;        ///< SendLocationInfo/Scale
  std::string label;       ///< SendLocationInfo/Label
  std::string place_name;  ///< SendLocationInfo/Poiname
};
/// TEMPLATESENDJOBFINISH.
struct TemplateSentEvent {
  TemplateSentEvent() {}
  std::string message_id;  ///< MsgID, in some JSON forms MsgId.
  std::string status;      ///< Status: "success", "failed:user block", "failed: system failed".
  bool delivered() const { return status == "success"; }
};
/// MASSSENDJOBFINISH.
struct MassSentEvent {
  struct Article {
    Article() {}
    std::int64_t index = 0;  ///< ArticleIdx
    std::string url;         ///< ArticleUrl
  };
  MassSentEvent() {}
  std::string message_id;  ///< MsgID
  std::string status;      ///< Status: "send success", "send fail", "err(10001)"...
  std::int64_t total_count = 0;
  std::int64_t filter_count = 0;
  std::int64_t sent_count = 0;
  std::int64_t error_count = 0;
  std::int64_t copyright_check_state = 0;  ///< CopyrightCheckResult/CheckState
  std::vector<Article> articles;           ///< ArticleUrlResult/ResultList/item
};
/// PUBLISHJOBFINISH: what became of articles that were to be published.
struct PublishFinishedEvent {
  struct Article {
    Article() {}
    std::int64_t index = 0;  ///< idx
    std::string url;         ///< article_url
  };
  PublishFinishedEvent() {}
  std::string publish_id;  ///< PublishEventInfo/publish_id
  /// publish_status: 0 published, 1 under way, 2 originality, 3 failed, 4 refused, 5, 6 deleted. Absent: not told.
  std::optional<std::int64_t> status;
  std::string article_id;         ///< Of what was published.
  std::vector<Article> articles;  ///< article_detail/item
};
struct KfSessionCreatedEvent {
  KfSessionCreatedEvent() {}
  std::string kf_account;  ///< KfAccount
};
struct KfSessionClosedEvent {
  KfSessionClosedEvent() {}
  std::string kf_account;  ///< KfAccount
  std::string close_type;  ///< CloseType; not documented, empty if not sent.
};
struct KfSessionSwitchedEvent {
  KfSessionSwitchedEvent() {}
  std::string from_kf_account;  ///< FromKfAccount
  std::string to_kf_account;    ///< ToKfAccount
};
/// user_info_modified, user_authorization_revoke and user_authorization_cancellation: which one is in PushHead.event.
struct UserAuthorizationEvent {
  UserAuthorizationEvent() {}
  std::string openid;       ///< OpenID; empty: it does not say whom it concerns. The push's sender is the platform.
  std::string app_id;       ///< AppID
  std::string revoke_info;  ///< RevokeInfo
  std::string union_id;     ///< UnionID
  std::string plugin_id;    ///< PluginID: of a plugin's event.
  std::string open_pid;     ///< OpenPID: the customer's id in the plugin.
};
/// user_enter_session_from_card.
struct CardSessionEnteredEvent {
  CardSessionEnteredEvent() {}
  std::string card_id;         ///< CardId
  std::string user_card_code;  ///< UserCardCode
};

// --- Events of mini programs ---

/// user_enter_tempsession: the customer entered the conversation from a button.
struct SessionEnteredEvent {
  SessionEnteredEvent() {}
  std::string session_from;  ///< SessionFrom: the button's session-from, up to 1024 characters.
};
/// wxa_media_check: the result of media_check_async.
struct MediaCheckEvent {
  struct Detail {
    Detail() {}
    std::string strategy;
    std::int64_t error_code = 0;  ///< errcode
    std::string suggest;
    std::int64_t label = 0;
    std::int64_t probability = 0;  ///< prob
    std::int64_t level = 0;
    std::string keyword;
  };
  MediaCheckEvent() {}
  std::string app_id;    ///< appid
  std::string trace_id;  ///< trace_id
  std::int64_t version = 0;
  std::int64_t error_code = 0;  ///< errcode; -1008: the download failed.
  std::string error_message;    ///< errmsg
  /// result/suggest: "pass", "review", "risky". Empty in version 1, which has `is_risky`, and where the check failed: a
  /// push without a result came with errcode 43104. Such is no pass.
  std::string suggest;
  std::int64_t label = 0;                ///< result/label; 100: fine.
  std::vector<Detail> details;           ///< detail
  std::optional<std::int64_t> is_risky;  ///< isrisky, of version 1: 1 if it is.
  std::int64_t status_code = 0;          ///< status_code, of version 1; not 0: it could not be checked.
  /// The platform looked and found nothing, in either version.
  bool passed() const {
    if (error_code != 0 || status_code != 0) return false;
    return suggest.empty() ? is_risky == 0 : suggest == "pass";
  }
};
/// wxa_punish_event: a penalty of the platform. Its fields are not documented: read `raw`.
struct PunishEvent {
  PunishEvent() {}
};
/// notify_service_msg_send_result (beta). Its fields are not documented: read `raw`.
struct ServiceMessageSentEvent {
  ServiceMessageSentEvent() {}
};

// --- Subscription messages (mini programs and service accounts) ---

/// A customer's answer to one template.
struct SubscriptionChoice {
  SubscriptionChoice() {}
  std::string template_id;  ///< TemplateId
  std::string status;       ///< SubscribeStatusString: "accept" or "reject".
  std::string popup_scene;  ///< PopupScene: "0" in a mini program; "1" H5 page, "2" article of a service account.
  bool accepted() const { return status == "accept"; }
};
/// subscribe_msg_popup_event.
struct SubscriptionAskedEvent {
  SubscriptionAskedEvent() {}
  std::vector<SubscriptionChoice> choices;  ///< List
};
/// subscribe_msg_change_event: the customer changed it in the settings; only "reject" is sent.
struct SubscriptionChangedEvent {
  SubscriptionChangedEvent() {}
  std::vector<SubscriptionChoice> choices;  ///< List
};
/// subscribe_msg_sent_event: what became of subscription messages. With one item the channel's payload is
/// DeliveryReported; with several it is PlatformEvent, and `read_push` has them.
struct SubscriptionSentEvent {
  struct Item {
    Item() {}
    std::string template_id;                 ///< TemplateId
    std::string message_id;                  ///< MsgID
    std::optional<std::int64_t> error_code;  ///< ErrorCode; absent: not there, or no number.
    std::string error_status;                ///< ErrorStatus: "success" ...
    /// By the code; without one, by the text.
    bool delivered() const { return error_code ? *error_code == 0 : error_status == "success"; }
  };
  SubscriptionSentEvent() {}
  std::vector<Item> items;  ///< List
};

/// A type or event that this version does not know; PushHead says which, `raw` has all of it.
struct UnknownPush {
  UnknownPush() {}
};

/// What a push says. Later versions add alternatives at the end: see `match`.
using PushBody =
    std::variant<UnknownPush, TextPush, ImagePush, VoicePush, VideoPush, LocationPush, LinkPush, FilePush,
                 MiniProgramPagePush, SubscribeEvent, UnsubscribeEvent, ScanEvent, LocationEvent, ClickEvent, ViewEvent,
                 ViewMiniProgramEvent, ScanCodeEvent, PicturesChosenEvent, LocationChosenEvent, TemplateSentEvent,
                 MassSentEvent, KfSessionCreatedEvent, KfSessionClosedEvent, KfSessionSwitchedEvent,
                 UserAuthorizationEvent, CardSessionEnteredEvent, SessionEnteredEvent, MediaCheckEvent, PunishEvent,
                 ServiceMessageSentEvent, SubscriptionAskedEvent, SubscriptionChangedEvent, SubscriptionSentEvent,
                 PublishFinishedEvent KEFU_LATER_KIND>;
/// "text", "scan", "kf_session_created"...; "unknown" also for an alternative of another version.
KEFU_EXPORT std::string_view to_string(const PushBody& body) noexcept;

/// What all pushes have in common.
struct PushHead {
  PushHead() {}
  std::string to;    ///< ToUserName: the account's original id gh_...; in cloud functions it may be the app id.
  std::string from;  ///< FromUserName: the openid; of system pushes empty or an id of the platform's own.
  std::int64_t create_time = 0;  ///< CreateTime, seconds since 1970.
  std::string type;              ///< MsgType as sent.
  std::string event;             ///< Event as sent (InfoType of pushes to a third-party platform); empty for messages.
  std::string message_id;        ///< MsgId of a message; empty for events.
  std::string article_data_id;   ///< MsgDataId: the article the message was sent from.
  std::string article_index;     ///< Idx
  std::string business_id;       ///< BusinessId: the sub-merchant of the session.
};

/// One push in the platform's own terms.
struct Push {
  Push() {}
  PushHead head;
  PushBody body;
};

/// Reads the typed push of an event that came from a WeChat PushReceiver. Event names are recognised whatever their
/// case. Errors: `bad_argument` (not a WeChat event, or `raw` was altered).
KEFU_EXPORT Result<Push> read_push(const InboundEvent& event);

}  // namespace wechat
KEFU_END_NAMESPACE
