#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// As much JSON as the quickstart needs, over RapidJSON. Reading what is not there gives empty values.
class Json {
 public:
  /// Absent if the text is not JSON.
  static Json parse(const std::string& text);
  static Json file(const std::string& path);
  Json();
  ~Json();
  Json(const Json&);
  Json& operator=(const Json&);

  bool present() const;
  Json operator[](std::string_view name) const;
  std::vector<Json> items() const;
  std::string text(std::string_view fallback = {}) const;  ///< A string, or a number as its text.
  std::int64_t number(std::int64_t fallback = 0) const;
  bool boolean(bool fallback = false) const;

 private:
  struct Root;
  std::shared_ptr<const Root> root_;
  const void* value_ = nullptr;
};

/// An object of texts, in order, as one line: {"name":"text",...}.
std::string json_line(const std::vector<std::pair<std::string, std::string>>& fields);
