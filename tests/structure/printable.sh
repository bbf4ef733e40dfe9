#!/usr/bin/env bash
# Every enum and every variant of the public headers has a printable name, to_string. usage: printable.sh COMPILER
set -u
export LC_ALL=C.UTF-8
compiler=${1:?compiler}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Enums at namespace level, those inside a class at namespace level, and named variants; what is private or in `detail`
# is nobody's to print.
named() {
  (cd "$top/include" && find kefu -name '*.hpp' ! -name coroutine.hpp | sort) | while read -r header; do
    awk '
      /^namespace [a-z_:0-9]+ \{/ { inner = inner $2 "::"; next }
      /^}  \/\/ namespace/ { sub(/[a-z_0-9:]+::$/, "", inner); next }
      /^(class|struct) .*\{/ {
        owner = $0
        sub(/^(class|struct) /, "", owner)
        sub(/\[\[[a-z]+\]\] */, "", owner)
        sub(/^KEFU_EXPORT +/, "", owner)
        sub(/[ :{].*$/, "", owner)
        hidden = 0
      }
      /^ private:/ { hidden = 1 }
      /^};/ { owner = "" }
      /^ *enum class / && inner !~ /detail/ && !hidden { print "kefu::" inner (owner != "" && /^ / ? owner "::" : "") $3 }
      /^using [A-Za-z]+ = *(std::variant|$)/ && inner !~ /detail/ { candidate = $2 }
      /std::variant</ && candidate != "" { print "kefu::" inner candidate; candidate = "" }
    ' "$top/include/$header"
  done
}
{
  (cd "$top/include" && find kefu -name '*.hpp' ! -name coroutine.hpp | sort) | sed 's/.*/#include <&>/'
  echo 'template <class T> std::string_view name() { return to_string(*static_cast<const T*>(nullptr)); }'
  named | sort -u | sed 's/.*/template std::string_view name<&>();/'
} >"$work/names.cpp"
count=$(grep -c '^template std' "$work/names.cpp")
[ "$count" -ge 40 ] || {
  echo "only $count enums and variants found: the list is broken"
  exit 1
}
"$compiler" -std=c++17 -fsyntax-only -I"$top/include" "$work/names.cpp" 2>"$work/errors" || {
  grep -F "[with T = " "$work/errors" | sed "s/.*\[with T = \(.*\); std::string_view.*/no to_string for \1/"
  exit 1
}
echo "$count enums and variants have printable names"
