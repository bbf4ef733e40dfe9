#include "core/call/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string Check::text(std::string_view value) const {
  if (bytes_ != 0 && value.size() > bytes_) return fmt::format("is {} bytes, at most {}", value.size(), bytes_);
  if (characters_ != 0 && value.size() > characters_) {
    if (const std::size_t count = code_points(value); count > characters_)
      return fmt::format("is {} characters, at most {}", count, characters_);
  }
  return {};
}

std::string Check::items(std::size_t count) const {
  if (items_ != 0 && count > items_) return fmt::format("has {} entries, at most {}", count, items_);
  if (count < least_items_) return fmt::format("has {} entries, at least {}", count, least_items_);
  return {};
}

std::string Check::number(std::int64_t value) const {
  if (value >= low_ && value <= high_) return {};
  if (high_ == INT64_MAX) return fmt::format("is {}, at least {}", value, low_);
  return fmt::format("is {}, allowed are {} to {}", value, low_, high_);
}

std::string Check::describe() const {
  std::string text;
  const auto add = [&text](std::string more) { text += (text.empty() ? "" : ", ") + std::move(more); };
  if (bytes_ != 0) add(fmt::format("at most {} bytes", bytes_));
  if (characters_ != 0) add(fmt::format("at most {} characters", characters_));
  if (items_ != 0) add(fmt::format("{} to {} entries", std::max<std::size_t>(least_items_, 1), items_));
  if (low_ != INT64_MIN)
    add(high_ == INT64_MAX ? fmt::format("at least {}", low_) : fmt::format("{} to {}", low_, high_));
  return text;
}

std::string FieldWriter::path_of(const char* name) const {
  std::string path;
  for (const char* part : path_)
    if (part != nullptr) path += part, path += '.';
  if (name != nullptr) {
    path += name;
  } else if (!path.empty()) {
    path.pop_back();
  }
  return path;
}

void FieldWriter::complain(const char* name, std::string_view complaint) {
  if (complaint_.empty()) complaint_ = fmt::format("{} {}", path_of(name), complaint);
}

void FieldWriter::lack(const char* name) {
  if (!lacking_.empty()) lacking_ += ", ";
  lacking_ += path_of(name);
}

Result<void> FieldWriter::result() const {
  if (lacking_.empty() && complaint_.empty()) return {};
  std::string all = complaint_;
  if (!lacking_.empty())
    all = fmt::format("{} {} empty, but required{}{}", lacking_, lacking_.find(',') == std::string::npos ? "is" : "are",
                      all.empty() ? "" : "; ", all);
  return Error(ErrorKind::bad_argument, std::move(all));
}

void FieldWriter::scalar(const char* name, std::string_view text) {
  if (query_ != nullptr) {
    query_->emplace_back(name == nullptr ? path_.back() : name, text);
    return;
  }
  if (name != nullptr) json_->key(name);
  json_->string(text);
}

void FieldWriter::integer(const char* name, std::int64_t number) {
  if (query_ != nullptr) return scalar(name, fmt::format("{}", number));
  if (name != nullptr) json_->key(name);
  json_->integer(number);
}

void FieldWriter::boolean(const char* name, bool flag) {
  if (query_ != nullptr) return scalar(name, flag ? "true" : "false");
  if (name != nullptr) json_->key(name);
  json_->boolean(flag);
}

void FieldWriter::real(const char* name, double number) {
  if (query_ != nullptr) return scalar(name, fmt::format("{}", number));
  if (name != nullptr) json_->key(name);
  json_->real(number);
}

void FieldWriter::raw_json(const char* name, const std::string& text) {
  if (text.empty()) return;
  if (query_ != nullptr) return scalar(name, text);
  json_->key(name);
  json_->raw(text);
}

void FieldWriter::open(const char* name) {
  path_.push_back(name);
  if (query_ != nullptr) return complain(nullptr, "is an object, but a query holds scalars only");
  if (name != nullptr) json_->key(name);
  json_->begin_object();
}

void FieldWriter::close() {
  if (json_) json_->end_object();
  path_.pop_back();
}

void FieldWriter::open_list(const char* name) {
  path_.push_back(name);
  if (query_ != nullptr) return;  // the name is repeated
  if (name != nullptr) json_->key(name);
  json_->begin_array();
}

void FieldWriter::close_list() {
  if (json_) json_->end_array();
  path_.pop_back();
}

namespace {

void write_value(Value value, JsonWriter& to) {
  switch (value.kind()) {
    case Value::Kind::object:
      to.begin_object();
      for (const auto& member : value) {
        to.key(member.name);
        write_value(member.value, to);
      }
      to.end_object();
      return;
    case Value::Kind::array:
      to.begin_array();
      for (const auto& member : value) write_value(member.value, to);
      to.end_array();
      return;
    case Value::Kind::string:
      to.string(value.text());
      return;
    case Value::Kind::number:
    case Value::Kind::boolean:
      to.raw(value.text());
      return;
    default:
      to.null();
  }
}

}  // namespace

void FieldReader::raw_json(const char* name, std::string& text) {
  const Value value = named(name);
  if (!noted(value.present())) return;
  text.clear();
  JsonWriter writer(text);
  write_value(value, writer);
}

void FieldReader::whole(std::string& text) {
  text.clear();
  JsonWriter writer(text);
  write_value(from_, writer);
}

void FieldReader::missing(const char* name) {
  if (!missing_.empty()) return;
  for (const char* part : path_) missing_ += part, missing_ += '.';
  missing_ += name;
}

Result<void> FieldReader::result() const {
  if (missing_.empty()) return {};
  return Error(ErrorKind::malformed_reply, missing_ + " is missing or cannot be read");
}

}  // namespace detail
KEFU_END_NAMESPACE
