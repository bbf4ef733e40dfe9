#pragma once

#include <kefu/channel/media.hpp>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Takes the bytes of one download. What was not completed by `commit` leaves nothing behind. One thread at a time.
class MediaWriter {
 public:
  /// Error: `bad_argument` if the file cannot be made.
  static Result<std::shared_ptr<MediaWriter>> open(const MediaTarget& to);
  ~MediaWriter();
  MediaWriter(const MediaWriter&) = delete;
  MediaWriter& operator=(const MediaWriter&) = delete;

  /// False ends the download: the host's receiver wants no more.
  bool write(std::string_view bytes);
  /// All bytes are there: the file gets its name. Errors: `unavailable` (it could not be written or named),
  /// `malformed_reply` (larger than the target allows).
  Result<void> commit(DownloadedMedia& media);

 private:
  explicit MediaWriter(const MediaTarget& to) : to_(to) {}

  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  const MediaTarget to_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string part_;  ///< Path of the file while it grows; empty once it has its name.
  std::string bytes_;
  std::uint64_t size_ = 0;
  int failed_ = 0;  ///< errno of the first write that failed.
};

/// The type of an answer's content-type header: lower case, no parameters; empty if it is none.
std::string media_type_of(std::string_view content_type);
/// The file name of a content-disposition header, cleaned; empty if there is none.
std::string file_name_of(std::string_view content_disposition);
/// A name without folders, control characters, quotes and leading dots, in well-formed UTF-8 of at most `max_bytes`
/// (cut before its extension). Empty if nothing is left.
std::string clean_file_name(std::string_view name, std::size_t max_bytes = 200);

}  // namespace detail
KEFU_END_NAMESPACE
