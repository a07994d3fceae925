# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq
# SPDX-License-Identifier: Apache-2.0
#
# `create` and `start`, and ids that are told apart.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# created BUNDLE ID [OPTION...]
created() {
  local bundle=$1 id=$2
  shift 2
  b9 create --bundle "$bundle" "$@" "$id" >>"$WORK/$id.out" 2>>"$WORK/$id.err" </dev/null ||
    fail "create $id: $(cat "$WORK/$id.err")"
}

# A container as runc's clients lead it.
test_create_start_kill_delete() {
  local id pid
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'touch /tmp/up; trap "exit 3" TERM; while :; do sleep 0.1; done'
    created "$BACKEND" "$id" --pid-file pid
    expect_stdout created state_of "$id"
    pid=$(pid_of "$id")
    [ "$(cat pid)" = "$pid" ] || fail "PID file: $(cat pid), state: $pid"
    expect_status 0 "$B9RUN" start "$id"
    [ -z "$OUT$ERR" ] || fail "start printed: $OUT$ERR"
    expect_stdout running state_of "$id"
    [ "$(pid_of "$id")" = "$pid" ] || fail 'start changed the PID'
    wait_until 10 "$B9RUN" exec "$id" test -e /tmp/up
    expect_refusal 'not stopped' "$B9RUN" delete "$id"
    expect_stdout running state_of "$id"
    expect_status 0 "$B9RUN" kill "$id"
    wait_until 10 has_state "$id" stopped
    expect_stdout 0 pid_of "$id"
    expect_status 0 "$B9RUN" delete "$id"
    [ -z "$OUT$ERR" ] || fail "delete printed: $OUT$ERR"
    expect_refusal 'container does not exist' "$B9RUN" state "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_state_has_the_members_of_runcs() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    edit_config "$BACKEND" '.annotations = {"a.b": "c d"}'
    created "./$BACKEND" "$id"
    expect_stdout true jq --arg id "$id" --arg bundle "$WORK/$BACKEND" '
      .id == $id and .bundle == $bundle and .rootfs == $bundle + "/rootfs" and .status == "created"
      and (.pid | type) == "number" and .annotations["a.b"] == "c d" and (.ociVersion | startswith("1."))
      and (.created | test("^[0-9-]{10}T[0-9:]{8}[.0-9]*Z$")) and .owner == ""' <("$B9RUN" state "$id")
    remove_container "$id"
  done
}

test_create_prints_nothing_and_holds_no_pipe() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    # A helper that is left behind would hold fd 5, and cat would wait for it.
    : | { b9 create --bundle "$BACKEND" "$id" >out 2>err; } 5> >(cat >/dev/null; touch "$BACKEND.closed")
    [ -z "$(cat out err)" ] || fail "create printed: $(cat out err)"
    wait_until 10 test -e "$BACKEND.closed"
    remove_container "$id"
  done
}

test_a_second_create_leaves_the_first_container_alive() {
  local id pid way
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    pid=$(pid_of "$id")
    for way in create run 'run --detach'; do
      # shellcheck disable=SC2086
      expect_refusal 'container with given ID already exists' b9 $way --bundle "$BACKEND" "$id"
      [ "$STATUS" -eq 1 ] || fail "status $STATUS"
    done
    has_state "$id" running || fail "$BACKEND: it is $(state_of "$id")"
    [ "$(pid_of "$id")" = "$pid" ] || fail 'another PID'
    expect_status 0 "$B9RUN" exec "$id" true
    remove_container "$id"
  done
}

# A stopped one is there as well, and so is one that only the runtime knows.
test_a_create_leaves_a_stopped_and_a_foreign_container_alone() {
  local id
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    id=$(id_for "$BACKEND")
    created "$BACKEND" "$id"
    "$B9RUN" start "$id"
    wait_until 10 has_state "$id" stopped
    expect_refusal 'container with given ID already exists' b9 create --bundle "$BACKEND" "$id"
    expect_status 0 "$B9RUN" delete "$id"
  done
  bundle foreign sleep 1000
  "$RUNC" run -d --bundle foreign "$(id_for f)" >>out 2>&1 </dev/null
  BACKEND=runc
  expect_refusal 'container with given ID already exists' b9 create --bundle runc "$(id_for f)"
  "$RUNC" delete --force "$(id_for f)"
}

test_ids_that_begin_alike_are_told_apart() {
  local q1 q10 p10 p1
  for BACKEND in $BACKENDS; do
    q1=$(id_for "$BACKEND-q1") q10=${q1}0 p1=$(id_for "$BACKEND-p1") p10=$(id_for "$BACKEND-p1")0
    for id in "$q1" "$q10" "$p10" "$p1"; do # each in both orders
      bundle "$id" sh -c "echo $id >/tmp/name; sleep 1000"
      start_detached "$id" "$id"
    done
    for id in "$q1" "$q10" "$p10" "$p1"; do
      wait_until 10 "$B9RUN" exec "$id" test -s /tmp/name
      expect_stdout "$id" "$B9RUN" exec "$id" cat /tmp/name
      expect_stdout "$id" jq -r .id <("$B9RUN" state "$id")
    done
    expect_stdout "$(printf '%s\n' "$p1" "$p10" "$q1" "$q10")" "$B9RUN" list -q
    expect_stdout "$(root_of "$BACKEND")" jq -r 'map(.root) | unique | .[]' <("$B9RUN" list --format json)
    remove_container "$q1" "$p10"
    has_state "$q10" running || fail "$q10 is $(state_of "$q10")"
    has_state "$p1" running || fail "$p1 is $(state_of "$p1")"
    expect_refusal 'container does not exist' "$B9RUN" state "$q1"
    # The sub-root is no container, and goes with its last one.
    remove_container "$q10" "$p1"
    [ -z "$(find "$(root_of "$BACKEND")" -mindepth 1 -maxdepth 1 -not -name '*.lock')" ] ||
      fail "left in the root: $(ls -A "$(root_of "$BACKEND")")"
  done
}

test_a_failed_create_leaves_nothing() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    edit_config "$BACKEND" '.mounts += [{"destination": "/m", "type": "bind", "source": "/nowhere", "options": ["bind"]}]'
    expect_status 1 b9 --log "$WORK/$BACKEND.log" --log-format json create --bundle "$BACKEND" \
      --pid-file "$WORK/pid" "$(id_for "$BACKEND")"
    expect_one_log_line "$BACKEND.log" ''
    [ ! -e pid ] || fail 'PID file'
    expect_nothing_left "$(id_for "$BACKEND")" "$BACKEND"
    edit_config "$BACKEND" 'del(.mounts[-1])'
    expect_status 0 b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
  done
}

test_a_failed_start_leaves_a_container_that_can_be_deleted() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" true
    created "$BACKEND" "$id"
    # runc looks for the command at create, so it has to go after that.
    rm "$BACKEND/rootfs/bin/true" "$BACKEND/rootfs/bin/busybox"
    capture "$B9RUN" --log "$WORK/$BACKEND.log" --log-format json start "$id"
    if [ "$BACKEND" = runsc ]; then
      [ "$STATUS" -eq 1 ] || show_captured 'expected a failed start' start
      expect_one_log_line "$BACKEND.log" ''
    fi
    [ -n "$(state_of "$id")" ] || fail "$BACKEND: $id is gone"
    expect_status 0 "$B9RUN" delete --force "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_delete_of_a_created_container_works_by_force() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    created "$BACKEND" "$(id_for "$BACKEND")"
    remove_container "$(id_for "$BACKEND")"
    expect_nothing_left "$(id_for "$BACKEND")" "$BACKEND"
  done
}

# runc's user gets b9run in its place: it has no record.
test_containers_of_plain_runc_can_be_led() {
  local id
  id=$(id_for c)
  bundle b sleep 1000
  "$RUNC" create --bundle b "$id" >>out 2>&1 </dev/null
  expect_stdout created state_of "$id"
  expect_status 0 "$B9RUN" start "$id"
  expect_stdout hi "$B9RUN" exec "$id" echo hi
  expect_status 0 "$B9RUN" pause "$id"
  expect_status 0 "$B9RUN" resume "$id"
  expect_status 0 "$B9RUN" kill "$id" KILL
  wait_until 10 has_state "$id" stopped
  expect_status 0 "$B9RUN" delete "$id"
  expect_stdout null "$RUNC" list --format json
}

test_containers_of_plain_runsc_can_be_led() {
  local id
  id=$(id_for c)
  bundle b sleep 1000
  "$RUNSC" --root "$WORK/x" --network=none create --bundle b "$id" >>out 2>&1 </dev/null
  expect_refusal 'container does not exist' "$B9RUN" state "$id"
  b9x() { "$B9RUN" --backend=runsc --root "$WORK/x" --network=none "$@"; }
  expect_stdout created jq -r .status <(b9x state "$id")
  expect_status 0 b9x start "$id"
  expect_stdout hi b9x exec "$id" echo hi
  expect_status 0 b9x kill "$id" KILL
  wait_until 10 has_state "$id" stopped --backend=runsc --root "$WORK/x"
  expect_status 0 b9x delete "$id"
  expect_stdout null "$RUNSC" --root "$WORK/x" list --format json
}

test_the_record_decides_the_backend_and_a_contradiction_is_refused() {
  local id
  BACKEND=runsc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id"
  expect_stdout running state_of "$id"
  expect_refusal 'was created with backend runsc' "$B9RUN" --backend=runc state "$id"
  [ "$STATUS" -eq 1 ] || fail "status $STATUS"
  expect_refusal 'was created with backend runsc' "$B9RUN" --backend=runc delete --force "$id"
  expect_stdout running state_of "$id" --backend=runsc
  remove_container "$id"
}

# podman's clean-up and CRI-O call so.
test_an_empty_environment_is_enough_for_what_is_there() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    expect_status 0 env -i "$B9RUN" kill "$id" KILL
    wait_until 10 has_state "$id" stopped
    expect_status 0 env -i XDG_RUNTIME_DIR= "$B9RUN" delete --force "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}
