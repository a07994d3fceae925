# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016,SC2034,SC2153  # for the container's shell; shared with the suites
# SPDX-License-Identifier: Apache-2.0
#
# Containers that count: what they write tells whether a save or a restore lost or repeated anything.
# Sourced after harness.sh and backends.sh.

# each COMMAND...: for every backend, with a container $ID and an image $IMAGE of its own.
each() {
  for BACKEND in $BACKENDS; do
    ID=$(id_for "$BACKEND") IMAGE=$WORK/$BACKEND.img
    "$@"
  done
}

# counter BUNDLE [FIRST]: a bundle whose two processes count into $WORK/BUNDLE.out/a and /b, a bind mount, so that
# what they write outlives them; a save that lets them run on would have numbers twice.  The shell does FIRST before.
counter() {
  mkdir -p "$WORK/$1.out"
  rm -f "$WORK/$1.out"/*
  bundle "$1" sh -c "${2:-:}"'
    count() { i=0; while :; do i=$((i+1)); echo $i >>/out/$1; usleep 20000; done; }
    count a & count b'
  mount_at_out "$1" "$WORK/$1.out"
}

# start_counter BUNDLE ID [B9RUN-OPTION...]: runs it and waits until it counts.
start_counter() {
  local bundle=$1 id=$2
  shift 2
  b9 "$@" run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
  wait_until 20 test -s "$WORK/$bundle.out/a" -a -s "$WORK/$bundle.out/b"
}

lines_in() { wc -l <"$1"; }
has_more_than() { [ "$(lines_in "$2")" -gt "$1" ]; }

# counts_on FILE: more numbers come, and none is missing or there twice.
counts_on() {
  local before
  before=$(lines_in "$1")
  wait_until 20 has_more_than "$before" "$1"
  seq "$before" | cmp - <(head -n "$before" "$1") || fail "$1 is no plain count"
}

# goes_on BUNDLE: both processes of a counter count on.
goes_on() {
  counts_on "$WORK/$1.out/a"
  counts_on "$WORK/$1.out/b"
}

# restore BUNDLE IMAGE ID [OPTION...]
restore() {
  local bundle=$1 image=$2 id=$3
  shift 3
  b9 restore --detach --bundle "$bundle" --image-path "$image" "$@" "$id" </dev/null >/dev/null 2>"$WORK/restore.err" ||
    fail "restore: $(cat "$WORK/restore.err")"
}

# swap_program SCRIPT: what $ID is made with is the shell script SCRIPT before the runtime, which is $REAL there.
swap_program() {
  local script=$WORK/swapped.$BACKEND
  printf '#!/bin/sh\nREAL=%q\n%s\nexec "$REAL" "$@"\n' "$(program_of "$BACKEND")" "$1" >"$script.new"
  chmod 755 "$script.new"
  mv "$script.new" "$script"
  sed -i "s|^program=.*|program=$script|" /run/b9run/containers/"$ID"/*/record
}

# hang: the checkpoint of $ID hangs in the runtime, once it has touched $WORK/at.
hang() {
  rm -f "$WORK/at"
  swap_program 'case " $* " in *" checkpoint --"*image-path*) touch '"$WORK"'/at; sleep 1000 ;; esac'
}

# start_hanging [PREFIX...]: a checkpoint as $! that hangs while the container is paused.
start_hanging() {
  hang
  "$@" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID" >checkpoint.out 2>checkpoint.err </dev/null &
  wait_until 20 test -e at
}
