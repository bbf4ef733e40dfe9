#!/usr/bin/env bash
# The whole service under load: the examples' HTTP server, 16 connections, every push another one. Prints a row for a
# fixed text, open and reply alone, the Inbox over memory and over SQLite, and the quickstart's own host.
set -u
export LC_ALL=C.UTF-8
usage() {
  cat <<'TEXT'
usage: tests/bench/service/run.sh [--seconds N] [--build FOLDER] [ROW...]

  --seconds N      how long each row runs (default 5)
  --build FOLDER   a build with benchmarks, tests and examples (default build/release)
  ROW...           fixed open_reply inbox_memory inbox_sqlite quickstart_host (default: all)
TEXT
}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
cd "$top" || exit 1
. .ci/packages.sh

seconds=5 build=build/release rows=""
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2 && shift ;;
    --build) build=$2 && shift ;;
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && stop "unknown argument '$1'" ;;
    *) rows="$rows $1" ;;
  esac
  shift
done
[ -n "$rows" ] || rows="fixed open_reply inbox_memory inbox_sqlite quickstart_host"
# shellcheck disable=SC2086
kefu_install $kefu_bench_packages
host=$build/bench/service_host
[ -x "$host" ] || stop "$host is not built: cmake --preset release && cmake --build --preset release"

work=$(mktemp -d)
server=""
finish() {
  trap - EXIT
  [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

# A second of load takes at most so many pushes; they are of this minute, as old ones are refused.
"$host" pushes $((seconds * 20000)) "$work/pushes" || stop "no pushes"
cat >"$work/host.json" <<JSON
{"port": 0, "store": "$work/quickstart.db", "accounts": [
  {"app_id": "wx7f1a2b3c4d5e6f70", "app_secret": "planted5ecret0f1a2b3c4d5e6f70819", "kind": "service_account",
   "original_id": "gh_1a2b3c4d5e6f", "mode": "safe", "token": "plantedPushTok3n7Kq2",
   "encoding_aes_key": "plantedAesKeyForKefuTests0123456789ABCDEFGA", "base_url": "http://127.0.0.1:9"}]}
JSON
chmod 600 "$work/host.json"

# cpu PID: its processor time so far, in clock ticks.
cpu() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
ticks=$(getconf CLK_TCK)

printf '%-16s %12s %9s %9s %12s %8s %8s %8s\n' row requests/s p50_ms p99_ms cpu_us/req ratio refused repeats
base=""
for row in $rows; do
  : >"$work/$row.log"
  case $row in
    quickstart_host) "$build/bin/quickstart_host" "$work/host.json" >"$work/$row.log" 2>&1 & ;;
    *) "$host" "$row" "$work" >"$work/$row.log" 2>&1 & ;;
  esac
  server=$!
  url=""
  for ((i = 0; i < 100 && ${#url} == 0; ++i)); do
    url=$(sed -n 's/.*"listening".*"url":"\([^"]*\)".*/\1/p; s/.*"url":"\([^"]*\)".*"listening".*/\1/p' "$work/$row.log")
    sleep 0.1
  done
  [ -n "$url" ] || { cat "$work/$row.log" >&2; stop "$row did not start"; }
  before=$(cpu "$server")
  figures=$(wrk -t2 -c16 -d"${seconds}s" --latency -s tests/bench/service/pushes.lua "$url" -- "$work/pushes" 2 \
    /wechat/wx7f1a2b3c4d5e6f70 | sed -n 's/^FIGURES //p')
  after=$(cpu "$server")
  [ -n "$figures" ] || stop "wrk gave no figures for $row"
  per_request=$(awk -v t=$((after - before)) -v hz="$ticks" '{ printf "%.1f", t * 1e6 / hz / $1 }' <<<"$figures")
  [ "$row" != fixed ] || base=$per_request
  awk -v row="$row" -v cpu="$per_request" -v base="$base" '{
    printf "%-16s %12.0f %9.2f %9.2f %12.1f %8s %8d %8d\n", row, $1 * 1e6 / $2, $3 / 1000, $4 / 1000, cpu,
      base == "" ? "-" : sprintf("%.2f", cpu / base), $5, $6 }' <<<"$figures"
  kill "$server" && wait "$server" 2>/dev/null
  server=""
done
