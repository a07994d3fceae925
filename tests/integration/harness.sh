# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# What an integration suite is written with.  A suite is a file NN-name.sh of
# functions test_what_it_shows, which ./run runs one by one:
#
#   # shellcheck source-path=SCRIPTDIR
#   . "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
#
#   test_run_passes_the_exit_status_on() {
#     bundle b sh -c 'exit 7'
#     expect_status 7 "$B9RUN" --backend=runc run --bundle b "$(id_for c1)"
#   }
#
# Each test is a process of its own under `set -euo pipefail`, starts in the empty
# folder $WORK, and has PID and mount namespaces and an empty /run of its own, so
# that nothing of another test is there.  It has to clean up what it starts: one
# that leaves a process, a cgroup or a mount behind has failed.
#
# Environment: B9RUN, RUNC, RUNSC, CRUN, CRIU (absolute paths), WORK, TEST_TAG (a word
# no other test has).  B9RUN_STATE_DIR stays unset: podman runs b9run with an empty
# environment, and the default, /run/b9run, is the test's own anyway.

HARNESS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../tools/lib/common.sh
. "$HARNESS_DIR/../../tools/lib/common.sh"
# shellcheck source=../../tools/lib/bundle.sh
. "$HARNESS_DIR/../../tools/lib/bundle.sh"

# The status, standard output and error of the last command that `capture` ran.
STATUS=0 OUT='' ERR=''

fail() {
  printf 'failed: %s\n' "$*"
  exit 1
}

# need COMMAND...: a missing one is a failure, never a skip.
need() {
  local name
  for name; do
    have "$name" || fail "$name is not installed"
  done
}

# id_for NAME: a container ID that no other test has, and that no other ID is the
# beginning of as long as no NAME is the beginning of another.
id_for() { printf '%s-%s' "$TEST_TAG" "$1"; }

# bundle DIR ARGUMENTS...: an OCI bundle whose container runs ARGUMENTS in busybox,
# in a cgroup /TEST_TAG-DIR of its own.
bundle() {
  local dir=$1
  shift
  make_bundle "$dir" "/$TEST_TAG-${dir##*/}" "$@"
}

# edit_config DIR FILTER [JQ-OPTION...]: edits the bundle's config.json with jq.
edit_config() {
  local config=$1/config.json filter=$2
  shift 2
  jq "$@" "$filter" "$config" >"$config.new" || fail "edit_config: jq '$filter'"
  mv "$config.new" "$config"
}

# mount_at_out BUNDLE DIR: what the container writes to /out is in DIR of the host.
mount_at_out() {
  # shellcheck disable=SC2016  # for jq
  edit_config "$1" '.mounts += [{destination: "/out", type: "bind", source: $out, options: ["rbind", "rw"]}]' --arg out "$2"
  mkdir -p "$1/rootfs/out"
}

# capture COMMAND...: sets STATUS, OUT and ERR; never fails.  Output goes to files
# opened for appending: a pipe would wait for a container that holds it, and runsc
# writes a plain file from its start.
capture() {
  local out err
  out=$(mktemp "$WORK/.out.XXXXXX") err=$(mktemp "$WORK/.err.XXXXXX")
  STATUS=0
  "$@" >>"$out" 2>>"$err" </dev/null || STATUS=$?
  OUT=$(tr -d '\0' <"$out") ERR=$(tr -d '\0' <"$err")
  rm -f "$out" "$err"
}

# show_captured WHAT COMMAND...: ends the test with what happened instead.
show_captured() {
  local what=$1
  shift
  printf 'command: %s\nstatus: %s\nstdout: %s\nstderr: %s\n' "$*" "$STATUS" "$OUT" "$ERR"
  fail "$what"
}

# expect_status N COMMAND...
expect_status() {
  local wanted=$1
  shift
  capture "$@"
  [ "$STATUS" -eq "$wanted" ] || show_captured "expected status $wanted" "$@"
}

# expect_stdout TEXT COMMAND...: status 0 and exactly TEXT, but for newlines at the end.
expect_stdout() {
  local wanted=$1
  shift
  capture "$@"
  if [ "$STATUS" -ne 0 ] || [ "$OUT" != "$wanted" ]; then
    show_captured "expected status 0 and stdout: $wanted" "$@"
  fi
}

# expect_stdout_has TEXT COMMAND...: status 0 and TEXT somewhere in the output.
expect_stdout_has() {
  local wanted=$1
  shift
  capture "$@"
  if [ "$STATUS" -ne 0 ] || [[ $OUT != *"$wanted"* ]]; then
    show_captured "expected status 0 and in stdout: $wanted" "$@"
  fi
}

# expect_stderr_has TEXT COMMAND...: whatever the status, which is in STATUS.
expect_stderr_has() {
  local wanted=$1
  shift
  capture "$@"
  [[ $ERR == *"$wanted"* ]] || show_captured "expected in stderr: $wanted" "$@"
}

# expect_refusal TEXT COMMAND...: it fails, and TEXT is in stderr.
expect_refusal() {
  expect_stderr_has "$@"
  local wanted=$1
  shift
  [ "$STATUS" -ne 0 ] || show_captured "expected a refusal: $wanted" "$@"
}

# wait_until SECONDS COMMAND...: tries COMMAND until it succeeds.  SECONDS are those of
# an idle machine; a busy one has WAIT_FACTOR times as many.
wait_until() {
  local seconds=$(($1 * ${WAIT_FACTOR:-4})) end
  shift
  end=$((${EPOCHREALTIME/[.,]/} + seconds * 1000000))
  until "$@" >/dev/null 2>&1; do
    [ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || fail "not within $seconds s: $*"
    sleep 0.05
  done
}

# state_of ID [B9RUN-OPTION...]: running, stopped ...; nothing for an unknown ID.
state_of() {
  local id=$1
  shift
  "$B9RUN" "$@" state "$id" 2>/dev/null | jq -r .status
}

# has_state ID STATE [B9RUN-OPTION...]: for wait_until.
has_state() {
  local id=$1 wanted=$2
  shift 2
  [ "$(state_of "$id" "$@")" = "$wanted" ]
}

# cgroups_of_test: every cgroup folder of an ID or a bundle of this test, children
# first.
cgroups_of_test() {
  find /sys/fs/cgroup -depth -type d -path "*$TEST_TAG-*" 2>/dev/null || true
}

# remove_cgroups_of_test: for processes that were killed and may still be ending.
remove_cgroups_of_test() {
  local tries=50 cgroup
  while [ -n "$(cgroups_of_test)" ] && [ $((tries -= 1)) -gt 0 ]; do
    for cgroup in $(cgroups_of_test); do
      # A frozen process does not die (cgroup v1).
      [ ! -e "$cgroup/freezer.state" ] || echo THAWED 2>/dev/null >"$cgroup/freezer.state" || true
      rmdir "$cgroup" 2>/dev/null || true
    done
    sleep 0.05
  done
}
