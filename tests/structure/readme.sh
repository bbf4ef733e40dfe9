#!/usr/bin/env bash
# The READMEs: their C++ compiles, every path they name exists, the first program is the example that is built, and the
# two at the top stay short. usage: readme.sh COMPILER
set -u
export LC_ALL=C.UTF-8
compiler=${1:?compiler}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
  printf '%s\n' "$*"
  failed=1
}
most_lines=220

# without_comments FILE: the code alone, since each language has comments of its own.
without_comments() { sed -E 's|[[:space:]]*//.*$||; /^[[:space:]]*$/d' "$1"; }

cd "$top" || exit 1
number=0
while read -r readme; do
  number=$((number + 1))
  awk -v to="$work/$number" '/^```cpp$/ {n++; on=1; next} /^```$/ {on=0} on {print > (to "." n ".cpp")}' "$readme"
  for path in $(grep -oE '\]\([A-Za-z._/-]+[)#]' "$readme" | tr -d '()#]'); do
    [ -e "$(dirname "$readme")/$path" ] || fail "$readme names $path, which does not exist"
  done
  case $readme in
    README*)
      lines=$(wc -l <"$readme")
      [ "$lines" -le "$most_lines" ] || fail "$readme has $lines lines, more than $most_lines"
      [ "$(without_comments "$work/$number.1.cpp")" = "$(without_comments examples/first_host.cpp)" ] ||
        fail "the first program of $readme is not examples/first_host.cpp"
      rm "$work/$number.1.cpp" # built with the examples
      for command in ./examples/quickstart.sh ./tests/run.sh; do
        grep -qF "$command" "$readme" && [ -x "$command" ] || fail "$readme does not name $command, or it cannot be run"
      done
      ;;
  esac
  case $readme in
    *.zh-CN.md) [ -e "${readme%.zh-CN.md}.md" ] || fail "$readme has no English page beside it" ;;
  esac
done < <(find README.md README.zh-CN.md include src examples tests -name 'README*.md' | sort)
count=0
for unit in "$work"/*.cpp; do
  "$compiler" -std=c++17 -fsyntax-only -Wall -Wextra -Werror -Iinclude "$unit" || failed=1
  count=$((count + 1))
done
[ "$count" -ge 4 ] || fail "only $count pieces of C++ were found"
[ "$failed" = 0 ] && echo "$number pages, $count pieces of C++ compile"
exit "$failed"
