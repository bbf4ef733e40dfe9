#include "customers_world.hpp"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

Json World::control(const char* method, const std::string& path, const std::string& body) {
  httplib::Client client(control_url_);
  client.set_read_timeout(40);
  const std::string method_name = method;
  const auto result = method_name == "GET" ? client.Get(path) : client.Post(path, body, "application/json");
  if (!result) {
    std::fprintf(stderr, "control %s %s: no answer\n", method, path.c_str());
    return {};
  }
  if (result->status != 200)
    std::fprintf(stderr, "control %s %s: %d %s\n", method, path.c_str(), result->status, result->body.c_str());
  return Json::parse(result->body);
}

World::Answer World::push(const char* method, const std::string& path_and_query, const std::string& body,
                          const std::string& content_type) {
  httplib::Client client(host_url_);
  client.set_read_timeout(10);
  const std::string method_name = method;
  const auto result =
      method_name == "GET" ? client.Get(path_and_query) : client.Post(path_and_query, body, content_type.c_str());
  Answer answer;
  if (result) {
    answer.status = result->status;
    answer.body = result->body;
  }
  return answer;
}

World::Answer World::browse(std::string url) {
  constexpr int kMostRedirects = 5;
  Answer answer;
  for (int i = 0; i <= kMostRedirects; ++i) {
    const auto path = url.find('/', url.find("://") + 3);
    httplib::Client client(url.substr(0, path));
    client.set_read_timeout(20);
    const auto result = client.Get(path == std::string::npos ? "/" : url.substr(path));
    if (!result) return {};
    answer.status = result->status;
    answer.body = result->body;
    if (result->status / 100 != 3) return answer;
    url = result->get_header_value("Location");
  }
  return answer;
}

std::int64_t World::calls(const std::string& name, std::int64_t wanted, int wait_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  for (;;) {
    const std::int64_t made = control("GET", "/calls")["calls"][name]["calls"].number();
    if (made >= wanted || std::chrono::steady_clock::now() >= until) return made;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::vector<Json> World::host_lines(const std::vector<std::pair<std::string, std::string>>& fields, std::size_t wanted,
                                    int wait_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  for (;;) {
    std::vector<Json> found;
    std::ifstream log(host_log_);
    for (std::string line; std::getline(log, line);) {
      const Json entry = Json::parse(line);
      const bool fits = std::all_of(fields.begin(), fields.end(),
                                    [&entry](const auto& field) { return entry[field.first].text() == field.second; });
      if (fits) found.push_back(entry);
    }
    if (found.size() >= wanted || std::chrono::steady_clock::now() >= until) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

namespace {

struct Glyph {
  std::size_t bytes;
  std::size_t columns;
};

// Chinese characters and full-width signs take two columns of a terminal, quotation marks one.
Glyph glyph_at(const std::string& text, std::size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return {bytes, bytes >= 3 && text.compare(i, 2, "\xE2\x80") != 0 ? std::size_t{2} : std::size_t{1}};
}

std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); i += glyph_at(text, i).bytes) width += glyph_at(text, i).columns;
  return width;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t now = width_of(text);
  return text + std::string(now < width ? width - now : 0, ' ');
}

// Cuts at line ends, at the last blank that fits, or between characters.
std::vector<std::string> wrapped(const std::string& text, std::size_t most) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\n') {
      if (++i < text.size()) lines.emplace_back();
      continue;
    }
    const Glyph glyph = glyph_at(text, i);
    if (width_of(lines.back()) + glyph.columns > most) {
      const auto blank = lines.back().rfind(' ');
      std::string rest = blank == std::string::npos ? "" : lines.back().substr(blank + 1);
      if (blank != std::string::npos) lines.back().resize(blank);
      lines.push_back(std::move(rest));
    }
    lines.back().append(text, i, glyph.bytes);
    i += glyph.bytes;
  }
  return lines;
}

constexpr std::size_t kColumns = 6;
constexpr std::array<std::size_t, kColumns> kWidest{3, 16, 32, 42, 24, 6};
using Cells = std::array<std::string, kColumns>;

}  // namespace

void Transcript::print() const {
  std::vector<Cells> lines{{"#", "who", "does", "gets", "how", ""}, {}};
  for (std::size_t n = 0; n < rows_.size(); ++n) {
    const Row& row = rows_[n];
    const Cells cells{std::to_string(n + 1), row.who, row.did, row.got, row.how, row.ok ? "ok" : "FAILED"};
    const std::size_t first = lines.size();
    for (std::size_t column = 0; column < kColumns; ++column) {
      const auto parts = wrapped(cells[column], kWidest[column]);
      if (lines.size() < first + parts.size()) lines.resize(first + parts.size());
      for (std::size_t i = 0; i < parts.size(); ++i) lines[first + i][column] = parts[i];
    }
  }
  std::array<std::size_t, kColumns> widths{};
  for (const Cells& cells : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  for (std::size_t i = 0; i < kColumns; ++i) lines[1][i] = std::string(widths[i], '-');
  for (const Cells& cells : lines) {
    std::string text;
    for (std::size_t i = 0; i < kColumns; ++i) text += (i == 0 ? "" : "  ") + padded(cells[i], widths[i]);
    std::printf("%s\n", text.c_str());
  }
}

std::size_t Transcript::failed() const {
  return static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return !row.ok; }));
}
