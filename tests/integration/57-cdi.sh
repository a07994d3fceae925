# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq and the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# CDI with the real runc: annotations against what nvidia-ctk 1.20 wrote, on a FAKE NVIDIA host.
#
# The file is nvidia-ctk's own (tests/data/cdi-vectors), with two things made to fit a machine without NVIDIA's driver:
# the sources of its mounts lie below $WORK/driver, as empty files, and its hook is a script that notes how it was
# called.  Device nodes are made by mknod, and no GPU is behind them.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

CTK_FILE=$HARNESS_DIR/../data/cdi-vectors/nvidia-ctk-1.20-generate.yaml

# fake_host [OPTION...]: two GPUs, the driver of nvidia-ctk's file, and that file in /etc/cdi.
fake_host() {
  local path
  sh "$HARNESS_DIR/../fakes/nvidia-host.sh" "$WORK/host" --driver 570.172.08 --gpus 2 --uvm 511 \
    --node /dev/nvidia-modeset 195 254 "$@"
  export B9RUN_HOST_ROOT=$WORK/host
  mkdir -p host/etc/cdi
  sed -e "s|hostPath: /|hostPath: $WORK/driver/|" -e "s|path: /usr/bin/nvidia-cdi-hook|path: $WORK/hook|" \
    "$CTK_FILE" >host/etc/cdi/nvidia.yaml
  grep -o "$WORK/driver/.*" host/etc/cdi/nvidia.yaml | while read -r path; do
    mkdir -p "${path%/*}"
    echo "this is ${path##*/}" >"$path"
  done
  printf '#!/bin/sh\necho "$*" >>"%s"\n' "$WORK/hooks-run" >hook
  chmod 755 hook
}

# ask_for DIR DEVICES [KEY]: by the annotation of the seed.
ask_for() {
  edit_config "$1" '.annotations[$key] = $devices' --arg key "${3:-cdi.k8s.io/nvidia-gpu}" --arg devices "$2"
}

test_runc_gets_what_nvidia_ctk_describes() {
  BACKEND=runc
  local before
  fake_host
  bundle b sh -c 'ls -ln /dev/nvidia* | awk "{print \$5 \$6, \$NF}" | sort; env | grep NVIDIA | sort; id -G
    cat /lib/x86_64-linux-gnu/libcuda.so.570.172.08'
  ask_for b nvidia.com/gpu=0
  before=$(sha256sum b/config.json)
  expect_stdout '195,0 /dev/nvidia0
195,254 /dev/nvidia-modeset
195,255 /dev/nvidiactl
511,0 /dev/nvidia-uvm
511,1 /dev/nvidia-uvm-tools
NVIDIA_CTK_LIBCUDA_DIR=/lib/x86_64-linux-gnu
NVIDIA_VISIBLE_DEVICES=void
0 44
this is libcuda.so.570.172.08' b9 run --bundle b "$(id_for a)"
  [ "$(cat hooks-run)" = 'create-symlinks --link libcuda.so.1::/lib/x86_64-linux-gnu/libcuda.so
enable-cuda-compat --host-driver-version=570.172.08
update-ldcache --folder /lib/x86_64-linux-gnu
disable-device-node-modification
update-application-profile' ] || fail "hooks: $(cat hooks-run)"
  [ "$(sha256sum b/config.json)" = "$before" ] || fail 'the bundle was changed'
}

test_a_container_that_does_not_ask_gets_nothing() {
  BACKEND=runc
  fake_host
  bundle b sh -c 'ls /dev | grep nvidia; env | grep NVIDIA; true'
  ask_for b nvidia.com/gpu=0 nvidia.cdi.k8s.io/gpu
  expect_stdout '' b9 run --bundle b "$(id_for a)"
  [ ! -e hooks-run ] || fail 'a hook was run'
}

test_what_an_engine_has_injected_is_not_injected_again() {
  BACKEND=runc
  fake_host
  bundle b true
  ask_for b nvidia.com/gpu=1
  b9 create --bundle b "$(id_for a)" </dev/null >>out 2>&1 || fail "$(cat out)"
  [ "$(wc -l <hooks-run)" -eq 5 ] || fail "$(cat hooks-run)"
  mkdir again
  # What runc was given: the spec with the first injection in it.
  cp "$(find /run/b9run/containers -name config.json)" again/config.json
  cp -a b/rootfs again/rootfs
  expect_status 0 "$B9RUN" delete --force "$(id_for a)"
  # With the mark of the first pass, and without it, as an engine's injection has none.
  : >hooks-run
  expect_status 0 b9 run --bundle again "$(id_for b)"
  edit_config again 'del(.annotations["run.b9.cdi-injected"])'
  expect_status 0 b9 run --bundle again "$(id_for d)"
  [ "$(wc -l <hooks-run)" -eq 10 ] || fail "$(cat hooks-run)"
}

test_an_unknown_device_is_refused_with_all_that_is_wrong() {
  BACKEND=runc
  fake_host
  echo 'kind: [' >host/etc/cdi/broken.yaml
  bundle b true
  ask_for b nvidia.com/gpu=7
  expect_refusal 'unresolvable CDI devices nvidia.com/gpu=7: no file in /etc/cdi, /var/run/cdi has them; known are nvidia.com/gpu=0, ' \
    b9 run --bundle b "$(id_for a)"
  [[ $ERR == *'/etc/cdi/broken.yaml:2: no valid YAML'* ]] || fail "$ERR"
  [ ! -d "/run/runc/$(id_for a)" ] || fail 'runc was started'
}

test_a_missing_node_is_refused_before_anything_starts() {
  BACKEND=runc
  fake_host --no-node /dev/nvidiactl
  bundle b true
  ask_for b nvidia.com/gpu=0
  expect_refusal 'failed to stat CDI host device "/dev/nvidiactl": it does not exist' b9 run --bundle b "$(id_for a)"
  [ ! -d "/run/runc/$(id_for a)" ] || fail 'runc was started'
}

test_list_shows_the_devices_and_check_what_is_stale() {
  BACKEND=runc
  fake_host
  cp "$CTK_FILE" host/etc/cdi/nvidia.yaml
  [ "$(b9 cdi list --json 2>>err | jq -r '.[] | "\(.device) \(.class)"')" = 'nvidia.com/gpu=0 gpu
nvidia.com/gpu=1 gpu
nvidia.com/gpu=GPU-d52a6af4-d5f1-4d9b-b64d-777ef541e2b4 gpu
nvidia.com/gpu=GPU-e2f1b05e-c754-435e-9d00-639ddb6d6d52 gpu
nvidia.com/gpu=all gpu' ] || fail "$(b9 cdi list)"
  # The host has the nodes, and neither the libraries nor the hook that the file names.
  expect_status 2 b9 cdi check
  [[ $OUT == *"/etc/cdi/nvidia.yaml: the hook's program /usr/bin/nvidia-cdi-hook does not exist"* ]] || fail "$OUT"
  [[ $OUT != *'cdi.node'* && $OUT != *'major'* ]] || fail "$OUT"
  # After an upgrade of the driver and a reboot.
  rm -rf host/proc host/dev host/sys
  sh "$HARNESS_DIR/../fakes/nvidia-host.sh" "$WORK/host" --driver 580.65.06 --gpus 2 --uvm 508 --node /dev/nvidia-modeset 195 254
  expect_status 2 b9 cdi check
  [[ $OUT == *'made for the driver 570.172.08, and 580.65.06 is loaded'* ]] || fail "$OUT"
  [[ $OUT == *'/dev/nvidia-uvm has the major 511, and in /proc/devices nvidia-uvm has 508'* ]] || fail "$OUT"
}
