#pragma once

#include <kefu/wechat/events.hpp>

#include <type_traits>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// One field list per push, with the platform's names. A visitor takes v(name, field) for scalars, v.inner(object, name,
// field) for those one level down, and v.list(path, vector) for lists, where '/' descends; their entries have a field
// list of their own. The reader is such a visitor, and so is what the tests print with. `p` is const or not, as the
// visitor needs.

/// Whether P is T or const T.
template <class P, class T>
using EnableFields = std::enable_if_t<std::is_same_v<std::remove_const_t<P>, T>, int>;

template <class V, class P, EnableFields<P, UnknownPush> = 0>
void fields(V&, P&) {}

template <class V, class P, EnableFields<P, TextPush> = 0>
void fields(V& v, P& p) {
  v("Content", p.content);
  v("bizmsgmenuid", p.menu_id);
}

template <class V, class P, EnableFields<P, ImagePush> = 0>
void fields(V& v, P& p) {
  v("PicUrl", p.picture_url);
  v("MediaId", p.media_id);
}

template <class V, class P, EnableFields<P, VoicePush> = 0>
void fields(V& v, P& p) {
  v("MediaId", p.media_id);
  v("Format", p.format);
  v("MediaId16K", p.media_id_16k);
  v("Recognition", p.recognition);
}

template <class V, class P, EnableFields<P, VideoPush> = 0>
void fields(V& v, P& p) {
  v("MediaId", p.media_id);
  v("ThumbMediaId", p.thumb_media_id);
}

template <class V, class P, EnableFields<P, LocationPush> = 0>
void fields(V& v, P& p) {
  v("Location_X", p.latitude);
  v("Location_Y", p.longitude);
  v("Scale", p.scale);
  v("Label", p.label);
}

template <class V, class P, EnableFields<P, LinkPush> = 0>
void fields(V& v, P& p) {
  v("Title", p.title);
  v("Description", p.description);
  v("Url", p.url);
}

template <class V, class P, EnableFields<P, FilePush> = 0>
void fields(V& v, P& p) {
  v("Title", p.title);
  v("Description", p.description);
  v("FileKey", p.file_key);
  v("FileMd5", p.file_md5);
  v("FileTotalLen", p.size);
}

template <class V, class P, EnableFields<P, MiniProgramPagePush> = 0>
void fields(V& v, P& p) {
  v("Title", p.title);
  v("AppId", p.app_id);
  v("PagePath", p.page_path);
  v("ThumbUrl", p.thumb_url);
  v("ThumbMediaId", p.thumb_media_id);
}

template <class V, class P, EnableFields<P, SubscribeEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.event_key);
  v("Ticket", p.ticket);
}

template <class V, class P, EnableFields<P, UnsubscribeEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.event_key);
}

template <class V, class P, EnableFields<P, ScanEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.scene);
  v("Ticket", p.ticket);
}

template <class V, class P, EnableFields<P, LocationEvent> = 0>
void fields(V& v, P& p) {
  v("Latitude", p.latitude);
  v("Longitude", p.longitude);
  v("Precision", p.precision);
}

template <class V, class P, EnableFields<P, ClickEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.key);
}

template <class V, class P, EnableFields<P, ViewEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.url);
  v("MenuId", p.menu_id);
}

template <class V, class P, EnableFields<P, ViewMiniProgramEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.page_path);
  v("MenuId", p.menu_id);
}

template <class V, class P, EnableFields<P, ScanCodeEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.key);
  v.inner("ScanCodeInfo", "ScanType", p.scan_type);
  v.inner("ScanCodeInfo", "ScanResult", p.scan_result);
}

template <class V, class P, EnableFields<P, PicturesChosenEvent::Picture> = 0>
void fields(V& v, P& p) {
  v("PicMd5Sum", p.md5);
}
template <class V, class P, EnableFields<P, PicturesChosenEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.key);
  v.inner("SendPicsInfo", "Count", p.count);
  v.list("SendPicsInfo/PicList/item", p.pictures);
}

template <class V, class P, EnableFields<P, LocationChosenEvent> = 0>
void fields(V& v, P& p) {
  v("EventKey", p.key);
  v.inner("SendLocationInfo", "Location_X", p.latitude);
  v.inner("SendLocationInfo", "Location_Y", p.longitude);
  v.inner("SendLocationInfo", "Scale", p.scale);
  v.inner("SendLocationInfo", "Label", p.label);
  v.inner("SendLocationInfo", "Poiname", p.place_name);
}

template <class V, class P, EnableFields<P, TemplateSentEvent> = 0>
void fields(V& v, P& p) {
  v("MsgID", p.message_id);
  v("Status", p.status);
}

template <class V, class P, EnableFields<P, MassSentEvent::Article> = 0>
void fields(V& v, P& p) {
  v("ArticleIdx", p.index);
  v("ArticleUrl", p.url);
}
template <class V, class P, EnableFields<P, MassSentEvent> = 0>
void fields(V& v, P& p) {
  v("MsgID", p.message_id);
  v("Status", p.status);
  v("TotalCount", p.total_count);
  v("FilterCount", p.filter_count);
  v("SentCount", p.sent_count);
  v("ErrorCount", p.error_count);
  v.inner("CopyrightCheckResult", "CheckState", p.copyright_check_state);
  v.list("ArticleUrlResult/ResultList/item", p.articles);
}

template <class V, class P, EnableFields<P, KfSessionCreatedEvent> = 0>
void fields(V& v, P& p) {
  v("KfAccount", p.kf_account);
}

template <class V, class P, EnableFields<P, KfSessionClosedEvent> = 0>
void fields(V& v, P& p) {
  v("KfAccount", p.kf_account);
  v("CloseType", p.close_type);
}

template <class V, class P, EnableFields<P, KfSessionSwitchedEvent> = 0>
void fields(V& v, P& p) {
  v("FromKfAccount", p.from_kf_account);
  v("ToKfAccount", p.to_kf_account);
}

template <class V, class P, EnableFields<P, UserAuthorizationEvent> = 0>
void fields(V& v, P& p) {
  v("OpenID", p.openid);
  v("AppID", p.app_id);
  v("RevokeInfo", p.revoke_info);
  v("UnionID", p.union_id);
  v("PluginID", p.plugin_id);
  v("OpenPID", p.open_pid);
}

template <class V, class P, EnableFields<P, CardSessionEnteredEvent> = 0>
void fields(V& v, P& p) {
  v("CardId", p.card_id);
  v("UserCardCode", p.user_card_code);
}

template <class V, class P, EnableFields<P, SessionEnteredEvent> = 0>
void fields(V& v, P& p) {
  v("SessionFrom", p.session_from);
}

template <class V, class P, EnableFields<P, MediaCheckEvent::Detail> = 0>
void fields(V& v, P& p) {
  v("strategy", p.strategy);
  v("errcode", p.error_code);
  v("suggest", p.suggest);
  v("label", p.label);
  v("prob", p.probability);
  v("level", p.level);
  v("keyword", p.keyword);
}
template <class V, class P, EnableFields<P, MediaCheckEvent> = 0>
void fields(V& v, P& p) {
  v("appid", p.app_id);
  v("trace_id", p.trace_id);
  v("version", p.version);
  v("errcode", p.error_code);
  v("errmsg", p.error_message);
  v.inner("result", "suggest", p.suggest);
  v.inner("result", "label", p.label);
  v.list("detail", p.details);
  v("isrisky", p.is_risky);
  v("status_code", p.status_code);
}

template <class V, class P, EnableFields<P, PublishFinishedEvent::Article> = 0>
void fields(V& v, P& p) {
  v("idx", p.index);
  v("article_url", p.url);
}
template <class V, class P, EnableFields<P, PublishFinishedEvent> = 0>
void fields(V& v, P& p) {
  v.inner("PublishEventInfo", "publish_id", p.publish_id);
  v.inner("PublishEventInfo", "publish_status", p.status);
  v.inner("PublishEventInfo", "article_id", p.article_id);
  v.list("PublishEventInfo/article_detail/item", p.articles);
}

template <class V, class P, EnableFields<P, PunishEvent> = 0>
void fields(V&, P&) {}
template <class V, class P, EnableFields<P, ServiceMessageSentEvent> = 0>
void fields(V&, P&) {}

template <class V, class P, EnableFields<P, SubscriptionChoice> = 0>
void fields(V& v, P& p) {
  v("TemplateId", p.template_id);
  v("SubscribeStatusString", p.status);
  v("PopupScene", p.popup_scene);
}
template <class V, class P, EnableFields<P, SubscriptionSentEvent::Item> = 0>
void fields(V& v, P& p) {
  v("TemplateId", p.template_id);
  v("MsgID", p.message_id);
  v("ErrorCode", p.error_code);
  v("ErrorStatus", p.error_status);
}
// XML wraps these lists in an element of the event's name, JSON does not.
template <class V, class P, EnableFields<P, SubscriptionAskedEvent> = 0>
void fields(V& v, P& p) {
  v.wrapped_list("SubscribeMsgPopupEvent", "List", p.choices);
}
template <class V, class P, EnableFields<P, SubscriptionChangedEvent> = 0>
void fields(V& v, P& p) {
  v.wrapped_list("SubscribeMsgChangeEvent", "List", p.choices);
}
template <class V, class P, EnableFields<P, SubscriptionSentEvent> = 0>
void fields(V& v, P& p) {
  v.wrapped_list("SubscribeMsgSentEvent", "List", p.items);
}

template <class V, class P, EnableFields<P, PushHead> = 0>
void fields(V& v, P& p) {
  v("ToUserName", p.to);
  v("FromUserName", p.from);
  v("CreateTime", p.create_time);
  v("MsgType", p.type);
  v("Event", p.event);
  v("MsgId", p.message_id);
  v("MsgDataId", p.article_data_id);
  v("Idx", p.article_index);
  v("BusinessId", p.business_id);
}

}  // namespace wechat
KEFU_END_NAMESPACE
