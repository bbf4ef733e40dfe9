#include "json.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <fstream>
#include <sstream>

struct Json::Root {
  rapidjson::Document document;
};

namespace {
const rapidjson::Value* as_value(const void* value) { return static_cast<const rapidjson::Value*>(value); }
}  // namespace

Json::Json() = default;
Json::~Json() = default;
Json::Json(const Json&) = default;
Json& Json::operator=(const Json&) = default;

Json Json::parse(const std::string& text) {
  auto root = std::make_shared<Root>();
  root->document.Parse<rapidjson::kParseIterativeFlag>(text.c_str(), text.size());
  Json json;
  if (root->document.HasParseError()) return json;
  json.value_ = &root->document;
  json.root_ = std::move(root);
  return json;
}

Json Json::file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return parse(text.str());
}

bool Json::present() const { return value_ != nullptr && !as_value(value_)->IsNull(); }

Json Json::operator[](std::string_view name) const {
  Json json;
  if (!present() || !as_value(value_)->IsObject()) return json;
  const auto found = as_value(value_)->FindMember(
      rapidjson::Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  if (found == as_value(value_)->MemberEnd()) return json;
  json.root_ = root_;
  json.value_ = &found->value;
  return json;
}

std::vector<Json> Json::items() const {
  std::vector<Json> items;
  if (!present() || !as_value(value_)->IsArray()) return items;
  for (const auto& element : as_value(value_)->GetArray()) {
    Json json;
    json.root_ = root_;
    json.value_ = &element;
    items.push_back(json);
  }
  return items;
}

std::string Json::text(std::string_view fallback) const {
  if (!present()) return std::string(fallback);
  const auto& value = *as_value(value_);
  if (value.IsString()) return std::string(value.GetString(), value.GetStringLength());
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  return std::string(fallback);
}

std::int64_t Json::number(std::int64_t fallback) const {
  return present() && as_value(value_)->IsInt64() ? as_value(value_)->GetInt64() : fallback;
}

bool Json::boolean(bool fallback) const {
  return present() && as_value(value_)->IsBool() ? as_value(value_)->GetBool() : fallback;
}

std::string json_line(const std::vector<std::pair<std::string, std::string>>& fields) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.StartObject();
  for (const auto& [name, text] : fields) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}
