# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# The index of containers after accidents.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

TRIES=20

# killed_somewhere DURATION_MS COMMAND...: COMMAND, killed by SIGKILL after a part of
# DURATION_MS that is another each time.
killed_somewhere() {
  local duration=$1 pause
  shift
  pause=$((RANDOM * duration / 32768))
  env "$@" >>out 2>>err </dev/null &
  sleep "$(printf '0.%03d' "$pause")"
  kill -KILL $! 2>/dev/null || true
  wait $! 2>/dev/null || true # without a word on the signal
}

# The id can be cleared at once, and used again.
survives_kills() {
  local way=$1 duration=$2 id try
  globals
  bundle "$BACKEND" sleep 1000
  for ((try = 0; try < TRIES; try++)); do
    id=$(id_for "$BACKEND")
    # shellcheck disable=SC2086
    killed_somewhere "$duration" "$B9RUN" "${GLOBALS[@]}" $way --bundle "$BACKEND" "$id"
    expect_status 0 "$B9RUN" delete --force "$id"
    expect_nothing_left "$id" "$BACKEND"
    expect_refusal 'container does not exist' "$B9RUN" state "$id"
  done
  start_detached "$BACKEND" "$id"
  expect_stdout running state_of "$id"
  expect_stdout "$id" "$B9RUN" list -q
  remove_container "$id"
  expect_stdout '0 records, 0 damaged' "$B9RUN" index check
}

test_a_killed_create_of_runc_can_be_cleared() { BACKEND=runc survives_kills create 60; }
test_a_killed_run_of_runc_can_be_cleared() { BACKEND=runc survives_kills run 80; }
test_a_killed_detached_run_of_runc_can_be_cleared() { BACKEND=runc survives_kills 'run --detach' 80; }
test_a_killed_create_of_runsc_can_be_cleared() { BACKEND=runsc survives_kills create 200; }
test_a_killed_run_of_runsc_can_be_cleared() { BACKEND=runsc survives_kills run 250; }
test_a_killed_detached_run_of_runsc_can_be_cleared() { BACKEND=runsc survives_kills 'run --detach' 250; }

# Nobody deletes: the next create of the same id makes room by itself, unless there
# is a container.
test_an_id_can_be_used_again_after_a_killed_create() {
  local id try
  for BACKEND in $BACKENDS; do
    globals
    bundle "$BACKEND" sleep 1000
    id=$(id_for "$BACKEND")
    for ((try = 0; try < TRIES / 2; try++)); do
      killed_somewhere 100 "$B9RUN" "${GLOBALS[@]}" create --bundle "$BACKEND" "$id"
      [ -n "$(state_of "$id")" ] || expect_status 0 b9 create --bundle "$BACKEND" "$id"
      remove_container "$id"
    done
    expect_nothing_left "$id" "$BACKEND"
  done
}

# record_of ID: the file.
record_of() { echo /run/b9run/containers/"$1"/*/record; }

test_a_record_of_a_newer_version_is_refused_and_kept() {
  local id record
  BACKEND=runc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id"
  record=$(record_of "$id")
  sed -i.old 's/^version=.*/version=99/' "$record"
  expect_refusal 'version 99' "$B9RUN" state "$id"
  expect_refusal 'version 99' "$B9RUN" delete --force "$id"
  expect_refusal 'version 99' b9 create --bundle b "$id"
  expect_status 1 "$B9RUN" list
  [[ $ERR == *'version 99'* ]] || fail "$ERR"
  expect_status 1 "$B9RUN" index check
  [[ $OUT == *'version 99'* ]] || fail "$OUT"
  capture "$B9RUN" index rebuild
  grep -q '^version=99' "$record" || fail 'rebuild dropped what a newer b9run knows'
  mv "$record.old" "$record"
  remove_container "$id"
}

test_a_lost_index_is_rebuilt_for_every_backend() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id" --no-monitor
  done
  rm -rf /run/b9run
  expect_stdout '0 damaged records dropped, 2 containers recorded anew' "$B9RUN" index rebuild
  for BACKEND in $BACKENDS; do
    expect_stdout running state_of "$(id_for "$BACKEND")"
    remove_container "$(id_for "$BACKEND")"
  done
}

test_a_damaged_record_is_named_and_rebuilt() {
  local id other damage record
  BACKEND=runc
  id=$(id_for c) other=$(id_for d)
  bundle b sleep 1000
  bundle d sleep 1000
  start_detached d "$other"
  for damage in empty truncated garbage; do
    start_detached b "$id" --no-monitor
    record=$(record_of "$id")
    case $damage in
      empty) : >"$record" ;;
      truncated) truncate -s 40 "$record" ;;
      garbage) head -c 1000 /dev/urandom >"$record" ;;
    esac
    expect_refusal 'index rebuild' "$B9RUN" state "$id"
    expect_status 1 "$B9RUN" list -q
    [[ $OUT == *"$other"* && $ERR == *"$id"* ]] || fail "$OUT$ERR"
    expect_stdout running state_of "$other"
    expect_status 1 "$B9RUN" index check
    [[ $OUT == *'1 damaged' ]] || fail "$OUT"
    expect_status 0 "$B9RUN" index rebuild
    [[ $OUT == *'1 damaged'*'1 containers recorded anew'* ]] || fail "$OUT"
    expect_stdout running state_of "$id"
    expect_stdout '2 records, 0 damaged' "$B9RUN" index check
    remove_container "$id"
    expect_nothing_left "$id" b
  done
  remove_container "$other"
}

test_a_lost_index_is_rebuilt_from_the_roots() {
  local a b
  a=$(id_for a) b=$(id_for b)
  bundle a sleep 1000
  bundle b sleep 1000
  BACKEND=runc start_detached a "$a" --no-monitor
  BACKEND=runsc start_detached b "$b" --no-monitor
  rm -r /run/b9run
  expect_status 0 "$B9RUN" index rebuild
  expect_status 0 "$B9RUN" --backend=runsc --network=none index rebuild
  expect_stdout "$a
$b" "$B9RUN" list -q
  expect_status 0 "$B9RUN" exec "$b" true
  remove_container "$a" "$b"
  BACKEND=runsc expect_nothing_left "$b" b
}

# Its own root is below the root, where runsc by itself would not look.
test_a_container_in_a_root_of_its_own_is_found_without_its_record() {
  local id
  BACKEND=runsc
  for id in "$(id_for q1)0" "$(id_for q1)"; do
    bundle "$id" sleep 1000
    start_detached "$id" "$id" --no-monitor
  done
  rm -rf /run/b9run
  expect_stdout running state_of "$id" "${GLOBALS[@]}"
  expect_status 0 b9 exec "$id" true
  expect_stdout "$id
${id}0" b9 list -q
  expect_refusal 'container with given ID already exists' b9 create --bundle "$id" "$id"
  expect_status 0 b9 delete --force "$id"
  expect_stdout running state_of "${id}0" "${GLOBALS[@]}"
  expect_status 0 b9 delete --force "${id}0"
  [ -z "$(ls -A /run/gvisor)" ] || fail "left: $(ls -AR /run/gvisor)"
}

# in_another_namespace COMMAND...: where other PIDs are other processes.
in_another_namespace() { unshare --pid --fork --mount-proc --propagation private "$@"; }

test_the_record_of_another_pid_namespace_is_left_alone() {
  local id b9run record
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    # Its b9run is at work for ever.
    use_program "case \"\$*\" in *' run '*) exec sleep 1000 ;; esac; exec $(program_of "$BACKEND") \"\$@\""
    start_attached "$BACKEND" "$id"
    b9run=$!
    wait_until 10 test -e /run/b9run/containers/"$id"
    record=$(record_of "$id")
    expect_refusal 'container does not exist' in_another_namespace "$B9RUN" state "$id"
    expect_status 0 in_another_namespace "$B9RUN" index rebuild
    expect_refusal 'was made in another PID namespace' in_another_namespace "$B9RUN" "${GLOBALS[@]}" create --bundle "$BACKEND" "$id"
    [ -e "$record" ] || fail "$BACKEND: the record is gone"
    expect_stdout creating jq -r '.[0].status' <("$B9RUN" list --format json)
    kill -KILL "$b9run"
    status_of "$b9run"
    remove_container "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_a_record_of_an_earlier_boot_harms_nobody() {
  local id pid
  BACKEND=runc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id" --no-monitor
  pid=$(pid_of "$id")
  sed -i 's/^boot-id=.*/boot-id=00000000-0000-0000-0000-000000000000/' "$(record_of "$id")"
  expect_stdout running state_of "$id"
  ! is_gone "$pid" || fail 'killed'
  remove_container "$id"
}

test_one_id_in_two_roots_is_two_containers() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    for root in one two; do
      bundle "$BACKEND-$root" sh -c "echo $root >/tmp/name; sleep 1000"
      b9 --root "$WORK/$root" run --detach --bundle "$BACKEND-$root" "$id" </dev/null >>out 2>>err
      wait_until 10 "$B9RUN" --root "$WORK/$root" exec "$id" test -s /tmp/name
    done
    # Neither is in the default root.
    expect_refusal "2 containers have the id $id" "$B9RUN" state "$id"
    [[ $ERR == *"--root $WORK/one"* && $ERR == *"--root $WORK/two"* ]] || fail "$ERR"
    expect_status 1 "$B9RUN" delete --force "$id"
    expect_stdout one "$B9RUN" --root "$WORK/one" exec "$id" cat /tmp/name
    expect_stdout two "$B9RUN" --root "$WORK/two" exec "$id" cat /tmp/name
    expect_status 0 "$B9RUN" --root "$WORK/one" delete --force "$id"
    # The only one left is meant.
    expect_stdout two "$B9RUN" exec "$id" cat /tmp/name
    # And one in the default root before others.
    bundle "$BACKEND-default" sleep 1000
    start_detached "$BACKEND-default" "$id"
    expect_stdout "$(root_of "$BACKEND")" sh -c "'$B9RUN' list --format json | jq -r '.[] | select(.bundle | endswith(\"default\")) | .root'"
    expect_status 0 "$B9RUN" --backend="$BACKEND" delete --force "$id"
    expect_stdout two "$B9RUN" exec "$id" cat /tmp/name
    expect_status 0 "$B9RUN" --root "$WORK/two" delete --force "$id"
    expect_stdout '0 records, 0 damaged' "$B9RUN" index check
  done
}

test_an_explicit_root_is_exact() {
  local id
  BACKEND=runc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id"
  expect_refusal 'container does not exist' "$B9RUN" --root "$WORK/other" state "$id"
  expect_status 0 "$B9RUN" --root "$WORK/other" delete --force "$id"
  expect_stdout running state_of "$id" --root /run/../run/runc/
  remove_container "$id"
}

# Plain runc deleted it: nobody told b9run.
test_a_container_that_vanished_makes_room() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    "$(program_of "$BACKEND")" --root "$(root_of "$BACKEND")" delete --force "$id" 2>>err
    expect_refusal 'container does not exist' "$B9RUN" state "$id"
    expect_nothing_left "$id" "$BACKEND"
    start_detached "$BACKEND" "$id"
    remove_container "$id"
  done
}

test_a_thousand_containers_are_listed() {
  local record i
  BACKEND=runc
  bundle b sleep 1000
  start_detached b "$(id_for c)"
  # Records alone, of a runtime that knows none of them: they are not shown.
  record=$(record_of "$(id_for c)")
  for ((i = 0; i < 1000; i++)); do
    mkdir -p "/run/b9run/containers/x$i/0123456789abcdef"
    sed "s/^id=.*/id=x$i/; /^pid=/d" "$record" >"/run/b9run/containers/x$i/0123456789abcdef/record"
  done
  expect_stdout "$(id_for c)" "$B9RUN" list -q
  expect_stdout '1001 records, 0 damaged' "$B9RUN" index check
  remove_container "$(id_for c)"
}
