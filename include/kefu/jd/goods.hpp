#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Goods of a shop (jd 4.8). `fields` names what is wanted; empty: the platform's choice. Effect of all: read.

struct Sku {
  Sku() {}
  std::int64_t sku_id = 0;
  std::int64_t ware_id = 0;
  std::string sku_name;
  std::string ware_title;
  std::string jd_price;       ///< The platform's own digits.
  std::int64_t stock = 0;     ///< `stockNum`.
  std::optional<int> status;  ///< 1 on sale, 2 off, 4 deleted.
  std::string outer_id;
  std::string bar_code;
  std::string logo;
  std::string raw;
};
/// `jingdong.sku.read.findSkuById` [A].
struct KEFU_EXPORT FindSku {
  using Response = Sku;
  static const Operation& operation();
  explicit FindSku(std::int64_t sku, std::vector<std::string> fields_ = {}) : sku_id(sku), fields(std::move(fields_)) {}
  std::int64_t sku_id;
  std::vector<std::string> fields;
};

struct Ware {
  Ware() {}
  std::int64_t ware_id = 0;
  std::string title;
  std::string jd_price;
  std::int64_t stock = 0;  ///< `stockNum`.
  std::optional<int> ware_status;
  std::string outer_id;
  std::string item_num;
  std::string logo;
  std::string raw;
};
/// `jingdong.ware.read.findWareById` [A].
struct KEFU_EXPORT FindWare {
  using Response = Ware;
  static const Operation& operation();
  explicit FindWare(std::int64_t ware, std::vector<std::string> fields_ = {})
      : ware_id(ware), fields(std::move(fields_)) {}
  std::int64_t ware_id;
  std::vector<std::string> fields;
};

struct WaresPage {
  WaresPage() {}
  std::vector<Ware> wares;
  std::int64_t page_number = 0;
  std::int64_t page_size = 0;
  std::optional<std::int64_t> total;
};
/// `jingdong.ware.read.searchWare4Valid` [A]. At most 20 ware ids.
struct KEFU_EXPORT SearchWares {
  using Response = WaresPage;
  static const Operation& operation();
  SearchWares() {}
  std::string search_key;
  std::string search_field;  ///< "title".
  std::vector<std::int64_t> ware_ids;
  std::vector<int> ware_statuses;
  std::vector<std::string> fields;
  int page = 1;
  int page_size = 20;
};

}  // namespace jd
KEFU_END_NAMESPACE
