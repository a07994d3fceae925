# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# A few cases of the fault table and of the many checkpoints at once; the whole of both is by hand, tests/faults.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

faults() { "$TOP/tests/faults/run" --quick "$1"; }
test_faults_with_runc_and_criu_freeze_nothing() { faults runc+criu; }
test_faults_with_runc_criu_and_a_fake_of_cuda_freeze_nothing() { faults runc+criu+fake-cuda; }
test_faults_with_runsc_freeze_nothing() { faults runsc; }
