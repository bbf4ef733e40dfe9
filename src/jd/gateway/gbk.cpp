#include "jd/gateway/gbk.hpp"

#include <iconv.h>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

/// One conversion; iconv keeps a state and so is not shared between threads.
class Conversion {
 public:
  // GB18030 holds all of GBK.
  Conversion() : handle_(iconv_open("UTF-8", "GB18030")) {}
  ~Conversion() {
    if (open()) iconv_close(handle_);
  }
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;

  bool open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
  bool run(char** in, std::size_t* in_left, char** out, std::size_t* out_left) {
    return iconv(handle_, in, in_left, out, out_left) != static_cast<std::size_t>(-1);
  }

 private:
  const iconv_t handle_;
};

}  // namespace

std::optional<std::string> utf8_of_gbk(std::string_view text) {
  Conversion conversion;
  if (!conversion.open()) return std::nullopt;
  std::string source(text);                    // iconv wants its input writable
  std::string out(text.size() * 2 + 4, '\0');  // two bytes become three, four become four
  char* in_at = source.data();
  char* out_at = out.data();
  std::size_t in_left = source.size();
  std::size_t out_left = out.size();
  if (!conversion.run(&in_at, &in_left, &out_at, &out_left) || in_left != 0) return std::nullopt;
  out.resize(out.size() - out_left);
  return out;
}

}  // namespace jd
KEFU_END_NAMESPACE
