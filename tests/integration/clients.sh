# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# podman and containerd for integration suites, with b9run as their runtime and all
# of their state in $WORK and the test's own /run.  Sourced after harness.sh.

# pm ARGUMENTS...: podman; B9RUN_FLAGS is a list of --runtime-flag values.
pm() {
  local flags=() flag
  for flag in ${B9RUN_FLAGS:-}; do
    flags+=(--runtime-flag "$flag")
  done
  [ -e "$WORK/containers.conf" ] || write_podman_config
  CONTAINERS_CONF=$WORK/containers.conf podman \
    --root "$WORK/podman/root" --runroot "$WORK/podman/run" --tmpdir "$WORK/podman/tmp" \
    --storage-driver "${PODMAN_STORAGE:-overlay}" --cgroup-manager cgroupfs --events-backend file \
    --runtime "$B9RUN" "${flags[@]}" "$@"
}

# The limits are for machines whose root may not raise its own; the named runtime
# gets podman's --log-format=json.
write_podman_config() {
  cat >"$WORK/containers.conf" <<END
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1000:1000"]
[engine]
runtime_supports_json = ["b9run", "runc", "crun"]
[network]
network_config_dir = "$WORK/podman/net"
END
}

# image_for_podman: the busybox root file system as the image b9test:1.
image_for_podman() {
  tar -C "$ROOTFS_TEMPLATE" -cf "$WORK/rootfs.tar" .
  pm import -q "$WORK/rootfs.tar" localhost/b9test:1 >/dev/null
}

# podman_run_options NAME: for `pm run`; the cgroup is one that the harness finds.
podman_run_options() { echo "--network=none --cgroup-parent=/$TEST_TAG-podman --name=$1"; }

# podman_is_done: waits for podman's own last processes and removes what podman
# leaves: two levels of cgroups and a bind mount of its storage folder.  A container's
# cgroup, below those, would stay and fail the test.
podman_is_done() {
  wait_until 10 remove_podman_cgroups
  umount "$WORK/podman/root/overlay" 2>/dev/null || true
}

remove_podman_cgroups() {
  cgroups_of_test | sed -nE '/-podman(\/conmon)?$/p' | xargs -r rmdir
}

# start_containerd [SETTING]: its socket is $WORK/containerd.sock, for `ctrd`; SETTING is a line of its
# configuration in the place of the one that leaves its CRI plugin out.
start_containerd() {
  local without_cri='disabled_plugins = ["io.containerd.grpc.v1.cri"]'
  need containerd ctr
  cat >"$WORK/containerd.toml" <<END
version = 2
root = "$WORK/containerd/root"
state = "/run/containerd"
${1:-$without_cri}
[grpc]
address = "$WORK/containerd.sock"
END
  containerd -c "$WORK/containerd.toml" >"$WORK/containerd.log" 2>&1 </dev/null &
  CONTAINERD_PID=$!
  wait_until 20 ctrd version
}

# stop_containerd: and wait, since its mounts have to be gone.
stop_containerd() {
  kill "$CONTAINERD_PID"
  wait "$CONTAINERD_PID" || true
}

ctrd() { ctr -a "$WORK/containerd.sock" "$@"; }

# ctr_runtime: the options of `ctrd run` that make b9run the runtime.
ctr_runtime() { echo "--runc-binary $B9RUN --runtime io.containerd.runc.v2"; }

# image_for_containerd: the same image, through podman's archive format.
image_for_containerd() {
  image_for_podman
  pm save -q --format docker-archive -o "$WORK/image.tar" localhost/b9test:1
  ctrd image import "$WORK/image.tar" >/dev/null
}
