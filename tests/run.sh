#!/usr/bin/env bash
# Builds kefu and runs its tests. On a bare Debian 12 it first installs what is missing (as root).
set -u
export LC_ALL=C.UTF-8
usage() {
  cat <<'TEXT'
usage: tests/run.sh [--quick] [--stores] [--asan] [--tsan] [--fuzz SECONDS] [--all]

  (nothing)       release build and its tests: unit, contract, conformance, lifecycle, structure, package
  --quick         the same without the tests that build other programs or take long (labels package, long)
  --stores        also those that start a PostgreSQL or Redis server of their own (label stores), in each build asked for
  --asan          also with AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
  --tsan          also with ThreadSanitizer
  --fuzz SECONDS  also every fuzz target for that long, from its corpus
  --all           all of the above (fuzz: 10 seconds each), and what only a change of kefu itself can break: soaks, the
                  model of the Inbox, the shared package, each header alone, the benchmarks' build

Tests with the label full run in .ci/full only.
TEXT
}

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$top" || exit 1
. .ci/packages.sh
. .ci/times.sh

quick=0 all=0 stores=0 asan=0 tsan=0 fuzz=0
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=1 ;;
    --stores) stores=1 ;;
    --asan) asan=1 ;;
    --tsan) tsan=1 ;;
    --fuzz)
      fuzz=${2:-}
      case $fuzz in '' | *[!0-9]*) stop "--fuzz wants a number of seconds, for example --fuzz 20" ;; esac
      shift
      ;;
    --all) all=1 stores=1 asan=1 tsan=1 fuzz=10 ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      stop "unknown argument '$1'"
      ;;
  esac
  shift
done

started=$SECONDS
logs=$top/build/logs
mkdir -p "$logs"
times_begin "$logs/times-tests.txt"
# shellcheck disable=SC2086
kefu_install $kefu_build_packages $kefu_test_packages $kefu_example_packages
without=full servers=OFF bench=OFF
if [ "$stores" = 1 ]; then
  kefu_install_servers
  servers=ON
else
  without="$without|stores"
fi
if [ "$all" = 1 ]; then bench=ON; else without="$without|all"; fi
times_row packages

passed=0 failed=0 failures=""
kept=$logs/failures.txt  # .ci/run shows it once more at its end: of a long record often only the end is kept
: >"$kept"

# keep_failures PRESET LOG: of each test that failed in ctest's output, its result line and the last lines it printed.
keep_failures() {
  awk -v preset="$1" '
    function flush(  i) {
      if (!open) return
      for (i = (count > 60 ? count - 59 : 1); i <= count; ++i) print lines[i]
      open = 0
    }
    /^ *[0-9]+\/[0-9]+ Test +#/ {
      flush()
      if (/\*\*\*/) { print "--- " preset ":" $0; open = 1; count = 0 }
      next
    }
    /^ *Start +[0-9]+: / || /^[0-9]+% tests passed/ { flush() }
    open { lines[++count] = $0 }' "$2" >>"$kept"
}

# run_tests PRESET CTEST_ARGUMENTS...: runs ctest and adds up its figures. What the tests printed is kept in the log,
# which the search for planted secrets reads.
run_tests() {
  local preset=$1 log=$logs/ctest-$1.log total bad
  shift
  say "Testing ($preset)"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "${at_once:-2}" "$@" 2>&1 | tee "$log" |
    grep --line-buffered -vE '^(Internal ctest changing|Test project|    Start )'
  cp "build/$preset/Testing/Temporary/LastTest.log" "$logs/tests-$preset.log" 2>/dev/null
  times_row "tests ($preset)"
  times_tests "$log"
  total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
  bad=$(sed -n 's/.*, \([0-9]*\) tests failed out of .*/\1/p' "$log" | tail -n 1)
  if [ -z "$total" ]; then
    failed=$((failed + 1))
    failures="$failures $preset:no-tests-ran"
    return
  fi
  passed=$((passed + total - bad))
  failed=$((failed + bad))
  [ "$bad" = 0 ] || keep_failures "$preset" "$log"
  [ "$bad" = 0 ] || failures="$failures $(sed -n 's/^\t *[0-9]* - \([^ ]*\).*/'"$preset"':\1/p' "$log" | tr '\n' ' ')"
}

# build PRESET CMAKE_ARGUMENTS...: with its row in the table.
build() {
  say "Building ($1): some minutes the first time; log: $logs/build-$1.log"
  kefu_build "$1" "$logs/build-$1.log" -- -DKEFU_UNITY=ON "-DKEFU_TEST_SERVERS=$servers" "${@:2}"
  times_row "build ($1)"
}

build release "-DKEFU_BUILD_BENCH=$bench"
if [ "$quick" = 1 ]; then
  run_tests release -LE "package|long|$without"
else
  at_once=3 run_tests release -LE "$without"  # the soaks sleep most of their time
fi

# Structure and package tests read sources or build their own programs: a sanitizer adds nothing to them.
if [ "$asan" = 1 ]; then
  build asan
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  run_tests asan -LE "package|structure|$without"
fi
# Only the programs in which threads share state; tests/CMakeLists.txt names them.
if [ "$tsan" = 1 ]; then
  build tsan
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  run_tests tsan -LE "package|structure|$without"
fi
if [ "$fuzz" != 0 ]; then
  if ./tests/fuzz.sh "$fuzz"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    failures="$failures fuzz"
    for log in "$logs"/fuzz-*.log; do
      grep -q '^Done ' "$log" || tail -n 40 -v "$log" >>"$kept"
    done
  fi
  times_row "fuzzing, $fuzz s a target"
fi

times_table
minutes=$(((SECONDS - started) / 60)) seconds=$(((SECONDS - started) % 60))
printf '\n%d passed, %d failed in %d min %02d s (logs: %s)\n' "$passed" "$failed" "$minutes" "$seconds" "$logs"
[ "$failed" = 0 ] || printf 'failed: %s\n' "$failures"
[ "$failed" = 0 ]
