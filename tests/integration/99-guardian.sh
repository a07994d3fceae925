# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for the shell that at-step.c starts
# SPDX-License-Identifier: Apache-2.0
#
# What nobody has to come back for: a container whose b9run was killed at its checkpoint or restore is brought back by
# itself.  And what nobody can do in between.  The tests look at what the container writes, not at what b9run says.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"
. "$(dirname "${BASH_SOURCE[0]}")/counting.sh"

# begin [MEGABYTES]: a container that counts and holds so much memory.
begin() {
  counter "$BACKEND" "dd if=/dev/urandom of=/dev/shm/fill bs=1M count=${1:-0} 2>/dev/null"
  start_counter "$BACKEND" "$ID"
}

# at STEP COMMAND: the next b9run with the array AT before it runs COMMAND at STEP.
at() {
  [ -e "$WORK/at-step.so" ] ||
    "${CC:-cc}" -shared -fPIC -O1 -o "$WORK/at-step.so" "$HARNESS_DIR/helpers/at-step.c" -ldl || fail 'at-step.c'
  AT=(env LD_PRELOAD="$WORK/at-step.so" AT_STEP="$1" AT_STEP_RUN="$2")
}

# processes_named NAME: their PIDs.
processes_named() { grep -lx -- "$1" /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3; }

# is_quiet: nobody works on the container any more.
is_quiet() {
  [ -z "$(processes_named b9run-guardian)$(processes_named b9run)$(processes_named criu)" ] &&
    [ -z "$(find /run/b9run "$WORK"/state.* -name journal 2>/dev/null)" ]
}

# is_undone: no image, but for what CRIU says of its failure, and nobody left who would make one.
is_undone() {
  local left
  wait_until 20 is_quiet
  left=$(find "$IMAGE" -type f ! -name dump.log ! -name stats-dump 2>/dev/null || true)
  [ -z "$left" ] || fail "left of the image: $left"
}

# --- b9run is killed ---

killed_at_a_step() {
  local step
  begin
  for step in begun pause save verify; do
    at "$step" 'kill -KILL $PPID'
    expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
    goes_on "$BACKEND"
    is_undone
  done
  "$B9RUN" delete --force "$ID"
}
test_a_killed_checkpoint_lets_the_container_go_on() { each killed_at_a_step; }

killed_while_the_runtime_saves() {
  begin
  start_hanging
  kill -KILL $!
  status_of $!
  goes_on "$BACKEND"
  is_undone
  [ -z "$(processes_named sleep)" ] || fail 'the runtime is still at it'
  "$B9RUN" delete --force "$ID"
}
test_a_checkpoint_killed_while_the_runtime_saves_lets_it_go_on() { each killed_while_the_runtime_saves; }

# It goes on alone when runc dies with b9run, and holds the processes.
test_a_checkpoint_killed_while_criu_dumps_lets_it_go_on() {
  local victim
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/img
  begin 300
  "$B9RUN" checkpoint --image-path "$IMAGE" "$ID" >/dev/null 2>&1 &
  victim=$!
  until [ -s "$IMAGE/pages-1.img" ] || [ ! -e "/proc/$victim" ]; do :; done
  kill -KILL "$victim"
  status_of "$victim"
  [ "$STATUS" -eq 137 ] || fail "it had ended before, with $STATUS"
  goes_on "$BACKEND"
  is_undone
  "$B9RUN" delete --force "$ID"
}

earlier_image() {
  begin
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$IMAGE" "$ID"
  at save 'kill -KILL $PPID'
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  wait_until 20 is_quiet
  expect_status 0 "$B9RUN" checkpoint-info --check-host --verify-digests "$IMAGE"
  "$B9RUN" delete --force "$ID"
}
test_a_killed_checkpoint_leaves_the_earlier_image() { each earlier_image; }

test_a_checkpoint_cut_off_by_the_end_of_the_machine_leaves_the_earlier_image() {
  local record
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/runc.img
  begin
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$IMAGE" "$ID"
  at save 'kill -KILL $PPID $(pgrep -f "b9run-guardian .*containers/'"$ID"'/")'
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  [ ! -e "$IMAGE/manifest.json" ] || fail 'it was not put aside'
  record=$(echo /run/b9run/containers/"$ID"/*/record)
  cp "$record" "$WORK/record"
  sed -i 's/^boot-id=.*/boot-id=00000000-0000-0000-0000-000000000000/' "$record"
  expect_status 0 "$B9RUN" recover "$ID"
  expect_status 0 "$B9RUN" checkpoint-info --check-host --verify-digests "$IMAGE"
  [ -z "$(find "$IMAGE" -name '.b9run*')" ] || fail 'the earlier image is still aside'
  cp "$WORK/record" "$record"
  "$B9RUN" delete --force "$ID"
}

paused_by_its_owner() {
  begin
  "$B9RUN" pause "$ID"
  at save 'kill -KILL $PPID'
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  is_undone
  has_state "$ID" paused
  "$B9RUN" resume "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_a_container_that_its_owner_has_paused_stays_paused() { each paused_by_its_owner; }

killed_with_its_group() {
  begin
  start_hanging setsid
  kill -KILL -- -$!
  status_of $!
  [ "$STATUS" -eq 137 ]
  goes_on "$BACKEND"
  is_undone
  "$B9RUN" delete --force "$ID"
}
test_a_kill_of_the_whole_process_group_spares_the_guardian() { each killed_with_its_group; }

# Whose terminal is closed gets SIGHUP, as does its group; script(1) gives it one.
test_a_closed_terminal_lets_the_container_go_on() {
  local terminal
  need script
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/img
  begin
  hang
  script -q -c "$B9RUN checkpoint --image-path $IMAGE $ID" /dev/null </dev/zero >/dev/null 2>&1 &
  terminal=$!
  wait_until 20 test -e at
  kill -KILL "$terminal"
  status_of "$terminal"
  goes_on "$BACKEND"
  is_undone
  "$B9RUN" delete --force "$ID"
}

# As a terminal does it: the runtime gets the signal too, and may die before b9run looks.
cancelled_by_the_terminal() {
  begin
  hang
  setsid env --default-signal=INT "$B9RUN" checkpoint --image-path "$IMAGE" "$ID" >checkpoint.out 2>checkpoint.err </dev/null &
  wait_until 20 test -e at
  kill -INT -- -$!
  status_of $!
  [ "$STATUS" -eq 1 ]
  grep -q 'cancelled: SIGINT came' checkpoint.err || fail "$(cat checkpoint.err)"
  goes_on "$BACKEND"
  is_undone
  "$B9RUN" delete --force "$ID"
}
test_ctrl_c_is_said_to_have_cancelled() { each cancelled_by_the_terminal; }

# The image is whole, so the container ends, as it was to.
killed_at_stop() {
  local process
  begin
  process=$(pid_of "$ID")
  at stop 'kill -KILL $PPID'
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  wait_until 20 is_gone "$process"
  wait_until 20 is_quiet
  expect_status 0 "$B9RUN" checkpoint-info --check-host --verify-digests "$IMAGE"
  restore "$BACKEND" "$IMAGE" "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_a_checkpoint_killed_with_a_whole_image_is_finished() { each killed_at_stop; }

killed_at_continue() {
  begin
  at continue 'kill -KILL $PPID'
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --leave-running --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  wait_until 20 is_quiet
  expect_status 0 "$B9RUN" checkpoint-info --check-host --verify-digests "$IMAGE"
  "$B9RUN" delete --force "$ID"
}
test_a_checkpoint_killed_with_a_whole_image_lets_go_on_who_was_to() { each killed_at_continue; }

killed_restore() {
  local step before
  begin
  expect_status 0 "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  "$B9RUN" delete --force "$ID"
  for step in restore check; do
    at "$step" 'kill -KILL $PPID'
    globals
    expect_status 137 "${AT[@]}" "$B9RUN" "${GLOBALS[@]}" restore --detach --bundle "$BACKEND" --image-path "$IMAGE" "$ID"
    wait_until 20 is_quiet
    expect_nothing_left "$ID" "$BACKEND"
  done
  # A restore has run for a moment before it was killed, so some numbers are there twice.
  before=$(lines_in "$WORK/$BACKEND.out/a")
  restore "$BACKEND" "$IMAGE" "$ID"
  wait_until 20 has_more_than "$before" "$WORK/$BACKEND.out/a"
  "$B9RUN" delete --force "$ID"
}
test_a_killed_restore_leaves_nothing() { each killed_restore; }

# The command after the kill does not meet a recovery half-way.
at_once() {
  local round
  begin
  at save 'kill -KILL $PPID'
  for round in 1 2 3; do
    expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
    expect_stdout running state_of "$ID" || fail "round $round"
  done
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  expect_status 0 "$B9RUN" exec "$ID" true
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_the_next_command_waits_for_the_guardian() { each at_once; }

# The recovery is told where everything is, also by paths that meant something where b9run was called.
found_elsewhere() {
  local options=(--state-directory "state.$BACKEND" --root "root.$BACKEND" --config "config.$BACKEND")
  printf 'backend: %s\nlog:\n  file: %s\n' "$BACKEND" "$WORK/b9run.log" >"config.$BACKEND"
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID" "${options[@]}"
  at save 'kill -KILL $PPID'
  expect_status 137 "${AT[@]}" "$B9RUN" "${options[@]}" checkpoint --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  is_undone
  grep -q "container $ID: a checkpoint or restore was cut off at the step \"save\"" "$WORK/b9run.log"
  "$B9RUN" "${options[@]}" delete --force "$ID"
}
test_the_guardian_finds_what_relative_paths_meant() { each found_elsewhere; }

# A recovery that is killed as well is tried again.
test_the_guardian_tries_again() {
  local recovery
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/img
  begin
  at save 'kill -KILL $PPID'
  printf '#!/bin/sh\ncase " $* " in *" resume "*) [ -e %s/once ] || { touch %s/once; exec sleep 1000; };; esac\nexec %s "$@"\n' \
    "$WORK" "$WORK" "$RUNC" >slow
  chmod 755 slow
  sed -i "s|^program=.*|program=$WORK/slow|" /run/b9run/containers/"$ID"/*/record
  expect_status 137 "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  wait_until 20 test -e once
  recovery=$(processes_named b9run)
  kill -KILL "$recovery"
  goes_on "$BACKEND"
  is_undone
  "$B9RUN" delete --force "$ID"
}

# --- the guardian itself ---

# field PID NAME: of /proc/PID/status.
field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

holds_nothing() {
  local guardian victim
  begin
  start_hanging env NOTIFY_SOCKET=/x
  victim=$!
  guardian=$(processes_named b9run-guardian)
  [ "$(readlink "/proc/$guardian/fd"/* | sort | tr '\n' ' ')" = \
    "/dev/null /dev/null /dev/null $(echo /run/b9run/containers/"$ID"/*) $(echo /run/b9run/containers/"$ID"/*/journal.lock) " ] ||
    fail "it holds $(readlink "/proc/$guardian/fd"/*)"
  [ "$(readlink "/proc/$guardian/cwd")" = / ]
  [ "$(ps -o sid= -p "$guardian" | xargs)" = "$guardian" ]
  ! tr '\0' '\n' <"/proc/$guardian/environ" | grep -q '^B9RUN_OPERATION=\|^NOTIFY_SOCKET=' || fail 'its environment'
  ! grep -q "$TEST_TAG" "/proc/$guardian/cgroup" || fail "it is in the container's cgroup"
  kill -TERM "$victim"
  status_of "$victim"
  [ "$STATUS" -eq 1 ]
  goes_on "$BACKEND"
  is_undone
  "$B9RUN" delete --force "$ID"
}
test_the_guardian_holds_nothing_of_the_callers() { each holds_nothing; }

leaves_no_guardian() {
  begin
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$IMAGE" "$ID"
  is_quiet || fail 'after --leave-running'
  expect_status 0 "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  is_quiet || fail 'after a checkpoint'
  "$B9RUN" delete --force "$ID"
  restore "$BACKEND" "$IMAGE" "$ID"
  is_quiet || fail 'after a restore'
  "$B9RUN" delete --force "$ID"
}
test_success_leaves_no_guardian() { each leaves_no_guardian; }

test_nothing_is_touched_without_a_guardian() {
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/img
  begin
  mkdir libexec
  cp "$(dirname "$B9RUN")"/../libexec/b9run/b9run-monitor libexec
  B9RUN_LIBEXEC_DIR=$WORK/libexec expect_refusal "nothing is touched without a guardian: cannot execute $WORK/libexec/b9run-guardian" \
    "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  [ ! -e "$IMAGE" ]
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}

# --- other commands during a checkpoint ---

# refused COMMAND...: it is, with the code for it, and the container stays as it is.
refused() {
  rm -f log
  expect_refusal "container $ID is being checkpointed by the b9run with PID " "$B9RUN" --log log --log-format json "$@"
  [ "$(jq -r .code log)" = container-busy ] || fail "code: $(cat log)"
}

others_are_refused() {
  local victim
  begin
  start_hanging
  victim=$!
  refused resume "$ID"
  refused pause "$ID"
  refused exec "$ID" true
  [ "$STATUS" -eq 255 ]
  refused kill "$ID" TERM
  refused checkpoint --image-path "$IMAGE.2" "$ID"
  refused delete "$ID"
  [ "$BACKEND" = runsc ] || refused update --pids-limit 100 "$ID"
  expect_stdout paused state_of "$ID"
  expect_stdout_has paused "$B9RUN" list
  expect_status 0 "$B9RUN" ps --format json "$ID"
  expect_status 0 "$B9RUN" kill "$ID" 0
  expect_stdout_has 'an operation is at work' "$B9RUN" recover "$ID"
  kill -0 "$victim"
  kill -TERM "$victim"
  status_of "$victim"
  grep -q 'SIGTERM came' checkpoint.err
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_what_would_change_the_container_is_refused() { each others_are_refused; }

cancelled_by() {
  local victim process
  begin
  process=$(pid_of "$ID")
  start_hanging
  victim=$!
  expect_status 0 "$B9RUN" "${@/ID/$ID}"
  wait_until 20 is_gone "$process"
  status_of "$victim"
  [ "$STATUS" -eq 1 ]
  grep -q 'SIGTERM came' checkpoint.err || fail "it says: $(cat checkpoint.err)"
  is_undone
  "$B9RUN" delete --force "$ID"
  expect_nothing_left "$ID" "$BACKEND"
}
test_delete_by_force_cancels_a_checkpoint() { each cancelled_by delete --force ID; }
test_sigkill_cancels_a_checkpoint() { each cancelled_by kill ID KILL; }

# A b9run that does not answer keeps nobody from ending the container: only the caller's time.
test_a_stopped_b9run_does_not_keep_a_container_alive() {
  local process victim
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/img
  begin
  process=$(pid_of "$ID")
  start_hanging
  victim=$!
  kill -STOP "$victim"
  expect_status 0 "$B9RUN" delete --force "$ID"
  is_gone "$process"
  kill -CONT "$victim"
  status_of "$victim"
  [ "$STATUS" -eq 1 ]
  wait_until 20 is_quiet
  expect_nothing_left "$ID" "$BACKEND"
}

# CRIU thaws the cgroup that b9run has frozen, with each process stopped, and runc takes that for running.
test_the_state_is_true_while_criu_dumps() {
  local process victim criu
  BACKEND=runc ID=$(id_for runc) IMAGE=$WORK/img
  begin 300
  process=$(pid_of "$ID")
  "$B9RUN" checkpoint --leave-running --image-path "$IMAGE" "$ID" >/dev/null 2>&1 &
  victim=$!
  until [ -s "$IMAGE/pages-1.img" ] || [ ! -e "/proc/$victim" ]; do :; done
  criu=$(awk '/^TracerPid:/ { print $2 }' "/proc/$process/status")
  [ "$criu" -gt 0 ] || fail 'CRIU was faster'
  kill -STOP "$criu"
  [ "$("$RUNC" state "$ID" | jq -r .status)" = running ]
  expect_stdout paused state_of "$ID"
  [ "$("$B9RUN" list --format json | jq -r ".[] | select(.id == \"$ID\").status")" = paused ]
  kill -CONT "$criu"
  status_of "$victim"
  [ "$STATUS" -eq 0 ]
  expect_stdout running state_of "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}

# --- somebody else's runtime during a checkpoint ---

runtime_command() {
  case $BACKEND in
    runsc) echo "$RUNSC --root /run/gvisor --network=none" ;;
    *) echo "$RUNC" ;;
  esac
}

resumed_from_outside() {
  local runtime
  runtime=$(runtime_command)
  begin
  at verify "$runtime resume $ID"
  expect_refusal 'the container has run after it was saved' "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  is_undone
  # Paused again, so that it looks as if nothing had happened.
  at verify "$runtime resume $ID; sleep 0.1; $runtime pause $ID"
  expect_refusal 'the container has run after it was saved' "${AT[@]}" "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  is_undone
  expect_status 0 "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  "$B9RUN" delete --force "$ID"
}
test_a_container_that_has_run_after_its_save_is_not_stopped() { each resumed_from_outside; }

# --- a runtime that is killed at a pause, or does not tell ---

# To take it for paused would be its end.
test_a_stopped_job_outlives_a_killed_pause() {
  BACKEND=runsc ID=$(id_for runsc) IMAGE=$WORK/img
  begin
  "$B9RUN" kill --all "$ID" STOP
  swap_program 'case " $* " in *" pause "*) kill -KILL $PPID; kill -KILL $$ ;; esac'
  expect_status 137 "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  is_undone
  expect_stdout running state_of "$ID"
  "$B9RUN" kill --all "$ID" CONT
  goes_on runsc
  "$B9RUN" delete --force "$ID"
}

test_a_sandbox_that_does_not_tell_is_recovered_once_it_does() {
  BACKEND=runsc ID=$(id_for runsc) IMAGE=$WORK/img
  begin
  swap_program 'case " $* " in
    *" pause "*) file=/run/gvisor/'"${ID}_sandbox:$ID"'.state; before=$(cat $file); "$REAL" "$@"; printf %s "$before" >$file; kill -KILL $$ ;;
    *" debug "*) exit 1 ;;
    esac'
  expect_refusal 'does not tell which it is now' "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  swap_program :
  "$B9RUN" recover "$ID"
  goes_on runsc
  is_undone
  "$B9RUN" delete --force "$ID"
}

# dies_at OPERATION [COMMAND]: the runtime dies when that is done and not written down, and COMMAND runs before.
dies_at() {
  swap_program 'case " $* " in *" '"$1"' "*) file=/run/gvisor/'"${ID}_sandbox:$ID"'.state; before=$(cat $file)
    "$REAL" "$@"; printf %s "$before" >$file; '"${2-}"'
    kill -KILL $$ ;; esac'
}

# The owner's own pause, of which the sandbox knows and the state file does not.
test_a_pause_that_was_killed_half_way_can_be_resumed() {
  local killer
  BACKEND=runsc ID=$(id_for runsc)
  begin
  for killer in '' 'kill -KILL $PPID'; do
    dies_at pause "$killer"
    expect_status "$([ -z "$killer" ] && echo 1 || echo 137)" "$B9RUN" pause "$ID"
    swap_program :
    expect_stdout paused state_of "$ID"
    "$B9RUN" resume "$ID"
    goes_on runsc
  done
  [ -z "$(find /run/b9run "$WORK"/state.* -name 'journal*' ! -name journal.lock 2>/dev/null)" ] || fail 'a note is left'
  "$B9RUN" delete --force "$ID"
}

# To be resumed once more would be the end of it.
test_a_resume_that_was_killed_half_way_can_be_paused() {
  local killer
  BACKEND=runsc ID=$(id_for runsc)
  begin
  for killer in '' 'kill -KILL $PPID'; do
    "$B9RUN" pause "$ID"
    dies_at resume "$killer"
    expect_status "$([ -z "$killer" ] && echo 1 || echo 137)" "$B9RUN" resume "$ID"
    swap_program :
    expect_stdout running state_of "$ID"
    goes_on runsc
  done
  "$B9RUN" delete --force "$ID"
}

# SIGKILL resumes a paused sandbox first, since runsc sends it nothing before.
test_a_kill_that_was_cut_off_at_its_resume_can_be_done_again() {
  local process
  BACKEND=runsc ID=$(id_for runsc)
  begin
  process=$(pid_of "$ID")
  "$B9RUN" pause "$ID"
  dies_at resume 'kill -KILL $PPID'
  expect_status 137 "$B9RUN" kill "$ID" KILL
  swap_program :
  expect_stdout running state_of "$ID"
  goes_on runsc
  "$B9RUN" pause "$ID"
  "$B9RUN" kill "$ID" KILL
  wait_until 20 is_gone "$process"
  "$B9RUN" delete "$ID"
}

test_delete_by_force_cancels_a_pause_that_hangs() {
  local pause
  BACKEND=runsc ID=$(id_for runsc)
  begin
  swap_program 'case " $* " in *" pause "*) touch '"$WORK"'/at; exec sleep 1000 ;; esac'
  "$B9RUN" pause "$ID" &
  pause=$!
  wait_until 20 test -e at
  expect_stdout running state_of "$ID"
  expect_refusal 'is being paused or resumed' "$B9RUN" resume "$ID"
  expect_status 0 "$B9RUN" delete --force "$ID"
  status_of "$pause"
  [ "$STATUS" -eq 143 ]
  [ -z "$(processes_named sleep)" ] || fail 'the runtime is still at it'
}

test_a_runtime_that_cannot_list_programs_saves_nothing() {
  BACKEND=runsc ID=$(id_for runsc) IMAGE=$WORK/img
  begin
  swap_program 'case " $* " in *" ps "*) echo no luck today >&2; exit 1 ;; esac'
  expect_refusal 'programs cannot be listed: no luck today' "$B9RUN" checkpoint --image-path "$IMAGE" "$ID"
  goes_on runsc
  swap_program 'case " $* " in *" ps "*) exec sleep 1000 ;; esac'
  expect_refusal 'programs cannot be listed' "$B9RUN" checkpoint --timeout 2 --image-path "$IMAGE" "$ID"
  goes_on runsc
  is_undone
  "$B9RUN" delete --force "$ID"
}
