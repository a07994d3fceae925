# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq
# SPDX-License-Identifier: Apache-2.0
#
# Containers that ask for GPUs, on a FAKE NVIDIA host: its /proc, /sys and /dev stand below $WORK/host, device nodes
# made by mknod, and no GPU is behind them.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# fake_host [OPTION...]: as tests/fakes/nvidia-host.sh has them.
fake_host() {
  sh "$HARNESS_DIR/../fakes/nvidia-host.sh" "$WORK/host" "$@"
  export B9RUN_HOST_ROOT=$WORK/host
}

# ask_for DIR PATH MAJOR MINOR: adds a device to the bundle.
ask_for() {
  edit_config "$1" '.linux.devices += [{path: $p, type: "c", major: $a, minor: $i, fileMode: 438, uid: 0, gid: 0}]' \
    --arg p "$2" --argjson a "$3" --argjson i "$4"
}

# ask_for_gpu DIR: all that /dev/nvidia0 needs.
ask_for_gpu() {
  ask_for "$1" /dev/nvidia0 195 0
  ask_for "$1" /dev/nvidiactl 195 255
  ask_for "$1" /dev/nvidia-uvm 508 0
}

test_runc_gets_the_bundle_as_it_is_where_nothing_is_missing() {
  BACKEND=runc
  fake_host
  bundle whole sleep 1000
  ask_for_gpu whole
  b9 create --bundle whole "$(id_for a)" </dev/null >>out 2>&1 || fail "$(cat out)"
  expect_stdout_has "bundle=$WORK/whole" jq -r '.config.labels[]' "/run/runc/$(id_for a)/state.json"
  expect_status 0 "$B9RUN" delete --force "$(id_for a)"
}

test_a_gpu_that_came_alone_gets_its_control_nodes() {
  BACKEND=runc
  fake_host
  bundle alone ls -ln /dev/nvidia0 /dev/nvidiactl /dev/nvidia-uvm
  ask_for alone /dev/nvidia0 195 0
  before=$(sha256sum alone/config.json)
  expect_status 0 b9 run --bundle alone "$(id_for a)"
  [ "$(awk '{print $5 $6, $NF}' <<<"$OUT" | sort | tr '\n' ' ')" = \
    '195,0 /dev/nvidia0 195,255 /dev/nvidiactl 508,0 /dev/nvidia-uvm ' ] || fail "$OUT"
  [ "$(sha256sum alone/config.json)" = "$before" ] || fail 'the bundle was changed'
  [ -z "$(ls /run/b9run/containers)" ] || fail 'something is left'
}

test_a_gpu_whose_control_nodes_the_host_lacks_is_refused() {
  BACKEND=runc
  fake_host --no-node /dev/nvidia-uvm
  bundle refused true
  ask_for refused /dev/nvidia0 195 0
  expect_refusal 'the container asks for the GPU /dev/nvidia0 (linux.devices[0].path) and would not get all of it: /dev/nvidia-uvm is not in linux.devices and not on this host' \
    b9 run --bundle refused "$(id_for a)"
  [ ! -d "/run/runc/$(id_for a)" ] || fail 'runc was started'
  [ -z "$(ls /run/b9run/containers 2>/dev/null)" ] || fail 'something is left'
}

# What depends on the place of the bundle: root and bind mounts relative to it, hooks, state, list, exec.
test_an_edited_spec_means_what_it_meant_in_its_bundle() {
  BACKEND=runc
  local id
  id=$(id_for a)
  fake_host
  bundle edited sleep 1000
  ask_for edited /dev/nvidia0 195 0
  mkdir edited/data && echo content >edited/data/file
  printf '#!/bin/sh\n{ pwd; jq -r .bundle; echo "$@"; } >"$1"\n' >hook
  chmod 755 hook
  edit_config edited '.root.path = "rootfs"
    | .mounts += [{destination: "/data", type: "bind", source: "data", options: ["rbind", "ro"]}]
    | .hooks.createRuntime = [{path: $hook, args: ["hook", "\($work)/create", "x y"]}]
    | .hooks.poststop = [{path: $hook, args: ["hook", "\($work)/stop"]}]' --arg hook "$WORK/hook" --arg work "$WORK"
  chmod 640 edited/config.json
  b9 create --bundle ./edited "$id" </dev/null >>out 2>&1 || fail "$(cat out)"
  expect_stdout "$(printf '%s\n%s\n%s' "$WORK/edited" "$WORK/edited" "$WORK/create x y")" cat create
  expect_status 0 "$B9RUN" start "$id"
  expect_stdout content "$B9RUN" exec "$id" cat /data/file
  expect_stdout "$WORK/edited" jq -r .bundle <("$B9RUN" state "$id")
  expect_stdout "$WORK/edited/rootfs" jq -r .rootfs <("$B9RUN" state "$id")
  expect_stdout "$WORK/edited" jq -r '.[0].bundle' <("$B9RUN" list --format json)
  expect_stdout "640 $(id -u)" stat -c '%a %u' "/run/b9run/containers/$id/"*/bundle/config.json
  expect_status 0 "$B9RUN" delete --force "$id"
  expect_stdout "$(printf '%s\n%s\n%s' "$WORK" "$WORK/edited" "$WORK/stop")" cat stop
  [ -z "$(ls /run/b9run/containers)" ] || fail 'something is left'
}

test_a_pool_refuses_a_gpu_of_another_type() {
  BACKEND=runc
  fake_host
  printf 'worker:\n  pools:\n    gpu:\n      containerRuntime: runc\n      gpuType: A100-40\n' >pool.yaml
  bundle typed true
  ask_for_gpu typed
  expect_refusal 'pool gpu is for GPUs of type A100-40' "$B9RUN" --config pool.yaml --pool gpu run --bundle typed "$(id_for a)"
  sed -i 's/A100-40/H100/' pool.yaml
  expect_status 0 "$B9RUN" --config pool.yaml --pool gpu run --bundle typed "$(id_for b)"
}

test_a_killed_b9run_leaves_no_copy_of_the_bundle() {
  BACKEND=runc
  local id
  id=$(id_for a)
  fake_host
  bundle killed sleep 1000
  ask_for killed /dev/nvidia0 195 0
  use_program 'case "$*" in *" create "*) echo $$ >'"$WORK"'/pid.new; mv '"$WORK"'/pid.new '"$WORK"'/up; exec sleep 1000;; *) exec '"$RUNC"' "$@";; esac'
  globals
  "$B9RUN" "${GLOBALS[@]}" create --bundle killed "$id" </dev/null >>out 2>&1 &
  wait_until 20 test -e up
  [ -e "/run/b9run/containers/$id/"*/bundle/config.json ] || fail 'there is no copy'
  kill -KILL $!
  wait $! || true
  kill -KILL "$(cat up)" 2>/dev/null || true # what stood for runc
  expect_status 0 "$B9RUN" delete --force "$id"
  [ -z "$(ls /run/b9run/containers)" ] || fail 'something is left'
}
