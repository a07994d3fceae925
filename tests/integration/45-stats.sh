# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq
# SPDX-License-Identifier: Apache-2.0
#
# `events`, `ps`, `update` and `spec`.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# is_statistics ID: standard input is lines of JSON, at least one, of the container.
is_statistics() {
  jq -es --arg id "$1" 'length > 0 and all(.[]; .type == "stats" and .id == $id and (.data.cpu.usage.total | type) == "number")'
}

# are_events ID: the same, but for numbers: the last line of runc's comes while the cgroup goes.
are_events() { jq -es --arg id "$1" 'length > 0 and all(.[]; .type == "stats" and .id == $id)'; }

test_events_stats_is_one_line_of_json() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    expect_status 0 "$B9RUN" events --stats "$id"
    [ "$(wc -l <<<"$OUT")" -eq 1 ] || fail "$BACKEND: $OUT"
    is_statistics "$id" <<<"$OUT" >>log || fail "$BACKEND: $OUT"
    remove_container "$id"
  done
}

# Bare runsc goes on for ever, and bare runc refuses 0.  runc's end with the cgroup.
test_events_end_with_the_container_and_take_any_interval() {
  local id interval events
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    for interval in 0s 100ms 1s; do
      start_detached "$BACKEND" "$id"
      "$B9RUN" events --interval="$interval" "$id" >>statistics 2>>err &
      events=$!
      wait_until 10 file_has statistics stats
      "$B9RUN" kill "$id" KILL
      [ "$BACKEND" = runc ] || wait_until 10 is_gone "$events"
      remove_container "$id"
      wait_until 10 is_gone "$events"
      are_events "$id" <statistics >>log || fail "$BACKEND: $(cat statistics)"
      rm statistics
    done
  done
}

test_ps_lists_the_hosts_processes() {
  local id pids
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    expect_stdout_has PID "$B9RUN" ps "$id"
    pids=$("$B9RUN" ps --format json "$id" | jq -r '.[]')
    [ "$pids" = "$(pid_of "$id")" ] || fail "$BACKEND: $pids"
    remove_container "$id"
  done
}

test_update_changes_runcs_limits() {
  local id
  BACKEND=runc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id"
  expect_status 0 "$B9RUN" update --pids-limit 77 "$id"
  expect_stdout 77 sh -c "cat /sys/fs/cgroup/pids/$TEST_TAG-b/pids.max || cat /sys/fs/cgroup/$TEST_TAG-b/pids.max"
  "$B9RUN" update --resources - "$id" <<<'{"pids": {"limit": 55}}'
  expect_stdout 55 sh -c "cat /sys/fs/cgroup/pids/$TEST_TAG-b/pids.max || cat /sys/fs/cgroup/$TEST_TAG-b/pids.max"
  remove_container "$id"
}

test_update_under_runsc_is_refused_with_the_reason() {
  local id
  BACKEND=runsc
  id=$(id_for c)
  bundle b sleep 1000
  start_detached b "$id"
  expect_refusal 'runsc' "$B9RUN" update --pids-limit 77 "$id"
  expect_stdout running state_of "$id"
  remove_container "$id"
}

test_spec_writes_a_config_that_runs() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    rm "$BACKEND/config.json"
    expect_status 0 b9 spec --bundle "$BACKEND"
    edit_config "$BACKEND" '.process.terminal = false | .process.args = ["true"] | .linux.cgroupsPath = $path' \
      --arg path "/$TEST_TAG-$BACKEND"
    expect_status 0 b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
  done
}
