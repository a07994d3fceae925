# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# `exec`: a further process, in all the ways that clients ask for one.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# on_each BODY: calls BODY with id set to a running container of each backend.
on_each() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    "$1"
    remove_container "$id"
    expect_nothing_left "$id" "$BACKEND"
    [ -z "$(find /run/b9run -name 'exec-*')" ] || fail "left: $(ls /run/b9run)"
  done
}

passes_streams() {
  local out
  out=$(printf 'a\nb\n' | "$B9RUN" exec "$id" sh -c 'cat; echo err >&2' 2>>err)
  [ "$out" = $'a\nb' ] || fail "$BACKEND stdout: $out"
  [ "$(cat err)" = err ] || fail "$BACKEND stderr: $(cat err)"
  rm err
  [ "$("$B9RUN" exec "$id" seq 50000 | cksum)" = "$(seq 50000 | cksum)" ] || fail 'output is not whole'
}
test_the_streams_are_passed_through() { on_each passes_streams; }

keeps_plain_files() {
  {
    echo before
    "$B9RUN" exec "$id" echo inside
    echo after
  } >out 2>>err
  [ "$(cat out)" = $'before\ninside\nafter' ] || fail "$BACKEND: $(cat out)"
}
test_a_plain_file_keeps_what_it_had() { on_each keeps_plain_files; }

takes_options() {
  expect_stdout /tmp "$B9RUN" exec --cwd /tmp "$id" pwd
  expect_stdout 'x y' "$B9RUN" exec --env 'A=x y' -e B=2 "$id" sh -c 'echo "$A"'
  expect_stdout 12:34 "$B9RUN" exec --user 12:34 "$id" sh -c 'echo $(id -u):$(id -g)'
  expect_stdout '--help -x' "$B9RUN" exec "$id" echo --help -x
  expect_stdout '-- a' "$B9RUN" exec -- "$id" echo -- a
  expect_stdout 'a  b' "$B9RUN" exec "$id" echo 'a  b'
}
test_options_are_honoured_and_the_commands_own_left_alone() { on_each takes_options; }

takes_a_process_file() {
  jq '.process | .args = ["sh", "-c", "echo $WHO; exit 6"] | .env += ["WHO=me"]' "$BACKEND/config.json" >process.json
  expect_status 6 "$B9RUN" exec --process process.json "$id"
  [ "$OUT" = me ] || fail "$BACKEND: $OUT $ERR"
}
test_a_process_file_is_taken() { on_each takes_a_process_file; }

# As conmon and the shim call it.
detaches() {
  local pid
  jq '.process | .args = ["sh", "-c", "echo started >/tmp/started; sleep 1000"]' "$BACKEND/config.json" >process.json
  expect_status 0 "$B9RUN" exec --process "$WORK/process.json" --detach --pid-file "$WORK/exec.pid" "$id"
  pid=$(cat exec.pid)
  [[ $pid =~ ^[0-9]+$ ]] || fail "PID file: $(od -c exec.pid)"
  [ "$(wc -l <exec.pid)" -eq 0 ] || fail 'a newline in the PID file'
  ! is_gone "$pid" || fail "$BACKEND: no process $pid"
  wait_until 10 "$B9RUN" exec "$id" test -e /tmp/started
  rm exec.pid
}
test_a_detached_process_has_a_pid_file_and_goes_on() { on_each detaches; }

detaches_without_pid_file() {
  expect_status 0 "$B9RUN" exec --detach "$id" sh -c 'echo x >/tmp/x; sleep 1000'
  wait_until 10 "$B9RUN" exec "$id" test -e /tmp/x
}
test_a_detached_process_needs_no_pid_file() { on_each detaches_without_pid_file; }

refuses_a_bad_pid_file() {
  expect_status 255 "$B9RUN" exec --pid-file /nowhere/pid "$id" touch /tmp/ran
  expect_status 1 "$B9RUN" exec "$id" test -e /tmp/ran
}
test_a_pid_file_that_cannot_be_written_is_255() { on_each refuses_a_bad_pid_file; }

reports_signals() {
  expect_status 137 "$B9RUN" exec "$id" sh -c 'kill -KILL $$'
  expect_status 143 "$B9RUN" exec "$id" sh -c 'kill -TERM $$'
}
test_a_signal_ends_it_with_128_and_the_number() { on_each reports_signals; }

# expect_exec_refusal TEXT B9RUN-EXEC-ARGUMENT...: 255, the one line TEXT on standard error, and in the log.
expect_exec_refusal() {
  local text=$1 way
  shift
  for way in '' "--detach --pid-file $WORK/exec.pid"; do
    rm -f log.json
    # shellcheck disable=SC2086
    expect_status 255 "$B9RUN" --log log.json --log-format json exec $way "$@"
    [[ $ERR == *"$text"* && $(wc -l <<<"$ERR") -eq 1 && -z $OUT ]] || show_captured "one line: $text" exec "$@"
    expect_one_log_line log.json "$text"
    [ ! -e exec.pid ] || fail "$BACKEND: a PID file"
  done
}

refuses_in_one_line() {
  mkdir -p "$BACKEND/rootfs/folder"
  expect_exec_refusal 'no-such' "$id" no-such
  expect_exec_refusal 'no such file or directory' "$id" /no/such
  expect_exec_refusal 'permission denied' "$id" /folder
  expect_exec_refusal '/nowhere' --cwd /nowhere "$id" true
  expect_exec_refusal 'nobody' --user nobody "$id" true
  expect_exec_refusal '' --user -1 "$id" true
  expect_exec_refusal 'NOEQUALS' --env NOEQUALS "$id" true
  expect_exec_refusal '/nowhere.json' --process /nowhere.json "$id"
  expect_status 255 "$B9RUN" exec --tty --detach "$id" true
  [ "$(wc -l <<<"$ERR")" -eq 1 ] || fail "$BACKEND: $ERR"
  expect_status 0 "$B9RUN" pause "$id"
  expect_exec_refusal 'cannot exec in a paused container' "$id" true
  expect_status 0 "$B9RUN" resume "$id"
  expect_status 0 "$B9RUN" kill "$id" KILL
  wait_until 10 has_state "$id" stopped
  expect_exec_refusal 'cannot exec in a stopped container' "$id" true
}
test_a_failure_is_one_line_and_255() { on_each refuses_in_one_line; }

runs_many() {
  local i pids=()
  for i in 1 2 3 4 5 6 7 8; do
    "$B9RUN" exec "$id" sh -c "exit $i" &
    pids+=($!)
  done
  for i in 1 2 3 4 5 6 7 8; do
    status_of "${pids[i - 1]}"
    [ "$STATUS" -eq "$i" ] || fail "$BACKEND: status $STATUS, not $i"
  done
}
test_eight_at_once_have_their_own_status() { on_each runs_many; }

# inside TEXT: whether a process with TEXT in its command line runs in the container.
inside() { "$B9RUN" exec "$id" ps | grep -v grep | grep -q "$1"; }

# send_signal SIGNAL SCRIPT: to an exec of SCRIPT that is ready; sets STATUS.
send_signal() {
  rm -f ready.out
  env --default-signal=INT,QUIT "$B9RUN" exec "$id" sh -c "$2" >>ready.out 2>>err </dev/null &
  wait_until 10 file_has ready.out ready
  kill -s "$1" $!
  status_of $!
}

passes_signals() {
  send_signal TERM 'trap "echo got TERM; exit 9" TERM; echo ready; while :; do sleep 0.1; done'
  [ "$STATUS" -eq 9 ] || fail "$BACKEND: status $STATUS: $(cat ready.out err)"
  file_has ready.out 'got TERM' || fail "$BACKEND: $(cat ready.out)"
  send_signal INT 'trap "exit 8" INT; echo ready; while :; do sleep 0.1; done'
  [ "$STATUS" -eq 8 ] || fail "$BACKEND: status $STATUS: $(cat ready.out err)"
  send_signal TERM 'echo ready; exec sleep 4321'
  [ "$STATUS" -eq 143 ] || fail "$BACKEND: status $STATUS: $(cat ready.out err)"
  ! inside 'sleep 4321' || fail "$BACKEND: the process goes on inside"
}
test_a_signal_reaches_the_process_inside() { on_each passes_signals; }

# The first process does not end with it.
survives_kill() {
  "$B9RUN" exec "$id" sleep 1000 &
  sleep_pid=$!
  wait_until 10 sh -c "'$B9RUN' exec '$id' ps | grep -q '[s]leep 1000'"
  kill -KILL "$sleep_pid"
  status_of "$sleep_pid"
  expect_stdout running state_of "$id"
  expect_status 0 "$B9RUN" exec "$id" true
  # The next delete finds what the killed one left.
  rm -rf /run/b9run/exec-*
}
test_a_killed_exec_leaves_the_container_running() { on_each survives_kill; }
