#pragma once

#include "core/text/document.hpp"

#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kefu_cli {

/// `bad_argument` about a configuration file.
inline kefu::Error bad_config(const std::string& message) {
  return kefu::Error(kefu::ErrorKind::bad_argument, "config: " + message);
}

/// The store that the configuration names (open_store_place), null if it names none.
kefu::Result<std::shared_ptr<kefu::Store>> open_config_store(const std::string& place);

/// Reads one object; remembers the first complaint.
class ConfigReader {
 public:
  ConfigReader(kefu::detail::Value object, std::string path) : object_(object), path_(std::move(path)) {}

  void known(std::initializer_list<std::string_view> names) {
    if (object_.kind() != kefu::detail::Value::Kind::object) return complain("", "must be a JSON object");
    for (const auto& member : object_)
      if (std::find(names.begin(), names.end(), member.name) == names.end()) complain(member.name, "is not known");
  }
  void text(std::string_view name, std::string& to) {
    const kefu::detail::Value value = object_[name];
    if (!value.present()) return;
    if (value.kind() != kefu::detail::Value::Kind::string) return complain(name, "is no text");
    to = std::string(value.text());
  }
  void secret(std::string_view name, kefu::Secret& to) {
    std::string value;
    text(name, value);
    if (!value.empty()) to = kefu::Secret(value);
  }
  void flag(std::string_view name, bool& to) {
    const kefu::detail::Value value = object_[name];
    if (!value.present()) return;
    if (const auto read = value.boolean()) {
      to = *read;
    } else {
      complain(name, "is neither true nor false");
    }
  }
  template <class T>
  void number(std::string_view name, T& to) {
    const kefu::detail::Value value = object_[name];
    if (!value.present()) return;
    const auto read = value.integer();
    if (!read || static_cast<std::int64_t>(static_cast<T>(*read)) != *read) return complain(name, "is no whole number");
    to = static_cast<T>(*read);
  }
  kefu::Result<void> result() const {
    if (complaint_.empty()) return {};
    return bad_config(complaint_);
  }

 private:
  void complain(std::string_view name, std::string_view what);

  const kefu::detail::Value object_;
  const std::string path_;
  std::string complaint_;
};

}  // namespace kefu_cli
