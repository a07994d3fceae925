# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016,SC2034  # for jq; BACKEND is backends.sh's
# SPDX-License-Identifier: Apache-2.0
#
# Containers that ask for GPUs, on a FAKE NVIDIA host: its /proc, /sys and /dev stand below $WORK/host, device nodes
# made by mknod, and no GPU is behind them.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"
. "$(dirname "${BASH_SOURCE[0]}")/clients.sh"
. "$(dirname "${BASH_SOURCE[0]}")/podman-checks.sh"

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
  [ -n "$(find "/run/b9run/containers/$id" -path '*/bundle/config.json')" ] || fail 'there is no copy'
  kill -KILL $!
  wait $! || true
  kill -KILL "$(cat up)" 2>/dev/null || true # what stood for runc
  expect_status 0 "$B9RUN" delete --force "$id"
  [ -z "$(ls /run/b9run/containers)" ] || fail 'something is left'
}

# cdi_host: a fake host with the device nodes and the CDI file of a real nvidia-ctk 1.20, whose mounts and hooks are
# files of $WORK/host.
cdi_host() {
  local file
  fake_host --driver 550.54.15 --uvm 511 --node /dev/nvidia-modeset 195 254
  mkdir -p host/etc/cdi
  sed -e "s#hostPath: /#hostPath: $WORK/host/#" -e "s#path: /usr/bin/nvidia-cdi-hook#path: $WORK/host/usr/bin/nvidia-cdi-hook#" \
    "$HARNESS_DIR/../data/cdi-vectors/nvidia-ctk-1.20-generate.yaml" >host/etc/cdi/nvidia.yaml
  sed -n "s#.*hostPath: ##p" host/etc/cdi/nvidia.yaml | while read -r file; do
    mkdir -p "${file%/*}"
    echo "fake ${file##*/}" >"$file"
  done
  # The mount of a socket is runsc's to leave out.
  rm host/run/nvidia-persistenced/socket
  python3 -c 'import socket, sys; socket.socket (socket.AF_UNIX).bind (sys.argv[1])' host/run/nvidia-persistenced/socket
  mkdir -p host/usr/bin
  printf '#!/bin/sh\ncat >/dev/null\n' >host/usr/bin/nvidia-cdi-hook
  chmod 755 host/usr/bin/nvidia-cdi-hook
}

# ask_by_annotation DIR: as an engine that leaves CDI to the runtime.
ask_by_annotation() {
  edit_config "$1" '.annotations = {"cdi.k8s.io/nvidia-gpu": "nvidia.com/gpu=0"}'
}

# explained BACKEND: what b9run says, with names in the place of this test's paths.
explained() {
  sed -e "s#$WORK#WORK#g" -e "s#$RUNSC#RUNSC#g" -e "s#$RUNC#RUNC#g" -e 's#/containers/ID/[0-9a-f]*#/containers/ID/KEY#g' \
    -e "s#$TEST_TAG#TAG#g" -e 's#: [0-9]* versions#: N versions#'
}

golden() {
  local expected=$HARNESS_DIR/../data/explain/$1
  shift
  b9 explain "$@" >said || fail "explain: $(cat said)"
  explained <said >told
  [ -z "${B9_WRITE_GOLDEN:-}" ] || cp told "$expected"
  diff -u "$expected" told || fail "explain $* says something else than $expected"
}

test_explain_tells_of_a_runc_bundle_with_the_seeds_annotation() {
  BACKEND=runc
  cdi_host
  bundle b true
  ask_by_annotation b
  golden runc.txt --bundle b
  golden runc.diff --bundle b --diff create
  expect_stdout 'GPU nvidia.com/gpu=0' jq -r '.requests[0] | "\(.class) \(.device)"' <(b9 explain --bundle b --json)
  [ ! -e /run/b9run/containers ] || fail 'explain wrote a record'
}

test_explain_tells_of_a_runsc_bundle_with_the_seeds_annotation() {
  BACKEND=runsc
  cdi_host
  bundle b true
  ask_by_annotation b
  golden runsc.txt --bundle b
  golden runsc.diff --bundle b --diff
  expect_stdout '--nvproxy=true' jq -r '.command[] | select(test("nvproxy="))' <(b9 explain --bundle b --json)
}

test_explain_of_a_bundle_that_asks_for_nothing_loads_no_detector() {
  BACKEND=runc
  fake_host
  bundle b true
  expect_stdout_has 'detectors   none loaded' b9 explain --bundle b
  [[ $OUT == *"(the caller's own)"* ]] || fail "$OUT"
}

test_explain_says_what_would_be_refused() {
  BACKEND=runc
  fake_host --driver none
  bundle b true
  ask_for_gpu b
  expect_status 1 b9 explain --bundle b
  [[ $OUT == *'refused     capability-unsupported'* ]] || fail "$OUT"
  expect_status 1 b9 run --bundle b "$(id_for a)"
}

# runc itself gets what the CDI file says.
test_runc_runs_with_the_devices_of_an_annotation() {
  BACKEND=runc
  cdi_host
  bundle b sh -c 'cat /usr/bin/nvidia-smi; echo $NVIDIA_VISIBLE_DEVICES; ls -ln /dev/nvidia* | awk "{print \$5 \$6, \$NF}" | sort'
  ask_by_annotation b
  expect_status 0 b9 run --bundle b "$(id_for a)"
  [ "$(tr '\n' ' ' <<<"$OUT")" = 'fake nvidia-smi void 195,0 /dev/nvidia0 195,254 /dev/nvidia-modeset 195,255 /dev/nvidiactl 511,0 /dev/nvidia-uvm 511,1 /dev/nvidia-uvm-tools ' ] || fail "$OUT"
}

# argv_of_sandbox: the command lines of every runsc of this PID namespace.
argv_of_sandbox() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '; }

test_runsc_gets_nvproxy_by_itself_where_a_gpu_is_asked_for() {
  BACKEND=runsc
  local id
  id=$(id_for a)
  cdi_host
  bundle b sh -c 'cat /usr/bin/nvidia-smi; ls /dev/nvidia0 /dev/nvidiactl /dev/nvidia-uvm; sleep 1000'
  ask_by_annotation b
  b9 --nvproxy-driver-version=550.54.15 run --detach --bundle b "$id" </dev/null >>out 2>&1 || fail "$(cat out)"
  [[ $(argv_of_sandbox) == *--nvproxy=true* ]] || fail "$(argv_of_sandbox)"
  wait_until 20 grep -q /dev/nvidiactl out
  expect_stdout "$(printf '/dev/nvidia-uvm\n/dev/nvidia0\n/dev/nvidiactl\nfake nvidia-smi')" env LC_ALL=C sort out
  expect_status 0 "$B9RUN" delete --force "$id"
}

test_runsc_gets_no_nvproxy_where_no_gpu_is_asked_for() {
  BACKEND=runsc
  local id
  id=$(id_for a)
  fake_host
  bundle b sleep 1000
  b9 run --detach --bundle b "$id" </dev/null >>out 2>&1 || fail "$(cat out)"
  [[ $(argv_of_sandbox) == *runsc* && $(argv_of_sandbox) != *' --nvproxy='* ]] || fail "$(argv_of_sandbox)"
  expect_status 0 "$B9RUN" delete --force "$id"
}

# The flags are remembered, as clients drop them on later calls.
test_the_record_keeps_nvproxy() {
  BACKEND=runsc
  local id
  id=$(id_for a)
  cdi_host
  bundle b sleep 1000
  ask_by_annotation b
  b9 --nvproxy-driver-version=550.54.15 create --bundle b "$id" </dev/null >>out 2>&1 || fail "$(cat out)"
  grep -q -- '--nvproxy=true' "/run/b9run/containers/$id/"*/record || fail "$(cat "/run/b9run/containers/$id/"*/record)"
  expect_status 0 "$B9RUN" start "$id"
  expect_stdout "$WORK/b" jq -r .bundle <("$B9RUN" state "$id")
  expect_status 0 "$B9RUN" delete --force "$id"
}

# harness_with WORK-SCRIPT: the folder of tests/gpu/build in $WORK/package, with this build, and a FAKE gpu-work.
harness_with() {
  local prefix=${B9RUN%/bin/b9run}
  mkdir -p package/bin package/lib package/libexec
  cp "$HARNESS_DIR/../gpu/run" package/
  ln -s "$B9RUN" "$RUNC" "$RUNSC" package/bin/
  cp -r "$prefix/lib/b9run/plugins" package/plugins
  cp "$prefix"/libexec/b9run/* "$prefix"/lib/b9run/*.so package/libexec/
  chmod -R go-w package
  cp -a "$ROOTFS_TEMPLATE" package/rootfs
  printf '#!/bin/sh\n%s\n' "$1" >package/rootfs/bin/gpu-work
  chmod 755 package/rootfs/bin/gpu-work
}

test_the_harness_for_hardware_runs_nothing_without_a_driver() {
  harness_with 'echo fake'
  fake_host --driver none
  expect_status 77 package/run --out out
  [[ $OUT == *'No NVIDIA driver is loaded: nothing was run.'* ]] || fail "$OUT"
}

test_the_harness_for_hardware_records_a_refusal_and_calls_a_fake_a_fake() {
  harness_with 'echo "fake $1"'
  fake_host --driver 570.124.06
  expect_status 0 package/run --out out
  [[ $OUT == *'A fake host: no GPU is here'* ]] || fail "$OUT"
  [[ $OUT == *'| CUDA kernel, runc | passed | fake check |'* ]] || fail "$OUT"
  [[ $OUT == *'| all, runsc | refused | capability-unsupported '*'does not know driver 570.124.06'* ]] || fail "$OUT"
  [[ $OUT == *'| measure nvproxy | not done |'* ]] || fail "$OUT"
  expect_stdout "$OUT" cat out/report.md
}

test_the_harness_for_hardware_fails_with_its_kernel() {
  harness_with 'echo "3 of 9 sums are wrong"; exit 1'
  fake_host --driver 570.124.06
  expect_status 1 package/run --out out
  [[ $OUT == *'| CUDA kernel, runc | failed | status 1: 3 of 9 sums are wrong |'* ]] || fail "$OUT"
}

# podman passes no environment on: from here on B9RUN is a script that says where the fake host is.
# That host has this kernel's seccomp, which podman's bundles need.
with_fake_host_in_b9run() {
  mkdir -p wrapped host/proc/sys/kernel/seccomp
  cat /proc/sys/kernel/seccomp/actions_avail >host/proc/sys/kernel/seccomp/actions_avail
  printf '#!/bin/sh\nB9RUN_HOST_ROOT=%s exec %s "$@"\n' "$WORK/host" "$B9RUN" >wrapped/b9run
  chmod 755 wrapped/b9run
  B9RUN=$WORK/wrapped/b9run
}

podman_says_ready() { pm logs c1 | grep -q ready; }

# A client that passes CDI's annotation on: it execs, pauses, stops and removes as ever.
check_podman_container() {
  # shellcheck disable=SC2046  # a list of options
  pm run -d --annotation cdi.k8s.io/gpu=nvidia.com/gpu=0 $(podman_run_options c1) "$IMAGE" sh -c "$HANDLES_TERM" >/dev/null
  wait_until 20 sh -c "[ -n \"\$(find /run/b9run/containers -path '*/bundle/config.json')\" ]"
  expect_stdout 'fake nvidia-smi' pm exec c1 cat /usr/bin/nvidia-smi
  expect_stdout_has /dev/nvidia0 pm exec c1 ls /dev/nvidia0
  expect_stdout running pm inspect --format '{{.State.Status}}' c1
  wait_until 20 podman_says_ready
  pm stop -t 20 c1 >/dev/null
  expect_stdout 5 pm inspect --format '{{.State.ExitCode}}' c1
  pm rm c1 >/dev/null
}

test_podman_with_runc_gets_its_gpu() {
  B9RUN_FLAGS='backend=runc'
  cdi_host
  with_fake_host_in_b9run
  with_podman check_podman_container
}

test_podman_with_runsc_gets_its_gpu() {
  B9RUN_FLAGS='backend=runsc network=none ignore-cgroups nvproxy-driver-version=550.54.15'
  cdi_host
  with_fake_host_in_b9run
  with_podman check_podman_container
}
