# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# The words, statuses and log lines that runc's clients look for, of every backend.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# expect_failure STATUS TEXT B9RUN-ARGUMENT...: TEXT once on standard error, and once
# in the log, as the one line of it.
expect_failure() {
  local wanted=$1 text=$2
  shift 2
  rm -f log.json
  capture b9 --log "$WORK/log.json" --log-format json "$@"
  if [ "$STATUS" -ne "$wanted" ] || [ "$(grep -cF -- "$text" <<<"$ERR")" -ne 1 ] || [ -n "$OUT" ]; then
    show_captured "expected status $wanted and once on stderr: $text" b9 "$@"
  fi
  expect_one_log_line log.json "$text"
}

# expect_success STDOUT B9RUN-ARGUMENT...: and nothing in the log.
expect_success() {
  local wanted=$1
  shift
  rm -f log.json
  expect_stdout "$wanted" b9 --log "$WORK/log.json" --log-format json "$@"
  [ -z "$ERR" ] || fail "stderr of $*: $ERR"
  [ ! -s log.json ] || fail "log of $*: $(cat log.json)"
}

# in_state STATE ID: a container of $BACKEND in that state.
in_state() {
  local state=$1 id=$2
  bundle "$id" sleep 1000
  b9 create --bundle "$id" "$id" >>out 2>>err </dev/null || fail "create: $(cat err)"
  [ "$state" != created ] || return 0
  "$B9RUN" start "$id"
  case $state in
    paused) "$B9RUN" pause "$id" ;;
    stopped)
      "$B9RUN" kill "$id" KILL
      wait_until 10 has_state "$id" stopped
      ;;
  esac
}

test_a_missing_container_does_not_exist() {
  local id command
  for BACKEND in $BACKENDS; do
    id=$(id_for missing)
    for command in state start kill delete pause resume ps wait 'kill --all' 'events --stats' 'kill -a'; do
      # shellcheck disable=SC2086
      expect_failure 1 'container does not exist' $command "$id"
    done
    expect_failure 1 'container does not exist' events "$id"
    expect_failure 255 'container does not exist' exec "$id" true
    expect_success '' delete --force "$id"
    [ ! -e /run/b9run/containers ] || [ -z "$(ls /run/b9run/containers)" ] || fail 'a record was made'
  done
  echo '{}' >resources.json
  BACKEND=runc
  expect_failure 1 'container does not exist' update --resources resources.json "$id"
}

test_a_taken_id_already_exists() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state created "$id"
    expect_failure 1 'container with given ID already exists' create --bundle "$id" "$id"
    expect_failure 1 'container with given ID already exists' run --bundle "$id" "$id"
    remove_container "$id"
  done
}

test_a_stopped_container_is_not_running() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state stopped "$id"
    expect_failure 1 'container not running' kill "$id"
    expect_failure 1 'container not running' kill "$id" 9
    expect_failure 1 'container not running' kill "$id" 0
    expect_success '' kill --all "$id" KILL
    expect_success '' kill --all "$id" 0
    expect_failure 255 'cannot exec in a stopped container' exec "$id" true
    expect_failure 1 'container not running' pause "$id"
    expect_failure 1 'cannot start a container that has stopped' start "$id"
    expect_failure 1 'container not paused' resume "$id"
    expect_failure 1 'not running' events --stats "$id"
    expect_success null ps --format json "$id"
    expect_success '' delete "$id"
  done
}

test_a_paused_container_says_so() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state paused "$id"
    expect_stdout paused state_of "$id"
    expect_failure 255 'cannot exec in a paused container' exec "$id" true
    expect_failure 1 'not stopped' delete "$id"
    expect_failure 1 'cannot start a container in the paused state' start "$id"
    expect_success '' resume "$id"
    expect_failure 1 'container not paused' resume "$id"
    expect_stdout running state_of "$id"
    expect_success '' exec "$id" true
    expect_success '' pause "$id"
    remove_container "$id"
    expect_nothing_left "$id" "$id"
  done
}

test_a_running_container_is_neither_started_nor_deleted() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state running "$id"
    expect_failure 1 'cannot start an already running container' start "$id"
    expect_failure 1 'not stopped' delete "$id"
    expect_success '' kill "$id" 0
    expect_success '' kill --all "$id" 0
    expect_success "[$(pid_of "$id")]" ps --format json "$id"
    expect_stdout_has PID "$B9RUN" ps "$id"
    expect_failure 1 'unknown signal' kill "$id" NOSUCH
    expect_stdout running state_of "$id"
    remove_container "$id"
  done
}

test_a_created_container_is_killed() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state created "$id"
    expect_success '' kill "$id" KILL
    wait_until 10 has_state "$id" stopped
    expect_success '' delete "$id"
  done
}

# With runc's own init the status is that of its language's runtime.
test_a_created_sandbox_ends_by_the_signal_it_was_sent() {
  local id signal waiter
  kernel_tells || return 0
  BACKEND=runsc
  for signal in TERM INT HUP KILL; do
    id=$(id_for "$signal")
    in_state created "$id"
    "$B9RUN" wait "$id" >>waited 2>&1 &
    waiter=$!
    wait_until 10 sh -c "readlink /proc/$waiter/fd/* | grep -q pidfd"
    expect_success '' kill "$id" "$signal"
    status_of "$waiter"
    [ "$STATUS" -eq $((128 + $(kill -l "$signal"))) ] || fail "$signal: status $STATUS: $(cat waited)"
    expect_success '' delete "$id"
  done
}

# Bare runsc panics, and the container can never be started again.
test_a_created_container_of_runsc_survives_pause_and_exec() {
  local id
  BACKEND=runsc
  id=$(id_for c)
  in_state created "$id"
  expect_failure 1 'only a running container can be paused' pause "$id"
  expect_failure 255 'has not been started' exec "$id" true
  expect_failure 1 'container not paused' resume "$id"
  expect_success '' start "$id"
  expect_success '' exec "$id" true
  remove_container "$id"
}

test_an_empty_list_is_null() {
  for BACKEND in $BACKENDS; do
    expect_stdout null b9 list --format json
    expect_stdout '' b9 list -q
  done
}

test_the_exit_status_of_an_executed_command_is_no_failure() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state running "$id"
    rm -f log.json
    expect_status 3 "$B9RUN" --log log.json --log-format json exec "$id" sh -c 'exit 3'
    expect_status 255 "$B9RUN" --log log.json --log-format json exec "$id" sh -c 'exit 255'
    expect_status 128 "$B9RUN" --log log.json --log-format json exec "$id" sh -c 'exit 128'
    expect_status 1 "$B9RUN" --log log.json --log-format json exec "$id" false
    expect_status 137 "$B9RUN" --log log.json --log-format json exec "$id" sh -c 'kill -9 $$'
    [ ! -s log.json ] || fail "$BACKEND: $(cat log.json)"
    remove_container "$id"
  done
}

test_an_executed_command_that_is_missing_is_255() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    in_state running "$id"
    rm -f log.json
    expect_status 255 "$B9RUN" --log log.json --log-format json exec --pid-file "$WORK/pid" "$id" no-such-command
    # podman and docker make 127 of these words.
    grep -qiE 'executable file not found in|no such file or directory' <<<"$ERR" || fail "stderr: $ERR"
    expect_one_log_line log.json no-such-command
    [ ! -e pid ] || fail 'a PID file'
    remove_container "$id"
  done
}

test_usage_errors_are_1_and_255_for_exec() {
  local id
  id=$(id_for c)
  BACKEND=runc
  expect_failure 1 'an argument is missing' state
  expect_failure 1 'too many arguments' state "$id" "$id"
  expect_failure 1 'unknown command' frobnicate
  expect_failure 1 'did you mean --bundle' create --bundel . "$id"
  expect_failure 1 'flag needs an argument: --bundle' create --bundle
  expect_failure 255 'give the command' exec "$id"
  expect_failure 255 'unknown option' exec --nonsense "$id" true
}

test_the_text_log_has_one_line() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    rm -f log
    expect_refusal 'container does not exist' b9 --log log state "$id"
    [ "$(wc -l <log)" -eq 1 ] || fail "$(cat log)"
    grep -qE '^time="[^"]+" level=error msg=".*container does not exist' log || fail "$(cat log)"
    # By the runtime itself.
    in_state stopped "$id"
    rm -f log
    expect_refusal 'container not running' b9 --log log --log-format text kill "$id"
    [ "$(wc -l <log)" -eq 1 ] || fail "$(cat log)"
    grep -qE '^time="[^"]+" level=error msg="container not running' log || fail "$(cat log)"
    remove_container "$id"
  done
}

test_the_log_is_appended_to() {
  local id
  id=$(id_for c)
  BACKEND=runc
  echo '{"level":"info"}' >log.json
  expect_refusal '' b9 --log log.json --log-format json state "$id"
  expect_stdout 2 grep -c '' log.json
}

test_a_log_that_cannot_be_written_is_refused() {
  for BACKEND in $BACKENDS; do
    expect_refusal 'there is no directory /nowhere' b9 --log /nowhere/log --log-format json state "$(id_for c)"
  done
}

test_checkpoint_and_restore_refuse_clearly() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    expect_failure 1 'container does not exist' checkpoint --image-path img --leave-running "$id"
    expect_failure 1 'no image directory' restore --image-path img --bundle "$(bundle_of "$BACKEND")" --detach -no-subreaper "$id"
    # podman asks so whether a runtime can restore into a pod.
    expect_failure 1 'flag needs an argument' restore --lsm-mount-context
  done
}

bundle_of() {
  bundle "$1" true
  echo "$1"
}

test_globals_may_be_written_as_go_takes_them() {
  local id
  id=$(id_for c)
  bundle b true
  expect_status 0 "$B9RUN" -root "$WORK/r" -log=log -log-format json --systemd-cgroup=false \
    run -no-subreaper --bundle=b -pid-file pid --no-pivot=false "$id"
  expect_status 0 "$B9RUN" --root="$WORK/r" --log log run -b b --no-new-keyring -- "$id"
}

test_version_and_features_are_what_clients_parse() {
  expect_status 0 "$B9RUN" --version
  sed -n 1p <<<"$OUT" | grep -qE '^b9run version [0-9.]+$' || fail "$OUT"
  sed -n 2p <<<"$OUT" | grep -q '^commit: ' || fail "$OUT"
  sed -n 3p <<<"$OUT" | grep -qE '^spec: 1\.' || fail "$OUT"
  for BACKEND in $BACKENDS; do
    expect_stdout true jq -e '(.ociVersionMin | length) > 0 and (.ociVersionMax | length) > 0' <(b9 features 2>&1)
  done
}
