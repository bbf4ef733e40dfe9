#include "core/async/enum_name.hpp"
#include "core/async/file_thread.hpp"

#include <kefu/channel/media.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

KEFU_BEGIN_NAMESPACE
namespace {

constexpr std::size_t kHead = 16;

/// Bytes in memory, shared with the MediaContent they came from.
class MemorySource final : public BodySource {
 public:
  explicit MemorySource(std::shared_ptr<const std::string> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t length() const override { return bytes_->size(); }
  std::size_t read(char* data, std::size_t size) override {
    const std::size_t part = bytes_->copy(data, size, at_);
    at_ += part;
    return part;
  }
  bool rewind() override { return at_ = 0, true; }

 private:
  const std::shared_ptr<const std::string> bytes_;
  std::size_t at_ = 0;
};

/// A file of known length; one that shrinks meanwhile ends early, which fails the call.
class FileSource final : public BodySource {
 public:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  FileSource(File file, std::uint64_t length) : file_(std::move(file)), length_(length) {}
  std::uint64_t length() const override { return length_; }
  std::size_t read(char* data, std::size_t size) override { return std::fread(data, 1, size, file_.get()); }
  bool rewind() override { return std::fseek(file_.get(), 0, SEEK_SET) == 0; }

 private:
  const File file_;
  const std::uint64_t length_;
};

Result<MediaContent::Opened> open_file(const std::string& path) {
  const auto refuse = [&path](int why) {
    return Error(ErrorKind::bad_argument,
                 fmt::format("the file {} cannot be read: {}", path, std::generic_category().message(why)));
  };
  FileSource::File file(std::fopen(path.c_str(), "rb"));
  if (!file) return refuse(errno);
  if (std::fseek(file.get(), 0, SEEK_END) != 0) return refuse(errno);
  const long length = std::ftell(file.get());
  if (length < 0 || std::fseek(file.get(), 0, SEEK_SET) != 0) return refuse(errno);
  MediaContent::Opened opened;
  opened.head.resize(kHead);
  opened.head.resize(std::fread(opened.head.data(), 1, kHead, file.get()));
  if (opened.head.empty() && std::ferror(file.get()) != 0) return refuse(errno);  // a folder can be opened, not read
  if (std::fseek(file.get(), 0, SEEK_SET) != 0) return refuse(errno);
  opened.source =
      detail::FileThread::keep_here(std::make_unique<FileSource>(std::move(file), static_cast<std::uint64_t>(length)));
  return opened;
}

}  // namespace

std::string_view to_string(MediaKind kind) noexcept {
  constexpr std::array<std::string_view, kMediaKinds> names{"image", "voice", "video", "thumbnail", "file"};
  return detail::name_in(names, kind);
}

MediaContent MediaContent::memory(std::string bytes, std::string name) {
  MediaContent made;
  made.bytes_ = std::make_shared<const std::string>(std::move(bytes));
  made.name_ = std::move(name);
  return made;
}

MediaContent MediaContent::file(std::string path, std::string name) {
  MediaContent made;
  made.name_ = name.empty() ? path : std::move(name);
  made.path_ = std::move(path);
  return made;
}

MediaContent MediaContent::source(std::shared_ptr<BodySource> source, std::string name) {
  MediaContent made;
  made.source_ = std::move(source);
  made.name_ = std::move(name);
  return made;
}

Result<MediaContent::Opened> MediaContent::open() const {
  if (!path_.empty()) return open_file(path_);
  Opened opened;
  if (bytes_) {
    opened.head = bytes_->substr(0, kHead);
    opened.source = std::make_shared<MemorySource>(bytes_);
  } else if (source_) {
    opened.source = source_;
  } else {
    return Error(ErrorKind::bad_argument, "the media has neither bytes nor a file nor a source");
  }
  return opened;
}

MediaTarget MediaTarget::memory(std::size_t max_bytes) { return MediaTarget(Kind::memory, max_bytes); }

MediaTarget MediaTarget::file(std::string path, std::size_t max_bytes) {
  MediaTarget made(Kind::file, max_bytes);
  made.path_ = std::move(path);
  return made;
}

MediaTarget MediaTarget::receiver(std::function<bool(std::string_view)> receiver, std::size_t max_bytes) {
  MediaTarget made(Kind::receiver, max_bytes);
  made.receiver_ = std::move(receiver);
  return made;
}

Result<void> MediaTarget::validate() const {
  if (kind_ == Kind::file && path_.empty()) return Error(ErrorKind::bad_argument, "to: the path of the file is empty");
  if (kind_ == Kind::receiver && !receiver_) return Error(ErrorKind::bad_argument, "to: the receiver is empty");
  return {};
}

KEFU_END_NAMESPACE
