#include "sandbox/twin/faults.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::string_view kGatewayPage =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "</body>\r\n</html>\r\n";

void set_page(WebAnswer& answer, int status, std::string_view body, std::string_view type = "text/html") {
  answer.status = status;
  answer.content_type = type;
  answer.body = body;
}

template <Wire wire>
void break_wire(const Fault&, WebAnswer& answer) {
  answer.wire = wire;
}

void nothing_more(const Fault&, WebAnswer&) {}
void late(const Fault& fault, WebAnswer& answer) { answer.delay = Millis(fault.delay_ms); }
void page_500(const Fault&, WebAnswer& answer) { set_page(answer, 500, kGatewayPage); }
void page_502(const Fault&, WebAnswer& answer) { set_page(answer, 502, kGatewayPage); }
void empty_503(const Fault&, WebAnswer& answer) { set_page(answer, 503, ""); }
void page_404(const Fault&, WebAnswer& answer) { set_page(answer, 404, "<html><body>404 Not Found</body></html>"); }
void page_200(const Fault&, WebAnswer& answer) { set_page(answer, 200, kGatewayPage); }
void empty_200(const Fault&, WebAnswer& answer) { answer.body.clear(); }
void status_500(const Fault&, WebAnswer& answer) { answer.status = 500; }
void json_500_without_code(const Fault&, WebAnswer& answer) {
  set_page(answer, 500, R"({"message":"internal error"})", "application/json");
}
void too_many(const Fault& fault, WebAnswer& answer) {
  set_page(answer, 429, "slow down", "text/plain");
  answer.headers.emplace_back("Retry-After", std::to_string(fault.size));
}
void redirect(const Fault&, WebAnswer& answer) {
  set_page(answer, 302, "");
  answer.headers.emplace_back("Location", "http://127.0.0.1:9/elsewhere");
}
void cut_json(const Fault&, WebAnswer& answer) { answer.body.resize(answer.body.size() / 2); }
void array_json(const Fault&, WebAnswer& answer) { answer.body = "[" + answer.body + "]"; }
void without_fields(const Fault&, WebAnswer& answer) { answer.body = "{}"; }

/// Adds members in front of the answer's own.
void add_members(WebAnswer& answer, std::string_view members) {
  if (answer.body.empty() || answer.body.front() != '{') return;
  answer.body = "{" + std::string(members) + "," + answer.body.substr(1);
}

void huge(const Fault& fault, WebAnswer& answer) {
  add_members(answer, "\"filler\":\"" + std::string(static_cast<std::size_t>(fault.size), 'x') + "\"");
}
void deep(const Fault& fault, WebAnswer& answer) {
  const auto levels = static_cast<std::size_t>(fault.size);
  add_members(answer, "\"deep\":" + std::string(levels, '[') + std::string(levels, ']'));
}
void exponent(const Fault&, WebAnswer& answer) { add_members(answer, "\"number\":0.00000000001e-2147483639"); }
void control_characters(const Fault&, WebAnswer& answer) { add_members(answer, "\"note\":\"a\x01\x08\x1f\tb\nc\""); }
void invalid_utf8(const Fault&, WebAnswer& answer) { add_members(answer, "\"note\":\"\xff\xfe \xe4\xbd x \xc0\xaf\""); }
void text_code(const Fault&, WebAnswer& answer) {
  const std::size_t at = answer.body.find("\"errcode\":");
  if (at == std::string::npos) return;
  const std::size_t begin = at + 10;
  const std::size_t end = answer.body.find_first_of(",}", begin);
  answer.body =
      answer.body.substr(0, begin) + "\"" + answer.body.substr(begin, end - begin) + "\"" + answer.body.substr(end);
}
void canned(const Fault& fault, WebAnswer& answer) {
  set_page(answer, fault.status, fault.body, fault.content_type.empty() ? answer.content_type : fault.content_type);
}
void byte_order_mark(const Fault&, WebAnswer& answer) { answer.body = "\xef\xbb\xbf" + answer.body; }

}  // namespace

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds = {
      {"errcode", "answers errcode `errcode` (JD: error_response) and does nothing", false, false, 0, 0, nothing_more},
      {"business_error",
       "JD: the service behind the gateway fails with `errcode` and the text `body`, in the way of the method's family",
       false, false, 0, 0, nothing_more},
      {"token_rotated", "another process has fetched a new token and the old one is retired at once; then as usual",
       false, true, 0, 0, nothing_more},
      {"latency", "waits `delay_ms`, then acts and answers", false, true, 500, 0, nothing_more},
      {"late_reply", "acts, answers `delay_ms` later", false, true, 30'000, 0, late},
      {"reset_before_reply", "resets the connection instead of answering", false, true, 0, 0,
       break_wire<Wire::reset_before_reply>},
      {"reset_inside_reply", "resets it in the middle of the body", false, true, 0, 0,
       break_wire<Wire::reset_inside_reply>},
      {"reset_after_reply", "answers, then resets it", false, true, 0, 0, break_wire<Wire::reset_after_reply>},
      {"close_without_reply", "closes the connection instead of answering", false, true, 0, 0,
       break_wire<Wire::close_without_reply>},
      {"close_inside_reply", "closes it in the middle of the body", false, true, 0, 0,
       break_wire<Wire::close_inside_reply>},
      {"close_after_reply", "announces keep-alive, answers, closes it", false, true, 0, 0,
       break_wire<Wire::close_after_reply>},
      {"half_headers", "closes it in the middle of the headers", false, true, 0, 0, break_wire<Wire::half_headers>},
      {"stall_inside_reply", "half of the body, then silence", false, true, 0, 0, break_wire<Wire::stall_inside_reply>},
      {"length_too_long", "Content-Length announces more than is sent", false, true, 0, 0,
       break_wire<Wire::length_too_long>},
      {"length_too_short", "Content-Length announces less than is sent", false, true, 0, 0,
       break_wire<Wire::length_too_short>},
      {"reply_before_body", "answers errcode `errcode` when the headers are there, and never reads the body", true,
       false, 0, 0, nothing_more},
      {"reset_while_sending", "resets the connection when the headers are there, before the body is read", true, false,
       0, 0, break_wire<Wire::reset_before_reply>},
      {"canned", "answers `status`, `body` and `content_type` as given and does nothing", false, false, 0, 0, canned},
      {"http_500_html", "status 500 with a page", false, true, 0, 0, page_500},
      {"http_500_json", "status 500 around the usual answer", false, true, 0, 0, status_500},
      {"http_500_json_without_code", "status 500 with JSON that has no errcode", false, true, 0, 0,
       json_500_without_code},
      {"http_502_html", "status 502 with a gateway's page", false, true, 0, 0, page_502},
      {"http_503_empty", "status 503 without a body", false, true, 0, 0, empty_503},
      {"http_404_html", "status 404 with a page", false, false, 0, 0, page_404},
      {"http_429", "status 429 with Retry-After `size`", false, false, 0, 7, too_many},
      {"redirect", "status 302 to another place", false, false, 0, 0, redirect},
      {"html_200", "status 200 with a page", false, true, 0, 0, page_200},
      {"empty_200", "status 200 without a body", false, true, 0, 0, empty_200},
      {"cut_json", "half of the JSON, correctly framed", false, true, 0, 0, cut_json},
      {"array_json", "the answer inside an array", false, true, 0, 0, array_json},
      {"missing_fields", "an empty object", false, true, 0, 0, without_fields},
      {"huge_body", "`size` bytes more in the answer", false, true, 0, 8 * 1024 * 1024, huge},
      {"deep_json", "`size` nested arrays in the answer", false, true, 0, 200'000, deep},
      {"exponent", "a number with a huge exponent in the answer", false, true, 0, 0, exponent},
      {"control_characters", "raw control characters in a string of the answer", false, true, 0, 0, control_characters},
      {"invalid_utf8", "broken UTF-8 in a string of the answer", false, true, 0, 0, invalid_utf8},
      {"errcode_as_text", "errcode as a string", false, true, 0, 0, text_code},
      {"byte_order_mark", "a byte order mark before the answer", false, true, 0, 0, byte_order_mark},
  };
  return kinds;
}

const FaultKind* find_fault_kind(std::string_view name) {
  for (const FaultKind& kind : fault_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::optional<std::string> wrong_fault(const Fault& fault) {
  constexpr std::int64_t kLongestDelay = 600'000;
  constexpr std::int64_t kLargestSize = 64 * 1024 * 1024;
  if (find_fault_kind(fault.name) == nullptr)
    return "fault is missing or unknown; GET /faults lists the names: " + fault.name;
  if (fault.path.find('?') != std::string::npos) return "path must be a path without query, or the name of a method";
  if (fault.left < -1 || fault.left == 0) return "count must be at least 1, or -1 for always";
  if (fault.skip < 0) return "skip must not be negative";
  if (fault.delay_ms < 0 || fault.delay_ms > kLongestDelay) return "delay_ms must be 0 to 600000";
  if (fault.size < 0 || fault.size > kLargestSize) return "size must be 0 to 67108864";
  if (fault.status < 100 || fault.status > 599) return "status must be 100 to 599";
  if (fault.content_type.find_first_of("\r\n") != std::string::npos) return "content_type must be one line";
  return std::nullopt;
}

std::uint64_t FaultBox::add(Fault fault) {
  if (wrong_fault(fault)) return 0;
  const FaultKind* kind = find_fault_kind(fault.name);
  if (fault.delay_ms == 0) fault.delay_ms = kind->default_delay_ms;
  if (fault.size == 0) fault.size = kind->default_size;
  fault.number = next_++;
  active_.push_back(std::move(fault));
  return active_.back().number;
}

bool FaultBox::remove(std::uint64_t number) {
  const auto found =
      std::find_if(active_.begin(), active_.end(), [number](const Fault& one) { return one.number == number; });
  if (found == active_.end()) return false;
  active_.erase(found);
  return true;
}

std::optional<Fault> FaultBox::take(std::string_view path, std::string_view name, bool early) {
  for (auto fault = active_.begin(); fault != active_.end(); ++fault) {
    if (!fault->path.empty() && fault->path != path && fault->path != name) continue;
    if (find_fault_kind(fault->name)->early != early) continue;
    if (fault->skip > 0) {
      --fault->skip;
      continue;
    }
    Fault taken = *fault;
    if (fault->left > 0 && --fault->left == 0) active_.erase(fault);
    return taken;
  }
  return std::nullopt;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
