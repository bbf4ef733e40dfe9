#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE

enum class MediaKind : unsigned char {
  image,
  voice,
  video,
  thumbnail,  ///< The small picture of a video, a piece of music or a card.
  file
};
inline constexpr std::size_t kMediaKinds = 5;
/// "image", "thumbnail"...
KEFU_EXPORT std::string_view to_string(MediaKind kind) noexcept;

/// The bytes of an upload and the file name that the platform is told. Copies share the bytes.
///
/// Thread safety: as a value.
class KEFU_EXPORT MediaContent {
 public:
  /// Without a name the platform is told "media" and the extension of what the bytes are.
  static MediaContent memory(std::string bytes, std::string name = {});
  /// A file, opened when the call begins and read while it is sent, both on the runtime's file thread; it must not
  /// change until then. Without a name it is told its own.
  static MediaContent file(std::string path, std::string name = {});
  /// The host's own source (see BodySource), for one upload: read on the I/O thread while it is sent. It cannot be
  /// looked into beforehand, so `name` says by its extension what it is. One that cannot rewind is not sent again when
  /// the platform is busy or refuses the token.
  static MediaContent source(std::shared_ptr<BodySource> source, std::string name);

  const std::string& name() const noexcept { return name_; }
  const std::string& path() const noexcept { return path_; }  ///< Empty: no file.

  /// Ready to be read.
  struct Opened {
    std::shared_ptr<BodySource> source;
    std::string head;  ///< The first bytes, at most 16; empty where they cannot be seen beforehand.
  };
  /// Error: `bad_argument` (the file cannot be opened, there is no source).
  Result<Opened> open() const;

 private:
  MediaContent() = default;
  std::shared_ptr<const std::string> bytes_;
  std::string path_;
  std::shared_ptr<BodySource> source_;
  std::string name_;
};

/// Where the bytes of a download go.
///
/// Thread safety: as a value.
class KEFU_EXPORT MediaTarget {
 public:
  static constexpr std::size_t kUsualLimit = 32 * 1024 * 1024;

  /// Into DownloadedMedia::bytes.
  static MediaTarget memory(std::size_t max_bytes = kUsualLimit);
  /// Into a file, in place of one that is there. The bytes are gathered beside it under a name of their own, which
  /// ends in ".part" and random characters; the file gets its own name once it is whole, so that a part is never taken
  /// for it. Not forced to the disk. All of it is done on the runtime's file thread; what a call that failed had
  /// gathered is removed there soon after.
  static MediaTarget file(std::string path, std::size_t max_bytes = kUsualLimit);
  /// To the host as they come, on the I/O thread: `receiver` must not block for long and returns false to end the
  /// download (`cancelled`); what it throws ends it too (`internal`). Only the call's success says that they were all.
  static MediaTarget receiver(std::function<bool(std::string_view)> receiver, std::size_t max_bytes = kUsualLimit);

  /// Error: `bad_argument`: a file without a path, or a receiver that is none. A download to it fails with that.
  Result<void> validate() const;

  std::size_t max_bytes() const noexcept { return max_bytes_; }
  const std::string& path() const noexcept { return path_; }                                    ///< Empty: no file.
  const std::function<bool(std::string_view)>& receiver() const noexcept { return receiver_; }  ///< May be empty.

 private:
  enum class Kind : unsigned char { memory, file, receiver };
  MediaTarget(Kind kind, std::size_t max_bytes) : kind_(kind), max_bytes_(max_bytes) {}
  Kind kind_;
  std::size_t max_bytes_;
  std::string path_;
  std::function<bool(std::string_view)> receiver_;
};

/// What a download brought: a file, or the address of one.
struct DownloadedMedia {
  DownloadedMedia() {}
  std::string content_type;  ///< As the platform says, lower case, without parameters; empty if it does not say.
  /// The platform's name of the file with all taken out that could lead elsewhere (folders, control characters,
  /// leading dots); empty if it gives none.
  std::string name;
  std::uint64_t size = 0;
  std::string bytes;  ///< Of MediaTarget::memory.
  /// Instead of the file the platform named an address (videos). Untrusted, and never fetched by itself.
  std::string url;
};

namespace detail {

class MediaWriter;

/// The download that an operation has under way. Copies of the operation have their own.
class DownloadState {
 public:
  DownloadState() = default;
  DownloadState(const DownloadState&) noexcept {}
  DownloadState& operator=(const DownloadState&) noexcept { return *this; }
  mutable std::shared_ptr<MediaWriter> writer;
};

}  // namespace detail

KEFU_END_NAMESPACE
