# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq and the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# GPUs under the real runsc, on a FAKE NVIDIA host: its driver is text, and its device nodes are made by mknod with no
# GPU behind them.  runsc takes a driver version that it is told (--nvproxy-driver-version), so that the whole way up to
# the sandbox with nvproxy is the real one; what a program would do with a GPU is not shown here.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

BACKEND=runsc
DRIVER=550.54.15 # the newest but one that release 20240729 knows

# fake_host [OPTION...]: as tests/fakes/nvidia-host.sh has them.  runsc looks into the true /dev, so the test gets one
# of its own, with the same nodes.
fake_host() {
  local node
  sh "$HARNESS_DIR/../fakes/nvidia-host.sh" "$WORK/host" --driver "$DRIVER" --proprietary "$@"
  export B9RUN_HOST_ROOT=$WORK/host
  mkdir dev
  mount -t tmpfs -o mode=755 dev dev
  for node in null zero full random urandom tty; do cp -a "/dev/$node" dev/; done
  mkdir dev/pts dev/shm
  mount --rbind /dev/pts dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  find host/dev -maxdepth 1 -name 'nvidia*' -exec cp -a {} dev/ \;
  mount --move dev /dev
  trap 'umount -R -l /dev' EXIT
}

# gpu_b9 ARGUMENTS...: b9run for a new container, with the driver's version as the fake has it.
gpu_b9() { b9 --nvproxy-driver-version="$DRIVER" --log own.log --log-format json "$@"; }

# ask_for_gpu DIR: the nodes of /dev/nvidia0, without fileMode as some engines leave them.
ask_for_gpu() {
  edit_config "$1" '.linux.devices += [
    {path: "/dev/nvidia0", type: "c", major: 195, minor: 0},
    {path: "/dev/nvidiactl", type: "c", major: 195, minor: 255},
    {path: "/dev/nvidia-uvm", type: "c", major: 508, minor: 0}]'
}

# sandbox_argv ID: the command line of its sandbox, one word a line.
sandbox_argv() { tr '\0' '\n' <"/proc/$("$B9RUN" state "$1" | jq .pid)/cmdline"; }

has_nvproxy() { sandbox_argv "$1" | grep -qx -- '--nvproxy=true'; }

# use_log: a configuration with b9run's own log in own.txt, at the level of information.
use_log() {
  printf 'log:\n  file: %s/own.txt\n  level: info\n' "$WORK" >log.yaml
  CONFIG=$WORK/log.yaml
}

test_a_gpu_switches_nvproxy_on() {
  local id
  id=$(id_for g)
  fake_host
  use_log
  bundle gpu sleep 1000
  ask_for_gpu gpu
  gpu_b9 run --detach --bundle gpu "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  has_nvproxy "$id" || fail "$(sandbox_argv "$id")"
  sandbox_argv "$id" | grep -qx -- "--nvproxy-driver-version=$DRIVER" || fail 'no driver version'
  expect_stdout "c 195 0
c 195 255" "$B9RUN" exec "$id" sh -c 'for n in /dev/nvidia0 /dev/nvidiactl; do stat -c "%F %t %T" $n; done |
    sed "s/character special file/c/" | while read -r k a i; do echo "$k $((0x$a)) $((0x$i))"; done'
  grep -q "starting container with nvproxy: $id, devices /dev/nvidia0" own.txt || fail "$(cat own.txt)"
  # Later calls for it say so too.
  expect_status 0 "$B9RUN" kill "$id" KILL
  remove_container "$id"
}

test_create_and_start_have_nvproxy_too() {
  local id
  id=$(id_for g)
  fake_host
  bundle gpu sleep 1000
  ask_for_gpu gpu
  gpu_b9 create --bundle gpu "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  has_nvproxy "$id" || fail "$(sandbox_argv "$id")"
  expect_status 0 "$B9RUN" start "$id"
  expect_status 0 "$B9RUN" exec "$id" test -c /dev/nvidia-uvm
  remove_container "$id"
}

test_without_a_gpu_there_is_no_nvproxy() {
  local id
  id=$(id_for p)
  fake_host
  bundle plain sleep 1000
  gpu_b9 run --detach --bundle plain "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  ! sandbox_argv "$id" | grep -q -- '--nvproxy' || sandbox_argv "$id" | grep -qx -- '--nvproxy=false' || fail "$(sandbox_argv "$id")"
  expect_status 1 "$B9RUN" exec "$id" test -e /dev/nvidiactl
  expect_stdout "$WORK/plain" jq -r .bundle <("$B9RUN" state "$id")
  [ -z "$(find /run/b9run/containers -name config.json)" ] || fail 'a bundle that needs no edit was copied'
  remove_container "$id"
}

# The control device alone would switch nvproxy on in newer releases.
test_who_has_only_the_control_device_gets_no_gpu() {
  local id
  id=$(id_for w)
  fake_host
  bundle weak sleep 1000
  edit_config weak '.linux.devices += [{path: "/dev/nvidiactl", type: "c", major: 195, minor: 255, fileMode: 438}]'
  gpu_b9 run --detach --bundle weak "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  ! has_nvproxy "$id" || fail "$(sandbox_argv "$id")"
  expect_status 1 "$B9RUN" exec "$id" test -e /dev/nvidiactl
  remove_container "$id"
}

test_devices_that_lead_nowhere_are_left_out() {
  fake_host
  bundle nodes sh -c 'ls /dev/weird 2>/dev/null; test -c /dev/null'
  edit_config nodes '.linux.devices += [{path: "/dev/weird", type: "c", major: 240, minor: 3, fileMode: 438}]'
  expect_stdout '' gpu_b9 run --bundle nodes "$(id_for n)"
}

# refused TEXT: before anything is started, in the one line of --log too, and nothing is left.
refused() {
  rm -f own.log
  expect_refusal "$1" gpu_b9 run --bundle gpu "$(id_for r)"
  [ "$(wc -l <own.log)" -eq 1 ] || fail "log: $(cat own.log)"
  jq -e --arg t "$1" '.msg | contains($t)' own.log >/dev/null || fail "log: $(cat own.log)"
  expect_nothing_left "$(id_for r)" gpu
}

test_a_driver_that_nvproxy_does_not_know_is_refused() {
  DRIVER=570.124.06
  fake_host
  bundle gpu true
  ask_for_gpu gpu
  refused 'nvproxy of this runsc does not know driver 570.124.06'
  refused 'install driver 550.90.07'
  jq -e '.code == "capability-unsupported" and .capability == "gpu.passthrough"' own.log >/dev/null || fail "$(cat own.log)"
}

test_a_host_without_a_driver_is_refused() {
  fake_host
  rm -r host/proc/driver host/sys/module
  bundle gpu true
  ask_for_gpu gpu
  expect_refusal 'no NVIDIA driver is loaded' b9 run --bundle gpu "$(id_for r)"
  expect_nothing_left "$(id_for r)" gpu
}

test_a_part_of_a_gpu_is_refused() {
  fake_host --mig 0:1
  bundle gpu true
  ask_for_gpu gpu
  edit_config gpu '.linux.devices += [{path: "/dev/nvidia-caps/nvidia-cap5", type: "c", major: 234, minor: 5}]'
  refused 'runsc passes whole GPUs only'
}

test_a_label_is_refused() {
  fake_host
  bundle gpu true
  edit_config gpu '.process.selinuxLabel = "system_u:object_r:container_t:s0"'
  refused 'make the container without a label'
}

test_a_mount_without_its_source_is_refused_by_name() {
  fake_host
  bundle gpu true
  edit_config gpu '.mounts += [{destination: "/x", type: "bind", source: "/nowhere/at/all", options: ["rbind"]}]'
  refused '/nowhere/at/all is not there'
}

test_the_legacy_hook_alone_is_refused() {
  fake_host
  bundle gpu true
  edit_config gpu '.process.env += ["NVIDIA_VISIBLE_DEVICES=all"]
    | .hooks.prestart = [{path: "/usr/bin/nvidia-container-runtime-hook", args: ["x", "prestart"]}]'
  refused 'ask by CDI'
}

# An engine has put CDI's edits into the bundle; without links to the libraries, but with its GPU.
test_an_engines_cdi_hooks_are_no_reason_to_refuse() {
  fake_host
  bundle gpu test -c /dev/nvidia0
  ask_for_gpu gpu
  edit_config gpu '.hooks.createContainer = [{path: "/usr/bin/nvidia-cdi-hook", args: ["nvidia-cdi-hook", "update-ldcache"]}]'
  expect_status 0 gpu_b9 run --bundle gpu "$(id_for h)"
  edit_config gpu '.hooks.createContainer[0].path = "/usr/bin/another"'
  refused 'skips createContainer hooks without a word'
}

# The annotation of a device plugin, and what NVIDIA's own tool writes for this GPU.
test_cdi_brings_a_gpu() {
  local id
  id=$(id_for c)
  fake_host
  use_log
  bundle gpu sleep 1000
  mkdir -p host/etc/cdi lib
  echo library >lib/libcuda.so.550.54.15
  cat >host/etc/cdi/nvidia.yaml <<END
cdiVersion: 0.5.0
kind: nvidia.com/gpu
containerEdits:
  env: [NVIDIA_VISIBLE_DEVICES=void]
  deviceNodes:
    - path: /dev/nvidia-uvm
    - path: /dev/nvidia-uvm-tools
    - path: /dev/nvidiactl
  mounts:
    - hostPath: $WORK/lib/libcuda.so.550.54.15
      containerPath: /usr/lib/libcuda.so.550.54.15
      options: [ro, nosuid, nodev, rbind, rprivate]
  hooks:
    - hookName: createContainer
      path: /usr/bin/nvidia-cdi-hook
      args: [nvidia-cdi-hook, disable-device-node-modification]
    - hookName: createContainer
      path: /usr/bin/nvidia-cdi-hook
      args: [nvidia-cdi-hook, update-ldcache, --folder, /usr/lib]
devices:
  - name: "0"
    containerEdits:
      deviceNodes:
        - path: /dev/nvidia0
END
  edit_config gpu '.annotations["cdi.k8s.io/nvidia-gpu"] = "nvidia.com/gpu=0"
    | .process.env += ["NVIDIA_VISIBLE_DEVICES=all"]
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
  gpu_b9 run --detach --bundle gpu "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  has_nvproxy "$id" || fail "$(sandbox_argv "$id")"
  grep -q 'passes over the 1 createContainer hooks of the bundle' own.txt || fail "$(cat own.txt)"
  expect_stdout library "$B9RUN" exec "$id" cat /usr/lib/libcuda.so.550.54.15
  expect_status 0 "$B9RUN" exec "$id" sh -c 'test -c /dev/nvidia0 && test ! -e /dev/nvidia-uvm-tools'
  expect_stdout 'NVIDIA_VISIBLE_DEVICES=void' sh -c "jq -r '.process.env[] | select(startswith(\"NVIDIA_V\"))' /run/b9run/containers/$id/*/bundle/config.json"
  # What release 20240729 does not run stays, and the log says so.
  expect_stdout 'null ["update-ldcache"]' sh -c "jq -rc '\"\\(.linux.seccomp) \\([.hooks.createContainer[].args[1]])\"' /run/b9run/containers/$id/*/bundle/config.json"
  remove_container "$id"
}

# newer_runsc: the real runsc behind a script that answers `help checkpoint` as a release of 2026-06-08 does; a FAKE in that.
newer_runsc() {
  cp "$PRIVATE/bin/busybox" cuda-checkpoint
  use_program "[ \"\$*\" != 'help checkpoint' ] || { $RUNSC help checkpoint; echo '  -cuda-checkpoint-path string'; exit 0; }
    exec $RUNSC \"\$@\""
  cat >>"$CONFIG" <<END
checkpoint:
  cuda-checkpoint:
    mount: true
    path: $WORK/cuda-checkpoint
END
}

test_cuda_checkpoint_is_mounted_where_the_configuration_wants_it() {
  local id
  id=$(id_for m)
  fake_host
  bundle gpu sleep 1000
  bundle none sleep 1000
  ask_for_gpu gpu
  newer_runsc
  expect_stdout_has 'checkpoint.cuda-checkpoint.mount is true' gpu_b9 explain --bundle gpu
  gpu_b9 run --detach --bundle gpu "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  expect_status 0 "$B9RUN" exec "$id" sh -c 'test -x /usr/bin/cuda-checkpoint && ! echo x >>/usr/bin/cuda-checkpoint'
  remove_container "$id"
  gpu_b9 run --detach --bundle none "$id" </dev/null >>out 2>>err || fail "$(cat err)"
  expect_status 0 "$B9RUN" exec "$id" sh -c '! test -e /usr/bin/cuda-checkpoint'
  remove_container "$id"
}

# The real release has no --cuda-checkpoint-path: the container starts, and explain says what it goes without.
test_cuda_checkpoint_is_left_out_for_a_runsc_that_has_no_use_for_it() {
  fake_host
  bundle gpu true
  ask_for_gpu gpu
  printf 'checkpoint:\n  cuda-checkpoint:\n    mount: true\n' >mount.yaml
  CONFIG=$WORK/mount.yaml
  expect_stdout_has 'this runsc has no --cuda-checkpoint-path' gpu_b9 explain --bundle gpu
  expect_status 0 gpu_b9 run --bundle gpu "$(id_for l)"
}
