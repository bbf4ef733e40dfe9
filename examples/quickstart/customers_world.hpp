#pragma once

#include "json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// The quickstart's view of the outside: the sandbox's control API, the host's callback URL and the host's log.
/// Everything waits with a limit; what does not come in time is an empty answer.
class World {
 public:
  World(std::string control_url, std::string host_url, std::string host_log)
      : control_url_(std::move(control_url)), host_url_(std::move(host_url)), host_log_(std::move(host_log)) {}

  struct Answer {
    int status = 0;  ///< 0: no answer at all.
    std::string body;
  };
  /// Calls the control API; `body` is a JSON object or empty.
  Json control(const char* method, const std::string& path, const std::string& body = {});
  /// Sends a push to the host as the platform would.
  Answer push(const char* method, const std::string& path_and_query, const std::string& body,
              const std::string& content_type);

  /// Opens a page as a browser does, following redirects to whatever host: the last answer.
  Answer browse(std::string url);
  /// What that page of the host answers.
  Answer host_page(const std::string& path) { return browse(host_url_ + path); }

  /// How often the twins were asked for that path or method, once it is at least `wanted` or time is over.
  std::int64_t calls(const std::string& name, std::int64_t wanted = 0, int wait_ms = 0);

  /// Lines of the host's log whose field has that value, once there are at least `wanted` of them or time is over.
  std::vector<Json> host_lines(const std::vector<std::pair<std::string, std::string>>& fields, std::size_t wanted,
                               int wait_ms);

 private:
  std::string control_url_;
  std::string host_url_;
  std::string host_log_;
};

/// Collects the steps and prints them as a table.
class Transcript {
 public:
  struct Row {
    std::string who;
    std::string did;
    std::string got;
    std::string how;
    bool ok = false;
  };
  void add(Row row) { rows_.push_back(std::move(row)); }
  void print() const;
  std::size_t failed() const;
  std::size_t size() const { return rows_.size(); }

 private:
  std::vector<Row> rows_;
};
