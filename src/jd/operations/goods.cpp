#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/goods.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kWaresPerQuery = 20;

// The named member of the answer node is the thing itself.
template <class T>
Result<void> decode_thing(const detail::Reply& reply, void* response, const char* name) {
  return read_object(answer_node(reply.document.root())[name], *static_cast<T*>(response));
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::Sku) {
  v.optional("skuId", s.sku_id);
  v.optional("wareId", s.ware_id);
  v.optional("skuName", s.sku_name);
  v.optional("wareTitle", s.ware_title);
  v.optional("jdPrice", s.jd_price);
  v.optional("stockNum", s.stock);
  v.optional("status", s.status);
  v.optional("outerId", s.outer_id);
  v.optional("barCode", s.bar_code);
  v.optional("logo", s.logo);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::FindSku) {
  v.optional("field", s.fields);
  v.value("skuId", s.sku_id, Check().range(1, INT64_MAX));
}

KEFU_FIELDS(jd::Ware) {
  v.optional("wareId", s.ware_id);
  v.optional("title", s.title);
  v.optional("jdPrice", s.jd_price);
  v.optional("stockNum", s.stock);
  v.optional("wareStatus", s.ware_status);
  v.optional("outerId", s.outer_id);
  v.optional("itemNum", s.item_num);
  v.optional("logo", s.logo);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::FindWare) {
  v.optional("field", s.fields);
  v.value("wareId", s.ware_id, Check().range(1, INT64_MAX));
}

KEFU_FIELDS(jd::WaresPage) {
  if (!v.here()["page"].present()) return v.required("page", s.wares);
  v.group("page", [&](auto& page) {
    jd::listed(page, {"data"}, s.wares);
    page.optional("pageNo", s.page_number);
    page.optional("pageSize", s.page_size);
    page.optional("totalItem", s.total);
  });
}
KEFU_FIELDS(jd::SearchWares) {
  v.optional("field", s.fields);
  v.value("pageNo", s.page, Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, Check().range(1, INT32_MAX));
  v.optional("searchField", s.search_field);
  v.optional("searchKey", s.search_key);
  v.optional("wareId", s.ware_ids, Check().max_items(jd::kWaresPerQuery));
  v.optional("wareStatusValue", s.ware_statuses);
}

}  // namespace detail

namespace jd {

KEFU_JD_ROW_DECODED(FindSku, "sku.read.findSkuById", Effect::read, "sku.read.findSkuById", "",
                    [](const detail::Reply& reply, void* to) { return decode_thing<Sku>(reply, to, "sku"); })
KEFU_JD_ROW_DECODED(FindWare, "ware.read.findWareById", Effect::read, "ware.read.findWareById", "",
                    [](const detail::Reply& reply, void* to) { return decode_thing<Ware>(reply, to, "ware"); })
KEFU_JD_ROW(SearchWares, "ware.read.searchWare4Valid", Effect::read, "ware.read.searchWare4Valid", "")

std::vector<const Operation*> goods_operations() {
  return {&FindSku::operation(), &FindWare::operation(), &SearchWares::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
