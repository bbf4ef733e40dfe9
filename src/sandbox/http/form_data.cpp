#include "sandbox/http/form_data.hpp"

#include "sandbox/http/web_text.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostParts = 32;

/// The value of a header's parameter, with or without quotation marks.
std::optional<std::string> header_parameter(std::string_view header, std::string_view wanted) {
  for (std::size_t at = header.find(';'); at != std::string_view::npos;) {
    ++at;
    while (at < header.size() && header[at] == ' ') ++at;
    const std::size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = header.substr(at, equals - at);
    std::string value;
    std::size_t end = equals + 1;
    if (end < header.size() && header[end] == '"') {
      for (++end; end < header.size() && header[end] != '"'; ++end) {
        if (header[end] == '\\' && end + 1 < header.size()) ++end;
        value += header[end];
      }
      end = header.find(';', end);
    } else {
      end = header.find(';', end);
      value = header.substr(equals + 1, end == std::string_view::npos ? end : end - equals - 1);
    }
    if (equal_ignoring_case(name, wanted)) return value;
    at = end;
  }
  return std::nullopt;
}

/// Reads the lines above a part's content; false without a name.
bool read_part_head(std::string_view head, FormPart& part) {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      if (equal_ignoring_case(line.substr(0, colon), "content-disposition")) {
        part.name = header_parameter(value, "name").value_or("");
        part.file_name = header_parameter(value, "filename");
      } else if (equal_ignoring_case(line.substr(0, colon), "content-type")) {
        part.content_type = value;
      }
    }
    if (end == std::string_view::npos) break;
    head.remove_prefix(end + 2);
  }
  return !part.name.empty();
}

}  // namespace

std::optional<std::vector<FormPart>> read_form_data(std::string_view content_type, std::string_view body) {
  constexpr std::string_view kType = "multipart/form-data";
  if (!equal_ignoring_case(content_type.substr(0, kType.size()), kType)) return std::nullopt;
  const auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
  const std::string mark = "--" + *boundary;
  if (!starts_with(body, mark)) return std::nullopt;
  body.remove_prefix(mark.size());
  std::vector<FormPart> parts;
  while (starts_with(body, "\r\n") && parts.size() < kMostParts) {
    body.remove_prefix(2);
    const std::size_t head = body.find("\r\n\r\n");
    if (head == std::string_view::npos) return std::nullopt;
    const std::size_t end = body.find("\r\n" + mark, head + 2);
    if (end == std::string_view::npos) return std::nullopt;
    FormPart part;
    if (!read_part_head(body.substr(0, head), part)) return std::nullopt;
    part.bytes = end < head + 4 ? std::string_view() : body.substr(head + 4, end - head - 4);
    parts.push_back(std::move(part));
    body.remove_prefix(end + 2 + mark.size());
  }
  if (!starts_with(body, "--")) return std::nullopt;
  return parts;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
