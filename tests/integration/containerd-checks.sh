# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# What containerd has to find with b9run as the runtime of its runc shim, whatever the
# backend.  Sourced by the suites 9N-containerd-*.sh after clients.sh.
#
# containerd knows the name of a binary and nothing else: its name and the
# configuration choose the backend.

IMAGE=localhost/b9test:1
SHIM_ROOT=/run/containerd/runc/default

# with_containerd CHECK [ARGUMENTS...]: CHECK, and then nothing may be left.
with_containerd() {
  need podman jq script
  start_containerd
  image_for_containerd
  "$@"
  wait_until 10 nothing_is_known
  stop_containerd
}

# Neither b9run nor a runtime has anything of a container.
nothing_is_known() {
  [ -z "$(find /run/b9run/containers /run/b9run/exec-* "$SHIM_ROOT" -mindepth 1 2>/dev/null)" ]
}

# ctr_run OPTION... -- NAME COMMAND...
ctr_run() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  # shellcheck disable=SC2046  # a list of options
  ctrd run "${options[@]}" $(ctr_runtime) "$IMAGE" "$(id_for "$2")" "${@:3}"
}

start_task() { ctr_run -d -- "$@"; }

# task_exec NAME COMMAND...
task_exec() { ctrd task exec --exec-id "e$RANDOM" "$(id_for "$1")" "${@:2}"; }

# on_terminal COMMAND...: with a terminal of its own; prints what that shows.
on_terminal() { script -qefc "$(printf '%q ' "$@")" /dev/null; }

# task_is NAME STATUS
task_is() { ctrd task ls | awk -v id="$(id_for "$1")" '$1 == id {print $3}' | grep -qx "$2"; }

# end_task NAME: killed, and gone with its container.
end_task() {
  ctrd task kill -s 9 "$(id_for "$1")"
  wait_until 10 task_is "$1" STOPPED
  ctrd task rm "$(id_for "$1")" >/dev/null 2>&1 || true # passes 137 on in some versions
  ctrd container rm "$(id_for "$1")"
}

check_output_and_status() {
  expect_status 7 ctr_run --rm -- c1 sh -c 'echo to-stdout; echo to-stderr >&2; exit 7'
  if [ "$OUT" != to-stdout ] || [ "$ERR" != to-stderr ]; then
    show_captured 'expected the two streams apart' 'ctr run'
  fi
  expect_status 0 ctr_run --rm -- c1 true
}

check_exec() {
  start_task c1 sleep 1000
  expect_status 7 task_exec c1 sh -c 'echo to-stdout; exit 7'
  [ "$OUT" = to-stdout ]
  # shellcheck disable=SC2016  # for the container's shell
  expect_status 137 task_exec c1 sh -c 'kill -9 $$'
  [ "$(echo from-stdin | task_exec c1 cat)" = from-stdin ]
  expect_refusal 'no such file or directory' task_exec c1 /missing
  expect_refusal 'permission denied' task_exec c1 /etc/passwd
  expect_stdout still-here task_exec c1 echo still-here
  end_task c1
}

check_many_at_once() {
  local pids=() n status
  for n in 1 2 3 4 5 6; do
    ctr_run --rm -- "c$n" sh -c "exit 1$n" &
    pids+=($!)
  done
  for n in 1 2 3 4 5 6; do
    status=0
    wait "${pids[n - 1]}" || status=$?
    [ "$status" -eq "1$n" ] || fail "task $n ended with $status"
  done
}

check_terminal() {
  # shellcheck disable=SC2046
  expect_status 3 on_terminal ctr -a "$WORK/containerd.sock" run --rm -t $(ctr_runtime) \
    "$IMAGE" "$(id_for c1)" sh -c 'test -t 0 && test -t 1 && echo is-a-terminal; exit 3'
  [[ $OUT == *is-a-terminal* ]] || show_captured 'expected a terminal' 'ctr run -t'
  start_task c2 sleep 1000
  expect_status 4 on_terminal ctr -a "$WORK/containerd.sock" task exec -t --exec-id e1 \
    "$(id_for c2)" sh -c 'test -t 0 && test -t 1 && exit 4'
  end_task c2
}

# What follows is what the shim finds in b9run's words.
check_kill() {
  start_task c1 sleep 1000
  expect_refusal 'task must be stopped before deletion' ctrd task rm "$(id_for c1)"
  expect_status 0 ctrd task kill -s 9 "$(id_for c1)"
  wait_until 10 task_is c1 STOPPED
  expect_refusal 'process already finished: not found' ctrd task kill -s 9 "$(id_for c1)"
  expect_refusal 'stopped' task_exec c1 true
  capture ctrd task rm "$(id_for c1)"
  [[ $ERR == *'exit code 137'* ]] || show_captured 'expected the status 137' 'ctr task rm'
  expect_status 0 ctrd container rm "$(id_for c1)"
}

check_forced_removal() {
  start_task c1 sleep 1000
  ctrd task pause "$(id_for c1)"
  capture ctrd task rm -f "$(id_for c1)"
  expect_stdout '' ctrd task ls -q
  expect_status 0 ctrd container rm "$(id_for c1)"
}

# The runtime has lost the container: the shim wants to read "does not exist".
check_lost_container() {
  local id
  id=$(id_for c1)
  start_task c1 sleep 1000
  "$B9RUN" --root "$SHIM_ROOT" delete --force "$id"
  wait_until 10 task_is c1 STOPPED
  expect_refusal 'not found' ctrd task kill -s 9 "$id"
  capture ctrd task rm "$id"
  expect_stdout '' ctrd task ls -q
  expect_status 0 ctrd container rm "$id"
}

check_pause() {
  local before
  # containerd 1.6 has no fifo that grows while nobody reads: the container counts.
  start_task c1 sh -c 'while :; do echo x >>/count; sleep 0.02; done'
  expect_status 0 ctrd task pause "$(id_for c1)"
  task_is c1 PAUSED
  expect_refusal 'paused' task_exec c1 true
  expect_status 0 ctrd task resume "$(id_for c1)"
  task_is c1 RUNNING
  before=$(task_exec c1 sh -c 'wc -l </count')
  wait_until 5 grows "$before"
  end_task c1
}

# grows N: the container has counted further.
grows() { [ "$(task_exec c1 sh -c 'wc -l </count')" -gt "$1" ]; }

# The PIDs are the host's: containerd finds the task's own among them.
check_ps() {
  local pid
  start_task c1 sleep 1000
  pid=$(ctrd task ls | awk -v id="$(id_for c1)" '$1 == id {print $2}')
  expect_stdout_has "$pid" ctrd task ps "$(id_for c1)"
  [ -d "/proc/$pid" ]
  expect_status 0 ctrd task metrics "$(id_for c1)"
  end_task c1
}

check_events() {
  local listener topics
  # shellcheck disable=SC2094  # `events` is a word and a file
  ctrd events >events 2>&1 &
  listener=$!
  start_task c1 sleep 1000
  task_exec c1 true
  ctrd task pause "$(id_for c1)"
  ctrd task resume "$(id_for c1)"
  end_task c1
  wait_until 5 grep -q /tasks/delete events
  kill "$listener"
  wait "$listener" || true
  topics=$(sed -nE 's/.* (\/tasks\/[a-z-]+) .*/\1/p' events | xargs)
  [ "$topics" = '/tasks/create /tasks/start /tasks/exec-added /tasks/exec-started /tasks/exit /tasks/paused /tasks/resumed /tasks/exit /tasks/delete' ] ||
    fail "events: $topics"
}

# The client pauses the task around a checkpoint, which leaves it running.
check_checkpoint() {
  start_task c1 sleep 1000
  ctrd container checkpoint --rw --task "$(id_for c1)" ck:1
  task_is c1 RUNNING
  expect_stdout still-here task_exec c1 echo still-here
  end_task c1
}

check_restart_of_containerd() {
  start_task c1 sleep 1000
  stop_containerd
  start_containerd
  task_is c1 RUNNING
  expect_stdout still-here task_exec c1 echo still-here
  end_task c1
}

# containerd cleans up with a shim of its own, whose one call is `delete --force`.
check_death_of_the_shim() {
  start_task c1 sleep 1000
  pidof containerd-shim-runc-v2 | xargs kill -9
  wait_until 10 nothing_is_known
  expect_stdout '' ctrd task ls -q
  expect_status 0 ctrd container rm "$(id_for c1)"
}

# check_replacement PROGRAM: tasks of plain PROGRAM, and then b9run in its place.
check_replacement() {
  local b9run=$B9RUN link=$WORK/switch/${B9RUN##*/}
  mkdir "$WORK/switch"
  ln -s "$1" "$link"
  B9RUN=$link
  start_task c1 sleep 1000
  start_task c2 sleep 1000
  is_empty_or_missing /run/b9run/containers || fail 'b9run was used before its time'
  ln -sfn "$b9run" "$link"
  expect_status 7 task_exec c1 sh -c 'exit 7'
  expect_status 0 ctrd task pause "$(id_for c1)"
  expect_status 0 ctrd task resume "$(id_for c1)"
  expect_status 0 ctrd task ps "$(id_for c1)"
  end_task c1
  capture ctrd task rm -f "$(id_for c2)"
  expect_status 0 ctrd container rm "$(id_for c2)"
  expect_status 7 ctr_run --rm -- c3 sh -c 'exit 7'
}

is_empty_or_missing() { [ -z "$(ls -A "$1" 2>/dev/null)" ]; }
