#pragma once

#include "sandbox/http/message.hpp"

#include <kefu/core/export.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// One switched-on fault.
struct Fault {
  std::uint64_t number = 0;
  std::string name;
  std::string path;       ///< Or the method named in the request; empty: every call.
  std::int64_t left = 1;  ///< Calls it still hits; negative: all until it is removed.
  std::int64_t skip = 0;  ///< Calls that pass before it begins.
  int errcode = -1;       ///< Of "errcode" and "business_error".
  std::int64_t delay_ms = 0;
  std::int64_t size = 0;  ///< Bytes of "huge_body", levels of "deep_json", seconds of Retry-After.
  int status = 200;       ///< Of "canned", with its body and content type.
  std::string body;       ///< Text of "business_error".
  std::string content_type;
  bool acts = true;  ///< The platform does what it was asked before the answer is broken.
};

/// A row of the list of faults.
struct FaultKind {
  std::string_view name;
  std::string_view about;
  bool early;  ///< Happens when the headers are there, before the body is read.
  bool acts;   ///< Default of Fault::acts.
  std::int64_t default_delay_ms;
  std::int64_t default_size;
  /// Breaks the answer that the twin gave (or would give).
  void (*apply)(const Fault& fault, WebAnswer& answer);
};
const std::vector<FaultKind>& fault_kinds();
const FaultKind* find_fault_kind(std::string_view name);

/// What is wrong with a fault that somebody wants, as a sentence that names its member.
std::optional<std::string> wrong_fault(const Fault& fault);

/// The faults that are switched on, in order; the first that fits a call is used. Thread safety: none.
class FaultBox {
 public:
  /// Fills the defaults of its kind; the fault's number, or 0 if it is a wrong one.
  std::uint64_t add(Fault fault);
  bool remove(std::uint64_t number);
  void clear() { active_.clear(); }
  /// The fault for a call of `path`, or of the method `name`. `early`: only those that answer before the body is read;
  /// else only the others.
  std::optional<Fault> take(std::string_view path, std::string_view name, bool early);
  bool empty() const { return active_.empty(); }
  const std::deque<Fault>& active() const { return active_; }

 private:
  std::deque<Fault> active_;
  std::uint64_t next_ = 1;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
