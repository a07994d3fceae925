# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# The capability matrix of this host with the real runtimes: what they are asked, when they are asked again, and
# what is refused.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# cell BACKEND ID: "STATE PROVIDER" of a capability.
cell() {
  "$B9RUN" capabilities --json --backend "$1" |
    jq -r --arg id "$2" '.backends[0].capabilities[] | select (.id == $id) | "\(.state) \(.provider)"'
}

# kept: which answers are kept, with the time of each.
kept() { stat -c '%n %Y.%i' /run/b9run/cache/cells_* 2>/dev/null | sort; }

test_every_cell_has_a_state_evidence_and_where_not_supported_a_reason() {
  "$B9RUN" capabilities --json >all.json
  jq -e '[.backends[].name] == ["runc", "runsc"]' all.json >/dev/null || fail "$(cat all.json)"
  jq -e 'all (.backends[]; .problem == null and (.capabilities | length) > 30)' all.json >/dev/null || fail "$(cat all.json)"
  jq -e 'all (.backends[].capabilities[]; .evidence != "" and (.evidenceKind | IN ("probe", "version", "file", "declared"))
    and (if .state == "supported" then .reason == null else .reason != "" and .reason != null end))' all.json >/dev/null ||
    fail "$(cat all.json)"
}

test_the_real_runtimes_say_what_they_can() {
  local backend id
  for backend in runc runsc; do
    for id in exec pause events.stats console; do
      [ "$(cell $backend $id)" = "supported backend $backend" ] || fail "$backend $id: $(cell $backend $id)"
    done
  done
  # What this runc says of itself.
  [ "$(cell runc hooks.createContainer)" = 'supported backend runc' ] || fail "$(cell runc hooks.createContainer)"
  [ "$("$RUNC" features | jq -r '.hooks | index ("createContainer") != null')" = true ] || fail 'runc has no such hook'
  [ "$(cell runsc selinux)" = 'unsupported backend runsc' ] || fail "$(cell runsc selinux)"
}

# What the kernel has mounted, looked at by another program.
test_exactly_one_set_up_of_cgroups_is_the_hosts() {
  local expected=cgroup.v1 id state
  ! mountpoint -q /sys/fs/cgroup/unified || expected=cgroup.hybrid
  [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || expected=cgroup.v2
  for id in cgroup.v1 cgroup.hybrid cgroup.v2; do
    state=$(cell runc $id)
    if [ $id = $expected ]; then
      [[ $state = 'supported '* ]] || fail "$id: $state"
    else
      [ "$state" = 'unsupported host' ] || fail "$id: $state"
    fi
  done
}

# A limit that is set has to be there, if the matrix says that limits are enforced.
test_a_memory_limit_is_there_where_the_matrix_says_so() {
  local directory=/sys/fs/cgroup/memory/$TEST_TAG-m file=memory.limit_in_bytes
  [[ $(cell runc cgroup.memory) = 'supported host' ]] || return 0
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then directory=/sys/fs/cgroup/$TEST_TAG-m file=memory.max; fi
  mkdir "$directory"
  echo 16777216 >"$directory/$file"
  [ "$(cat "$directory/$file")" = 16777216 ] || fail "$directory/$file: $(cat "$directory/$file")"
  rmdir "$directory"
}

test_answers_are_kept_until_the_program_changes() {
  local before
  cp "$RUNC" ./runc
  printf 'backends:\n  runc:\n    path: %s/runc\n' "$PWD" >b9run.yaml
  "$B9RUN" --config "$PWD/b9run.yaml" --backend=runc capabilities >one
  before=$(kept)
  [ -n "$before" ] || fail 'nothing is kept'
  [ "$(stat -c %a /run/b9run/cache)" = 700 ] || fail "$(stat /run/b9run/cache)"
  "$B9RUN" --config "$PWD/b9run.yaml" --backend=runc capabilities >two
  cmp one two
  [ "$(kept)" = "$before" ] || fail "asked again: $(kept) for $before"
  touch ./runc
  "$B9RUN" --config "$PWD/b9run.yaml" --backend=runc capabilities >three
  cmp one three
  [ "$(kept)" != "$before" ] || fail 'not asked again'
}

# Docker's runtimeArgs make such scripts.
test_a_wrapper_is_asked_again_when_what_it_starts_changes() {
  local before
  cp "$RUNC" ./real
  printf '#!/bin/sh\n%s/real "$@"\n' "$PWD" >wrapper
  chmod 755 wrapper
  printf 'backends:\n  runc:\n    path: %s/wrapper\n' "$PWD" >b9run.yaml
  "$B9RUN" --config "$PWD/b9run.yaml" --backend=runc capabilities >/dev/null
  before=$(kept)
  "$B9RUN" --config "$PWD/b9run.yaml" --backend=runc capabilities >/dev/null
  [ "$(kept)" = "$before" ] || fail "asked again: $(kept) for $before"
  touch real
  "$B9RUN" --config "$PWD/b9run.yaml" --backend=runc capabilities >/dev/null
  [ "$(kept)" != "$before" ] || fail 'not asked again'
}

test_what_somebody_wrote_over_the_answers_is_not_believed() {
  local file
  "$B9RUN" capabilities >one
  for file in /run/b9run/cache/cells_*; do
    sed -i 's/^cell\texec\t1/cell\texec\t4/' "$file"
  done
  "$B9RUN" capabilities >two
  cmp one two
  for file in /run/b9run/cache/cells_*; do
    head -c 100000 /dev/urandom >"$file"
  done
  "$B9RUN" capabilities >three
  cmp one three
}

test_a_plain_bundle_asks_nothing() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    expect_status 0 b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")"
  done
  [ ! -e /run/b9run/cache ] || fail "$(ls /run/b9run/cache)"
}

test_what_a_backend_cannot_do_is_refused_before_anything_is_started() {
  BACKEND=runsc
  bundle b true
  edit_config b '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
  expect_refusal 'process.selinuxLabel needs the capability selinux, which backend runsc does not have here: ' \
    b9 --log "$PWD/log" --log-format json run --bundle b "$(id_for c)"
  jq -e '.level == "error" and .code == "capability-unsupported" and .capability == "selinux"' log >/dev/null || fail "$(cat log)"
  [ "$("$B9RUN" list -q)" = '' ] || fail "$("$B9RUN" list)"
  [ -z "$(pgrep -x runsc-sandbox || true)" ] || fail 'a sandbox was started'
}

test_what_works_only_in_part_goes_ahead_with_a_notice() {
  BACKEND=runsc
  printf 'log: {file: %s/own.log}\n' "$PWD" >b9run.yaml
  bundle b echo ran
  edit_config b '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"}'
  expect_stdout ran b9 --config "$PWD/b9run.yaml" run --bundle b "$(id_for c)"
  grep -q 'linux.seccomp: capability seccomp of backend runsc is conditional: ' own.log || fail "$(cat own.log)"
  [ "$(grep -c 'capability seccomp' own.log)" -eq 1 ] || fail "$(cat own.log)"
}

test_the_table_names_a_backend_that_is_not_there() {
  printf 'backends:\n  runsc:\n    path: /nowhere/runsc\n' >b9run.yaml
  expect_stdout_has 'runsc: backend runsc: /nowhere/runsc (set by ' "$B9RUN" --config "$PWD/b9run.yaml" capabilities
  [[ $OUT = *'exec '*'supported    -'* ]] || fail "$OUT"
}

test_why_has_the_question_and_the_evidence() {
  expect_stdout_has 'update: Can the limits of a running container be changed?' "$B9RUN" capabilities --why update --backend=runc
  [[ $OUT = *'runc: supported'*'Evidence: runc --help: update (probe, by backend runc)'* ]] || fail "$OUT"
}
