# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq
# SPDX-License-Identifier: Apache-2.0
#
# `list`: every container, whoever made it where.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# ids_listed [B9RUN-OPTION...]
ids_listed() { "$B9RUN" "$@" list -q | xargs; }

test_containers_of_all_backends_and_roots_are_listed() {
  local a b c
  a=$(id_for a) b=$(id_for b) c=$(id_for c)
  bundle a sleep 1000
  bundle b sleep 1000
  bundle c sleep 1000
  BACKEND=runc start_detached a "$a"
  BACKEND=runsc start_detached b "$b"
  "$B9RUN" --backend=runsc --network=none --root "$WORK/root" create --bundle c "$c" >>out 2>&1 </dev/null
  expect_stdout "$a $b $c" ids_listed
  expect_stdout "$b $c" ids_listed --backend=runsc
  expect_stdout "$c" ids_listed --root "$WORK/root" --backend=runsc
  expect_stdout "$a" ids_listed --backend=runc
  expect_status 0 "$B9RUN" list
  [ -z "$ERR" ] || fail "stderr: $ERR"
  grep -qE '^ID +PID +STATUS +BACKEND +ROOT +BUNDLE +CREATED' <<<"$OUT" || fail "$OUT"
  grep -qE "^$c +[0-9]+ +created +runsc +$WORK/root +$WORK/c +20" <<<"$OUT" || fail "$OUT"
  grep -qE "^$a +$(pid_of "$a") +running +runc +/run/runc +$WORK/a +20" <<<"$OUT" || fail "$OUT"
  remove_container "$a" "$b" "$c"
}

test_json_has_runcs_members_and_ours() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sleep 1000
    edit_config "$BACKEND" '.annotations = {"k": "\u00e9\"<&>"}'
    start_detached "$BACKEND" "$(id_for "$BACKEND")"
    # CRI-O reads created as a time, and pid as a number.
    expect_stdout true jq --arg id "$(id_for "$BACKEND")" --arg pid "$(pid_of "$(id_for "$BACKEND")")" \
      --arg backend "$BACKEND" --arg bundle "$WORK/$BACKEND" '
      length == 1 and (.[0] | .id == $id and .pid == ($pid | tonumber) and .status == "running" and (.owner | type) == "string"
      and (.created | test("^[0-9-]{10}T[0-9:]{8}[.0-9]*Z$")) and .bundle == $bundle and .rootfs == $bundle + "/rootfs"
      and (.ociVersion | startswith("1.")) and .annotations.k == "é\"<&>" and .backend == $backend
      and (.root | startswith("/run/")))' <("$B9RUN" list -f json)
    remove_container "$(id_for "$BACKEND")"
  done
}

test_foreign_containers_are_listed_where_their_root_is_named() {
  local id
  id=$(id_for f)
  bundle b sleep 1000
  "$RUNSC" --root "$WORK/x" --network=none run -detach -bundle b "$id" >>out 2>&1 </dev/null
  expect_stdout '' ids_listed
  expect_stdout '' ids_listed --backend=runsc
  expect_stdout "$id" ids_listed --backend=runsc --root "$WORK/x"
  expect_stdout running jq -r '.[0].status' <("$B9RUN" --backend=runsc --root x list --format json)
  "$RUNSC" --root "$WORK/x" delete --force "$id"
  bundle c sleep 1000
  "$RUNC" --root "$WORK/y" create --bundle c "$id" >>out 2>&1 </dev/null
  expect_stdout "$id" ids_listed --root "$WORK/y"
  "$RUNC" --root "$WORK/y" delete --force "$id"
}

test_foreign_containers_in_the_default_root_are_listed() {
  local id
  id=$(id_for f)
  bundle b sleep 1000
  "$RUNC" create --bundle b "$id" >>out 2>&1 </dev/null
  expect_stdout "$id" ids_listed
  "$RUNC" delete --force "$id"
}

test_an_empty_list_says_where_it_looked() {
  local a
  expect_status 0 "$B9RUN" list
  [[ $ERR == *'no containers'*/run/runc* ]] || fail "$ERR"
  expect_status 0 "$B9RUN" --backend=runsc --root /nowhere list -q
  [[ $OUT == '' && $ERR == *'no containers'*--backend=runsc*/nowhere* ]] || fail "$OUT$ERR"
  expect_status 0 "$B9RUN" --backend=runsc list --format json
  [[ $OUT == null && $ERR == */run/gvisor* ]] || fail "$OUT$ERR"
  # The other root is one that a record names.
  a=$(id_for a)
  bundle a sleep 1000
  BACKEND=runc start_detached a "$a" --no-monitor
  expect_status 0 "$B9RUN" --backend=runsc list -q
  [[ $OUT == '' && $ERR != */run/runc* ]] || fail "$OUT$ERR"
  remove_container "$a"
}

test_a_stopped_container_has_pid_0() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" true
    start_detached "$BACKEND" "$id"
    wait_until 10 has_state "$id" stopped
    expect_stdout '0 stopped' jq -r '.[0] | "\(.pid) \(.status)"' <("$B9RUN" list --format json)
    remove_container "$id"
  done
}

is_held() { grep -q '^State:.T' "/proc/$1/status"; }

# The sandbox is dead and nobody has reaped it: bare runsc says running.
test_a_zombie_is_listed_as_stopped() {
  local id pid parent
  BACKEND=runsc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id"
  pid=$(pid_of "$id")
  # Its parent, the monitor, is held.
  parent=$(cut -d' ' -f4 "/proc/$pid/stat")
  kill -STOP "$parent"
  wait_until 10 is_held "$parent"
  kill -KILL "$pid"
  wait_until 10 is_gone "$pid"
  expect_stdout stopped jq -r '.[0].status' <("$B9RUN" list --format json)
  expect_stdout stopped state_of "$id"
  kill -CONT "$parent"
  remove_container "$id"
}

test_a_root_that_cannot_be_asked_hides_no_other() {
  local a b
  a=$(id_for a) b=$(id_for b)
  bundle a sleep 1000
  bundle b sleep 1000
  BACKEND=runc start_detached a "$a"
  BACKEND=runsc
  use_program "[ ! -e $WORK/broken ] || exit 9; exec $RUNSC \"\$@\""
  start_detached b "$b"
  touch broken
  expect_status 1 "$B9RUN" list -q
  [[ $OUT == "$a" && $ERR == *"runsc in /run/gvisor"*'status 9'* ]] || fail "$OUT$ERR"
  rm broken
  expect_stdout "$a $b" ids_listed
  remove_container "$a" "$b"
}
