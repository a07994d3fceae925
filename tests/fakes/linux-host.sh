#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a fake: what a Linux kernel shows of itself, of its cgroups and of its switches, below a folder that B9RUN_HOST_ROOT
# names.
#
# usage: linux-host.sh ROOT [OPTION...]
#   --cgroup v1|v2|hybrid|none   what is mounted (v2)
#   --read-only                  the cgroups are mounted read-only
#   --controllers "LIST"         what there is ("cpu cpuset memory pids")
#   --handed-down "LIST"         in cgroup.subtree_control of version 2, if not all of them
#   --swap                       swap is on; version 1 does not count it
#   --no-userns, --no-seccomp
set -eu

[ $# -ge 1 ] || { sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$1
shift
cgroup=v2 mode=rw controllers='cpu cpuset memory pids' handed_down='-' swap='' userns=yes seccomp=yes

while [ $# -gt 0 ]; do
  case $1 in
    --cgroup) cgroup=$2; shift ;;
    --read-only) mode=ro ;;
    --controllers) controllers=$2; shift ;;
    --handed-down) handed_down=$2; shift ;;
    --swap) swap=yes ;;
    --no-userns) userns='' ;;
    --no-seccomp) seccomp='' ;;
    *) echo "linux-host.sh: no option $1" >&2; exit 2 ;;
  esac
  shift
done

put() {
  mkdir -p "$root${1%/*}"
  cat >"$root$1"
}

echo 6.1.0-29-fake | put /proc/sys/kernel/osrelease
echo 15000 | put /proc/sys/user/max_user_namespaces
: | put /proc/self/ns/user
[ -n "$userns" ] || echo 0 | put /proc/sys/user/max_user_namespaces
[ -z "$seccomp" ] || echo 'kill_process kill_thread trap errno allow' | put /proc/sys/kernel/seccomp/actions_avail
echo Y | put /sys/module/apparmor/parameters/enabled
{
  printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
  [ -z "$swap" ] || printf '/dev/vda2                               partition\t1048572\t\t0\t\t-2\n'
} | put /proc/swaps

version_1() {
  number=32
  for controller in $controllers; do
    echo "$number 31 0:$number / /sys/fs/cgroup/$controller $mode,relatime shared:9 - cgroup cgroup rw,$controller" >>"$root/proc/self/mountinfo"
    mkdir -p "$root/sys/fs/cgroup/$controller"
    [ "$controller" != memory ] || echo 9223372036854771712 >"$root/sys/fs/cgroup/memory/memory.limit_in_bytes"
    number=$((number + 1))
  done
}

version_2() {
  echo "41 31 0:38 / $1 $mode,nosuid - cgroup2 cgroup2 rw,nsdelegate" >>"$root/proc/self/mountinfo"
  mkdir -p "$root$1"
  echo "$2" >"$root$1/cgroup.controllers"
  echo "$3" >"$root$1/cgroup.subtree_control"
}

echo '23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw' | put /proc/self/mountinfo
[ "$handed_down" != - ] || handed_down=$controllers
case $cgroup in
  v1) version_1 ;;
  v2) version_2 /sys/fs/cgroup "$controllers" "$handed_down" ;;
  hybrid)
    version_1
    version_2 /sys/fs/cgroup/unified hugetlb ''
    ;;
  none) ;;
  *) echo "linux-host.sh: no cgroups $cgroup" >&2; exit 2 ;;
esac
