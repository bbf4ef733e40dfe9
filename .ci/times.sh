# Sourced by tests/run.sh, .ci/run and .ci/full: where the time went. Rows lie in $times, a file.

# cpu_seconds: sets $cpu to the processor time of all finished children, in hundredths of a second.
cpu_seconds() {
  local line
  # Not in $(...): a subshell would tell of its own children.
  times >"$times.now"
  line=$(sed -n 2p "$times.now")
  cpu=$(awk '{ for (i = 1; i <= 2; ++i) { split($i, part, /[ms]/); sum += part[1] * 60 + part[2] } print int(sum * 100) }' \
    <<<"$line")
}

# times_begin FILE: from here on.
times_begin() {
  times=$1
  : >"$times"
  times_wall=$SECONDS
  cpu_seconds
  times_cpu=$cpu
}

# times_row NAME: one row for what happened since the row before.
times_row() {
  cpu_seconds
  printf '%s\t%d\t%d\n' "$1" $((SECONDS - times_wall)) $(((cpu - times_cpu) / 100)) >>"$times"
  times_wall=$SECONDS times_cpu=$cpu
}

# times_tests LOG: rows for the tests in ctest's output, slowest first; those under two seconds are one row.
times_tests() {
  awk '/ Test +#[0-9]+: / && / sec *$/ {
      name = $0
      sub(/^.*#[0-9]+: /, "", name)
      sub(/[ .].*$/, "", name)
      if ($(NF - 1) >= 2) printf "  %s\t%.0f\t\n", name, $(NF - 1) | "sort -t \"\t\" -k 2,2nr"
      else { rest += $(NF - 1); ++count }
    }
    END {
      close("sort -t \"\t\" -k 2,2nr")
      if (count) printf "  %d others\t%.0f\t\n", count, rest
    }' "$1" >>"$times"
}

# times_table: everything, as a table. Several tests run at once, so theirs add up to more than the row above them.
times_table() {
  printf '\nwhere the time went                            wall s   cpu s\n'
  awk -F '\t' '{ printf "  %-42s %8s %7s\n", $1, $2, $3 } !/^ / { wall += $2; cpu += $3 }
    END { printf "  %-42s %8d %7d\n", "all", wall, cpu }' "$times"
}
