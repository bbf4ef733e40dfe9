#!/usr/bin/env bash
# Foreign clients judge the sandbox and the push cryptography: npm's co-wechat-api and wechat-crypto, pinned by
# tests/judges/package-lock.json. Exit 77 and a loud "not run" where the packages cannot be had.
set -u
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$top" || exit 1
. .ci/packages.sh
work=$top/build/judges
logs=$top/build/logs
mkdir -p "$work" "$logs"

not_run() {
  printf '\n************************************************************************\n'
  printf '*** JUDGES NOT RUN: %s\n' "$*"
  printf '************************************************************************\n'
  exit 77
}

command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 ||
  (kefu_install nodejs npm) || not_run "node and npm cannot be installed (see above)"
# shellcheck disable=SC2086
kefu_install $kefu_build_packages $kefu_test_packages

cp tests/judges/package.json tests/judges/package-lock.json "$work/" || exit 1
if ! cmp -s tests/judges/package-lock.json "$work/installed-lock.json"; then
  say "Installing co-wechat-api and wechat-crypto (npm, pinned by the lock file)"
  (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund) >"$logs/npm.log" 2>&1 || {
    tail -n 8 "$logs/npm.log"
    not_run "npm could not install the packages (whole log: $logs/npm.log)"
  }
  cp tests/judges/package-lock.json "$work/installed-lock.json"
fi

say "Building the programs to be judged"
kefu_build release "$logs/build-release.log" kefu_cli kefu_sandbox_program judge_push_seal -- -DKEFU_UNITY=ON

passed=0 failed=0
judge() {
  local name=$1
  shift
  say "$name"
  if NODE_PATH=$work/node_modules NODE_NO_WARNINGS=1 timeout 120 node "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "judge failed: $name"
  fi
}
judge "wechat-crypto and kefu open each other's messages" tests/judges/crypto.js \
  build/release/bin/kefu build/release/bin/judge_push_seal
judge "co-wechat-api sends through the sandbox" tests/judges/api.js build/release/bin/kefu-sandbox
judge "co-wechat-api does a customer service's work in the sandbox" tests/judges/service.js \
  build/release/bin/kefu-sandbox
judge "wechat-crypto opens the sandbox's pushes and answers them" tests/judges/webhook.js build/release/bin/kefu-sandbox

printf '%d judges passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
