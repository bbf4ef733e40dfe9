#include "sandbox/http/message.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Answer";
  }
}

}  // namespace

MessageReader::Part MessageReader::read() {
  const Part part = read_part();
  if (at_ == in_.size() || at_ > in_.size() / 2) {
    in_.erase(0, at_);
    at_ = 0;
  }
  return part;
}

MessageReader::Part MessageReader::read_part() {
  if (!in_body_) return read_head();
  if (framing_ == Framing::chunked) return read_chunks();
  const std::size_t take = framing_ == Framing::length ? std::min(left_, unread().size()) : unread().size();
  if (body_.size() + take > kBodyLimit) return Part::bad;
  body_.append(unread().substr(0, take));
  at_ += take;
  if (framing_ == Framing::until_close) return Part::more;
  left_ -= take;
  return left_ == 0 ? Part::whole : Part::more;
}

MessageReader::Part MessageReader::read_head() {
  const std::size_t end = unread().find("\r\n\r\n");
  if (end == std::string::npos) return unread().size() > kHeadLimit ? Part::bad : Part::more;
  if (end > kHeadLimit) return Part::bad;
  std::string_view head = unread().substr(0, end + 2);
  std::size_t line_end = head.find("\r\n");
  start_line_ = head.substr(0, line_end);
  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return Part::bad;
    headers_.emplace_back(lower_case(line.substr(0, colon)), without_blanks(line.substr(colon + 1)));
  }
  at_ += end + 4;
  if (!choose_framing()) return Part::bad;
  in_body_ = true;
  return Part::head;
}

bool MessageReader::choose_framing() {
  const auto coding = find_pair(headers_, "transfer-encoding");
  const auto length = find_pair(headers_, "content-length");
  left_ = 0;
  if (coding) {
    framing_ = Framing::chunked;
    return equal_ignoring_case(*coding, "chunked");
  }
  if (length) {
    framing_ = Framing::length;
    const auto size = whole_number(*length, 0, kBodyLimit);
    left_ = static_cast<std::size_t>(size.value_or(0));
    return size.has_value();
  }
  framing_ = answers_ ? Framing::until_close : Framing::length;
  return true;
}

MessageReader::Part MessageReader::read_chunks() {
  for (;;) {
    const std::string_view in = unread();
    const std::size_t line_end = in.find("\r\n");
    if (line_end == std::string::npos) return in.size() > kHeadLimit ? Part::bad : Part::more;
    const std::string_view line = in.substr(0, line_end);
    const auto announced = whole_number(without_blanks(line.substr(0, line.find(';'))), 0, kBodyLimit, 16);
    if (!announced) return Part::bad;
    const auto size = static_cast<std::size_t>(*announced);
    if (body_.size() + size > kBodyLimit) return Part::bad;
    if (in.size() < line_end + 2 + size + 2) return Part::more;
    body_.append(in.substr(line_end + 2, size));
    if (in.substr(line_end + 2 + size, 2) != "\r\n") return Part::bad;  // Trailers are not used by anybody here.
    at_ += line_end + 2 + size + 2;
    if (size == 0) return Part::whole;
  }
}

void MessageReader::next() {
  in_body_ = false;
  left_ = 0;
  start_line_.clear();
  headers_.clear();
  body_.clear();
}

bool read_request_line(std::string_view line, WebRequest& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first || !starts_with(line.substr(last + 1), "HTTP/1.")) return false;
  request.method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  // The absolute form is taken too (RFC 9112 3.2.2).
  if (const std::size_t scheme = target.find("://"); target.substr(0, 4) == "http" && scheme <= 5) {
    const std::size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (target.empty() || target.front() != '/') return false;
  const std::size_t question = target.find('?');
  request.path = percent_decoded(target.substr(0, question), false);
  request.query.clear();
  if (question != std::string_view::npos) request.query = query_pairs(target.substr(question + 1));
  return true;
}

int read_status_line(std::string_view line) {
  if (!starts_with(line, "HTTP/1.") || line.size() < 12) return 0;
  return static_cast<int>(whole_number(line.substr(9, 3), 100, 999).value_or(0));
}

std::string answer_head(const WebAnswer& answer, std::size_t announced, bool keep_alive) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n", answer.status,
                  reason(answer.status), answer.content_type, announced, keep_alive ? "keep-alive" : "close");
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "\r\n";
  return head;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
