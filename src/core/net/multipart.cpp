#include "core/net/multipart.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// The form around a file: what stands before it, the file, what stands behind it.
class MultipartSource final : public BodySource {
 public:
  MultipartSource(std::string head, std::shared_ptr<BodySource> file, std::uint64_t length, std::string tail)
      : head_(std::move(head)), file_(std::move(file)), tail_(std::move(tail)), file_length_(length) {}

  std::uint64_t length() const override { return head_.size() + file_length_ + tail_.size(); }

  std::size_t read(char* data, std::size_t size) override {
    if (at_ < head_.size()) return advance(head_.copy(data, size, static_cast<std::size_t>(at_)));
    const std::uint64_t inside = at_ - head_.size();
    if (inside < file_length_) {
      // A file that grew meanwhile is sent as long as it was announced.
      const auto most = std::min<std::uint64_t>(size, file_length_ - inside);
      return advance(std::min<std::size_t>(file_->read(data, static_cast<std::size_t>(most)), most));
    }
    return advance(tail_.copy(data, size, static_cast<std::size_t>(inside - file_length_)));
  }

  bool rewind() override {
    at_ = 0;
    return file_->rewind();
  }

 private:
  std::size_t advance(std::size_t bytes) {
    at_ += bytes;
    return bytes;
  }

  const std::string head_;
  const std::shared_ptr<BodySource> file_;
  const std::string tail_;
  const std::uint64_t file_length_;
  std::uint64_t at_ = 0;
};

/// A value between quotes in a header: nothing in it can end the quotes or the line.
std::string header_value(std::string_view text) {
  std::string out;
  append_repaired(out, text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '_');
  return out;
}

}  // namespace

Result<void> encode_multipart(MultipartFile file, const HttpFields& fields, HttpRequest& out) {
  const std::string random = random_text(32);
  if (random.empty()) return Error(ErrorKind::internal, "the system gives no random bytes");
  const std::string boundary = "kefu-" + random;
  std::string head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + header_value(file.part) +
                     "\"; filename=\"" + header_value(file.name) + "\"\r\nContent-Type: " + file.content_type +
                     "\r\n\r\n";
  std::string tail = "\r\n";
  for (const auto& [name, value] : fields)
    tail += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + header_value(name) + "\"\r\n\r\n" +
            value + "\r\n";
  tail += "--" + boundary + "--\r\n";
  out.headers.emplace_back("content-type", "multipart/form-data; boundary=" + boundary);
  out.source = std::make_shared<MultipartSource>(std::move(head), std::move(file.source), file.length, std::move(tail));
  return {};
}

}  // namespace detail
KEFU_END_NAMESPACE
