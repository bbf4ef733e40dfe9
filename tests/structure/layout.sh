#!/usr/bin/env bash
# Public types have the same size, alignment and nature under C++17 and C++20: a host built as C++20 links a library
# built as C++17. usage: layout.sh COMPILER
set -u
export LC_ALL=C.UTF-8
compiler=${1:?compiler}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every class, struct and enum defined at namespace level in a public header, with its namespace; templates are named below.
types() {
  (cd "$top/include" && find kefu -name '*.hpp' ! -name coroutine.hpp | sort) | while read -r header; do
    awk '
      /^namespace [a-z_:0-9]+ \{/ { inner = inner $2 "::" ; next }
      /^}  \/\/ namespace/ { sub(/[a-z_0-9:]+::$/, "", inner); next }
      /^template/ { template = 1; if ($0 ~ /;$/) template = 0; next }
      /^(class|struct|enum class) / && !/;$/ {
        name = $0
        sub(/^(class|struct|enum class) /, "", name)
        sub(/\[\[[a-z]+\]\] */, "", name)
        sub(/^KEFU_EXPORT +/, "", name)
        sub(/[ :{].*$/, "", name)
        if (!template && name !~ /</ && name != "LaterKind" && inner !~ /detail/) print "kefu::" inner name
        template = 0
        next
      }
      /^[^ \t\/}]/ { template = 0 }
    ' "$top/include/$header"
  done | sort -u
}

{
  (cd "$top/include" && find kefu -name '*.hpp' ! -name coroutine.hpp | sort) | sed 's/.*/#include <&>/'
  cat <<'CPP'
#include <cstdio>
#include <string>
#include <type_traits>
template <class T> void row(const char* name) {
  std::printf("%s %zu %zu %d %d %d\n", name, sizeof(T), alignof(T), std::is_polymorphic_v<T> ? 1 : 0,
              std::is_trivially_copyable_v<T> ? 1 : 0, std::is_empty_v<T> ? 1 : 0);
}
int main() {
CPP
  { types && printf '%s\n' 'kefu::Result<int>' 'kefu::Result<std::string>' 'kefu::Result<void>' \
    'kefu::Pending<std::string>' 'kefu::Pending<void>' 'kefu::Promise<int>' 'kefu::detail::PendingState' 'kefu::Task' 'kefu::MoveFunction<int(int)>' 'kefu::HttpFields'; } |
    sed 's/.*/  row<&>("&");/'
  echo '}'
} >"$work/layout.cpp"

for standard in 17 20 2b; do
  "$compiler" -std=c++$standard -I"$top/include" "$work/layout.cpp" -c -o "$work/layout$standard.o" &&
    "$compiler" "$work/layout$standard.o" -o "$work/layout$standard" -Wl,--unresolved-symbols=ignore-all &&
    "$work/layout$standard" >"$work/table$standard" || exit 1
done
count=$(wc -l <"$work/table17")
[ "$count" -ge 25 ] || {
  echo "only $count types found: the list is broken"
  exit 1
}
for standard in 20 2b; do
  diff "$work/table17" "$work/table$standard" || {
    echo "layouts differ between C++17 and C++$standard"
    exit 1
  }
done
echo "$count public types have one layout under C++17, C++20 and C++23"
