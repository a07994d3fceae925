#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages say what the program has: the keys of b9run.yaml(5) are the schema's, b9run(8) has every command, option and
# code, and both are good roff.
#
# B9RUN: the b9run to ask.  srcdir: the top of the sources.  MAN_KEYS: the program that prints the schema's list.
set -eu

top=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
b9run=${B9RUN:-./b9run}
keys=${MAN_KEYS:-./tests/test-man-keys}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
  echo "$*"
  failed=1
}

# Between the two marks stands what the schema makes.
"$keys" >"$work/made"
sed -n '/^\.\\" KEYS BEGIN/,/^\.\\" KEYS END/{/^\.\\" KEYS /!p}' "$top/docs/man/b9run.yaml.5" >"$work/written"
[ -s "$work/made" ] || complain "$keys printed nothing"
diff -u "$work/written" "$work/made" \
  || complain 'docs/man/b9run.yaml.5 has other keys than the schema: put the output of tests/test-man-keys between its marks'

# A backend's own keys, from its source: the summary is free, the name is not.
for plugin in "$top"/plugins/backends/*/*-plugin.c; do
  sed -n 's/^ *"\([a-z][a-z0-9-]*\)", *\.type = B9_CONFIG_.*/\1/p' "$plugin" | while read -r key; do
    grep -q "^\.BR* $(echo "$key" | sed 's/-/\\\\-/g')\$" "$top/docs/man/b9run.yaml.5" || echo "$plugin: $key"
  done
done >"$work/missing"
[ ! -s "$work/missing" ] || complain "b9run.yaml(5) lacks keys of backends: $(cat "$work/missing")"

# Commands and options, from the help; a section is what follows its .SS.
sed 's/\\-/-/g; s/\\f[A-Z]//g' "$top/docs/man/b9run.8" >"$work/page"
"$top/data/completions/generate" "$b9run" table >"$work/table"
[ "$(wc -l <"$work/table")" -gt 100 ] || complain "data/completions/generate found nearly nothing in the help of $b9run"
awk -F '\t' -v page="$work/page" '
  BEGIN {
    section = "-"
    while ((getline line < page) > 0) {
      if (line ~ /^\.SS "?[a-z]/) { sub (/^\.SS "?/, "", line); sub (/[ "].*/, "", line); section = line; seen[section] = 1 }
      else if (line ~ /^(-., )?--[a-z]/) { sub (/^(-., )?--/, "", line); sub (/ .*/, "", line); option[section, line] = 1 }
      else if (line ~ /^\.SH (GLOBAL|COMMANDS)/) section = "-"
    }
  }
  $3 == "" && !seen[$1] { print "b9run(8) lacks the command " $1 }
  $3 != "" && ($1 == "-" || $3 != "help") && !option[$1, $3] { print "b9run(8) lacks --" $3 " of " $1 }
' "$work/table" >"$work/missing"
[ ! -s "$work/missing" ] || complain "$(cat "$work/missing")"

sed -n 's/^ *\[B9_ERROR_[A-Z_]*\] = "\([a-z-]*\)".*/\1/p' "$top/core/sys/failure.c" >"$work/codes"
[ -s "$work/codes" ] || complain 'no codes found in core/sys/failure.c'
while read -r code; do
  grep -qx "\.B $code" "$work/page" || complain "b9run(8), EXIT STATUS lacks the code $code"
done <"$work/codes"

for page in b9run.8 b9run.yaml.5; do
  if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning "$top/docs/man/$page" || failed=1
  elif command -v groff >/dev/null 2>&1; then
    groff -man -ww -Tutf8 "$top/docs/man/$page" 2>&1 >/dev/null | tee "$work/warnings" >&2
    [ ! -s "$work/warnings" ] || failed=1
  fi
done
exit $failed
