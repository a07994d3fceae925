# shellcheck shell=bash disable=SC2034,SC2154  # shared with run
# SPDX-License-Identifier: Apache-2.0
#
# The steps, the faults, and which of them can meet.  Sourced by run and summary.
#
# Steps are the journal's, and further
#   start      before there is a journal
#   lock       the first half of suspend
#   delete     the second half of stop with runc
#   undo       the way back, after the runtime has failed to save or to restore
#   recover    the next b9run, after b9run was killed in save or in check
#   look       a restore compares image and host

COLUMNS_ALL='runc+criu runc+criu+fake-cuda runsc'

# The faults:
#   b9run          b9run is killed right after the journal has the step
#   both           b9run is killed then, and its guardian with it
#   b9run-work     b9run is killed while the runtime is at work, which goes on
#   b9run-help     b9run is killed while its helper is at work, which goes on
#   error, hang    the runtime fails, or does not return, before it has done anything, or when it has done all (-late)
#   backend        the runtime is killed at work, or when it has done all (-late); or when it has done it and not written down what
#                  the container is now (-amid; b9run-amid: and b9run with it), or written half of it (-torn)
#   criu           CRIU is killed at work; -error: it fails; -hang: it does not return
#   helper         b9run-cuda is killed before the driver has acted, or after (-late); -error: the driver refuses; -hang: it does not
#                  return; -prog: b9run-cuda is killed while its cuda-checkpoint is at work, which goes on
#   program        cuda-checkpoint is killed at work
#   disk           the image's disk is full from this step on (restore: that of the work path)
#   state-disk     /run is full from this step on
KINDS='b9run both b9run-work b9run-amid b9run-help error error-late hang hang-late backend backend-late backend-amid backend-torn
  criu criu-error criu-hang helper helper-late helper-error helper-hang helper-prog program disk state-disk'

steps_of() {
  case $1:$2 in
    runc+criu+fake-cuda:checkpoint) echo start begun lock suspend pause save verify stop delete continue undo recover ;;
    runc+criu:checkpoint) echo start begun pause save verify stop delete continue undo recover ;;
    runsc:checkpoint) echo start begun pause save verify stop continue undo recover ;;
    *:restore) echo look restore check undo recover ;;
  esac
}

# journal_step OPERATION STEP KIND: what the journal says when they meet.
journal_step() {
  case $1:$2:$3 in
    *:lock:*) echo suspend ;;
    *:delete:*) echo stop ;;
    *) echo "$2" ;;
  esac
}

# command_of OPERATION STEP: the runtime's command in it.
command_of() {
  case $1:$2 in
    *:begun | *:look) echo --version ;;
    *:pause) echo pause ;;
    *:save) echo checkpoint ;;
    *:stop) echo kill ;;
    *:delete | restore:undo | restore:recover) echo delete ;;
    *:continue | checkpoint:undo | checkpoint:recover) echo resume ;;
    *:restore) echo restore ;;
  esac
}

# cuda_action OPERATION STEP: what the driver is asked to do in it.
cuda_action() {
  case $2 in
    begun) echo thread ;;
    lock) echo lock ;;
    suspend) echo checkpoint ;;
    continue | undo | recover) echo unlock ;;
    check) echo restore ;;
  esac
}

# cuda_words KIND: for tests/fakes/fake-cuda.h.
cuda_words() {
  case $1 in
    b9run-help | helper-prog) echo kill-caller take 500 ;;
    helper | program) echo kill-before ;;
    helper-late) echo kill-after ;;
    helper-error) echo fail 304 ;;
    helper-hang) echo hang ;;
  esac
}

# why_not COLUMN OPERATION STEP KIND: why they cannot meet; nothing where they can.
why_not() {
  local column=$1 at=$2:$3
  case $4 in
    *-amid | *-torn)
      case $column:$at in
        runsc:checkpoint:pause | runsc:checkpoint:continue | runsc:checkpoint:undo | runsc:checkpoint:recover) ;;
        runsc:*) echo 'it writes no such thing' ;;
        *) echo 'runc writes no such thing' ;;
      esac
      ;;
  esac
  case $4 in
    *-amid | *-torn) ;;
    b9run | both)
      case $at in
        *:start | *:look | *:undo | *:recover) echo 'no line of the journal begins it' ;;
        *:lock | *:delete) echo 'the journal has the step before' ;;
      esac
      ;;
    error* | hang* | backend* | b9run-work)
      case $column:$at in
        *:start | *:lock | *:suspend | *:verify) echo 'the runtime is not at work' ;;
        runsc:*:stop) echo 'b9run ends a sandbox itself' ;;
        runc*:look) echo 'runc is not asked' ;;
        *:check) echo 'its files are read, the runtime is not asked' ;;
      esac
      ;;
    criu*)
      case $column:$at in
        runsc:*) echo 'runsc saves by itself' ;;
        *:begun | *:save | *:restore) ;;
        *) echo 'CRIU is not at work' ;;
      esac
      ;;
    helper* | program | b9run-help)
      case $column:$at in
        runc+criu+fake-cuda:*:begun | runc+criu+fake-cuda:*:lock | runc+criu+fake-cuda:*:suspend) ;;
        runc+criu+fake-cuda:checkpoint:continue | runc+criu+fake-cuda:checkpoint:undo) ;;
        runc+criu+fake-cuda:checkpoint:recover | runc+criu+fake-cuda:*:check) ;;
        runc+criu+fake-cuda:*) echo 'the helper is not at work' ;;
        *) echo 'there is no helper' ;;
      esac
      ;;
    disk)
      case $at in
        *:start | *:begun | *:save | *:verify | *:undo | restore:restore) ;;
        *) echo 'nothing is written there' ;;
      esac
      [ "$at" != restore:undo ] || echo 'nothing is written there'
      ;;
    state-disk)
      case $at in
        *:lock | *:delete | *:look) echo 'the step before has it' ;;
      esac
      ;;
  esac
}

# is_quick COLUMN OPERATION STEP KIND: whether it is in the short form.
is_quick() {
  case "$*" in
    'runc+criu checkpoint save criu' | 'runc+criu checkpoint save b9run-work' | 'runc+criu checkpoint stop b9run') ;;
    'runc+criu restore restore backend' | 'runc+criu checkpoint save disk' | 'runc+criu checkpoint save both') ;;
    'runc+criu+fake-cuda checkpoint lock b9run-help' | 'runc+criu+fake-cuda checkpoint suspend helper') ;;
    'runc+criu+fake-cuda restore check helper-error') ;;
    'runsc checkpoint save backend' | 'runsc checkpoint pause b9run-work' | 'runsc checkpoint stop b9run') ;;
    'runsc checkpoint verify state-disk' | 'runsc restore restore backend') ;;
    *) return 1 ;;
  esac
}
