#include "jd/customers/record.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kCustomerVersion = 1;

}  // namespace

bool CustomerRecord::add(std::string_view name) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return false;
  if (names.size() >= kMaxNames) names.erase(names.begin());
  names.emplace_back(name);
  return true;
}

std::string CustomerRecord::text() const {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("v").integer(kCustomerVersion).key("id").string(id).key("at").integer(at);
  json.key("w").integer(written);
  if (!names.empty()) {
    json.key("names").begin_array();
    for (const std::string& name : names) json.string(name);
    json.end_array();
  }
  kept.write(json);
  json.end_object();
  return out;
}

std::optional<CustomerRecord> CustomerRecord::parse(std::string_view text) {
  const detail::Document document = detail::Document::json(text);
  const detail::Value root = document.root();
  if (!document || !detail::reads_version(root["v"], kCustomerVersion) || root["id"].text().empty())
    return std::nullopt;
  CustomerRecord record;
  record.id = root["id"].text();
  record.at = root["at"].integer().value_or(0);
  record.written = root["w"].integer().value_or(0);
  for (const detail::Value name : root["names"].items()) record.add(name.text());
  record.kept = detail::KeptMembers(root, {"v", "id", "at", "w", "names"});
  return record;
}

}  // namespace jd
KEFU_END_NAMESPACE
