# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# Signals to b9run, and b9run's own death.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# Tells of each signal in its output; TERM ends it with 42, INT with 43.
LISTENER='for name in HUP USR1 USR2 QUIT; do trap "echo got $name" $name; done
  trap "echo got TERM; exit 42" TERM
  trap "echo got INT; exit 43" INT
  echo ready
  while :; do sleep 0.05; done'

# start_listener: a LISTENER that is ready; sets id, and b9run to the PID of its b9run.
start_listener() {
  id=$(id_for "$BACKEND")
  bundle "$BACKEND" sh -c "$LISTENER"
  start_attached "$BACKEND" "$id" "$@"
  b9run=$!
  wait_until 10 file_has "$id.out" ready
}

expect_end() {
  status_of "$b9run"
  [ "$STATUS" -eq "$1" ] || fail "$BACKEND: status $STATUS, not $1; $(cat "$id.out" "$id.err")"
  expect_nothing_left "$id" "$BACKEND"
}

test_signals_to_b9run_reach_the_container() {
  local id b9run signal
  for BACKEND in $BACKENDS; do
    start_listener
    for signal in HUP USR1 USR2 QUIT TERM; do
      kill -s "$signal" "$b9run"
      wait_until 10 file_has "$id.out" "got $signal"
    done
    expect_end 42
    [ "$(grep -c 'got TERM' "$id.out")" -eq 1 ] || fail "TERM came more than once"
  done
}

test_an_interrupt_of_b9run_reaches_the_container() {
  local id b9run
  for BACKEND in $BACKENDS; do
    start_listener
    kill -s INT "$b9run"
    expect_end 43
  done
}

test_nohup_keeps_a_hangup_from_the_container() {
  local id b9run
  for BACKEND in $BACKENDS; do
    start_listener nohup
    kill -s HUP "$b9run"
    kill -s USR1 "$b9run"
    wait_until 10 file_has "$id.out" 'got USR1'
    ! grep -q 'got HUP' "$id.out" || fail "$BACKEND: HUP came through"
    kill -s TERM "$b9run"
    expect_end 42
  done
}

# The runtime has not even begun to make the container.
test_a_term_before_the_container_runs_is_143() {
  local id b9run
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    use_program "touch $WORK/$BACKEND.started; sleep 0.5; exec $(program_of "$BACKEND") \"\$@\""
    start_attached "$BACKEND" "$id"
    b9run=$!
    wait_until 10 test -e "$BACKEND.started"
    kill -s TERM "$b9run"
    expect_end 143
  done
}

test_a_stopped_b9run_goes_on() {
  local id b9run
  for BACKEND in $BACKENDS; do
    start_listener
    kill -s STOP "$b9run"
    kill -s TERM "$b9run"
    kill -s CONT "$b9run"
    expect_end 42
  done
}

# runsc's exec passes none on.
test_signals_to_exec_reach_its_process_under_runc() {
  local id exec
  BACKEND=runc
  id=$(id_for "$BACKEND")
  bundle "$BACKEND" sleep 1000
  start_detached "$BACKEND" "$id"
  env --default-signal=INT "$B9RUN" exec "$id" sh -c "$LISTENER" >>exec.out 2>&1 </dev/null &
  exec=$!
  wait_until 10 file_has exec.out ready
  kill -s TERM "$exec"
  status_of "$exec"
  [ "$STATUS" -eq 42 ] || fail "$BACKEND: status $STATUS; $(cat exec.out)"
  remove_container "$id"
}

# Like bare runc run: the container lives on, and the next command knows it.
test_runcs_container_outlives_a_killed_b9run() {
  local id b9run pid
  BACKEND=runc
  start_listener
  pid=$(pid_of "$id")
  kill -s KILL "$b9run"
  status_of "$b9run"
  expect_stdout running state_of "$id"
  expect_stdout "$pid" pid_of "$id"
  expect_stdout "$id" "$B9RUN" list -q
  [ -L "$(echo /run/b9run/containers/"$id"/*/process)" ] || fail 'the record is not mended'
  expect_status 0 "$B9RUN" kill "$id" KILL
  wait_until 10 has_state "$id" stopped
  expect_refusal 'nobody saw' "$B9RUN" wait "$id"
  expect_status 0 "$B9RUN" delete "$id"
  expect_nothing_left "$id" "$BACKEND"
}

# Like bare runsc run: the sandbox dies with it.
test_runscs_container_dies_with_a_killed_b9run() {
  local id b9run pid
  BACKEND=runsc
  start_listener
  pid=$(pid_of "$id")
  kill -s KILL "$b9run"
  status_of "$b9run"
  wait_until 10 is_gone "$pid"
  expect_stdout stopped state_of "$id"
  expect_refusal 'container not running' "$B9RUN" kill "$id"
  expect_status 0 "$B9RUN" delete "$id"
  expect_nothing_left "$id" "$BACKEND"
}

# type_into_terminal TEXT COMMAND...: COMMAND on a terminal of its own; TEXT is typed
# once `ready` is there.  The output goes to tty.out, the status to STATUS.
type_into_terminal() {
  local text=$1 script
  shift
  mkfifo keys
  # shellcheck disable=SC2094  # the terminal's input and output
  script -qefc "${*@Q}" /dev/null <keys >tty.out 2>&1 &
  script=$!
  exec 9>keys
  wait_until 10 file_has tty.out ready
  printf '%b' "$text" >&9
  status_of "$script"
  exec 9>&-
  rm keys
}

test_control_c_on_a_terminal_ends_it_once() {
  local id
  need script
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c "$LISTENER"
    globals
    type_into_terminal '\003' env --default-signal=INT,QUIT "$B9RUN" "${GLOBALS[@]}" run --bundle "$BACKEND" "$id"
    [ "$STATUS" -eq 43 ] || fail "$BACKEND: status $STATUS: $(cat tty.out)"
    [ "$(grep -c 'got INT' tty.out)" -eq 1 ] || fail "$BACKEND: $(cat tty.out)"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_control_c_in_a_container_with_a_terminal_is_the_containers() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c "test -t 0 && $LISTENER"
    edit_config "$BACKEND" '.process.terminal = true'
    globals
    type_into_terminal '\003' env --default-signal=INT,QUIT "$B9RUN" "${GLOBALS[@]}" run --bundle "$BACKEND" "$id"
    [ "$STATUS" -eq 43 ] || fail "$BACKEND: status $STATUS: $(cat tty.out)"
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_what_is_typed_reaches_a_container_without_a_terminal() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'echo ready; read -r line; echo "read $line"; exit 9'
    globals
    type_into_terminal 'words\n' "$B9RUN" "${GLOBALS[@]}" run --bundle "$BACKEND" "$id"
    [ "$STATUS" -eq 9 ] || fail "$BACKEND: status $STATUS: $(cat tty.out)"
    file_has tty.out 'read words' || fail "$BACKEND: $(cat tty.out)"
    expect_nothing_left "$id" "$BACKEND"
  done
}
