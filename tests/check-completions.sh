#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The shell completions offer what the command table has: they are made anew from the help of the built b9run, compared, read by
# the shells that are here, and bash's is asked for some.
#
# B9RUN: the b9run to ask.  srcdir: the top of the sources.
set -eu

top=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
b9run=${B9RUN:-./b9run}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top/data/completions"
failed=0

compare() {
  "$top/data/completions/generate" "$b9run" "$1" >"$work/$2"
  diff -u "$2" "$work/$2" && return
  echo "data/completions/$2 is not what the help says: data/completions/generate $b9run $1 >data/completions/$2"
  failed=1
}
compare bash b9run.bash
compare zsh _b9run
compare fish b9run.fish

! command -v zsh >/dev/null 2>&1 || zsh -n _b9run || failed=1
! command -v fish >/dev/null 2>&1 || fish -n b9run.fish || failed=1

# expect WORDS... -- ANSWER: what bash offers for the last of the words.
cat >"$work/expect" <<'END'
. ./b9run.bash
# In the place of b9run, which a container's id and a backend's name are asked of.
b9run() { case $1 in list) echo web1 db2 ;; plugins) echo '          backend runc: runc 0.1' ;; esac; }
failed=0
expect() {
  local answer
  COMP_WORDS=(b9run)
  while [ "$1" != -- ]; do COMP_WORDS+=("$1"); shift; done
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _b9run
  answer=${COMPREPLY[*]}
  [ "$answer" = "$2" ] && return
  echo "${COMP_WORDS[*]}: expected \"$2\", got \"$answer\""
  failed=1
}
expect ru -- run
expect run --det -- --detach
expect --root /x run --no-m -- --no-monitor
expect --backend = runsc run --no-m -- --no-monitor
expect --debug exec --cw -- --cwd
expect start w -- web1
expect exec -e A=b w -- web1
expect kill web1 KIL -- KILL
expect --backend '' -- runc
expect --backend = '' -- runc
expect --log-format j -- json
expect list -f j -- json
expect config d -- defaults
expect run web1 '' -- ''
exit $failed
END
bash "$work/expect" || failed=1
exit $failed
