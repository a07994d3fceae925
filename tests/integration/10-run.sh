# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# `run` in the foreground: status, streams, PID file, clean-up.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# expect_run_status N ARGUMENTS...: a container of each backend that runs ARGUMENTS.
expect_run_status() {
  local wanted=$1
  shift
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" "$@"
    expect_status "$wanted" b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
    expect_nothing_left "$(id_for "$BACKEND")" "$BACKEND"
  done
}

test_success_is_0() { expect_run_status 0 true; }

test_the_exit_status_is_passed_on() { expect_run_status 7 sh -c 'exit 7'; }

test_status_128_of_the_container_is_passed_on() { expect_run_status 128 sh -c 'exit 128'; }

test_status_1_of_the_container_leaves_the_log_empty() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" false
    expect_status 1 b9 --log "$WORK/$BACKEND.log" --log-format json run --bundle "$BACKEND" "$(id_for "$BACKEND")"
    [ -z "$ERR" ] || fail "stderr: $ERR"
    [ ! -s "$BACKEND.log" ] || fail "log: $(cat "$BACKEND.log")"
  done
}

# sh replaces itself and then is PID 1: only from outside does a fatal signal reach it.
test_a_signal_ends_it_with_128_and_the_number() {
  local id signal
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sleep 1000
    for signal in KILL TERM; do
      id=$(id_for "$BACKEND-$signal")
      # busybox' sleep as PID 1 of runc's namespace takes no TERM from outside.
      [ "$BACKEND-$signal" != runc-TERM ] || continue
      b9 run --bundle "$BACKEND" "$id" &
      wait_until 10 has_state "$id" running
      expect_status 0 "$B9RUN" kill "$id" "$signal"
      STATUS=0
      wait $! || STATUS=$?
      [ "$STATUS" -eq $((128 + $(kill -l "$signal"))) ] || fail "$BACKEND $signal: status $STATUS"
      expect_nothing_left "$id" "$BACKEND"
    done
  done
}

# runsc would say it at start, in words of its own.
test_a_bad_command_is_refused_in_the_same_words_by_create_and_run() {
  local way
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    for way in create run 'run --detach'; do
      # shellcheck disable=SC2016  # runc's words
      expect_bad_command "$way" missing 'exec: "missing": executable file not found in $PATH'
      expect_bad_command "$way" /missing 'exec: "/missing": stat /missing: no such file or directory'
      expect_bad_command "$way" ./bin/no 'exec: "./bin/no": stat ./bin/no: no such file or directory'
      expect_bad_command "$way" /etc/passwd/x 'exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory'
      expect_bad_command "$way" /etc/passwd 'exec: "/etc/passwd": permission denied'
      expect_bad_command "$way" /etc 'exec: "/etc": permission denied'
    done
  done
}

# expect_bad_command WAY COMMAND WORDS: `b9run WAY` of $BACKEND's bundle.
expect_bad_command() {
  local way=$1 id
  id=$(id_for "$BACKEND")
  # shellcheck disable=SC2016  # jq's
  edit_config "$BACKEND" '.process.args = [$command]' --arg command "$2"
  # shellcheck disable=SC2086  # run --detach
  expect_status 1 b9 --log "$WORK/log" --log-format json $way --bundle "$BACKEND" --pid-file "$WORK/pid" "$id"
  expect_one_log_line log "unable to start container process: $3"
  [ ! -e pid ] || fail "$BACKEND: $way wrote $(cat pid)"
  rm log
  expect_nothing_left "$id" "$BACKEND"
}

test_a_missing_command_says_so_and_leaves_nothing() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" no-such-command
    expect_status 1 b9 --log "$WORK/$BACKEND.log" --log-format json run --bundle "$BACKEND" \
      --pid-file "$WORK/pid" "$(id_for "$BACKEND")"
    # podman and docker make 127 of these words.
    grep -qiE 'executable file not found in|no such file or directory' <<<"$ERR" || fail "stderr: $ERR"
    expect_one_log_line "$BACKEND.log" no-such-command
    expect_nothing_left "$(id_for "$BACKEND")" "$BACKEND"
  done
}

test_the_streams_are_passed_through() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'read -r line; echo "got $line"; echo err >&2'
    b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")" <<<'a line' >>out 2>>err
    [ "$(cat out)" = 'got a line' ] || fail "stdout: $(cat out)"
    [ "$(cat err)" = err ] || fail "stderr: $(cat err)"
    rm out err
  done
}

test_a_pipe_gets_the_whole_output() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'seq 100000'
    [ "$(b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")" | cksum)" = "$(seq 100000 | cksum)" ] ||
      fail "$BACKEND: output is not whole"
  done
}

# Without O_APPEND runsc writes from offset 0.
test_a_plain_file_keeps_what_it_had() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" echo inside
    {
      echo before
      b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
      echo after
    } >out 2>>err
    [ "$(cat out)" = $'before\ninside\nafter' ] || fail "$BACKEND: $(cat out)"
  done
}

# runsc fails without standard files, and runc's container would get somebody else's.
test_closed_standard_files_are_no_trap() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'exit 5'
    STATUS=0
    b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")" 0<&- 1>&- 2>&- || STATUS=$?
    [ "$STATUS" -eq 5 ] || fail "$BACKEND: status $STATUS"
  done
}

pid_file_is_right() {
  local id=$1
  [ -s pid ] || fail "$BACKEND: no PID file while it runs"
  [[ $(od -An -c pid | tr -d ' ') =~ ^[0-9]+$ ]] || fail "PID file: $(od -c pid)"
  [ "$(cat pid)" = "$(pid_of "$id")" ] || fail "PID file $(cat pid), state $(pid_of "$id")"
  [ -z "$(find . -maxdepth 1 -name '.pid*')" ] || fail 'a temporary PID file is left'
}

test_the_pid_file_holds_the_containers_pid_without_newline() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    echo stale >pid
    b9 run --pid-file pid --bundle "$BACKEND" "$id" &
    wait_until 10 has_state "$id" running
    wait_until 10 grep -q '^[0-9]' pid
    pid_file_is_right "$id"
    "$B9RUN" kill "$id" KILL
    wait $! || true
    start_detached "$BACKEND" "$id" --pid-file pid
    pid_file_is_right "$id"
    remove_container "$id"
    rm pid
  done
}

test_a_failed_run_writes_no_pid_file() {
  local way
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    edit_config "$BACKEND" '.root.path = "nowhere"'
    for way in run 'run --detach' create; do
      # shellcheck disable=SC2086
      expect_status 1 b9 $way --pid-file "$WORK/pid" --bundle "$BACKEND" "$(id_for "$BACKEND")"
      [ ! -e pid ] || fail "$BACKEND: $way wrote $(cat pid)"
      expect_nothing_left "$(id_for "$BACKEND")" "$BACKEND"
    done
  done
}

test_a_pid_file_that_cannot_be_written_stops_it() {
  local way
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" touch /ran
    for way in run 'run --detach' create; do
      # shellcheck disable=SC2086
      expect_refusal 'PID file' b9 $way --pid-file "$WORK/nowhere/pid" --bundle "$BACKEND" "$(id_for "$BACKEND")"
      expect_nothing_left "$(id_for "$BACKEND")" "$BACKEND"
    done
  done
}

test_an_id_can_be_used_again_at_once() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    for _ in 1 2 3 4 5; do
      expect_status 0 b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
    done
  done
}

test_the_bundle_may_be_the_working_directory() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'echo here'
    cd "$BACKEND"
    expect_stdout here b9 run "$(id_for "$BACKEND")"
    cd ..
  done
}

test_argv0_chooses_the_backend() {
  bundle b sh -c 'exit 3'
  ln -s "$B9RUN" b9run-runsc
  expect_status 3 ./b9run-runsc --network=none run --bundle b "$(id_for c)"
  edit_config b '.process.args = ["sleep", "1000"]'
  ./b9run-runsc --network=none run -d --bundle b "$(id_for d)" >>out 2>>err </dev/null
  expect_stdout runsc jq -r '.[0].backend' <("$B9RUN" list --format json)
  remove_container "$(id_for d)"
}

test_keep_leaves_a_stopped_container() {
  local id
  BACKEND=runc
  id=$(id_for c)
  bundle b sh -c 'exit 4'
  expect_status 4 b9 run --keep --bundle b "$id"
  expect_stdout stopped state_of "$id"
  expect_status 4 "$B9RUN" wait "$id"
  remove_container "$id"
  BACKEND=runsc
  expect_refusal '--keep' b9 run --keep --bundle b "$id"
  expect_nothing_left "$id" b
}

test_the_namespaces_of_the_caller_stay_out_of_the_container() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'echo $$; hostname'
    expect_stdout $'1\nb9run' b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
  done
}
