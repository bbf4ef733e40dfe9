# Sourced by the scripts of tests/, examples/quickstart.sh, .ci/run and .ci/full: installs the Debian packages that are missing and says so.
# Nothing is downloaded from anywhere but the machine's own apt sources.

kefu_build_packages="g++ cmake ninja-build pkg-config libcurl4-openssl-dev libssl-dev rapidjson-dev libfmt-dev
  libpugixml-dev libsqlite3-dev libcli11-dev"
kefu_test_packages="doctest-dev"
kefu_clang_packages="clang-14 libclang-rt-14-dev"
kefu_example_packages="libcpp-httplib-dev"
# tests/run.sh --stores only. redis-tools has the server's program without its service (as redis-check-rdb, which is a
# server by the name redis-server); so nothing of it is enabled for the next start of this machine.
kefu_server_packages="libpq-dev postgresql-15 libhiredis-dev redis-tools"
kefu_bench_packages="wrk"  # tests/bench/service only

# say TEXT: one line about what the script does.
say() { printf '==> %s\n' "$*"; }
# stop TEXT...: ends the script with one clear sentence.
stop() {
  printf 'kefu: %s\n' "$*" >&2
  exit 1
}

# kefu_missing PACKAGE...: prints those that dpkg does not have installed.
kefu_missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# kefu_install PACKAGE...: installs what is missing. Quick and silent when nothing is.
kefu_install() {
  command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 ||
    stop "this system has no dpkg and apt-get; Debian 12 is supported. Elsewhere install the counterparts of: $(echo "$@")" \
      "and build with: cmake --preset release && cmake --build --preset release"
  local missing log
  missing=$(kefu_missing "$@")
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] ||
    stop "these Debian packages are missing and installing them needs root: ${missing% }." \
      "Run as root: apt-get install -y --no-install-recommends $missing"
  log=$(mktemp)
  say "Installing Debian packages: $missing"
  if ! DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 update >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    stop "apt-get update failed (see above): check the network and /etc/apt/sources.list, then run this again."
  fi
  # shellcheck disable=SC2086
  if ! DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y --no-install-recommends $missing \
    >"$log" 2>&1 </dev/null; then
    tail -n 25 "$log" >&2
    rm -f "$log"
    stop "apt-get install failed (see above). Packages asked for: $missing"
  fi
  rm -f "$log"
}

# kefu_install_servers: the database servers that tests start for themselves. Installing them starts nothing on this
# machine and makes no cluster: Debian's packages would otherwise do both.
kefu_install_servers() {
  # shellcheck disable=SC2086
  [ -n "$(kefu_missing $kefu_server_packages)" ] || return 0
  local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.conf own_policy=0 saved=""
  # Without it, or as a user who may not install, kefu_install below says what is missing.
  if [ "$(id -u)" = 0 ]; then
    if [ ! -e "$policy" ]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && own_policy=1
    fi
    # In a shell of its own: stop() ends it, and what was set for the installation is taken back all the same.
    (kefu_install postgresql-common) || saved=failed
    if [ -z "$saved" ] && [ -e "$clusters" ] && ! grep -qE '^ *create_main_cluster *= *false' "$clusters"; then
      saved=$(mktemp)
      cp -p "$clusters" "$saved"
      echo 'create_main_cluster = false' >>"$clusters"
    fi
  fi
  # shellcheck disable=SC2086
  (kefu_install $kefu_server_packages)
  local result=$?
  [ ! -f "$saved" ] || { cp -p "$saved" "$clusters" && rm -f "$saved"; }
  [ "$own_policy" = 0 ] || rm -f "$policy"
  [ "$result" = 0 ] || exit "$result"
}

# kefu_jobs: how many compilers to run at once: one per processor, but each may need 1 GB.
kefu_jobs() {
  local processors memory
  processors=$(nproc 2>/dev/null || echo 2)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null)
  [ "${memory:-0}" -ge 1 ] && [ "$memory" -lt "$processors" ] && processors=$memory
  echo "$processors"
}

# kefu_build PRESET LOG [TARGET...] [-- CMAKE ARGUMENTS]: configures and builds, showing the end of the log on failure.
kefu_build() {
  local preset=$1 log=$2 targets="" target
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    targets="$targets $1"
    shift
  done
  [ "${1:-}" = -- ] && shift
  mkdir -p "$(dirname "$log")"
  if ! cmake --preset "$preset" "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    stop "configuring the preset '$preset' failed (whole log: $log)."
  fi
  set -- --build --preset "$preset" -j "$(kefu_jobs)"
  for target in $targets; do set -- "$@" --target "$target"; done
  if ! cmake "$@" >>"$log" 2>&1; then
    tail -n 30 "$log" >&2
    stop "building the preset '$preset' failed (whole log: $log)."
  fi
}
