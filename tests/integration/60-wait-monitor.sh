# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# `run --detach` and its monitor, and `wait`.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# monitor_of ID: the PID of its b9run-monitor.
monitor_of() { cut -d@ -f1 /run/b9run/containers/"$1"/*/monitor; }

# monitors: whatever b9run left running.
monitors() { grep -lxE 'b9run(-monitor)?' /proc/[0-9]*/comm 2>/dev/null || true; }

test_wait_returns_the_status_at_the_end() {
  local id waiter
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 7'
    start_detached "$BACKEND" "$id"
    "$B9RUN" wait "$id" &
    waiter=$!
    "$B9RUN" exec "$id" touch /tmp/go
    status_of "$waiter"
    [ "$STATUS" -eq 7 ] || fail "$BACKEND: status $STATUS"
    # Again, and by as many as want to.
    expect_status 7 "$B9RUN" wait "$id"
    remove_container "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

# `runsc wait` loses the status of nearly each of these.
test_wait_knows_the_status_of_a_container_that_has_exited_already() {
  local id
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'exit 5'
    for name in 1 2 3 4 5; do
      id=$(id_for "$BACKEND-$name")
      start_detached "$BACKEND" "$id"
      [ "$name" -lt 4 ] || wait_until 10 has_state "$id" stopped
      expect_status 5 "$B9RUN" wait "$id"
      remove_container "$id"
    done
  done
}

test_wait_reports_signals() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    "$B9RUN" kill "$id" KILL
    expect_status 137 "$B9RUN" wait "$id"
    remove_container "$id"
  done
}

test_without_a_monitor_nobody_saw_the_end() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" true
    start_detached "$BACKEND" "$id" --no-monitor
    [ -z "$(monitors)" ] || fail 'there is a monitor'
    wait_until 10 has_state "$id" stopped
    expect_status 1 "$B9RUN" --log log --log-format json wait "$id"
    [[ $ERR == *'nobody saw how container'* ]] || fail "$ERR"
    expect_stdout exit-unobserved jq -r .code log
    rm log
    remove_container "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

# Whoever creates waits for it; no monitor, but on a new kernel the status.
test_create_and_start_leave_no_monitor() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    b9 create --bundle "$BACKEND" "$id" >>out 2>>err </dev/null
    "$B9RUN" start "$id"
    [ -z "$(monitors)" ] || fail "$BACKEND: there is a monitor"
    remove_container "$id"
  done
}

test_the_configuration_can_do_without_monitors() {
  local id
  id=$(id_for c)
  BACKEND=runc
  echo 'monitor: false' >b9run.yaml
  CONFIG=$WORK/b9run.yaml
  bundle b sleep 1000
  start_detached b "$id"
  [ -z "$(monitors)" ] || fail 'there is a monitor'
  remove_container "$id"
}

private_kib() { awk '/^Private_/ {sum += $2} END {print sum}' "/proc/$1/smaps_rollup"; }

test_a_monitor_is_small_and_holds_nothing_of_the_callers() {
  local id monitor fds
  mkdir elsewhere
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    globals
    (cd elsewhere && exec "$B9RUN" "${GLOBALS[@]}" run --detach --bundle "../$BACKEND" "$id" \
      </dev/null >>../out 2>>../err 7<"../$BACKEND/config.json" 9>../held)
    monitor=$(monitor_of "$id")
    [ "$(private_kib "$monitor")" -le 1536 ] || fail "$(private_kib "$monitor") KiB"
    fds=$(find "/proc/$monitor/fd" -type l -printf '%l\n' | grep -v '^/dev/null$' | grep -v "/containers/$id" | grep -v '/sys/fs/cgroup' || true)
    [ -z "$fds" ] || fail "the monitor holds: $fds"
    [ "$(readlink "/proc/$monitor/cwd")" = / ] || fail "its directory: $(readlink "/proc/$monitor/cwd")"
    # A session of its own: no terminal can end it.
    [ "$(cut -d' ' -f6 "/proc/$monitor/stat")" = "$monitor" ] || fail 'it shares a session'
    remove_container "$id"
    wait_until 10 is_gone "$monitor"
  done
}

test_a_detached_run_ends_the_callers_pipes_but_for_the_containers() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'exec sleep 1000 >/dev/null 2>&1'
    { b9 run -d --bundle "$BACKEND" "$id" </dev/null >>out 2>>err; } 5> >(cat >/dev/null; touch "$BACKEND.closed")
    wait_until 10 test -e "$BACKEND.closed"
    remove_container "$id"
  done
}

test_signals_do_not_end_a_monitor() {
  local id monitor signal
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 7'
    start_detached "$BACKEND" "$id"
    monitor=$(monitor_of "$id")
    for signal in TERM INT HUP QUIT PIPE; do
      kill -s "$signal" "$monitor"
    done
    "$B9RUN" exec "$id" touch /tmp/go
    expect_status 7 "$B9RUN" wait "$id"
    remove_container "$id"
  done
}

# The container goes on; its status is lost, or the kernel keeps it for who waits.
test_a_killed_monitor_takes_nothing_along_and_invents_nothing() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    kill -KILL "$(monitor_of "$id")"
    wait_until 10 is_gone "$(monitor_of "$id")"
    expect_stdout running state_of "$id"
    expect_status 0 "$B9RUN" exec "$id" true
    "$B9RUN" kill "$id" KILL
    wait_until 10 has_state "$id" stopped
    expect_refusal 'nobody saw how container' "$B9RUN" wait "$id"
    remove_container "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_a_deleted_and_remade_id_has_its_own_status() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'exit 3'
    start_detached "$BACKEND" "$id"
    expect_status 3 "$B9RUN" wait "$id"
    remove_container "$id"
    edit_config "$BACKEND" '.process.args = ["sh", "-c", "exit 4"]'
    start_detached "$BACKEND" "$id"
    expect_status 4 "$B9RUN" wait "$id"
    remove_container "$id"
  done
}

test_wait_survives_the_delete_of_what_it_waits_for() {
  local id waiter
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    "$B9RUN" wait "$id" 2>>err &
    waiter=$!
    remove_container "$id"
    status_of "$waiter"
    [ "$STATUS" -eq 137 ] || [ "$STATUS" -eq 1 ] || fail "$BACKEND: status $STATUS: $(cat err)"
  done
}
