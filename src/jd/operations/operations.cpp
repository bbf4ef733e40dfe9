#include "jd/authorization/oauth.hpp"
#include "jd/operations/families.hpp"

#include <kefu/jd/operations.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

std::vector<const Operation*> operations() {
  std::vector<const Operation*> all;
  for (const auto family :
       {oauth_operations, im_pop_operations, im_realtime_operations, dongdong_operations, after_sale_operations,
        unsolved_service_operations, after_sale_review_operations, refund_operations, order_operations,
        logistics_operations, shop_info_operations, goods_operations, review_operations, identity_operations})
    for (const Operation* row : family()) all.push_back(row);
  return all;
}

}  // namespace jd
KEFU_END_NAMESPACE
