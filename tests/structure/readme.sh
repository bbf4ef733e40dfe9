#!/usr/bin/env bash
# The C++ in README.md compiles, and every path it names exists. usage: readme.sh COMPILER
set -u
export LC_ALL=C.UTF-8
compiler=${1:?compiler}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for readme in README.md README.zh-CN.md; do
  awk -v to="$work/$readme" '/^```cpp$/ {n++; on=1; next} /^```$/ {on=0} on {print > (to "." n ".cpp")}' "$top/$readme"
  for path in $(grep -oE '\]\([A-Za-z._/-]+[)#]' "$top/$readme" | tr -d '()#]'); do
    [ -e "$top/$path" ] || {
      echo "$readme names $path, which does not exist"
      failed=1
    }
  done
  for command in ./examples/quickstart.sh ./tests/run.sh; do
    grep -qF "$command" "$top/$readme" && [ -x "$top/$command" ] || {
      echo "$readme does not name $command, or it cannot be run"
      failed=1
    }
  done
done
count=0
for unit in "$work"/*.cpp; do
  "$compiler" -std=c++17 -fsyntax-only -Wall -Wextra -Werror -I"$top/include" "$unit" || failed=1
  count=$((count + 1))
done
[ "$count" -ge 1 ] || failed=1
[ "$failed" = 0 ] && echo "$count pieces of C++ compile"
exit "$failed"
