#!/usr/bin/env bash
# Foreign clients judge the sandbox and the push cryptography: npm's co-wechat-api and wechat-crypto, pinned by
# tests/judges/package-lock.json, Maven's typed weixin-popular, pinned by tests/judges/java/pom.xml and jars.sha256, and
# PyPI's jd-sdk and pyjos, pinned by tests/judges/requirements.txt. Where the packages of a registry cannot be had its
# judges say a loud "not run", the others judge all the same, and the exit is 77.
set -u
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$top" || exit 1
. .ci/packages.sh
work=$top/build/judges
logs=$top/build/logs
mkdir -p "$work" "$logs"

passed=0 failed=0 absent=0
not_run() {
  printf '\n************************************************************************\n'
  printf '*** JUDGES NOT RUN: %s\n' "$*"
  printf '************************************************************************\n'
  absent=$((absent + 1))
  return 1
}

# get_npm: the packages of the lock file into build/judges/node_modules.
get_npm() {
  command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 ||
    (kefu_install nodejs npm) || not_run "node and npm cannot be installed (see above)" || return 1
  cp tests/judges/package.json tests/judges/package-lock.json "$work/" || exit 1
  cmp -s tests/judges/package-lock.json "$work/installed-lock.json" && return 0
  say "Installing co-wechat-api and wechat-crypto (npm, pinned by the lock file)"
  if ! (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund) >"$logs/npm.log" 2>&1; then
    tail -n 8 "$logs/npm.log"
    not_run "npm could not install the packages of its judges (whole log: $logs/npm.log)"
    return 1
  fi
  cp tests/judges/package-lock.json "$work/installed-lock.json"
}

# get_jars: the client of the pom and what it needs into build/judges/jars, each file as jars.sha256 has it.
get_jars() {
  command -v mvn >/dev/null 2>&1 && command -v java >/dev/null 2>&1 ||
    (kefu_install default-jdk-headless maven) || not_run "Java and Maven cannot be installed (see above)" || return 1
  (cd "$work/jars" 2>/dev/null && sha256sum --quiet --strict -c "$top/tests/judges/java/jars.sha256") >/dev/null 2>&1 &&
    return 0
  say "Fetching weixin-popular (Maven, pinned by its pom)"
  rm -rf "$work/jars"
  if ! timeout 300 mvn -q -B -f tests/judges/java/pom.xml dependency:copy-dependencies \
    -DoutputDirectory="$work/jars" >"$logs/mvn.log" 2>&1 </dev/null; then
    tail -n 8 "$logs/mvn.log"
    not_run "Maven could not fetch the typed client (whole log: $logs/mvn.log)"
    return 1
  fi
  (cd "$work/jars" && sha256sum --quiet --strict -c "$top/tests/judges/java/jars.sha256") && return 0
  echo "judge failed: the jars that Maven fetched are not those of tests/judges/java/jars.sha256"
  failed=$((failed + 1))
  return 1
}

# get_wheels: the packages of the requirements into build/judges/python, each file as its hash there says.
get_wheels() {
  command -v python3 >/dev/null 2>&1 && python3 -m pip --version >/dev/null 2>&1 ||
    (kefu_install python3 python3-pip) || not_run "python3 and pip cannot be installed (see above)" || return 1
  cmp -s tests/judges/requirements.txt "$work/installed-requirements.txt" && return 0
  say "Installing jd-sdk and pyjos (PyPI, pinned by tests/judges/requirements.txt)"
  rm -rf "$work/python"
  if ! python3 -m pip install --quiet --no-deps --require-hashes --target "$work/python" \
    -r tests/judges/requirements.txt >"$logs/pip.log" 2>&1; then
    tail -n 8 "$logs/pip.log"
    not_run "pip could not install the packages of its judge (whole log: $logs/pip.log)"
    return 1
  fi
  cp tests/judges/requirements.txt "$work/installed-requirements.txt"
}

have_npm=1 have_jars=1 have_wheels=1
get_npm || have_npm=0
get_jars || have_jars=0
get_wheels || have_wheels=0
if [ "$have_npm$have_jars$have_wheels" != 000 ]; then
  # shellcheck disable=SC2086
  kefu_install $kefu_build_packages $kefu_test_packages
  say "Building the programs to be judged"
  kefu_build release "$logs/build-release.log" kefu_cli kefu_sandbox_program judge_push_seal -- -DKEFU_UNITY=ON
fi

# judge NAME COMMAND...: one judge; its exit is its verdict.
judge() {
  local name=$1
  shift
  say "$name"
  if timeout 180 "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "judge failed: $name"
  fi
}
export NODE_PATH=$work/node_modules NODE_NO_WARNINGS=1
sandbox=build/release/bin/kefu-sandbox
if [ "$have_npm" = 1 ]; then
  judge "wechat-crypto and kefu open each other's messages" node tests/judges/crypto.js \
    build/release/bin/kefu build/release/bin/judge_push_seal
  judge "co-wechat-api sends through the sandbox" node tests/judges/api.js "$sandbox"
  judge "co-wechat-api does a customer service's work in the sandbox" node tests/judges/service.js "$sandbox"
  judge "wechat-crypto opens the sandbox's pushes and answers them" node tests/judges/webhook.js "$sandbox"
fi
if [ "$have_jars" = 1 ]; then
  judge "weixin-popular does a shop's work in the sandbox and opens its pushes" \
    java -cp "$work/jars/*" tests/judges/java/Popular.java "$sandbox"
fi
if [ "$have_wheels" = 1 ]; then
  judge "jd-sdk and pyjos ask the sandbox as a JD shop" \
    env PYTHONPATH="$work/python" python3 tests/judges/jd_clients.py "$sandbox"
fi

printf '%d judges passed, %d failed, %d groups not run\n' "$passed" "$failed" "$absent"
[ "$failed" = 0 ] || exit 1
[ "$absent" = 0 ] || exit 77
