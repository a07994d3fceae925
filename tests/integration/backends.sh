# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2034  # the suites use what is set here
# SPDX-License-Identifier: Apache-2.0
#
# For suites that show the same of every backend:
#
#   for BACKEND in $BACKENDS; do
#     bundle "$BACKEND" true
#     expect_status 0 b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
#   done
#
# Sourced after harness.sh.

BACKENDS='runc runsc'

# globals: sets the array GLOBALS to the options that make b9run use $BACKEND.
# runsc's default network fails on recent kernels.
globals() {
  GLOBALS=(--backend="$BACKEND")
  [ "$BACKEND" != runsc ] || GLOBALS+=(--network=none)
  [ -z "${CONFIG:-}" ] || GLOBALS+=(--config "$CONFIG")
}

# b9 ARGUMENTS...: b9run for a new container of $BACKEND.  Commands on one that is
# there are for plain "$B9RUN": its record knows the rest.
b9() {
  globals
  "$B9RUN" "${GLOBALS[@]}" "$@"
}

# start_attached BUNDLE ID [PREFIX...]: `run` in the background as $!, with output in
# ID.out and ID.err; PREFIX is a command such as nohup.  bash has background commands
# ignore INT and QUIT, which nobody did who calls b9run.
start_attached() {
  local bundle=$1 id=$2
  shift 2
  globals
  env --default-signal=INT,QUIT "$@" "$B9RUN" "${GLOBALS[@]}" run --bundle "$bundle" "$id" \
    >>"$id.out" 2>>"$id.err" </dev/null &
}

# status_of PID: STATUS gets the exit status of a background command.
status_of() {
  STATUS=0
  wait "$1" || STATUS=$?
}

# use_program SCRIPT: from here on b9 and start_attached have the shell script SCRIPT
# run for $BACKEND's program, by a configuration file $CONFIG.
use_program() {
  local file=$WORK/program.$BACKEND
  printf '#!/bin/sh\n%s\n' "$1" >"$file"
  chmod 755 "$file"
  printf 'backends:\n  %s:\n    path: %s\n' "$BACKEND" "$file" >"$file.yaml"
  CONFIG=$file.yaml
}

# program_of BACKEND: the real one.
program_of() {
  case $1 in
    runsc) echo "$RUNSC" ;;
    *) echo "$RUNC" ;;
  esac
}

# root_of BACKEND: where its runtime keeps its state if nobody says otherwise.
root_of() {
  case $1 in
    runsc) echo /run/gvisor ;;
    *) echo "/run/$1" ;;
  esac
}

# start_detached BUNDLE ID [B9RUN-RUN-OPTION...]: a container that runs; its output
# is in files.
start_detached() {
  local bundle=$1 id=$2
  shift 2
  b9 run --detach --bundle "$bundle" "$@" "$id" >>"$WORK/$id.out" 2>>"$WORK/$id.err" </dev/null ||
    fail "run --detach $id: $(cat "$WORK/$id.err")"
}

# kernel_tells: only newer kernels tell how a process ended that is nobody's child here (PIDFD_GET_INFO).
kernel_tells() { [ "$(printf '%s\n' 6.15 "$(uname -r)" | sort -V | head -n 1)" = 6.15 ]; }

# remove_container ID...
remove_container() {
  local id
  for id; do
    "$B9RUN" delete --force "$id" || fail "delete --force $id"
  done
}

# expect_nothing_left ID BUNDLE [ROOT]: no record, no state, no cgroup, no file.
expect_nothing_left() {
  local id=$1 bundle=$2 root=${3:-$(root_of "$BACKEND")} left
  left=$(
    find /run/b9run/containers -name "$id" 2>/dev/null
    find "$root" /run -maxdepth 1 -name "*$id*" 2>/dev/null
    find "$bundle/rootfs" -maxdepth 1 -name '.gvisor.*' 2>/dev/null
    find /sys/fs/cgroup -type d -path "*$TEST_TAG-${bundle##*/}" 2>/dev/null
  ) || true # folders that were never made
  [ -z "$left" ] || fail "left of $id: $left"
}

# pid_of ID: the container's process on the host.
pid_of() { "$B9RUN" state "$1" | jq -r .pid; }

# is_gone PID: it has ended, be it reaped or not; for wait_until.
is_gone() { ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; }

# file_has FILE TEXT: for wait_until.
file_has() { grep -qF -- "$2" "$1"; }

# expect_one_log_line FILE TEXT: one line of JSON, an error that holds TEXT.
expect_one_log_line() {
  local lines
  lines=$(wc -l <"$1") || fail "no log $1"
  [ "$lines" -eq 1 ] || fail "$lines lines in $1: $(cat "$1")"
  jq -e --arg text "$2" \
    '.level == "error" and (.time | test("^[0-9-]{10}T[0-9:]{8}")) and (.msg | contains($text))' \
    "$1" >/dev/null || fail "expected '$2' in: $(cat "$1")"
}
