# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# The command lines that clients send, word for word, and with the environment that they
# send them in: recorded from podman 4.3 with conmon 2.1 and from containerd 1.6; CRI-O's
# and Docker's are read from their sources.  Each has to be understood, and what it asks
# for done.  What the same clients do with the answers is in the other suites of the nineties.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

BACKENDS='runc runsc'

# as_podman ARGUMENTS...: it keeps nothing but PATH for most calls.
as_podman() { env -i "PATH=$PATH" XDG_RUNTIME_DIR= "$B9RUN" "$@"; }

# as_podman_cleanup ARGUMENTS...: not even that.
as_podman_cleanup() { env -i XDG_RUNTIME_DIR= "$B9RUN" "$@"; }

# as_shim ARGUMENTS...: a log and a root on each call.
as_shim() {
  "$B9RUN" --root "$WORK/shim" --log "$WORK/log.json" --log-format json "$@"
}

# prepare BACKEND: a bundle, an id and a configuration that chooses BACKEND.
prepare() {
  bundle "$1" sleep 1000
  ID=$(id_for "$1")
  cat >b9run.yaml <<END
backend: $1
backends:
  runsc:
    network: none
    ignore-cgroups: true
END
  jq -n '{cwd: "/", user: {uid: 0, gid: 0}, args: ["sh", "-c", "exit 7"], env: ["PATH=/bin"]}' >process.json
  export B9RUN_CONFIG=$WORK/b9run.yaml
  case $1 in
    runc) FLAGS=(--backend=runc) ;;
    *) FLAGS=(--backend=runsc --ignore-cgroups --network=none) ;;
  esac
}

# quietly COMMAND...: success without a word; what create and exec print would be the
# container's.
quietly() {
  capture "$@"
  if [ "$STATUS" -ne 0 ] || [ -n "$OUT$ERR" ]; then show_captured 'expected success without a word' "$@"; fi
}

# for_each_backend CHECK
for_each_backend() {
  local backend
  need jq
  for backend in $BACKENDS; do
    prepare "$backend"
    "$1" "$backend"
    expect_stdout '' find /run/b9run/containers -mindepth 1
    rm -f pid exec.pid log.json oci-log
  done
}

podman_calls() {
  quietly as_podman "${FLAGS[@]}" --log-format=json --log "$WORK/oci-log" create --bundle "$WORK/$1" --pid-file "$WORK/pid" "$ID"
  [ -d "/proc/$(cat pid)" ]
  quietly as_podman "${FLAGS[@]}" start "$ID"
  quietly as_podman "${FLAGS[@]}" --log-format=json --log "$WORK/oci-log" exec --pid-file "$WORK/exec.pid" \
    --process "$WORK/process.json" --detach "$ID"
  [ -s exec.pid ]
  quietly as_podman_cleanup "${FLAGS[@]}" pause "$ID"
  quietly as_podman_cleanup "${FLAGS[@]}" resume "$ID"
  quietly as_podman_cleanup "${FLAGS[@]}" kill "$ID" 15
  capture as_podman_cleanup "${FLAGS[@]}" kill "$ID" 9
  # The first process of a sandbox has already ended by the other signal.
  [ "$STATUS" -eq 0 ] || [[ $ERR == *'container not running'* ]] || show_captured 'expected an end' kill
  wait_until 10 has_state "$ID" stopped
  quietly as_podman_cleanup delete --force "$ID"
  quietly as_podman_cleanup "${FLAGS[@]}" delete --force "$ID"
  [ ! -e oci-log ] || [ ! -s oci-log ] || fail "the log of a success: $(cat oci-log)"
}
test_calls_of_podman() { for_each_backend podman_calls; }

containerd_calls() {
  quietly as_shim create --bundle "$WORK/$1" --pid-file "$WORK/pid" "$ID"
  quietly as_shim start "$ID"
  quietly as_shim exec --process "$WORK/process.json" --detach --pid-file "$WORK/exec.pid" "$ID"
  expect_stdout_has "$(cat pid)" as_shim ps --format json "$ID"
  expect_stdout_has '"type":"stats"' as_shim events --stats "$ID"
  quietly as_shim pause "$ID"
  quietly as_shim resume "$ID"
  quietly as_shim kill --all "$ID" 9
  wait_until 10 has_state "$ID" stopped --root "$WORK/shim"
  expect_refusal 'container not running' as_shim kill "$ID" 9
  rm log.json
  quietly as_shim delete "$ID"
  quietly as_shim delete --force "$ID"
  expect_refusal 'container does not exist' as_shim kill "$ID" 9
  [ "$(jq -r .level log.json)" = error ] || fail "not one line of JSON: $(cat log.json)"
  capture as_shim features
  [[ $OUT$ERR == *ociVersionMin* || $ERR == *features* ]] || show_captured 'expected features' features
}
test_calls_of_containerd() { for_each_backend containerd_calls; }

# go-runc of newer releases, Docker's wrapper and other clients: other spellings.
other_spellings() {
  quietly "$B9RUN" -root "$WORK/r" -log="$WORK/log.json" -log-format json create -b "$WORK/$1" \
    --no-pivot --no-new-keyring --preserve-fds=0 --pid-file="$WORK/pid" "$ID"
  quietly "$B9RUN" --root="$WORK/r" start "$ID"
  expect_status 7 "$B9RUN" --root "$WORK/r" exec -p "$WORK/process.json" "$ID"
  expect_status 7 "$B9RUN" --root "$WORK/r" exec "$ID" sh -c 'exit 7'
  expect_stdout "$ID" jq -r .id <("$B9RUN" --root "$WORK/r" state "$ID")
  quietly "$B9RUN" --root "$WORK/r" kill "$ID" 0
  quietly "$B9RUN" --root "$WORK/r" kill -a "$ID" KILL
  wait_until 10 has_state "$ID" stopped --root "$WORK/r"
  quietly "$B9RUN" --root "$WORK/r" delete -f "$ID"
  [ ! -s log.json ] || fail "the log of a success: $(cat log.json)"
}
test_other_spellings_mean_the_same() { for_each_backend other_spellings; }

# --interval=0s and the single dash are other clients' and go-runc's.
attached_calls() {
  local first
  edit_config "$1" '.process.args = ["sh", "-c", "sleep 1; exit 6"]'
  "$B9RUN" run -no-subreaper --bundle "$WORK/$1" "$ID" </dev/null >>out 2>&1 &
  first=$!
  wait_until 10 has_state "$ID" running
  expect_stdout_has '"type":"stats"' timeout 20 "$B9RUN" events --interval=0s "$ID"
  STATUS=0
  wait "$first" || STATUS=$?
  [ "$STATUS" -eq 6 ]
}
test_attached_calls_of_go_runc() { for_each_backend attached_calls; }

test_update_takes_resources_from_a_file_or_standard_input() {
  local limit
  prepare runc
  echo '{"memory": {"limit": 67108864}}' >resources.json
  "$B9RUN" create --bundle runc "$ID" </dev/null >>out 2>&1
  limit=$(find /sys/fs/cgroup -path "*$TEST_TAG-runc/memory.limit_in_bytes" -o -path "*$TEST_TAG-runc/memory.max")
  quietly "$B9RUN" update --resources="$WORK/resources.json" "$ID"
  [ "$(cat "$limit")" -eq $((64 << 20)) ]
  sed s/67108864/33554432/ resources.json | "$B9RUN" update --resources=- "$ID"
  [ "$(cat "$limit")" -eq $((32 << 20)) ]
  "$B9RUN" update --resources - "$ID" <resources.json
  [ "$(cat "$limit")" -eq $((64 << 20)) ]
  "$B9RUN" delete --force "$ID"
}

# podman asks in this way whether a runtime can checkpoint, and what restore takes.
test_probes_get_true_answers() {
  expect_stdout_has image-path "$B9RUN" checkpoint --help
  expect_refusal 'flag needs an argument' "$B9RUN" restore --lsm-mount-context
  bundle b true
  expect_refusal 'no image directory' "$B9RUN" restore --bundle b --pid-file pid --no-new-keyring \
    --detach --image-path i --work-path . --tcp-established x
  expect_refusal 'no image directory' "$B9RUN" restore --image-path i --work-path w --detach \
    --pid-file pid --no-pivot -no-subreaper --bundle b x
  [ ! -e pid ]
  expect_stdout_has 'b9run version' "$B9RUN" --version
  expect_stdout_has ociVersionMin "$B9RUN" --backend=runc features
  [ -z "$ERR" ]
}

# crun's spelling, which podman uses for every runtime (--cgroups=disabled).
test_cgroup_manager_disabled_runs_runsc_without_cgroups() {
  prepare runsc
  quietly "$B9RUN" --backend=runsc --network=none --cgroup-manager disabled run --bundle runsc -d "$ID"
  [ -z "$(cgroups_of_test)" ] || fail "cgroups: $(cgroups_of_test)"
  "$B9RUN" delete --force "$ID"
}
