#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// The platform's check of what customers of a mini program say and show, version 2 (wechat-messages 12). Operations are
// values; any thread.

/// What the content is for.
enum class ContentScene : unsigned char { profile = 1, comment = 2, forum = 3, social = 4 };
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(ContentScene scene) noexcept;

/// The platform's opinion. `error_code` is not 0 if a strategy could not judge.
struct ContentFinding {
  ContentFinding() {}
  std::string strategy;
  std::int64_t error_code = 0;  ///< errcode
  std::string suggest;
  std::int64_t label = 0;
  std::int64_t probability = 0;  ///< prob, 0 to 100.
  std::int64_t level = 0;
  std::string keyword;
};
struct ContentVerdict {
  ContentVerdict() {}
  std::string suggest;  ///< "pass", "review", "risky".
  /// 100 fine, 10001 advertisement, 20001 political, 20002 pornographic, 20003 abuse, 20006 crime, 20008 fraud, 20012
  /// vulgar, 20013 copyright, 21000 other.
  std::int64_t label = 0;
  std::vector<ContentFinding> details;  ///< detail
  std::string trace_id;
  bool passed() const { return suggest == "pass"; }
};

/// Checks a text. The platform answers success also for risky texts: look at the verdict.
///
/// Effect: read. Checked here: up to 2,500 characters. The person must have used the mini program within two hours
/// (61010). 4,000 a minute, 2,000,000 a day. Codes: 87020 (the same check too often), 44991. Page: 文本内容安全识别.
struct KEFU_EXPORT CheckText {
  using Response = ContentVerdict;
  static const Operation& operation();
  CheckText(std::string openid_, ContentScene scene_, std::string content_)
      : openid(std::move(openid_)), scene(scene_), content(std::move(content_)) {}
  std::string openid;
  ContentScene scene;
  std::string content;
  std::string title;
  std::string nickname;
  std::string signature;  ///< Of the person's profile; for ContentScene::profile.
};

struct MediaCheckStarted {
  MediaCheckStarted() {}
  std::string trace_id;  ///< As in the MediaCheckEvent that brings the verdict.
};

/// Starts the check of a sound or picture, up to 10 MB; the verdict is pushed within 30 minutes as MediaCheckEvent.
///
/// Effect: idempotent: a second one is checked again under another trace id. 2,000 a minute, 200,000 a day.
/// Page: 多媒体内容安全识别.
struct KEFU_EXPORT CheckMedia {
  using Response = MediaCheckStarted;
  static const Operation& operation();
  enum class Type : unsigned char { audio = 1, picture = 2 };
  CheckMedia(std::string openid_, ContentScene scene_, Type type_, std::string url)
      : openid(std::move(openid_)), scene(scene_), type(type_), media_url(std::move(url)) {}
  std::string openid;
  ContentScene scene;
  Type type;
  std::string media_url;  ///< The platform fetches it from there.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(CheckMedia::Type type) noexcept;

}  // namespace wechat
KEFU_END_NAMESPACE
