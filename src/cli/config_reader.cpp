#include "cli/config_reader.hpp"

#include "cli/store_place.hpp"

#include <fmt/format.h>

namespace kefu_cli {

void ConfigReader::complain(std::string_view name, std::string_view what) {
  if (complaint_.empty())
    complaint_ = fmt::format("{}{}{} {}", path_, path_.empty() || name.empty() ? "" : ".", name, what);
}

kefu::Result<std::shared_ptr<kefu::Store>> open_config_store(const std::string& place) {
  if (place.empty()) return std::shared_ptr<kefu::Store>();
  auto opened = open_store_place(place);
  if (!opened) return opened.error();
  return std::move(opened->store);
}

}  // namespace kefu_cli
