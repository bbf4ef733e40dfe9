#!/usr/bin/env bash
# Plants one breach of every rule of sources.sh in a small tree and sees that each is found.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{include/kefu/core,include/kefu/channel,include/kefu/wechat,src/core/text,src/core/net,src/channel/send,src/channel/inbox,src/sandbox/http,tests/contract,examples}
cd "$tree" || exit 1
printf '#pragma once\n#include <kefu/core/good.hpp>\n' >include/kefu/kefu.hpp
printf '#pragma once\n#include <string>\n' >include/kefu/core/good.hpp
printf '#include <rapidjson/document.h>\n' >src/core/text/json_reader.cpp
printf '#define RAPIDJSON_NAMESPACE private_json\n' >src/core/text/rapidjson_private.hpp
echo '#pragma once' >>src/core/text/rapidjson_private.hpp
if ! output=$("$here/sources.sh" "$tree"); then
  echo "a clean tree is refused: $output"
  exit 1
fi

failed=0
# expect RULE FILE CONTENT: the breach is found, and named with its file.
expect() {
  local rule=$1 file=$2 content=$3 output saved=""
  [ -e "$file" ] && saved=$(cat "$file")
  printf '%b' "$content" >"$file"
  output=$("$here/sources.sh" "$tree")
  if [ $? = 0 ] || ! grep -F "$file" <<<"$output" | grep -qF "$rule"; then
    echo "not found: '$rule' in $file: $output"
    failed=1
  fi
  if [ -n "$saved" ]; then printf '%s\n' "$saved" >"$file"; else rm "$file"; fi
}
expect 'may not include <fmt/core.h>' include/kefu/core/good.hpp '#pragma once\n#include <fmt/core.h>\n'
expect 'only std and kefu' include/kefu/core/good.hpp '#pragma once\n#include <unistd.h>\n'
expect 'with <>, not quotes' include/kefu/core/good.hpp '#pragma once\n#include "core/x.hpp"\n'
expect 'is C++20' include/kefu/core/good.hpp '#pragma once\n#include <coroutine>\n'
expect 'does not include' include/kefu/kefu.hpp '#pragma once\n'
expect 'room core may not include' src/core/net/a.cpp '#include <kefu/channel/x.hpp>\n'
expect 'room channel may not include' src/channel/send/a.cpp '#include "wechat/push/x.hpp"\n'
expect 'room sandbox may not include' src/sandbox/http/a.cpp '#include "channel/send/x.hpp"\n'
expect 'may not include a later one' src/channel/send/a.cpp '#include "channel/inbox/x.hpp"\n'
expect 'does not know' src/channel/send/a.cpp '#include "channel/attic/x.hpp"\n'
expect 'stands in no wing' src/core/a.cpp 'int a;\n'
expect 'may not include <curl/curl.h>' src/channel/send/a.cpp '#include <curl/curl.h>\n'
expect 'may not include <sqlite3.h>' src/core/net/a.cpp '#include <sqlite3.h>\n'
expect 'longer than 450' src/core/net/a.cpp "$(yes '\n' 2>/dev/null | head -n 451 | tr -d '\n')"
expect 'file named utils' src/core/net/utils.cpp 'int a;\n'
expect 'no #pragma once' src/core/net/a.hpp 'int a;\n'
expect 'unfinished' src/core/net/a.cpp '// TO''DO later\n'
expect 'sleeps or skips' tests/a.cpp 'std::this_thread::sleep_''for(1s);\n'
expect 'does not run' tests/contract/a.cpp 'void f() { std::thread t; }\n'
expect 'using namespace' src/core/net/a.cpp 'using namespace std;\n'
expect 'the library prints' src/core/net/a.cpp 'void f() { std::printf("x"); }\n'
rm src/core/text/rapidjson_private.hpp
if "$here/sources.sh" "$tree" | grep -q RAPIDJSON_NAMESPACE; then :; else
  echo "RapidJSON without its private namespace is not found"
  failed=1
fi
[ "$failed" = 0 ] && echo "every planted breach was found"
exit "$failed"
