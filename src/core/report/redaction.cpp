#include "core/report/redaction.hpp"

#include "core/async/host_code.hpp"
#include "core/async/one_line.hpp"

#include <kefu/core/observer_names.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <iterator>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kHexRun = 32;     // app secrets; JD's tokens have four letters more
constexpr std::size_t kBase64Run = 40;  // tokens, AES keys, tickets; ids of people and messages are shorter

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}
bool is_base64(char c) { return is_word(c) || c == '+' || c == '/' || c == '%' || c == '@'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ends_with(std::string_view text, std::string_view end) {
  if (text.size() < end.size()) return false;
  for (std::size_t i = 0; i < end.size(); ++i) {
    char c = lower(text[text.size() - end.size() + i]);
    if (c == '-') c = '_';
    if (c != end[i]) return false;
  }
  return true;
}

/// Where the value after a secret name at `name_end` begins and ends: `=v`, `: v`, `":"v"`. Empty if there is none.
std::string_view value_after(std::string_view text, std::size_t name_end, bool header) {
  std::size_t at = name_end;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at, header = true;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at >= text.size() || (text[at] != '=' && text[at] != ':')) return {};
  const bool prose = text[at] == ':';  // "no token: the store ..." is a sentence, "token:abc" and a header are not
  ++at;
  if (prose && at < text.size() && text[at] == ' ' && !header) return {};
  while (at < text.size() && text[at] == ' ') ++at;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    const std::size_t close = text.find(text[at], at + 1);
    return text.substr(at + 1, close == std::string_view::npos ? close : close - at - 1);
  }
  constexpr std::string_view kBearer = "bearer ";
  std::size_t end = at;
  if (text.size() - at > kBearer.size() && ends_with(text.substr(at, kBearer.size() - 1), "bearer")) end = at + 7;
  while (end < text.size() && std::string_view(" &,;\"'<>)]}\r\n\t").find(text[end]) == std::string_view::npos) ++end;
  return text.substr(at, end - at);
}

/// "secret:3f9a" and "secret:empty" are fingerprints (Secret::fingerprint), made to be shown.
bool is_fingerprint(std::string_view name, std::string_view value) {
  return name == "secret" &&
         ((value.size() == 4 && std::all_of(value.begin(), value.end(), is_lower_hex)) || value == "empty");
}

/// Length of a run at `at` that looks like a credential, or 0.
std::size_t secret_run(std::string_view text, std::size_t at, std::size_t* run) {
  std::size_t end = at;
  std::size_t hex = 0;
  std::size_t longest_hex = 0;
  while (end < text.size() && is_base64(text[end])) {
    hex = is_lower_hex(text[end++]) ? hex + 1 : 0;
    longest_hex = std::max(longest_hex, hex);
  }
  *run = end - at;
  return *run >= kBase64Run || longest_hex >= kHexRun ? *run : 0;
}

/// Walks the text and hands each stretch to `keep` or `mask`; `mask` returns false to stop.
template <class Keep, class Mask>
void scan(std::string_view text, Keep keep, Mask mask) {
  std::size_t kept = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_base64(text[at])) {
      ++at;
      continue;
    }
    std::size_t run = 0;
    if (const std::size_t secret = secret_run(text, at, &run); secret != 0) {
      // A path or URL is one long run too: its pieces are looked at one by one.
      const std::string_view stretch = text.substr(at, secret);
      if (stretch.find('/') != std::string_view::npos) {
        std::size_t longest = 0;
        std::size_t begin = 0;
        for (std::size_t i = 0; i <= stretch.size(); ++i)
          if (i == stretch.size() || stretch[i] == '/') longest = std::max(longest, i - begin), begin = i + 1;
        if (longest < kHexRun) {
          at += run;
          continue;
        }
      }
      keep(text.substr(kept, at - kept));
      if (!mask()) return;
      at += run;
      kept = at;
      continue;
    }
    std::size_t name_end = at;
    while (name_end < text.size() && is_word(text[name_end])) ++name_end;
    if (name_end > at && is_secret_name(text.substr(at, name_end - at))) {
      const std::string_view name = text.substr(at, name_end - at);
      const bool header = ends_with(name, "authorization") || ends_with(name, "cookie");
      if (const std::string_view value = value_after(text, name_end, header);
          !value.empty() && value != kMask && !is_fingerprint(name, value)) {
        const auto begin = static_cast<std::size_t>(value.data() - text.data());
        keep(text.substr(kept, begin - kept));
        if (!mask()) return;
        at = kept = begin + value.size();
        continue;
      }
    }
    at = std::max(name_end, at + 1);
  }
  keep(text.substr(kept));
}

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 17> kEnds{
      "token",   "secret", "ticket",      "signature", "password", "passwd",      "authorization", "authorization_code",
      "aes_key", "aeskey", "session_key", "auth_code", "cookie",   "private_key", "credential",    "echostr",
      "js_code"};
  constexpr std::array<std::string_view, 2> kWholeWords{"sign", "encrypt"};  // not "design"
  return std::any_of(kEnds.begin(), kEnds.end(), [name](std::string_view end) { return ends_with(name, end); }) ||
         std::any_of(kWholeWords.begin(), kWholeWords.end(), [name](std::string_view word) {
           return ends_with(name, word) && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_');
         });
}

bool needs_redaction(std::string_view text) {
  bool found = false;
  scan(
      text, [](std::string_view) {}, [&found] { return found = true, false; });
  return found;
}

std::string redacted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  scan(
      text, [&out](std::string_view part) { out += part; }, [&out] { return out += kMask, true; });
  return out;
}

std::string cut_text(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

namespace {

/// Attributes with the values of secret names and shapes masked; the texts live in here.
class MaskedAttributes {
 public:
  explicit MaskedAttributes(const Attributes& plain) {
    if (std::none_of(plain.begin(), plain.end(), [](const Attribute& a) { return dirty(a); })) {
      view_ = &plain;
      return;
    }
    texts_.reserve(plain.size());  // views into them must not move
    for (const Attribute& a : plain) {
      texts_.push_back(is_secret_name(a.key) ? std::string(kMask) : one_line(redacted(a.value)));
      masked_.emplace_back(a.key, texts_.back());
    }
    view_ = &masked_;
  }
  const Attributes& get() const { return *view_; }

 private:
  static bool dirty(const Attribute& a) {
    return (is_secret_name(a.key) && !a.value.empty()) || breaks_line(a.value) ||
           (a.value.size() >= 8 && needs_redaction(a.value));
  }
  std::vector<std::string> texts_;
  Attributes masked_;
  const Attributes* view_ = nullptr;
};

constexpr std::string_view kAccountLabel = "account";

/// What the host's observer throws is swallowed and counted, and told to it when it works again.
class RedactingObserver final : public Observer {
 public:
  RedactingObserver(std::shared_ptr<Observer> sink, bool metrics_by_account)
      : sink_(std::move(sink)), by_account_(metrics_by_account) {}

  void log(const LogRecord& record) override {
    tell([&] {
      const MaskedAttributes attributes(record.attributes);
      if (!needs_redaction(record.message) && !breaks_line(record.message))
        return sink_->log(LogRecord{record.level, record.event, record.message, attributes.get()});
      const std::string message = one_line(redacted(record.message));
      sink_->log(LogRecord{record.level, record.event, message, attributes.get()});
    });
  }
  void metric(const MetricRecord& record) override {
    tell([&] {
      if (!by_account_ && names_account(record.labels)) return metric_of_all(record);
      const MaskedAttributes labels(record.labels);
      sink_->metric(MetricRecord{record.type, record.name, record.value, labels.get()});
    });
  }
  void span(const SpanRecord& record) override {
    tell([&] {
      const MaskedAttributes attributes(record.attributes);
      sink_->span(SpanRecord{record.name, record.start, record.end, record.started, record.call, record.id,
                             record.parent, record.trace, attributes.get()});
    });
  }

 private:
  static bool names_account(const Attributes& labels) {
    return std::any_of(labels.begin(), labels.end(), [](const Attribute& a) { return a.key == kAccountLabel; });
  }

  /// One series for all accounts. A gauge of theirs is left out: they would write over each other.
  void metric_of_all(const MetricRecord& record) {
    if (record.type == MetricRecord::Type::gauge) return;
    Attributes common;
    std::copy_if(record.labels.begin(), record.labels.end(), std::back_inserter(common),
                 [](const Attribute& a) { return a.key != kAccountLabel; });
    const MaskedAttributes labels(common);
    sink_->metric(MetricRecord{record.type, record.name, record.value, labels.get()});
  }

  template <class Say>
  void tell(Say say) noexcept {
    if (!call_host_quietly(say)) return void(swallowed_.fetch_add(1, std::memory_order_relaxed));
    if (swallowed_.load(std::memory_order_relaxed) == 0) return;
    const std::uint64_t lost = swallowed_.exchange(0, std::memory_order_relaxed);
    const auto report = [&] {
      sink_->metric(MetricRecord{MetricRecord::Type::counter, metric::kHostFaults, static_cast<double>(lost),
                                 Attributes{{"seam", host_seam::kObserver.name}, {"fault", "threw"}}});
    };
    if (lost != 0 && !call_host_quietly(report)) swallowed_.fetch_add(lost, std::memory_order_relaxed);
  }

  const std::shared_ptr<Observer> sink_;
  const bool by_account_;
  std::atomic<std::uint64_t> swallowed_{0};
};

}  // namespace

std::shared_ptr<Observer> make_redacting(std::shared_ptr<Observer> sink, bool metrics_by_account) {
  if (!sink) return nullptr;
  return std::make_shared<RedactingObserver>(std::move(sink), metrics_by_account);
}

}  // namespace detail
KEFU_END_NAMESPACE
