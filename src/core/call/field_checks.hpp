#pragma once

#include "core/call/fields.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One thing that is looked at before a request goes out.
struct FieldCheck {
  std::string field;
  std::string must;
};

/// Visits a request's field list and writes down what it checks, so that a table of all checks comes from the code that
/// does them. Lists that take different ways are visited with a sample of each.
class CheckLister {
 public:
  static constexpr bool kWriting = true;

  template <class T>
  void required(const char* name, const T& member, const Check& check = {}) {
    if constexpr (!std::is_arithmetic_v<T>) add(name, "must not be empty");
    value(name, member, check);
  }
  template <class T>
  void optional(const char* name, const T& member, const Check& check = {}) {
    value(name, member, check);
  }
  template <class T>
  void value(const char* name, const T& member, const Check& check = {}) {
    if (const std::string must = check.describe(); !must.empty()) add(name, must);
    look_into(name, member);
  }
  void rule(const char* name, bool, std::string_view must) { add(name, must); }
  void constant(const char*, std::string_view) {}
  void raw_json(const char*, const std::string&) {}
  void whole(const std::string&) {}
  void complain(const char*, std::string_view) {}
  void lack(const char* name) { add(name, "must not be empty"); }
  template <class F>
  void group(const char* name, F&& fields) {
    path_.push_back(name);
    fields(*this);
    path_.pop_back();
  }

  template <class T>
  static std::vector<FieldCheck> of(const void* request) {
    CheckLister lister;
    FieldList<T>::visit(lister, *static_cast<const T*>(request));
    return std::move(lister.found_);
  }

 private:
  template <class T>
  void look_into(const char* name, const std::vector<T>& members) {
    for (const T& member : members) look_into(name, member);
  }
  template <class T>
  void look_into(const char* name, const std::optional<T>& member) {
    if (member) look_into(name, *member);
  }
  template <class T>
  void look_into(const char* name, const T& member) {
    if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string> && !std::is_same_v<T, Secret> &&
                  !has_own_form<T>::value)
      group(name, [&member](CheckLister& inner) { FieldList<T>::visit(inner, member); });
  }
  void add(const char* name, std::string_view must) {
    std::string field;
    for (const char* part : path_) field.append(part).append(1, '.');
    found_.push_back(FieldCheck{field + name, std::string(must)});
  }

  std::vector<const char*> path_;
  std::vector<FieldCheck> found_;
};

}  // namespace detail
KEFU_END_NAMESPACE
