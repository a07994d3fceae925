# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# podman and containerd with the very files that are installed for them, as drop-ins
# beside what only this machine needs.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/clients.sh"

IMAGE=localhost/b9test:1

# The files hold the place of the installation, so b9run has to be the installed one.
EXAMPLES=${B9RUN%/bin/b9run}/share/doc/b9run/examples

need_examples() {
  need jq python3
  [ -e "$EXAMPLES/podman.conf" ] || fail "no $EXAMPLES: B9RUN is no installed b9run"
}

# with_podman_drop_in COMMAND [ARGUMENTS...]: podman has a folder /etc/containers of
# the test's own, with the installed file in containers.conf.d.
with_podman_drop_in() {
  need podman conmon
  need_examples
  image_for_podman
  cp -a /etc/containers "$WORK/etc-containers"
  mount -t tmpfs b9test /etc/containers
  cp -a "$WORK/etc-containers/." /etc/containers
  mkdir -p /etc/containers/containers.conf.d
  rm -f /etc/containers/containers.conf
  cp "$EXAMPLES/podman.conf" /etc/containers/containers.conf.d/b9run.conf
  grep -v runtime_supports_json "$WORK/containers.conf" >/etc/containers/containers.conf.d/machine.conf
  "$@"
  wait_until 10 nothing_is_known
  podman_is_done
  umount /etc/containers
}

nothing_is_known() {
  [ -z "$(find /run/b9run/containers /run/runc /run/gvisor -mindepth 1 2>/dev/null)" ]
}

# plain_podman ARGUMENTS...: without a word on runtimes but what the drop-in says.
plain_podman() {
  podman --root "$WORK/podman/root" --runroot "$WORK/podman/run" --tmpdir "$WORK/podman/tmp" \
    --storage-driver "${PODMAN_STORAGE:-overlay}" --cgroup-manager cgroupfs --events-backend file "$@"
}

# check_podman NAME BACKEND [RUNTIME-FLAG...]: the runtime of that name.
check_podman() {
  local name=$1 backend=$2 flags=() flag
  shift 2
  for flag; do flags+=(--runtime-flag "$flag"); done
  expect_stdout "${B9RUN%b9run}$name" plain_podman --runtime "$name" info -f '{{.Host.OCIRuntime.Path}}'
  # shellcheck disable=SC2046  # a list of options
  plain_podman --runtime "$name" "${flags[@]}" run -d $(podman_run_options c1) "$IMAGE" sleep 1000 >/dev/null
  [ "$("$B9RUN" list --format json | jq -r '.[].backend')" = "$backend" ] || fail "another backend than $backend"
  expect_status 7 plain_podman exec c1 sh -c 'exit 7'
  plain_podman rm -f -t 0 c1
  # podman has read the error as JSON: its own words come first.
  # shellcheck disable=SC2046
  expect_status 127 plain_podman --runtime "$name" "${flags[@]}" run --rm $(podman_run_options c2) "$IMAGE" /missing
  [[ $ERR == *'command that was not found'* ]] || show_captured 'expected podman to read the error' "$name"
}

test_podman_runs_runc_by_the_shipped_file() { with_podman_drop_in check_podman b9run runc; }
test_podman_runs_runc_by_its_own_name() { with_podman_drop_in check_podman b9run-runc runc; }
test_podman_runs_runsc_by_the_shipped_file() {
  with_podman_drop_in check_podman b9run-runsc runsc ignore-cgroups network=none
}

# start_containerd_with FILE: its CRI plugin on, and FILE imported.
start_containerd_with() {
  need podman
  need_examples
  start_containerd "imports = [\"$1\"]"
}

# binary_of RUNTIME: what containerd has understood of the file.
binary_of() {
  containerd -c "$WORK/containerd.toml" config dump |
    python3 -c 'import sys, tomllib
runtimes = tomllib.load(sys.stdin.buffer)["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]
print(runtimes[sys.argv[1]]["runtime_type"], runtimes[sys.argv[1]]["options"]["BinaryName"])' "$1"
}

# check_task RUNTIME BACKEND: a task with the program that containerd read.
check_task() {
  local type binary id
  id=$(id_for "$1")
  read -r type binary < <(binary_of "$1")
  [ "$type $binary" = "io.containerd.runc.v2 ${B9RUN%b9run}$1" ] || fail "$1 is $type $binary"
  ctrd run -d --runtime "$type" --runc-binary "$binary" "$IMAGE" "$id" sleep 1000
  [ "$("$B9RUN" list --format json | jq -r '.[].backend')" = "$2" ] || fail "another backend than $2"
  expect_status 7 ctrd task exec --exec-id e1 "$id" sh -c 'exit 7'
  ctrd task rm -f "$id" >/dev/null 2>&1 || true # passes 137 on in some versions
  ctrd container rm "$id"
}

test_containerd_1_loads_the_shipped_file_and_runs_what_it_names() {
  printf 'backends:\n  runsc:\n    ignore-cgroups: true\n    network: none\n' >b9run.yaml
  export B9RUN_CONFIG=$WORK/b9run.yaml
  start_containerd_with "$EXAMPLES/containerd-1.toml"
  image_for_containerd
  [ "$(ctrd plugins ls | awk '$2 == "cri" {print $NF}')" = ok ] || fail 'the CRI plugin did not take the file'
  check_task b9run runc
  check_task b9run-runsc runsc
  wait_until 10 nothing_is_known
  stop_containerd
}

# No containerd 2 is here: its syntax, and that it says the same.
test_containerd_2_file_says_the_same_in_its_own_words() {
  need_examples
  python3 - "$EXAMPLES" <<'END' || fail 'the two files differ'
import sys, tomllib
def runtimes(name, plugin):
    with open(f'{sys.argv[1]}/{name}', 'rb') as file:
        return tomllib.load(file)['plugins'][plugin]['containerd']['runtimes']
one = runtimes('containerd-1.toml', 'io.containerd.grpc.v1.cri')
two = runtimes('containerd-2.toml', 'io.containerd.cri.v1.runtime')
sys.exit(one != two or sorted(one) != ['b9run', 'b9run-runsc', 'runc'])
END
}

# No dockerd is here either.
test_the_docker_file_names_programs_that_are_there() {
  local path
  need_examples
  jq -e '.runtimes | length == 2' "$EXAMPLES/docker-daemon.json" >/dev/null
  for path in $(jq -r '.runtimes[].path' "$EXAMPLES/docker-daemon.json"); do
    expect_stdout_has 'b9run version' "$path" --version
  done
}

# --- pods ---

cri() { python3 "$HARNESS_DIR/helpers/cri.py" "$WORK/containerd.sock" "$@"; }

# pods_file: the installed file; where root may not lower an oom_score_adj (in a
# container), with the key that has containerd do without.
pods_file() {
  cp "$EXAMPLES/containerd-1.toml" "$WORK/pods.toml"
  printf '\n[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n' >>"$WORK/pods.toml"
}

# images_for_pods: busybox as the container's image, and as the one that holds the pod.
images_for_pods() {
  local image pause
  pause=$(containerd -c "$WORK/containerd.toml" config dump | sed -n 's/^ *sandbox_image = "\(.*\)"/\1/p')
  image_for_podman
  pm import -q -c 'ENTRYPOINT ["/bin/sleep", "1000"]' -c 'ENV PATH=/bin' "$WORK/rootfs.tar" localhost/pod:1 >/dev/null
  for image in b9test:1 pod:1; do
    pm save -q --format docker-archive -o "$WORK/${image%:1}.tar" "localhost/$image"
    ctrd -n k8s.io image import "$WORK/${image%:1}.tar" >/dev/null
  done
  ctrd -n k8s.io image tag localhost/pod:1 "$pause" >/dev/null
}

start_pods() {
  need curl
  need_examples
  pods_file
  start_containerd_with "$WORK/pods.toml"
  images_for_pods
}

no_cgroups_of_pods() { cgroups_of_test | xargs -r rmdir; }

test_a_pod_of_two_containers_lives_and_ends_under_runc() {
  local parent="/$TEST_TAG-pods" pod one two
  start_pods
  pod=$(cri run-pod b9run "$parent" p1)
  one=$(cri start "$pod" "$parent" one "$IMAGE" /bin/sleep 1000)
  two=$(cri start "$pod" "$parent" two "$IMAGE" /bin/sleep 1000)
  [ "$("$B9RUN" list --format json | jq -r 'map(.backend) | join(" ")')" = 'runc runc runc' ]
  expect_status 7 cri exec "$one" /bin/sh -c 'echo in the pod; exit 7'
  [ "$OUT" = 'in the pod' ]
  expect_status 0 cri stop "$one"
  expect_stdout still-here cri exec "$two" /bin/echo still-here
  for one in "$one" "$two"; do
    expect_status 0 cri stop "$one"
    expect_status 0 cri remove "$one"
  done
  expect_status 0 cri stop-pod "$pod"
  expect_status 0 cri remove-pod "$pod"
  wait_until 10 nothing_is_known
  wait_until 10 no_cgroups_of_pods
  stop_containerd
}
