#include "channel/content/media_writer.hpp"

#include "core/async/file_thread.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kRandomPart = 12;

std::string errno_text(int error) { return std::generic_category().message(error); }

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_text(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower_letter(c); });
  return out;
}

/// The value of one parameter of a header, quoted or not; `name` is in lower case and ends in '='.
std::string parameter(std::string_view header, std::string_view name) {
  const std::string searched = lower_text(header);
  std::size_t at = searched.find(name);
  while (at != std::string::npos && at != 0 &&
         std::string_view("; \t").find(searched[at - 1]) == std::string_view::npos)
    at = searched.find(name, at + 1);
  if (at == std::string::npos) return {};
  std::string_view rest = header.substr(at + name.size());
  std::string value;
  if (rest.empty() || rest.front() != '"') return std::string(rest.substr(0, rest.find_first_of("; \t")));
  for (std::size_t i = 1; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return value;
}

/// `UTF-8''name%20with%20blanks` (RFC 5987); empty if it is written otherwise.
std::string extended_value(std::string_view text) {
  if (lower_text(text.substr(0, 7)) != "utf-8''") return {};
  text.remove_prefix(7);
  std::string out;
  append_percent_decoded(out, text, PlusSign::itself, BrokenEscape::itself);
  return out;
}

}  // namespace

Result<std::shared_ptr<MediaWriter>> MediaWriter::open(const MediaTarget& to) {
  if (auto checked = to.validate(); !checked) return checked.error();
  const auto writer = FileThread::keep_here(std::unique_ptr<MediaWriter>(new MediaWriter(to)));
  if (to.path().empty()) return writer;
  const std::string random = random_text(kRandomPart);
  if (random.empty()) return Error(ErrorKind::internal, "the system gives no random bytes");
  std::string part = to.path() + ".part" + random;
  writer->file_.reset(std::fopen(part.c_str(), "wbx"));
  if (!writer->file_)
    return Error(ErrorKind::bad_argument, fmt::format("the file {} cannot be written: {}", part, errno_text(errno)));
  writer->part_ = std::move(part);
  return writer;
}

MediaWriter::~MediaWriter() {
  file_.reset();
  if (!part_.empty()) std::remove(part_.c_str());
}

bool MediaWriter::write(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > to_.max_bytes()) return true;  // the transport bounds the rest; commit refuses
  if (to_.receiver()) return to_.receiver()(bytes);
  if (!file_) return bytes_.append(bytes), true;
  // A disk that is full fails the call at its end, with the reason; the rest is let pass, it is bounded.
  if (failed_ == 0 && std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) failed_ = errno;
  return true;
}

Result<void> MediaWriter::commit(DownloadedMedia& media) {
  if (size_ > to_.max_bytes())
    return Error(ErrorKind::malformed_reply,
                 fmt::format("the download has {} bytes, the limit of its target is {}", size_, to_.max_bytes()));
  media.size = size_;
  if (!file_) {
    media.bytes = std::move(bytes_);
    return {};
  }
  if (std::fclose(file_.release()) != 0 && failed_ == 0) failed_ = errno;
  if (failed_ == 0 && std::rename(part_.c_str(), to_.path().c_str()) != 0) failed_ = errno;
  if (failed_ != 0)
    return Error(ErrorKind::unavailable,
                 fmt::format("the download cannot be written to {}: {}", to_.path(), errno_text(failed_)));
  part_.clear();
  return {};
}

std::string media_type_of(std::string_view content_type) {
  std::string type = lower_text(content_type.substr(0, content_type.find_first_of("; \t")));
  const bool sound = type.size() <= 100 && std::count(type.begin(), type.end(), '/') == 1 &&
                     std::all_of(type.begin(), type.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                              std::string_view("/.+-_").find(c) != std::string_view::npos;
                     });
  return sound ? type : std::string();
}

std::string file_name_of(std::string_view content_disposition) {
  std::string name = extended_value(parameter(content_disposition, "filename*="));
  if (name.empty()) name = parameter(content_disposition, "filename=");
  return clean_file_name(name);
}

std::string clean_file_name(std::string_view name, std::size_t max_bytes) {
  if (const auto folder = name.find_last_of("/\\"); folder != std::string_view::npos) name.remove_prefix(folder + 1);
  std::string sound;
  append_repaired(sound, name);
  std::string clean;
  for (const char c : sound) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) continue;
    clean += std::string_view("\"<>:|?*").find(c) == std::string_view::npos ? c : '_';
  }
  clean.erase(0, clean.find_first_not_of(". "));
  while (!clean.empty() && (clean.back() == '.' || clean.back() == ' ')) clean.pop_back();
  if (clean.size() <= max_bytes) return clean;
  const std::size_t dot = clean.rfind('.');
  const std::size_t longest = std::min<std::size_t>(16, max_bytes / 2);  // the name before it counts as well
  const std::string extension = dot != std::string::npos && clean.size() - dot <= longest ? clean.substr(dot) : "";
  std::string stem(utf8_cut(clean, max_bytes - extension.size()));
  while (!stem.empty() && (stem.back() == '.' || stem.back() == ' ')) stem.pop_back();
  return stem.empty() ? stem : stem + extension;
}

}  // namespace detail
KEFU_END_NAMESPACE
