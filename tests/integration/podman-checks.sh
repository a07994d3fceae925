# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# What podman has to find with b9run as its runtime, whatever the backend.  Sourced by
# the suites 9N-podman-*.sh, which set B9RUN_FLAGS, after clients.sh.
#
# podman passes its --runtime-flag values to some calls and drops them on others (the
# clean-up that conmon starts), and calls start, kill, pause, resume and delete with an
# almost empty environment; so every check here is also one of the record.

IMAGE=localhost/b9test:1

# A container that ends with 5 at SIGTERM.
HANDLES_TERM='trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'

# with_podman CHECK [ARGUMENTS...]: CHECK, and then nothing may be left.
with_podman() {
  need podman conmon jq
  image_for_podman
  "$@"
  wait_until 10 nothing_is_known
  podman_is_done
}

# Neither b9run nor a runtime has anything of a container.
nothing_is_known() {
  [ -z "$(find /run/b9run/containers /run/b9run/exec-* /run/runc /run/runsc /run/gvisor \
    -mindepth 1 2>/dev/null)" ]
}

# start_container NAME COMMAND...: in the background.
start_container() {
  local name=$1
  shift
  # shellcheck disable=SC2046  # a list of options
  pm run -d $(podman_run_options "$name") "$IMAGE" "$@" >/dev/null
}

# run_container COMMAND...: in the foreground and removed at its end.
run_container() {
  # shellcheck disable=SC2046
  pm run --rm $(podman_run_options once) "$IMAGE" "$@"
}

# podman_shows NAME STATUS
podman_shows() { [ "$(pm inspect -f '{{.State.Status}}' "$1")" = "$2" ]; }

# has_logged NAME LINE [N]: N times at least.
has_logged() { [ "$(pm logs "$1" 2>&1 | grep -cx "$2")" -ge "${3:-1}" ]; }

is_empty() { [ -z "$(find "$1" -mindepth 1)" ]; }

# backend_of NAME: what b9run has on record for podman's container.
backend_of() {
  "$B9RUN" list --format json |
    jq -r --arg id "$(pm inspect -f '{{.Id}}' "$1")" '.[] | select(.id == $id) | .backend'
}

check_output_and_status() {
  expect_status 7 run_container sh -c 'echo to-stdout; echo to-stderr >&2; exit 7'
  if [ "$OUT" != to-stdout ] || [ "$ERR" != to-stderr ]; then
    show_captured 'expected the two streams apart' 'podman run'
  fi
  expect_status 0 run_container true
  # shellcheck disable=SC2046
  [ "$(echo from-stdin | pm run --rm -i $(podman_run_options in) "$IMAGE" cat)" = from-stdin ]
}

check_terminal() {
  # shellcheck disable=SC2046
  expect_status 3 pm run --rm -t $(podman_run_options c1) "$IMAGE" sh -c 'test -t 0 && test -t 1 && exit 3'
  start_container c2 sleep 1000
  expect_status 4 pm exec -t c2 sh -c 'test -t 0 && test -t 1 && exit 4'
  expect_status 1 pm exec c2 test -t 0
  pm rm -f -t 0 c2
}

check_exec() {
  start_container c1 sleep 1000
  expect_status 7 pm exec c1 sh -c 'echo to-stdout; echo to-stderr >&2; exit 7'
  if [ "$OUT" != to-stdout ] || [ "$ERR" != to-stderr ]; then
    show_captured 'expected the two streams apart' 'podman exec'
  fi
  # shellcheck disable=SC2016  # for the container's shell
  expect_status 137 pm exec c1 sh -c 'kill -9 $$'
  # shellcheck disable=SC2016
  expect_stdout '1000 /tmp b' pm exec -u 1000:1000 -w /tmp -e A=b c1 sh -c 'echo $(id -u) $(pwd) $A'
  [ "$(echo from-stdin | pm exec -i c1 cat)" = from-stdin ]
  pm exec -d c1 touch /tmp/detached
  wait_until 5 pm exec c1 test -e /tmp/detached
  pm rm -f -t 0 c1
}

# podman finds the status in the text of the failure.
check_exec_of_bad_commands() {
  start_container c1 sleep 1000
  expect_status 127 pm exec c1 /missing
  [[ $ERR == *'command that was not found'* ]] || show_captured 'expected podman to know why' 'exec /missing'
  expect_status 127 pm exec c1 missing
  expect_status 126 pm exec c1 /etc/passwd
  [[ $ERR == *'OCI permission denied'* ]] || show_captured 'expected podman to know why' 'exec /etc/passwd'
  expect_stdout still-here pm exec c1 echo still-here
  pm rm -f -t 0 c1
}

# podman finds the status in the text of the failed create.
check_run_of_bad_commands() {
  expect_status 127 run_container /missing
  [[ $ERR == *'/missing'*'command that was not found'* ]] || show_captured 'expected podman to know why' 'run /missing'
  expect_status 127 run_container missing
  expect_status 126 run_container /etc/passwd
  [[ $ERR == *'OCI permission denied'* ]] || show_captured 'expected podman to know why' 'run /etc/passwd'
  expect_status 126 run_container /etc
  # shellcheck disable=SC2046
  pm create $(podman_run_options c1) "$IMAGE" /missing >/dev/null
  expect_refusal 'stat /missing: no such file or directory' pm start c1
  expect_status 0 pm rm c1
}

# What a volume brings is not in the image.
check_command_in_a_volume() {
  mkdir volume
  printf '#!/bin/sh\nexit 6\n' >volume/command
  chmod 755 volume/command
  # shellcheck disable=SC2046
  expect_status 6 pm run --rm -v "$WORK/volume:/opt/volume" $(podman_run_options c1) "$IMAGE" /opt/volume/command
  # shellcheck disable=SC2046
  expect_status 6 pm run --rm -v "$WORK/volume:/opt/volume" -e PATH=/bin:/opt/volume $(podman_run_options c2) "$IMAGE" command
  # shellcheck disable=SC2046
  expect_status 6 pm run --rm -v "$WORK/volume/command:/etc/passwd" $(podman_run_options c3) "$IMAGE" /etc/passwd
}

check_logs_and_ps() {
  start_container c1 sh -c 'echo first; echo second >&2; sleep 1000'
  wait_until 5 has_logged c1 second
  expect_stdout first pm logs c1
  [ "$ERR" = second ]
  expect_stdout_has 'c1 Up ' pm ps --format '{{.Names}} {{.Status}}'
  pm rm -f -t 0 c1
  expect_stdout '' pm ps -a --format '{{.Names}}'
}

# The container writes on and on; between pause and unpause nothing may come.
check_pause() {
  local before
  start_container c1 sh -c 'while :; do echo x; sleep 0.02; done'
  wait_until 5 has_logged c1 x
  expect_status 0 pm pause c1
  podman_shows c1 paused
  before=$(pm logs c1 | wc -l)
  sleep 0.3
  [ "$(pm logs c1 | wc -l)" -eq "$before" ] || fail 'the paused container went on'
  expect_refusal 'container state improper' pm exec c1 true
  expect_status 0 pm unpause c1
  wait_until 5 has_logged c1 x $((before + 1))
  pm pause c1
  expect_status 0 pm rm -f -t 0 c1
}

check_kill_and_stop() {
  start_container c1 sleep 1000
  expect_status 0 pm kill c1
  expect_stdout 137 pm wait c1
  start_container c2 sh -c "$HANDLES_TERM"
  wait_until 5 has_logged c2 ready
  expect_status 0 pm stop -t 20 c2
  expect_stdout '5 exited' pm inspect -f '{{.State.ExitCode}} {{.State.Status}}' c2
  # It was removed from the runtime at its end already.
  expect_status 0 pm rm c1 c2
}

check_start_again() {
  # shellcheck disable=SC2046
  pm create $(podman_run_options c1) "$IMAGE" sh -c "$HANDLES_TERM" >/dev/null
  expect_status 0 pm start c1
  wait_until 5 has_logged c1 ready
  expect_status 0 pm restart -t 20 c1
  podman_shows c1 running
  wait_until 5 has_logged c1 ready 2
  pm stop -t 20 c1
  expect_status 0 pm start c1
  podman_shows c1 running
  pm rm -f -t 0 c1
  # shellcheck disable=SC2046
  pm create $(podman_run_options c2) "$IMAGE" sh -c 'echo attached; exit 9' >/dev/null
  expect_status 9 pm start -a c2
  [ "$OUT" = attached ]
  pm rm c2
}

check_created_only() {
  # shellcheck disable=SC2046
  pm create $(podman_run_options c1) "$IMAGE" true >/dev/null
  expect_status 0 pm init c1
  podman_shows c1 initialized
  expect_stdout_has '"status":"created"' "$B9RUN" list --format json
  expect_status 0 pm rm c1
}

# Nothing but conmon's clean-up call removes it; that has no --runtime-flag.
check_end_without_anybody() {
  # shellcheck disable=SC2046
  pm run -d --rm $(podman_run_options c1) "$IMAGE" sh -c 'sleep 0.2; exit 4' >/dev/null
  [ "$(find /run/b9run/containers -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
  wait_until 10 nothing_is_known
  expect_stdout '' pm ps -aq
}

check_root_that_the_clean_up_does_not_name() {
  B9RUN_FLAGS="$B9RUN_FLAGS root=$WORK/elsewhere"
  start_container c1 sleep 1000
  [ -n "$(find "$WORK/elsewhere" -name '*state*')" ] || fail "the container is not in $WORK/elsewhere"
  pm kill c1
  expect_stdout 137 pm wait c1
  wait_until 10 is_empty "$WORK/elsewhere"
  expect_status 5 run_container sh -c 'exit 5'
  pm rm c1
  wait_until 10 is_empty "$WORK/elsewhere"
}

# podman kills the container and never deletes it; b9run knows what is left.
check_death_of_conmon() {
  local id
  start_container c1 sleep 1000
  id=$(pm inspect -f '{{.Id}}' c1)
  kill -9 "$(cat "$(pm inspect -f '{{.ConmonPidFile}}' c1)")"
  expect_status 7 pm exec c1 sh -c 'exit 7'
  expect_status 0 pm rm -f -t 0 c1
  wait_until 5 has_state "$id" stopped
  expect_stdout "$id" "$B9RUN" list -q
  expect_status 0 "$B9RUN" delete "$id"
}

check_version() {
  expect_stdout_has "b9run version " pm info -f '{{.Host.OCIRuntime.Version}}'
  [[ $OUT == *$'\ncommit: '*$'\nspec: 1.'* ]] || show_captured 'expected three lines' 'podman info'
}

# check_backend NAME: the one on record.
check_backend() {
  start_container c1 sleep 1000
  [ "$(backend_of c1)" = "$1" ] || fail "backend '$(backend_of c1)' instead of '$1'"
  expect_status 7 pm exec c1 sh -c 'exit 7'
  pm rm -f -t 0 c1
}

# check_replacement PROGRAM LINK: containers of plain PROGRAM, which podman calls as
# LINK, and then b9run in its place.
check_replacement() {
  local program=$1 b9run=$B9RUN id
  mkdir -p "${2%/*}"
  ln -s "$program" "$2"
  B9RUN=$2
  start_container c1 sleep 1000
  start_container c2 sleep 1000
  id=$(pm inspect -f '{{.Id}}' c1)
  ln -sfn "$b9run" "$2"
  expect_stdout_has 'b9run version' pm info -f '{{.Host.OCIRuntime.Version}}'
  expect_status 7 pm exec c1 sh -c 'exit 7'
  expect_status 0 pm pause c1
  expect_status 0 pm unpause c1
  expect_status 0 pm kill c1
  expect_stdout 137 pm wait c1
  expect_status 0 pm start c1
  [ -d "/run/b9run/containers/$id" ] || fail 'b9run did not make the container anew'
  expect_status 0 pm rm -f -t 0 c1 c2
}
