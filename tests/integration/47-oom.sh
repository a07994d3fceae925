# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# A container that the kernel kills for lack of memory is told from others, under either runtime.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# greedy DIR: a bundle whose command takes more memory than its cgroup may have.
greedy() {
  bundle "$1" sh -c 'dd if=/dev/zero of=/dev/null bs=600M count=1; sleep 1; exit 3'
  limit_memory "$1"
}

limit_memory() { edit_config "$1" '.linux.resources.memory = {limit: 134217728}'; }

# own_log: b9run's own messages go to the file "log" from here on.
own_log() {
  mkdir config
  printf 'log:\n  file: %s\n' "$WORK/log" >config/b9run.yaml
  export B9RUN_CONFIG_DIR=$WORK/config
}

expect_oom_in_log() {
  grep -q "container $1 was OOM-killed" log || fail "$BACKEND: not in the log: $(cat log 2>/dev/null)"
}

test_an_attached_run_notices() {
  local id
  own_log
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    greedy "$BACKEND"
    capture b9 run --bundle "$BACKEND" "$id"
    # The shell goes on where the kernel chose dd (3), or was killed with the sandbox (137, or 1).
    case $STATUS in 1 | 3 | 128 | 137) ;; *) fail "$BACKEND: status $STATUS: $ERR" ;; esac
    expect_oom_in_log "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_nobody_is_accused_who_has_enough() {
  local id
  own_log
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c '[ -e /tmp/stay ] || exit 7; sleep 1000'
    limit_memory "$BACKEND"
    expect_status 7 b9 run --bundle "$BACKEND" "$id"
    touch "$BACKEND/rootfs/tmp/stay"
    start_detached "$BACKEND" "$id"
    "$B9RUN" kill "$id" KILL
    expect_status 137 "$B9RUN" wait --format json "$id"
    [ "$(jq -c '[.exitCode, .oomKilled, .oomKills]' <<<"$OUT")" = '[137,false,0]' ] || fail "$BACKEND: $OUT"
    remove_container "$id"
  done
  ! grep -q OOM log || fail "$(cat log)"
}

test_wait_tells_of_a_detached_container() {
  local id
  own_log
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    greedy "$BACKEND"
    start_detached "$BACKEND" "$id"
    capture "$B9RUN" wait --format json "$id"
    [ "$(jq -r .id <<<"$OUT")" = "$id" ] || fail "$BACKEND: $OUT$ERR"
    [ "$(jq -c '.oomKilled, (.oomKills > 0), (.finishedAt | type)' <<<"$OUT" | tr '\n' ' ')" = 'true true "string" ' ] ||
      fail "$BACKEND: $OUT"
    [ "$(jq .exitCode <<<"$OUT")" -eq "$STATUS" ] || fail "$BACKEND: $STATUS and $OUT"
    expect_oom_in_log "$id"
    remove_container "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

# Nobody but the waiter sees the end; the cgroup is there until the container is deleted.  An older kernel tells
# of a process only until somebody has reaped it, so there the end may go unseen, and wait has to say so.
test_wait_counts_where_there_is_no_monitor() {
  local id waiter
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    greedy "$BACKEND"
    expect_status 0 b9 create --bundle "$BACKEND" "$id"
    "$B9RUN" wait --format json "$id" >waited 2>refused &
    waiter=$!
    expect_status 0 b9 start "$id"
    status_of "$waiter"
    if kernel_tells || [ -s waited ]; then
      [ "$(jq .oomKilled waited)" = true ] || fail "$BACKEND: $(cat waited refused)"
    else
      grep -q 'nobody saw how' refused || fail "$BACKEND: $(cat refused)"
    fi
    remove_container "$id"
  done
}

test_events_tell_of_it() {
  local id events
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done
      dd if=/dev/zero of=/dev/null bs=600M count=1; while :; do sleep 1; done'
    limit_memory "$BACKEND"
    start_detached "$BACKEND" "$id"
    b9 events "$id" >>events &
    events=$!
    # The first statistics are there, so it listens.
    wait_until 20 grep -q '"type":"stats"' events
    # Its own end may be lost, where the kernel chooses the sandbox.
    "$B9RUN" exec "$id" touch /tmp/go || true
    wait_until 20 grep -q '"type":"oom"' events
    [ "$(jq -r 'select(.type == "oom").id' events | head -n 1)" = "$id" ] || fail "$BACKEND: $(cat events)"
    # runc's ends with the cgroup, ours with the container.
    remove_container "$id"
    status_of "$events"
    rm events
  done
}

test_wait_knows_two_formats() {
  expect_refusal 'wait knows text and json' "$B9RUN" wait --format yaml x
}
