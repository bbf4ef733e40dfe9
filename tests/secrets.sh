#!/usr/bin/env bash
# Looks for the planted secrets (tests/support/planted_secrets.hpp) and for anything that looks like a live token in what
# a run printed (SEC-1). usage: secrets.sh FILE|FOLDER...  Finds nothing: exit 0.
# It first makes sure that it would find one of each.
set -u
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^inline constexpr char k[A-Za-z]*\[\] = "\([^"]*\)";$/\1/p' "$top/tests/support/planted_secrets.hpp" >"$work/plain"
[ "$(wc -l <"$work/plain")" -ge 5 ] || {
  echo "secrets.sh: planted_secrets.hpp has not the form it reads"
  exit 1
}
# As they are, and as base64 and percent-encoding would show them (none holds a character that percent-encoding changes).
cp "$work/plain" "$work/patterns"
while read -r secret; do
  printf '%s' "$secret" | base64 -w 0 | cut -c 1-16
  echo
done <"$work/plain" | grep . >>"$work/patterns"

# A token behind its usual names: 16 and more characters that are not a mask.
token='(access_token|refresh_token|"?secret"?|appsecret|component_access_token)("?[=:] ?"?)[A-Za-z0-9_-]{16,}'

# search PATH...: prints what was found, the secret itself cut short.
search() {
  {
    grep -rIoHnFf "$work/patterns" -- "$@" 2>/dev/null
    grep -rIoHnE "$token" -- "$@" 2>/dev/null
  } | sed -E 's/([A-Za-z0-9_-]{6})[A-Za-z0-9_-]{8,}$/\1.../' | sort -u | head -n 40
}

i=0
while read -r pattern; do
  i=$((i + 1))
  printf 'a line with %s inside\n' "$pattern" >"$work/control"
  [ -n "$(search "$work/control")" ] || {
    echo "secrets.sh: does not find pattern $i in a control file"
    exit 1
  }
done <"$work/patterns"
printf 'GET /cgi-bin/x?access_token=71_abcdefghijklmnopqrstuvwxyz\n' >"$work/control"
[ -n "$(search "$work/control")" ] || {
  echo "secrets.sh: does not find a token in a control file"
  exit 1
}
printf 'GET /cgi-bin/x?access_token=*** secret:3f9a\n' >"$work/control"
[ -z "$(search "$work/control")" ] || {
  echo "secrets.sh: takes a mask for a token"
  exit 1
}

[ $# -gt 0 ] || {
  echo "usage: secrets.sh FILE|FOLDER..."
  exit 2
}
files=$(find "$@" -type f 2>/dev/null | wc -l)
[ "$files" -gt 0 ] || {
  echo "secrets.sh: nothing to search in: $*"
  exit 1
}
found=$(search "$@")
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  echo "secrets.sh: secrets in the output of the run (see above)"
  exit 1
fi
echo "no secret in $files files"
