#!/usr/bin/env bash
# Kinds of content and of events that a later version adds break no host with a default branch: with one added to each
# variant by a macro, what hosts write still compiles. usage: later_kinds.sh COMPILER
set -u
export LC_ALL=C.UTF-8
compiler=${1:?compiler}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

cat >"$work/host.cpp" <<'CPP'
#include <kefu/kefu.hpp>

#include <cstdio>
#include <string>

#if LATER
static_assert(std::variant_size_v<kefu::Content> == kefu::kContentKinds && kefu::kContentKinds == 14, "one was added");
#endif

std::string with_match(const kefu::InboundEvent& event) {
  return kefu::match(
      event.payload, [](const kefu::ReceivedText& text) { return text.body; },
      [](const kefu::Followed& followed) { return followed.scene; }, [](const auto&) { return std::string("other"); });
}
struct Visitor {
  std::string operator()(const kefu::TextContent& text) const { return text.body; }
  template <class Other>
  std::string operator()(const Other&) const {
    return "other";
  }
};
std::string with_visit(const kefu::Content& content) { return std::visit(Visitor(), content); }
std::string with_get_if(const kefu::wechat::Push& push) {
  if (const auto* text = std::get_if<kefu::wechat::TextPush>(&push.body)) return text->content;
  return "other";
}
std::string with_switch(const kefu::Content& content) {
  switch (kefu::kind_of(content)) {
    case kefu::ContentKind::text:
      return "text";
    default:
      return "other";
  }
}

int main() {
  kefu::InboundEvent event;
  kefu::Content content = kefu::TextContent("hello");
  event.payload = kefu::ReceivedText("hello");
  if (with_match(event) != "hello" || with_visit(content) != "hello" || with_switch(content) != "text") return 1;
#if LATER
  event.payload = kefu::LaterKind();
  content = kefu::LaterKind();
#else
  event.payload = kefu::Unfollowed();
  content = kefu::ImageContent("id");
#endif
  return with_match(event) == "other" && with_visit(content) == "other" && with_switch(content) == "other" ? 0 : 1;
}
CPP
for later in "" "-DLATER=1 -DKEFU_TEST_LATER_KIND"; do
  # shellcheck disable=SC2086
  "$compiler" -std=c++17 -Wall -Wextra -Werror -ffunction-sections -Wl,--gc-sections $later -I"$top/include" \
    "$work/host.cpp" -o "$work/host" && "$work/host" || {
    echo "a host with default branches fails with '$later'"
    failed=1
  }
done

# match() insists on a default branch.
cat >"$work/none.cpp" <<'CPP'
#include <kefu/channel/webhook.hpp>
#include <kefu/core/match.hpp>
int f(const kefu::PassiveReply& r) {
  return kefu::match(
      r, [](const kefu::NoReply&) { return 0; }, [](const kefu::Content&) { return 1; },
      [](const kefu::TransferToAgent&) { return 2; });
}
CPP
"$compiler" -std=c++17 -fsyntax-only -I"$top/include" "$work/none.cpp" 2>/dev/null && {
  echo "match() takes a host without a default branch"
  failed=1
}

# The programs that hosts copy.
for example in "$top"/examples/jd_shop.cpp "$top"/examples/quickstart/host_answers.cpp "$top"/examples/quickstart/host_accounts.cpp; do
  "$compiler" -std=c++17 -fsyntax-only -DKEFU_TEST_LATER_KIND -I"$top/include" -I"$top/examples" "$example" || failed=1
done
[ "$failed" = 0 ] && echo "hosts with default branches compile with one more kind of everything"
exit "$failed"
