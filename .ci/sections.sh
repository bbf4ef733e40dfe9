# Sourced by .ci/run and .ci/full: proofs in sections, and what came of them.
. .ci/times.sh

# sections_begin: from here on, with fresh logs.
sections_begin() {
  logs=$top/build/logs
  rm -rf "$logs"
  mkdir -p "$logs"
  passed=0 failed=0 not_run=0 failures="" started=$SECONDS
  times_begin "$logs/times-sections.txt"
}

# section NAME COMMAND...: runs one proof, shows its output and keeps it for the search of secrets.
section() {
  local name=$1 begun=$SECONDS
  shift
  printf '\n===== %s =====\n' "$name"
  "$@" 2>&1 | tee "$logs/section-$name.log"
  case ${PIPESTATUS[0]} in
    0)
      passed=$((passed + 1))
      printf '===== %s: passed in %d s =====\n' "$name" $((SECONDS - begun))
      ;;
    77) # Only the judges say so, and loudly: their packages come from a registry that may be out of reach.
      not_run=$((not_run + 1))
      printf '===== %s: NOT RUN =====\n' "$name"
      ;;
    *)
      failed=$((failed + 1))
      failures="$failures $name"
      printf '===== %s: FAILED after %d s =====\n' "$name" $((SECONDS - begun))
      ;;
  esac
  times_row "$name"
}

# sections_end: the table and the last line; fails when a section did.
sections_end() {
  times_table
  printf '\nsections: %d passed, %d failed, %d not run, in %d min\n' "$passed" "$failed" "$not_run" \
    $(((SECONDS - started) / 60))
  [ "$failed" = 0 ] || printf 'failed: %s\n' "$failures"
  [ ! -s "$logs/failures.txt" ] || cat "$logs/failures.txt"
  [ "$failed" = 0 ]
}
