#pragma once

#include <kefu/core/operation.hpp>

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Each family of operations lists its own rows, in its own source file.
std::vector<const Operation*> im_pop_operations();
std::vector<const Operation*> im_realtime_operations();
std::vector<const Operation*> dongdong_operations();
std::vector<const Operation*> after_sale_operations();
std::vector<const Operation*> unsolved_service_operations();
std::vector<const Operation*> after_sale_review_operations();
std::vector<const Operation*> refund_operations();
std::vector<const Operation*> order_operations();
std::vector<const Operation*> logistics_operations();
std::vector<const Operation*> shop_info_operations();
std::vector<const Operation*> goods_operations();
std::vector<const Operation*> review_operations();
std::vector<const Operation*> identity_operations();

}  // namespace jd
KEFU_END_NAMESPACE
