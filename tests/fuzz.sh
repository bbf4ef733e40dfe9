#!/usr/bin/env bash
# Runs every fuzz target for some seconds, from its corpus. usage: fuzz.sh SECONDS
set -u
export LC_ALL=C.UTF-8
seconds=${1:?seconds}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$top" || exit 1
. .ci/packages.sh
logs=$top/build/logs
mkdir -p "$logs"

# shellcheck disable=SC2086
kefu_install $kefu_build_packages $kefu_clang_packages
say "Building (fuzz)"
kefu_build fuzz "$logs/build-fuzz.log" -- -DKEFU_UNITY=ON
targets=$(find build/fuzz/fuzz -maxdepth 1 -type f -perm -u+x 2>/dev/null | sort)
[ -n "$targets" ] || stop "the preset 'fuzz' built no targets into build/fuzz/fuzz."

# One line for one target; a target that fails shows how.
fuzz_one() {
  local target=$1 name found corpus log
  name=$(basename "$target")
  corpus=tests/fuzz/corpus/$name found=build/fuzz/found/$name log=$logs/fuzz-$name.log
  mkdir -p "$found"
  [ -d "$corpus" ] || stop "the fuzz target '$name' has no corpus in $corpus."
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found/crash-" "$found" "$corpus" >"$log" 2>&1; then
    printf '%s: %s units in %d s\n' "$name" "$(sed -n 's/.*number_of_executed_units: *//p' "$log")" "$seconds"
  else
    tail -n 40 "$log"
    stop "the fuzz target '$name' failed (whole log: $log)."
  fi
}

# As many at once as there are processors: each is one thread.
export -f fuzz_one stop
export logs seconds
say "Fuzzing each target for $seconds s"
xargs -P "$(kefu_jobs)" -I {} bash -c 'fuzz_one {}' <<<"$targets" || exit 1
printf '%d targets found nothing\n' "$(wc -l <<<"$targets")"
