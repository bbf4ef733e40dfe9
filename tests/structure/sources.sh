#!/usr/bin/env bash
# Facts of the source tree that no compiler checks. usage: sources.sh [ROOT]; prints each breach as file:line: rule.
set -u
export LC_ALL=C.UTF-8
root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
cd "$root" || exit 1

# The standard headers of C++17, and <coroutine>, which only coroutine.hpp may include.
standard=" algorithm any array atomic bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale
 cmath codecvt complex condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime
 cuchar cwchar cwctype deque exception execution filesystem forward_list fstream functional future initializer_list
 iomanip ios iosfwd iostream istream iterator limits list locale map memory memory_resource mutex new numeric optional
 ostream queue random ratio regex scoped_allocator set shared_mutex sstream stack stdexcept streambuf string
 string_view system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
 variant vector "
standard=$(echo $standard)

# These functions set the variable that they answer in: $(...) some thousand times would take as long as a build.

# Which rooms a room may include, itself apart. The sandbox judges the clients and so shares none of their code.
may_include() {
  case $1 in
    core) allowed_rooms="" ;;
    channel | stores | sandbox) allowed_rooms="core" ;;
    wechat | jd | desk) allowed_rooms="core channel" ;;
    cli) allowed_rooms="core channel wechat jd desk stores" ;;
    *) allowed_rooms="?" ;;
  esac
}

# The wings of a room, bottom first: a source may include only what stands in its own wing or before it.
wings_of() {
  case $1 in
    core) wings="async text crypto report store net tokens call" ;;
    channel) wings="content window send inbox accounts" ;;
    wechat) wings="operations push facets account component" ;;
    jd) wings="gateway authorization operations customers polling answering shop quality" ;;
    stores) wings="shared sqlite postgres redis" ;;
    sandbox) wings="http twin wechat component wecom jd control" ;;
    *) wings="" ;;
  esac
}

# Which files may include a third party, as extended regular expressions over the path. A public header never may.
third_party_files() {
  case $1 in
    rapidjson) allowed='^src/core/text/(json|rapidjson|document)[a-z0-9_]*\.(cpp|hpp)$' ;;
    curl) allowed='^src/core/net/(curl|io_loop)[a-z0-9_]*\.(cpp|hpp)$' ;;
    openssl) allowed='^src/core/(crypto/[a-z0-9_]+|net/curl[a-z0-9_]*)\.cpp$' ;;
    pugixml) allowed='^src/core/text/xml[a-z0-9_]*\.cpp$' ;;
    sqlite3) allowed='^src/stores/sqlite/[a-z0-9_]+\.(cpp|hpp)$' ;;
    libpq) allowed='^src/stores/postgres/[a-z0-9_]+\.cpp$' ;;
    hiredis) allowed='^src/stores/redis/[a-z0-9_]+\.cpp$' ;;
    fmt) allowed='^src/[a-z0-9_/]+\.cpp$' ;;
    CLI) allowed='^src/(cli/[a-z0-9_]+|sandbox/main)\.(cpp|hpp)$' ;;
    *) allowed='' ;;
  esac
}

breaches=0
breach() {
  echo "$1"
  breaches=$((breaches + 1))
}

# Third parties by the name their include begins with; pugixml's header has no folder.
third_party_of() {
  case $1 in
    pugixml.hpp | pugiconfig.hpp) third="pugixml" ;;
    sqlite3.h) third=sqlite3 ;;
    libpq-fe.h) third=libpq ;;
    rapidjson/* | curl/* | openssl/* | fmt/* | CLI/* | hiredis/*) third="${1%%/*}" ;;
    httplib.h | nlohmann/* | boost/* | spdlog/* | pybind11/*) third="other" ;;
    *) third="" ;;
  esac
}

# One line per include: path, line, what is included, and whether with quotes.
includes() {
  find "$@" -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \) 2>/dev/null | sort | xargs -r awk '
    /^[ \t]*#[ \t]*include/ {
      quote = index($0, "\"") > 0 && index($0, "<") == 0 ? "quoted" : "angle"
      name = $0
      sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", name)
      sub(/[>"].*$/, "", name)
      print FILENAME, FNR, name, quote
    }'
}

room_of() {
  local path=${1#include/kefu/}
  path=${path#src/}
  case $path in
    */*) room=${path%%/*} ;;
    *) room=umbrella ;;
  esac
}

# Fills `place` with where a wing stands in its room, or nothing for files outside a wing.
place_of() {
  local wing=$2 known number=0
  place=""
  wings_of "$1"
  for known in $wings; do
    number=$((number + 1))
    [ "$known" != "$wing" ] || place=$number
  done
}

while read -r file line name quote; do
  third_party_of "$name"
  if [ -n "$third" ]; then
    third_party_files "$third"
    if [ -z "$allowed" ] || ! [[ $file =~ $allowed ]]; then breach "$file:$line: may not include <$name> ($third)"; fi
    continue
  fi
  room_of "$file"
  case $name in
    kefu/*/*) target=${name#kefu/} ;;
    kefu/*) target=umbrella/$name ;;
    *) target=$name ;;
  esac
  target=${target%%/*}
  may_include "$target"
  case $target:$allowed_rooms in
    core:* | umbrella:*) is_room=1 ;;
    *: | *:\?) is_room=0 ;;
    *) is_room=1 ;;
  esac
  if [ "$is_room" = 1 ] && [ "$room" != umbrella ] && [ "$target" != "$room" ]; then
    may_include "$room"
    case " $allowed_rooms " in
      *" $target "*) ;;
      *) breach "$file:$line: room $room may not include $name" ;;
    esac
  fi
  if [[ $file =~ ^src/([a-z]+)/([a-z]+)/ ]] && [ "${BASH_REMATCH[1]}" = "$room" ]; then
    place_of "$room" "${BASH_REMATCH[2]}"
    from=$place
    if [[ $quote = quoted && $name =~ ^$room/([a-z]+)/ ]]; then
      place_of "$room" "${BASH_REMATCH[1]}"
      if [ -z "$place" ] || [ -z "$from" ]; then
        breach "$file:$line: a wing that sources.sh does not know: $name"
      elif [ "$place" -gt "$from" ]; then
        breach "$file:$line: wing may not include a later one: $name"
      fi
    fi
  fi
  case $file in
    include/*)
      if [ "$quote" = quoted ]; then
        breach "$file:$line: a public header includes with <>, not quotes: $name"
      else
        case $name in
          kefu/*) ;;
          coroutine) [ "$file" = include/kefu/core/coroutine.hpp ] || breach "$file:$line: <coroutine> is C++20" ;;
          *) case " $standard " in
            *" $name "*) ;;
            *) breach "$file:$line: a public header may include only std and kefu, not <$name>" ;;
          esac ;;
        esac
      fi
      ;;
  esac
done < <(includes include src)

# Rooms with wings have no sources outside them, but for a program's main.
for room in core channel wechat jd stores sandbox; do
  while read -r file; do
    breach "$file:1: stands in no wing of its room"
  done < <(find "src/$room" -maxdepth 1 -type f -name '*.?pp' ! -name main.cpp 2>/dev/null | sort)
done

# RapidJSON under its private namespace: only one file may include it without going through the one that renames it.
renaming=$(grep -rlE '^#define RAPIDJSON_NAMESPACE\b' src 2>/dev/null | wc -l)
if grep -rqE '#include *[<"]rapidjson/' src 2>/dev/null && [ "$renaming" != 1 ]; then
  breach "src: RAPIDJSON_NAMESPACE must be defined in exactly one file, not $renaming"
fi

while read -r count file; do
  [ "$file" = total ] || [ "$count" -le 450 ] || breach "$file:$count: longer than 450 lines; is it one thing?"
done < <(find include src -type f 2>/dev/null | sort | xargs -r wc -l)

while read -r file; do
  breach "$file:1: a file named utils says nothing about what is in it"
done < <(find include src examples tests -type f ! -path '*/node_modules/*' 2>/dev/null | grep -iE '/(utils?|helpers?|misc|common)\.[a-z]+$')

while read -r file; do
  grep -q '^#pragma once$' "$file" || breach "$file:1: no #pragma once"
done < <(find include src tests examples -type f -name '*.hpp' 2>/dev/null | sort)

# Words of unfinished work; the pattern is put together so that this file does not find itself.
unfinished="TO""DO|FIX""ME|XX""X|not impl""emented|\bst""ub"
while IFS= read -r found; do
  breach "${found:0:160}: unfinished"
done < <(grep -rnE "$unfinished" include src examples bindings --include='*.?pp' --include='*.sh' --include='*.py' \
  --include='*.txt' 2>/dev/null)

while IFS= read -r found; do
  breach "${found:0:160}: a test that sleeps or skips"
done < <(grep -rnE "sleep_""for|doctest::""skip|\busle""ep\(" tests --include='*.?pp' 2>/dev/null)

# ThreadSanitizer runs the programs in which threads share state (THREADS in tests/CMakeLists.txt); these are the others.
while IFS= read -r found; do
  breach "${found:0:160}: threads in a program that ThreadSanitizer does not run"
done < <(grep -rnE '\bstd::(thread|async)\b|Runtime::create\(\)|"support/(raw_server|child_process)\.hpp"' \
  tests/contract tests/conformance tests/unit/wechat tests/unit/jd --include='*.?pp' 2>/dev/null)

while IFS= read -r found; do
  breach "${found:0:160}: using namespace at file level (unity builds)"
done < <(grep -rnE '^using namespace' include src --include='*.?pp' 2>/dev/null)

# Nothing is printed by the library (SEC-2); the programs print.
while IFS= read -r found; do
  breach "${found:0:160}: the library prints"
done < <(grep -rnE '\b(std::(cout|cerr|clog|printf|puts|fprintf|fputs)|printf|fprintf|fmt::print|puts|perror)\b *(\(|<<)' \
  src/core src/channel src/wechat src/jd src/stores include --include='*.?pp' 2>/dev/null)

# The umbrella header names every public header of the rooms inside kefu::kefu.
while read -r header; do
  name=${header#include/}
  grep -qF "#include <$name>" include/kefu/kefu.hpp 2>/dev/null || breach "include/kefu/kefu.hpp:1: does not include <$name>; run tests/structure/umbrella.sh"
done < <(find include/kefu/core include/kefu/channel include/kefu/wechat include/kefu/jd -name '*.hpp' 2>/dev/null | sort)

echo "source tree: $breaches breaches"
[ "$breaches" = 0 ]
