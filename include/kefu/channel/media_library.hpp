#pragma once

#include <kefu/channel/media.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE

/// A file for messages to customers.
struct MediaUpload {
  MediaUpload(MediaKind k, MediaContent c) : kind(k), content(std::move(c)) {}
  MediaKind kind;
  MediaContent content;
  bool permanent = false;   ///< Keep it until it is deleted, where the account can (Ability::permanent_media).
  std::string title;        ///< Of a permanent video, where the platform wants one.
  std::string description;  ///< Of a permanent video.
  /// The largest file that is sent, in bytes, in place of the platform's documented limit for its kind, lower or
  /// higher; 0: the documented one. A larger one is `bad_argument` before a byte leaves. Beside MediaTarget::max_bytes.
  std::size_t max_bytes = 0;
};

/// A file that the platform keeps, and for how long. A value: store it, and look at it before each use (MED-4).
struct StoredMedia {
  explicit StoredMedia(std::string a = {}, MediaKind k = MediaKind::image, std::string id = {})
      : account(std::move(a)), kind(k), media_id(std::move(id)) {}
  std::string account;  ///< Only this account (Channel::id) can use it.
  MediaKind kind;
  std::string media_id;
  /// When to take it for gone: some time before the platform forgets it. Absent: it stays.
  std::optional<WallTime> expires;
  std::string url;  ///< Where the platform gives one.

  bool usable(const std::string& by_account, WallTime now) const {
    return !media_id.empty() && account == by_account && (!expires || now < *expires);
  }
};

/// A file to fetch.
struct MediaDownload {
  explicit MediaDownload(std::string id, MediaTarget t = MediaTarget::memory())
      : media_id(std::move(id)), to(std::move(t)) {}
  std::string media_id;
  MediaTarget to;
  bool permanent = false;     ///< The id is of a permanent file (Ability::permanent_media).
  bool high_quality = false;  ///< The better recording of a voice (Ability::high_quality_voice).
};

/// Facet: files that go to customers and come from them, kept by the platform under media ids.
///
/// Thread safety: all members may be called from any thread. Lifetime: as for every facet.
class KEFU_EXPORT MediaLibrary {
 public:
  virtual ~MediaLibrary() = default;

  /// Stores a file. Errors: `bad_argument` before anything is sent, naming the file, its size or format and what the
  /// platform, or MediaUpload::max_bytes, takes; `unsupported` for a kind or a life that the account does not have.
  virtual Pending<StoredMedia> upload(MediaUpload upload, CallOptions options = {}) = 0;

  /// `stored` itself while this account can use it, else what an upload of `again` gives: for files that are sent over
  /// and over (MED-4).
  virtual Pending<StoredMedia> renew(StoredMedia stored, MediaUpload again, CallOptions options = {}) = 0;

  /// Fetches a file. Where the platform tells an address instead (videos), that is `DownloadedMedia::url`: untrusted,
  /// and fetched by nobody but the host. Errors: `not_found` (expired, or another account's), `malformed_reply` (larger
  /// than the target allows, or no file), `bad_argument` (the target's file cannot be made: its folder, its rights),
  /// `unavailable` (it cannot be written to the end).
  virtual Pending<DownloadedMedia> download(MediaDownload download, CallOptions options = {}) = 0;
};

KEFU_END_NAMESPACE
