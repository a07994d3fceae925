# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# What the fakes of this folder share: whether the fault is wanted now.  In the environment:
#   FAULT_DIR    armed: the file is there as long as the fault is; met: whoever the fault has met makes it; undo, recover:
#                the operation goes back, its recovery is at work; pid: of b9run; disk: where the image is
#   FAULT_STEP   the step, as the journal calls it; or "undo" or "recover"; FAULT_FIRST: before there is a journal
#   FAULT_KIND   what happens; tests/faults/run lists them
#   FAULT_ID     the container; FAULT_IMAGE, FAULT_WORK: its image and the folder of its logs

# The step that the operation is at.
step_now() {
  if [ -e "$FAULT_DIR/recover" ]; then
    echo recover
  elif [ -e "$FAULT_DIR/undo" ]; then
    echo undo
  else
    step=$(sed -n 's/^step=//p' "/run/b9run/containers/$FAULT_ID"/*/journal 2>/dev/null)
    echo "${step:-$FAULT_FIRST}"
  fi
}

is_armed() { [ -e "$FAULT_DIR/armed" ]; }
is_wanted() { is_armed && [ "$(step_now)" = "$FAULT_STEP" ]; }
meet() { : >"$FAULT_DIR/met"; }

# wait_for_sign PID FILE: until FILE is there and not empty, or PID has ended.
wait_for_sign() {
  while kill -0 "$1" 2>/dev/null && [ ! -s "$2" ]; do sleep 0.005; done
}

fill_disk() { dd if=/dev/zero of="$1/fill" bs=4096 2>/dev/null; }
