#pragma once

#include <kefu/core/result.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What a code of the system means for the caller, where a file cannot be made, opened or grown.
inline ErrorKind kind_of_system_error(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorKind::quota_exhausted;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::configuration;
  }
}

inline Error system_error(const std::string& path, std::string_view what, int code) {
  return Error(kind_of_system_error(code), std::string("SQLite store ")
                                               .append(path)
                                               .append(": ")
                                               .append(what)
                                               .append(": ")
                                               .append(std::system_category().message(code)));
}

}  // namespace detail
KEFU_END_NAMESPACE
