#!/usr/bin/env bash
# Builds, installs and consumes the package. usage: run.sh STEP WORK_FOLDER [ARGUMENT]
#   install-static BUILD   installs what was built in the folder BUILD into WORK_FOLDER/static
#   build-shared           configures, builds and installs kefu into WORK_FOLDER/shared
#   find-package KIND, components KIND, pkg-config KIND, coroutine KIND   consumers of an installed kind
#   add-subdirectory, inside-shared, exports, installed-files
set -u
export LC_ALL=C.UTF-8
step=${1:?step} work=${2:?work folder} kind=${3:-}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
mkdir -p "$work"

# quietly LOG COMMAND...: shows the output only on failure.
quietly() {
  local log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 && return 0
  tail -n 40 "$log"
  exit 1
}
# consume NAME SOURCE KIND CMAKE_ARGUMENTS...: builds the consumer in SOURCE against an installed kind and runs it.
consume() {
  local name=$1 source=$2 prefix=$3
  shift 3
  rm -rf "${work:?}/$name"
  quietly "$name" cmake -S "$here/$source" -B "$work/$name" -G Ninja -DCMAKE_BUILD_TYPE=None \
    -DCMAKE_PREFIX_PATH="$work/$prefix" "$@"
  quietly "$name-build" cmake --build "$work/$name" -j 2
}
exported() { nm -D --defined-only "$1" | awk '{print $NF}' | sed 's/@.*//'; }

case $step in
  install-static)
    rm -rf "${work:?}/static"
    quietly install-static cmake --install "${kind:?build folder}" --prefix "$work/static"
    ;;
  build-shared)
    # Warnings are errors here too: code that only the shared library has is compiled nowhere else.
    quietly configure-shared cmake -S "$top" -B "$work/build-shared" -G Ninja -DCMAKE_BUILD_TYPE=None \
      -DCMAKE_CXX_FLAGS=-O0 -DBUILD_SHARED_LIBS=ON -DKEFU_UNITY=ON -DKEFU_WERROR=ON -DKEFU_BUILD_TESTS=OFF \
      -DKEFU_BUILD_EXAMPLES=OFF -DKEFU_BUILD_PROGRAMS=OFF -DCMAKE_INSTALL_PREFIX="$work/shared" -DCMAKE_INSTALL_LIBDIR=lib
    quietly build-shared cmake --build "$work/build-shared" -j 2
    rm -rf "${work:?}/shared"
    quietly install-shared cmake --install "$work/build-shared"
    ;;
  find-package)
    consume "find-package-$kind" find_package "$kind" && "$work/find-package-$kind/consumer" || exit 1
    ;;
  components)
    consume "components-$kind" components "$kind" && "$work/components-$kind/consumer" "$work/components-$kind/kefu.db" || exit 1
    ;;
  coroutine)
    flags=$(PKG_CONFIG_PATH=$work/$kind/lib/pkgconfig pkg-config --cflags --libs kefu) || exit 1
    # shellcheck disable=SC2086
    g++ -std=c++20 -O0 -Wall -Wextra -Werror "$here/coroutine.cpp" $flags -o "$work/coroutine-$kind" &&
      LD_LIBRARY_PATH=$work/$kind/lib "$work/coroutine-$kind" || exit 1
    ;;
  pkg-config)
    export PKG_CONFIG_PATH=$work/$kind/lib/pkgconfig LD_LIBRARY_PATH=$work/$kind/lib
    # A shared package needs no development files but its own.
    [ "$kind" = static ] || export PKG_CONFIG_LIBDIR=$PKG_CONFIG_PATH
    flags=$(pkg-config --cflags --libs kefu) || exit 1
    # shellcheck disable=SC2086
    g++ -std=c++17 -O0 "$here/main.cpp" $flags -o "$work/pkg-config-$kind" && "$work/pkg-config-$kind" || exit 1
    flags=$(pkg-config --cflags --libs kefu-sqlite kefu-sandbox) || exit 1
    # shellcheck disable=SC2086
    g++ -std=c++17 -O0 "$here/components/main.cpp" $flags -o "$work/pkg-config-components-$kind" &&
      "$work/pkg-config-components-$kind" "$work/pkg-config-components-$kind.db" || exit 1
    ;;
  add-subdirectory)
    consume add-subdirectory add_subdirectory none -DKEFU_SOURCE="$top" -DCMAKE_CXX_FLAGS=-O0 -DKEFU_UNITY=ON \
      -DKEFU_BUILD_SANDBOX=OFF -DKEFU_BUILD_SQLITE=OFF -DKEFU_BUILD_POSTGRES=OFF -DKEFU_BUILD_REDIS=OFF \
      && "$work/add-subdirectory/consumer" || exit 1
    ;;
  inside-shared)
    consume inside-shared inside_shared static || exit 1
    "$work/inside-shared/consumer" "$work/inside-shared/libhost.so" || exit 1
    leaked=$(exported "$work/inside-shared/libhost.so" | c++filt | grep -E 'kefu|rapidjson' | head -n 5)
    [ -z "$leaked" ] || {
      printf 'the host exports what is inside it:\n%s\n' "$leaked"
      exit 1
    }
    ;;
  exports)
    for library in "$work"/shared/lib/libkefu*.so; do
      symbols=$(exported "$library")
      count=$(wc -l <<<"$symbols")
      [ "$count" -ge 20 ] || [ "$library" != "$work/shared/lib/libkefu.so" ] || {
        echo "$library exports only $count symbols"
        exit 1
      }
      # By their mangled names: everything lies in kefu::v0, and nothing mentions RapidJSON.
      foreign=$(grep -vE '^_ZT[VIST]N4kefu2v0|^_ZT[hv][n0-9_]*_N[KRO]*4kefu2v0|^_ZGVN4kefu2v0|^_ZN[KRO]*4kefu2v0' <<<"$symbols")
      [ -z "$foreign" ] || {
        printf '%s exports names outside kefu::v0:\n%s\n' "$library" "$(c++filt <<<"$foreign" | head -n 10)"
        exit 1
      }
      json=$(c++filt <<<"$symbols" | grep -iE 'rapidjson|pugi|fmt::' | head -n 5)
      [ -z "$json" ] || {
        printf '%s exports a third party in its signatures:\n%s\n' "$library" "$json"
        exit 1
      }
      echo "$(basename "$library"): $count symbols, all in kefu::v0"
    done
    ;;
  installed-files)
    for kind in static shared; do
      private=$(cd "$work/$kind" && find . -type f -name '*.hpp' ! -path './include/kefu/*')
      missing=$(cd "$top/include" && find kefu -name '*.hpp' | while read -r h; do
        # Built only where libpq is.
        [ "$h" != kefu/stores/postgres.hpp ] || [ -e "$work/$kind/lib/pkgconfig/kefu-postgres.pc" ] || continue
        # Only where hiredis is.
        [ "$h" != kefu/stores/redis.hpp ] || [ -e "$work/$kind/lib/pkgconfig/kefu-redis.pc" ] || continue
        [ -f "$work/$kind/include/$h" ] || echo "$h"
      done)
      flags=$(grep -lE -- '-W(all|error|extra)|-fsanitize|kefu_flags' "$work/$kind"/lib/cmake/kefu/*.cmake)
      paths=$(grep -l "$top" "$work/$kind"/lib/cmake/kefu/*.cmake "$work/$kind"/lib/pkgconfig/*.pc | while read -r f; do
        grep -q "$top/\(src\|include\)" "$f" && echo "$f"
      done)
      [ -z "$private$missing$flags$paths" ] || {
        echo "$kind: private headers: $private; missing headers: $missing; own flags: $flags; source paths: $paths"
        exit 1
      }
    done
    # A shared package asks for nothing but itself.
    if grep -qE 'CURL|OpenSSL|fmt|pugixml' "$work/shared/lib/cmake/kefu/kefu_kefu_targets.cmake"; then
      echo "the shared package makes hosts find its private dependencies"
      exit 1
    fi
    ;;
  *)
    echo "unknown step $step"
    exit 1
    ;;
esac
