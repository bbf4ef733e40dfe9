// The table of JD's operations in both READMEs is what the rows say. KEFU_WRITE_README=1 writes it anew.
#include "support/jd_operation_cases.hpp"
#include "support/readme_section.hpp"

#include <kefu/jd/operations.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>

using namespace kefu;

namespace {

constexpr std::string_view kBegin = "<!-- jd-operations: written by tests/contract/jd_operations_table.cpp -->\n";
constexpr std::string_view kEnd = "<!-- /jd-operations -->\n";

struct Words {
  const char* file;
  const char* begin;  ///< Of the sentence before the table: the number of operations follows.
  const char* weak;   ///< ... and the number of weak ones.
  const char* end;
  const char* summary;
  const char* columns;
  std::string (*reason)(std::string_view);
  const char* effects[3];  ///< In the order of Effect.
};

std::string as_written(std::string_view reason) { return std::string(reason); }

/// The reasons of OperationInfo::weak in Chinese.
std::string in_chinese(std::string_view reason) {
  static const std::map<std::string_view, const char*> kReasons = {
      {"the answer is in no public source", "公开资料中没有响应"},
      {"the answer is read by analogy with a sister method; no public source shows it",
       "响应按同类接口推断，公开资料中没有"},
      {"the answer is in one SDK only", "响应只见于一个 SDK"},
      {"the request is in dumps of one SDK only, the answer is in no public source",
       "请求只见于一个 SDK 的转存，公开资料中没有响应"},
      {"the answer is that of an internal entry; how the gateway wraps it is not known",
       "响应取自内部入口，网关如何包装未知"},
      {"which resultCode says yes is in no public source", "公开资料中没有说明 resultCode 何值表示成功"},
  };
  const auto found = kReasons.find(reason);
  CHECK_MESSAGE(found != kReasons.end(), "no Chinese words for: " << std::string(reason));
  return found == kReasons.end() ? std::string(reason) : found->second;
}

std::string table(const Words& words) {
  std::string rows;
  int count = 0;
  int weak = 0;
  for (const kefu_test::JdCase& one : kefu_test::jd_cases()) {
    const OperationInfo& info = one.row->info;
    ++count;
    weak += info.weak.empty() ? 0 : 1;
    rows += "| `" + one.type + "` | `" + std::string(info.path) + "` | " +
            words.effects[static_cast<std::size_t>(info.effect)] + " | " +
            (info.weak.empty() ? std::string("-") : words.reason(info.weak)) + " |\n";
  }
  std::string text(kBegin);
  text.append(words.begin).append(std::to_string(count)).append(words.weak).append(std::to_string(weak));
  text.append(words.end).append("\n\n<details><summary>").append(words.summary).append("</summary>\n\n");
  text.append(words.columns).append("| --- | --- | --- | --- |\n").append(rows).append("\n</details>\n");
  return text.append(kEnd);
}

void check_readme(const Words& words) {
  kefu_test::check_readme_section(words.file, kBegin, kEnd, table(words), "*table of JD*");
}

}  // namespace

TEST_CASE("the table of JD's operations in its README.md is what the rows say") {
  check_readme({"include/kefu/jd/README.md",
                "Each of JD's ",
                " operations is a value type in `kefu::jd` (headers beside this page), called by\n"
                "`shop->call(...)`. Much of the platform's documentation is not public: **",
                " of them rest on weak sources**, as the\nlast column says. Nearly all of these keep the answer as it "
                "came in `raw`; their other fields read what is likely. Test\nthem with a real account before relying "
                "on them. `OperationInfo::weak` says the same to a program.",
                "All operations",
                "| operation | method | effect | what no good source shows |\n",
                as_written,
                {"read", "idempotent", "create"}});
}

TEST_CASE("the table of JD's operations in its README.zh-CN.md is what the rows say") {
  check_readme({"include/kefu/jd/README.zh-CN.md",
                "京东共 ",
                " 个接口，每个都是 `kefu::jd` 中的一个值类型（头文件就在本目录），用 "
                "`shop->call(...)` 调用。\n平台文档多数不公开，其中 **",
                " 个依据不足**，原因见最后一列：它们几乎都把原始响应留在 `raw` 里，其余字段按可能的形态读取。\n"
                "上线前请先用真实账号验证。程序可读 `OperationInfo::weak`。",
                "全部接口",
                "| 操作 | 方法 | 作用 | 依据不足之处 |\n",
                in_chinese,
                {"读取", "幂等", "新建"}});
}
