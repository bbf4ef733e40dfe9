#!/usr/bin/env bash
# The sources of kefu::kefu compile as one unit, and so do those of each component: whatever a unity build puts
# together, no two names in unnamed namespaces clash. usage: unity.sh COMPILER
set -u
export LC_ALL=C.UTF-8
compiler=${1:?compiler}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# unit NAME FOLDER...: one unit with all sources of these folders.
unit() {
  local name=$1
  shift
  (cd "$top" && find "$@" -name '*.cpp' ! -name main.cpp | sort | sed "s|.*|#include \"$top/&\"|") \
    >"$work/$name.cpp"
  echo "$name.cpp: $(wc -l <"$work/$name.cpp") sources"
}
unit library src/core src/channel src/wechat src/jd
unit programs src/cli
# What needs a database's library is built where that is.
stores="src/stores/sqlite src/stores/shared" libraries=""
if pkg-config --exists libpq; then
  stores="$stores src/stores/postgres" libraries=$(pkg-config --cflags libpq)
fi
if pkg-config --exists hiredis; then
  stores="$stores src/stores/redis" libraries="$libraries $(pkg-config --cflags hiredis)"
fi
# shellcheck disable=SC2086
unit stores $stores
unit sandbox src/sandbox
# shellcheck disable=SC2086
find "$work" -name '*.cpp' -print0 |
  xargs -0 -P 2 -n 1 "$compiler" -std=c++17 -fsyntax-only -Wno-subobject-linkage $libraries -I"$top/include" -I"$top/src"
