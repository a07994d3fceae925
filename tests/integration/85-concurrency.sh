# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# Many b9runs at once.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# at_once N COMMAND...: N times COMMAND with the number as its last argument, all
# started before one is waited for; sets SUCCESSES.
at_once() {
  local count=$1 pids=() i
  shift
  for ((i = 0; i < count; i++)); do
    "$@" "$i" >>"$WORK/out.$i" 2>>"$WORK/err.$i" </dev/null &
    pids+=($!)
  done
  SUCCESSES=0
  for i in "${pids[@]}"; do
    if wait "$i"; then SUCCESSES=$((SUCCESSES + 1)); fi
  done
}

create_numbered() { b9 create --bundle "bundle$1" "$(id_for "$BACKEND-$1-")"; }
delete_numbered() { "$B9RUN" delete --force "$(id_for "$BACKEND-$1-")"; }
create_same() { b9 create --bundle "$BACKEND" "$(id_for same)"; }
run_numbered() { b9 run --bundle "bundle$1" "$(id_for "$BACKEND-$1-")"; }

make_bundles() {
  local i count=$1
  shift
  for ((i = 0; i < count; i++)); do
    bundle "bundle$i" "$@"
  done
}

test_fifty_creates_of_different_ids_all_succeed() {
  make_bundles 50 sleep 1000
  BACKEND=runc
  at_once 50 create_numbered
  [ "$SUCCESSES" -eq 50 ] || fail "$BACKEND: $SUCCESSES of 50: $(cat err.*)"
  expect_stdout 50 sh -c "'$B9RUN' list -q | wc -l"
  at_once 50 delete_numbered
  [ "$SUCCESSES" -eq 50 ] || fail "$BACKEND: deleted $SUCCESSES of 50: $(cat err.*)"
  expect_stdout '0 records, 0 damaged' "$B9RUN" index check
}

test_fifty_creates_of_different_sandboxes_all_succeed() {
  make_bundles 50 sleep 1000
  BACKEND=runsc
  at_once 50 create_numbered
  [ "$SUCCESSES" -eq 50 ] || fail "$BACKEND: $SUCCESSES of 50: $(cat err.*)"
  expect_stdout 50 sh -c "'$B9RUN' list -q | wc -l"
  at_once 50 delete_numbered
  [ "$SUCCESSES" -eq 50 ] || fail "$BACKEND: deleted $SUCCESSES of 50: $(cat err.*)"
  expect_stdout '0 records, 0 damaged' "$B9RUN" index check
}

test_one_of_twenty_creates_of_one_id_wins() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sleep 1000
    at_once 20 create_same
    [ "$SUCCESSES" -eq 1 ] || fail "$BACKEND: $SUCCESSES succeeded: $(cat err.*)"
    [ "$(cat err.* | grep -c 'container with given ID already exists')" -eq 19 ] || fail "$BACKEND: $(cat err.*)"
    expect_stdout created state_of "$(id_for same)"
    expect_status 0 "$B9RUN" start "$(id_for same)"
    expect_stdout running state_of "$(id_for same)"
    remove_container "$(id_for same)"
    expect_nothing_left "$(id_for same)" "$BACKEND"
    rm err.*
  done
}

test_twenty_runs_at_once_all_succeed() {
  make_bundles 20 true
  for BACKEND in $BACKENDS; do
    at_once 20 run_numbered
    [ "$SUCCESSES" -eq 20 ] || fail "$BACKEND: $SUCCESSES of 20: $(cat err.*)"
  done
  expect_stdout '0 records, 0 damaged' "$B9RUN" index check
}

# Where a container goes is settled under the lock.
prefixed() { printf '%s%s' "$(id_for x)" "$(printf '1%.0s' $(seq 0 "$1"))"; }
create_prefixed() { b9 create --bundle "bundle$1" "$(prefixed "$1")"; }

test_ids_that_begin_alike_can_be_created_at_once() {
  local i id
  make_bundles 10 sleep 1000
  BACKEND=runsc
  at_once 10 create_prefixed
  [ "$SUCCESSES" -eq 10 ] || fail "$SUCCESSES of 10: $(cat err.*)"
  for ((i = 0; i < 10; i++)); do
    id=$(prefixed "$i")
    expect_stdout "$id" jq -r .id <("$B9RUN" state "$id")
    remove_container "$id"
  done
}

delete_same() { "$B9RUN" delete --force "$(id_for same)"; }

test_deletes_of_one_container_at_once_all_succeed() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$(id_for same)"
    at_once 8 delete_same
    [ "$SUCCESSES" -eq 8 ] || fail "$BACKEND: $SUCCESSES of 8: $(cat err.*)"
    expect_nothing_left "$(id_for same)" "$BACKEND"
  done
}

test_a_create_that_hangs_holds_up_no_other() {
  local hanging
  BACKEND=runc
  bundle a sleep 1000
  bundle b true
  use_program 'exec sleep 1000'
  start_attached a "$(id_for a)"
  hanging=$!
  wait_until 10 test -e /run/b9run/containers/"$(id_for a)"
  CONFIG=
  expect_status 0 b9 run --bundle b "$(id_for b)"
  expect_refusal 'container with given ID already exists' b9 run --bundle a "$(id_for a)"
  kill -TERM "$hanging"
  status_of "$hanging"
  [ "$STATUS" -eq 143 ] || fail "status $STATUS"
  expect_nothing_left "$(id_for a)" a
}
