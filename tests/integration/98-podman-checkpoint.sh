# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# podman's own checkpoint and restore, with b9run as its runtime and real CRIU.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"

count() { pm exec "$ID" cat /tmp/n; }
counts_beyond() { [ "$(count)" -gt "$1" ]; }

test_podman_saves_and_restores_a_counter_under_runc() {
  local before
  need podman conmon jq
  ID=$(id_for c)
  image_for_podman
  # shellcheck disable=SC2046,SC2016
  expect_status 0 pm run --detach $(podman_run_options "$ID") localhost/b9test:1 \
    sh -c 'i=0; while :; do i=$((i+1)); echo $i >/tmp/m; mv /tmp/m /tmp/n; sleep 0.05; done'
  wait_until 20 counts_beyond 3
  expect_status 0 pm container checkpoint "$ID"
  before=$(pm inspect --format '{{.State.Status}} {{.State.Checkpointed}}' "$ID")
  [ "$before" = 'exited true' ] || fail "$before"
  expect_status 0 pm container restore "$ID"
  wait_until 20 counts_beyond 4
  expect_status 0 pm rm --force --time 0 "$ID"
  podman_is_done
}
