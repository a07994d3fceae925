# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tools share: paths, progress lines with the elapsed time, a log file
# that keeps everything else.  Sourced, never run.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PRIVATE=$TOP/.private
LOG=$PRIVATE/log/${0##*/}.log
export TOP PRIVATE LOG

# runc and iptables are there, and a user's PATH may not name it.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# b9run refuses plugins in folders that others may write.
umask 022

start_log() {
  mkdir -p "${LOG%/*}"
  : >"$LOG"
}

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# elapsed SINCE: seconds with one decimal since SINCE, an $EPOCHREALTIME.
elapsed() {
  local now=${EPOCHREALTIME/[.,]/} since=${1/[.,]/}
  local tenths=$(((now - since) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# step TEXT COMMAND...: one progress line; the output goes to the log, and the end
# of it to the user if COMMAND fails, which ends the tool.
step() {
  local text=$1 since=$EPOCHREALTIME status=0 from
  shift
  printf '%-48s' "$text"
  printf '\n== %s\n' "$text" >>"$LOG"
  from=$(wc -l <"$LOG")
  set +e # a command after `if` or `||` would run with set -e off
  (set -e; "$@") >>"$LOG" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf ' failed after %s s\n' "$(elapsed "$since")"
    tail -n +"$((from + 1))" "$LOG" | tail -n 25 | sed 's/^/  | /' >&2
    die "'$text' failed; the whole log is $LOG"
  fi
  printf ' %6s s\n' "$(elapsed "$since")"
}
