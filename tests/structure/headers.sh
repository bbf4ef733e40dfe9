#!/usr/bin/env bash
# Compiles the public headers the way hosts do. usage: headers.sh MODE COMPILER STANDARD
#   alone     every header as the only include of a unit, twice
#   umbrella  <kefu/kefu.hpp> and every component header in one unit
#   poisoned  the same after macros that other people's headers define; each would break the unit if a header used its name
# coroutine.hpp takes part from C++20 on.
set -u
export LC_ALL=C.UTF-8
mode=${1:?mode} compiler=${2:?compiler} standard=${3:?standard}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v "$compiler" >/dev/null || {
  echo "$compiler is not installed; ./tests/run.sh installs it"
  exit 1
}
flags=(-std=c++"$standard" -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror -I"$top/include")

headers() {
  (cd "$top/include" && find kefu -name '*.hpp' | sort) |
    if [ "$standard" = 17 ]; then grep -v '/coroutine\.hpp$'; else cat; fi
}
count=$(headers | wc -l)
[ "$count" -ge 15 ] || {
  echo "only $count public headers found"
  exit 1
}

case $mode in
  alone)
    for header in $(headers); do
      printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$work/$(echo "$header" | tr '/.' '__').cpp"
    done
    find "$work" -name '*.cpp' -print0 | xargs -0 -P 2 -n 1 "$compiler" "${flags[@]}" || exit 1
    ;;
  umbrella)
    { echo '#include <kefu/kefu.hpp>' && headers | sed 's/.*/#include <&>/' && echo 'int main() {}'; } >"$work/all.cpp"
    "$compiler" "${flags[@]}" "$work/all.cpp" || exit 1
    ;;
  poisoned)
    {
      # The standard headers come first: they may use whatever names they like.
      (cd "$top/include" && grep -rhoE '^#include <[a-z_]+>' kefu) | sort -u |
        if [ "$standard" = 17 ]; then grep -v '<coroutine>'; else cat; fi
      for name in 'min(a, b)' 'max(a, b)' 'assert(x)' 'check(x)' 'verify(x)' 'require(x)' 'major(x)' 'minor(x)'; do
        echo "#define $name )poisoned("
      done
      # windows.h, X11, Qt, system headers, old compilers.
      for name in small near far interface IN OUT OPTIONAL ERROR DELETE NO_ERROR TRUE FALSE BOOL CONST VOID CALLBACK DOMAIN \
        STRICT GetObject GetMessage SendMessage PostMessage CreateEvent CreateWindow DispatchMessage GetCurrentTime GetUserName \
        Yield None Bool Status Success True False Always Never Complex Unsorted CursorShape KeyPress \
        signals slots emit foreach forever unix linux I B0 ECHO NAN_VALUE PAGE_SIZE OVERFLOW UNDERFLOW \
        DEBUG INFO WARN WARNING FATAL TRACE CHECK REQUIRE FAIL LOG likely unlikely; do
        printf '#ifdef %s\n#undef %s\n#endif\n#define %s )poisoned(\n' "$name" "$name" "$name"
      done
      echo '#include <kefu/kefu.hpp>'
      headers | sed 's/.*/#include <&>/'
    } >"$work/poisoned.cpp"
    "$compiler" "${flags[@]}" "$work/poisoned.cpp" || exit 1
    # The poison works: a unit that uses one of the names must not compile.
    sed 's/^#include <kefu\/kefu\.hpp>$/int small = 1;/' "$work/poisoned.cpp" >"$work/control.cpp"
    if "$compiler" "${flags[@]}" "$work/control.cpp" 2>/dev/null; then
      echo "the poisoned macros do not poison"
      exit 1
    fi
    ;;
  *)
    echo "unknown mode $mode"
    exit 1
    ;;
esac
echo "$count headers, $mode, $compiler as C++$standard"
