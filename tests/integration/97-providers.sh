# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for shells in containers
# SPDX-License-Identifier: Apache-2.0
#
# The checkpoint providers with real runc and real CRIU, and with fakes of NVIDIA's driver (tests/fakes/fake-cuda.h).

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/backends.sh"
. "$HARNESS_DIR/cuda-fakes.sh"

BACKEND=runc

# saved BUNDLE ID [OPTION...]: runs, saves and deletes it; the image is BUNDLE.img.
saved() {
  local bundle=$1 id=$2
  shift 2
  expect_status 0 "$B9RUN" checkpoint --image-path "$bundle.img" "$@" "$id"
  "$B9RUN" delete --force "$id"
}

begin() { b9 run --detach --bundle "$1" "$2" </dev/null >/dev/null 2>&1; }

restored() {
  local bundle=$1 id=$2
  shift 2
  b9 restore --detach --bundle "$bundle" --image-path "$bundle.img" "$@" "$id" </dev/null >/dev/null 2>restore.err ||
    fail "restore: $(cat restore.err)"
  has_state "$id" running || fail "$id is $(state_of "$id")"
}

# The file is empty for a moment each time that it is written.
count_of() {
  local count=
  while [ -e "$1" ] && [ -z "$count" ]; do count=$(cat "$1"); done
  echo "${count:-0}"
}
counts_past() { [ "$(count_of "$2")" -gt "$1" ]; }
counts_on() { wait_until 30 counts_past "$(count_of "$1")" "$1"; }

# --- criu ---

test_doctor_lets_criu_save_a_process_and_leaves_nothing() {
  local before after
  before=$(find /run "${TMPDIR:-/tmp}" | sort; pgrep -x sleep || true)
  capture "$B9RUN" doctor
  after=$(find /run "${TMPDIR:-/tmp}" | sort; pgrep -x sleep || true)
  [[ $OUT == *"$CRIU"*'passes its own check'* ]] || show_captured 'expected a CRIU that works' doctor
  [[ $OUT == *'CRIU saved a process of our own in '* ]] || show_captured 'expected a save' doctor
  [ "$before" = "$after" ] || fail "left behind: $(diff <(echo "$before") <(echo "$after"))"
}

test_a_criu_that_does_not_work_is_said_before_anything_is_touched() {
  printf '#!/bin/sh\necho "Version: 9.9"\n[ "$1" = --version ]\n' >criu
  chmod 755 criu
  printf 'checkpoint:\n  criu:\n    path: %s/criu\n' "$PWD" >b9run.yaml
  bundle b sh -c 'while :; do sleep 1; done'
  begin b "$(id_for c1)"
  expect_refusal "$PWD/criu does not pass its own check" \
    "$B9RUN" --config b9run.yaml checkpoint --image-path b.img "$(id_for c1)"
  has_state "$(id_for c1)" running
  [ ! -e b.img/dump.log ]
  "$B9RUN" delete --force "$(id_for c1)"
}

# As CRIU killed while it asks what the kernel can do leaves it: a child that sleeps holds the socket that runc reads.
test_a_criu_that_dies_without_a_word_does_not_hold_the_container() {
  printf '#!/bin/sh\n[ "$1" = swrk ] || exec %s "$@"\nsleep 1000 &\nkill -KILL $$\n' "$CRIU" >criu
  chmod 755 criu
  printf 'checkpoint:\n  criu:\n    path: %s/criu\n' "$PWD" >b9run.yaml
  bundle b sh -c 'i=0; while :; do i=$((i+1)); echo $i >/count; sleep 0.1; done'
  begin b "$(id_for c1)"
  expect_refusal 'CRIU has died unnoticed' \
    timeout 100 "$B9RUN" --config b9run.yaml checkpoint --image-path b.img "$(id_for c1)"
  has_state "$(id_for c1)" running
  counts_on b/rootfs/count
  [ ! -e b.img/manifest.json ]
  "$B9RUN" delete --force "$(id_for c1)"
}

test_output_into_a_file_of_the_host_is_said_before_anything_is_touched() {
  bundle b sh -c 'while :; do sleep 1; done'
  b9 run --detach --bundle b "$(id_for c1)" </dev/null >>out 2>/dev/null
  expect_refusal "the container's standard output is a file of the host ($PWD/out), which CRIU cannot save" \
    "$B9RUN" checkpoint --image-path b.img "$(id_for c1)"
  has_state "$(id_for c1)" running
  [ ! -e b.img/dump.log ]
  "$B9RUN" delete --force "$(id_for c1)"
}

test_a_file_with_another_name_that_was_deleted_needs_link_remap() {
  local counter=b/rootfs/tmp/count
  bundle b sh -c 'echo a >/tmp/h; ln /tmp/h /tmp/k; exec 9</tmp/h; rm /tmp/h
    i=0; while :; do i=$((i+1)); echo $i >/tmp/new; mv /tmp/new /tmp/count; sleep 0.05; done'
  begin b "$(id_for c1)"
  wait_until 20 test -e "$counter"
  expect_refusal "Can't create link remap for /tmp/h. Use link-remap option. (criu/files-reg.c:" \
    "$B9RUN" checkpoint --image-path b.img "$(id_for c1)"
  has_state "$(id_for c1)" running
  expect_refusal '--link-remap together with --leave-running makes an image that CRIU cannot restore' \
    "$B9RUN" checkpoint --link-remap --leave-running --image-path b.img "$(id_for c1)"
  saved b "$(id_for c1)" --link-remap
  restored b "$(id_for c2)"
  counts_on "$counter"
  "$B9RUN" delete --force "$(id_for c2)"
}

test_a_large_deleted_file_needs_a_ghost_limit() {
  local counter=b/rootfs/tmp/count
  bundle b sh -c 'dd if=/dev/zero of=/tmp/g bs=1M count=3 2>/dev/null; exec 9</tmp/g; rm /tmp/g
    i=0; while :; do i=$((i+1)); echo $i >/tmp/new; mv /tmp/new /tmp/count; sleep 0.05; done'
  begin b "$(id_for c1)"
  wait_until 20 test -e "$counter"
  expect_refusal 'raise checkpoint.criu.ghost-limit in b9run.yaml' \
    "$B9RUN" checkpoint --image-path b.img "$(id_for c1)"
  has_state "$(id_for c1)" running
  printf 'checkpoint:\n  criu:\n    ghost-limit: 8M\n' >b9run.yaml
  expect_status 0 "$B9RUN" --config b9run.yaml checkpoint --image-path b.img "$(id_for c1)"
  "$B9RUN" delete --force "$(id_for c1)"
  restored b "$(id_for c2)"
  counts_on "$counter"
  "$B9RUN" delete --force "$(id_for c2)"
}

# CRIU itself would go round for ever, and write a log of gigabytes.
test_cut_off_pages_of_runcs_own_image_are_refused() {
  bundle b sh -c 'while :; do sleep 1; done'
  "$RUNC" run --detach --bundle b "$(id_for c1)" </dev/null >/dev/null 2>&1
  "$RUNC" checkpoint --image-path "$PWD/b.img" "$(id_for c1)"
  truncate -s -4096 b.img/pages-1.img
  expect_status 75 b9 restore --detach --bundle b --image-path b.img "$(id_for c2)"
  [[ $ERR == *'image-truncated: pages-1.img has '* ]] || show_captured 'expected image-truncated' restore
  [ ! -e b.img/restore.log ]
}

# They would stay in the container when CRIU is killed.  runc alone shows that CRIU makes them, and sees these programs.
test_a_save_makes_no_rules_of_the_packet_filter() {
  local name
  mkdir fakes
  for name in iptables-restore ip6tables-restore; do
    printf '#!/bin/sh\necho called >>%s/calls\n' "$PWD" >"fakes/$name"
    chmod 755 "fakes/$name"
  done
  bundle b sh -c 'while :; do sleep 1; done'
  begin b "$(id_for c1)"
  PATH=$PWD/fakes:$PATH "$RUNC" checkpoint --leave-running --image-path "$PWD/bare.img" "$(id_for c1)"
  [ -s calls ] || fail 'runc alone makes no rules either'
  rm calls
  PATH=$PWD/fakes:$PATH expect_status 0 "$B9RUN" checkpoint --image-path b.img "$(id_for c1)"
  [ ! -e calls ] || fail 'rules were made'
  restored b "$(id_for c2)"
  "$B9RUN" delete --force "$(id_for c2)"
}

# --- cuda-checkpoint, with fakes ---

# make_fakes [METHOD]: a fake host with a GPU, and b9run's configuration for it.
make_fakes() {
  make_cuda_fakes "$PWD"
  { echo checkpoint:; cuda_settings "$PWD" "${1:-auto}"; } >b9run.yaml
  export B9RUN_HOST_ROOT=$PWD/host FAKE_CUDA_DIR=$PWD/cuda CONFIG=$PWD/b9run.yaml
}

# cuda_bundle [FIRST]: two processes of fake CUDA state that count while it is running;
# the shell does FIRST before.
cuda_bundle() {
  bundle b sh -c "${1:-:}"'; fake-cuda-process /lib/libcuda.so.580 /tmp/one >/dev/null &
    exec fake-cuda-process /lib/libcuda.so.580 /tmp/two >/dev/null'
  add_cuda_process b .
}

both_count() { counts_on b/rootfs/tmp/one && counts_on b/rootfs/tmp/two; }

cuda_state_comes_back() {
  make_fakes "$1"
  cuda_bundle
  begin b "$(id_for c1)"
  both_count
  expect_status 0 b9 checkpoint --leave-running --image-path b.img "$(id_for c1)"
  both_count
  expect_status 0 b9 checkpoint --image-path b.img "$(id_for c1)"
  expect_stdout_has 'devices     cuda-checkpoint, strategy host, 2 processes' "$B9RUN" checkpoint-info b.img
  "$B9RUN" delete --force "$(id_for c1)"
  restored b "$(id_for c2)"
  both_count
  "$B9RUN" delete --force "$(id_for c2)"
}
test_fake_cuda_state_comes_back_by_libcuda() { cuda_state_comes_back api; }
test_fake_cuda_state_comes_back_by_the_program() { cuda_state_comes_back binary; }

test_a_fake_process_that_cannot_be_suspended_leaves_all_running() {
  make_fakes
  cuda_bundle
  begin b "$(id_for c1)"
  both_count
  echo fail 2 >cuda/checkpoint
  expect_refusal 'CUDA_ERROR_OUT_OF_MEMORY (2)' b9 checkpoint --image-path b.img "$(id_for c1)"
  has_state "$(id_for c1)" running
  both_count
  rm cuda/checkpoint
  expect_refusal '--strategy knows plugin, host and sandbox, not "toggle"' \
    b9 checkpoint --strategy toggle --image-path b.img "$(id_for c1)"
  both_count
  "$B9RUN" delete --force "$(id_for c1)"
}

# Nobody runs b9run after it.
test_fake_cuda_processes_run_again_by_themselves_after_a_kill() {
  local step
  make_fakes binary
  mv cuda-checkpoint real
  printf '#!/bin/sh\nFAKE_CUDA_DIR=%s exec %s "$@"\n' "$FAKE_CUDA_DIR" "$PWD/real" >cuda-checkpoint
  chmod 755 cuda-checkpoint # a recovery has no environment but what says where things are
  "${CC:-cc}" -shared -fPIC -O1 -o at-step.so "$HARNESS_DIR/helpers/at-step.c" -ldl || fail 'at-step.c'
  cuda_bundle
  begin b "$(id_for c1)"
  both_count
  globals
  for step in suspend pause save verify; do
    : >cuda/log
    expect_status 137 env LD_PRELOAD="$PWD/at-step.so" AT_STEP="$step" AT_STEP_RUN='kill -KILL $PPID' \
      "$B9RUN" "${GLOBALS[@]}" checkpoint --image-path b.img "$(id_for c1)"
    [ "$step" = suspend ] || grep -q ' checkpoint .* 0$' cuda/log || fail "$step: nothing was suspended"
    both_count
  done
  has_state "$(id_for c1)" running
  "$B9RUN" delete --force "$(id_for c1)"
}

test_fake_cuda_state_is_put_back_when_criu_fails() {
  make_fakes
  cuda_bundle 'dd if=/dev/zero of=/tmp/g bs=1M count=3 2>/dev/null; exec 9</tmp/g; rm /tmp/g'
  begin b "$(id_for c1)"
  both_count
  expect_refusal "Can't dump ghost file /tmp/g" b9 checkpoint --image-path b.img "$(id_for c1)"
  grep -q ' checkpoint .* 0$' cuda/log || fail 'nothing was suspended'
  has_state "$(id_for c1)" running
  both_count
  "$B9RUN" delete --force "$(id_for c1)"
}

# The process comes back with its memory, but its state does not.
test_a_restore_without_cuda_is_no_success() {
  make_fakes
  cuda_bundle
  begin b "$(id_for c1)"
  both_count
  expect_status 0 b9 checkpoint --image-path b.img "$(id_for c1)"
  "$B9RUN" delete --force "$(id_for c1)"
  echo fail 2 >cuda/restore
  expect_refusal 'CUDA_ERROR_OUT_OF_MEMORY (2)' b9 restore --detach --bundle b --image-path b.img "$(id_for c2)"
  ! "$B9RUN" state "$(id_for c2)" >/dev/null 2>&1 || fail 'the container is still there'
  rm cuda/restore
  restored b "$(id_for c2)"
  both_count
  "$B9RUN" delete --force "$(id_for c2)"
}

test_an_image_of_another_driver_is_started_cold() {
  make_fakes
  cuda_bundle
  begin b "$(id_for c1)"
  both_count
  expect_status 0 b9 checkpoint --image-path b.img "$(id_for c1)"
  "$B9RUN" delete --force "$(id_for c1)"
  sh "$TOP/tests/fakes/nvidia-host.sh" "$PWD/other" --driver 570.124.06 --no-nodes
  export B9RUN_HOST_ROOT=$PWD/other
  expect_status 75 b9 restore --detach --bundle b --image-path b.img "$(id_for c2)"
  [[ $ERR == *'driver-differs: '* ]] || show_captured 'expected driver-differs' restore
}
