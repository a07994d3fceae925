#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes a fake: what the kernel shows of NVIDIA's driver, below a folder that B9RUN_HOST_ROOT names.  No GPU is there and none
# works.  The texts have the form of the real ones (570 and 550).
#
# usage: nvidia-host.sh ROOT [OPTION...]
#   --driver VERSION        of the loaded driver (570.124.06); "none" for a host without one
#   --proprietary           the version in the words of the proprietary module; else of the open one
#   --module VERSION        in /sys/module/nvidia/version, where it shall differ
#   --gpus N                how many (1)
#   --first-minor N         the minor of the GPU with the lowest bus address; the others follow downwards (N-1)
#   --excluded INDEX        the GPU of that index is excluded
#   --mig INDEX:N           N MIG instances on the GPU of that index
#   --uvm MAJOR             the major of nvidia-uvm (508); "none": the module is not loaded
#   --caps MAJOR            the major of nvidia-caps (234); "none": a driver without MIG
#   --libraries VERSION     of libcuda and libnvidia-ml, where they shall differ; "none"
#   --no-nodes              no /dev/nvidia*, so that it needs no root
#   --no-node PATH          without this node
#   --node PATH MAJOR MINOR [MODE]   this node with other numbers, or one more
#   --pci N                 N GPUs on the PCI bus, for a host without a driver
set -eu

[ $# -ge 1 ] || { sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$1
shift
driver=570.124.06 form=open module='' gpus=1 first='' excluded='' mig='' uvm=508 caps=234 libraries='' nodes=yes without='' pci=''
extra=$(mktemp)
trap 'rm -f "$extra"' EXIT

while [ $# -gt 0 ]; do
  case $1 in
    --driver) driver=$2; shift ;;
    --proprietary) form=proprietary ;;
    --module) module=$2; shift ;;
    --gpus) gpus=$2; shift ;;
    --first-minor) first=$2; shift ;;
    --excluded) excluded=$2; shift ;;
    --mig) mig=$2; shift ;;
    --uvm) uvm=$2; shift ;;
    --caps) caps=$2; shift ;;
    --libraries) libraries=$2; shift ;;
    --no-nodes) nodes='' ;;
    --no-node) without="$without $2 "; shift ;;
    --node)
      path=$2 major=$3 minor=$4 mode=666
      shift 3
      case ${2:-} in [0-7][0-7][0-7]) mode=$2; shift ;; esac
      echo "$path $major $minor $mode" >>"$extra"
      without="$without $path "
      ;;
    --pci) pci=$2; shift ;;
    *) echo "nvidia-host.sh: no option $1" >&2; exit 2 ;;
  esac
  shift
done

put() {
  mkdir -p "$root${1%/*}"
  cat >"$root$1"
}

node() {
  case $without in *" $1 "*) return 0 ;; esac
  make_node "$1" "$2" "$3" 666
}

make_node() {
  mkdir -p "$root${1%/*}"
  rm -f "$root$1"
  mknod "$root$1" c "$2" "$3"
  chmod "$4" "$root$1"
}

# bus INDEX: every second slot, as servers have it.
bus() { printf '0000:%02x:00.0' $((27 + $1 * 32)); }

mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/etc"

pci_device() {
  put "/sys/bus/pci/devices/$1/vendor" <<END
0x10de
END
  put "/sys/bus/pci/devices/$1/class" <<END
0x030200
END
}

if [ "$driver" = none ]; then
  printf 'Character devices:\n  1 mem\n 10 misc\n\nBlock devices:\n259 blkext\n' | put /proc/devices
  i=0
  while [ "$i" -lt "${pci:-0}" ]; do
    pci_device "$(bus "$i")"
    i=$((i + 1))
  done
  exit 0
fi

if [ "$form" = open ]; then
  echo "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  $driver  Release Build  (dvs-builder@U16-I2-C03-12-4)  Tue Feb 25 04:12:21 UTC 2025"
else
  echo "NVRM version: NVIDIA UNIX x86_64 Kernel Module  $driver  Tue Oct  8 03:22:07 UTC 2024"
fi | { cat; echo 'GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)'; } | put /proc/driver/nvidia/version
echo "${module:-$driver}" | put /sys/module/nvidia/version
printf 'ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 1\nDeviceFileUID: 0\nDeviceFileGID: 0\nDeviceFileMode: 438\n' |
  put /proc/driver/nvidia/params
{
  printf 'Character devices:\n  1 mem\n 10 misc\n195 nvidia\n'
  [ "$caps" = none ] || echo "$caps nvidia-caps"
  [ "$uvm" = none ] || echo "$uvm nvidia-uvm"
  printf '\nBlock devices:\n259 blkext\n'
} | put /proc/devices

if [ "$libraries" != none ]; then
  for library in libcuda libnvidia-ml; do
    : | put "/usr/lib/x86_64-linux-gnu/$library.so.${libraries:-$driver}"
  done
fi

information() {
  printf 'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 235\nGPU UUID: \t GPU-00000000-0000-4000-8000-00000000000%s\n' "$1"
  printf 'Video BIOS: \t 96.00.74.00.01\nBus Type: \t PCIe\nDMA Size: \t 52 bits\nDMA Mask: \t 0xfffffffffffff\n'
  printf 'Bus Location: \t %s\nDevice Minor: \t %s\nGPU Firmware: \t %s\n' "$(bus "$1")" "$2" "$driver"
  if [ "$excluded" = "$1" ]; then printf 'GPU Excluded:\t Yes\n'; else printf 'GPU Excluded:\t No\n'; fi
}

# minor_of INDEX: they run against the bus, so that nobody takes one for the other.
minor_of() { echo $((${first:-$((gpus - 1))} - $1)); }

mkdir -p "$root/proc/driver/nvidia/gpus"
i=0
while [ "$i" -lt "$gpus" ]; do
  information "$i" "$(minor_of "$i")" | put "/proc/driver/nvidia/gpus/$(bus "$i")/information"
  pci_device "$(bus "$i")"
  [ -z "$nodes" ] || node "/dev/nvidia$(minor_of "$i")" 195 "$(minor_of "$i")"
  i=$((i + 1))
done

# The list has every minor that could be, whether or not MIG is on.
if [ "$caps" != none ]; then
  {
    printf 'config 1\nmonitor 2\n'
    minor=3 gpu=0
    while [ "$gpu" -lt 8 ]; do
      instance=0
      while [ "$instance" -lt 8 ]; do
        echo "gpu$gpu/gi$instance/access $minor"
        echo "gpu$gpu/gi$instance/ci0/access $((minor + 1))"
        minor=$((minor + 2)) instance=$((instance + 1))
      done
      gpu=$((gpu + 1))
    done
  } | put /proc/driver/nvidia-caps/mig-minors
fi
if [ -n "$mig" ]; then
  minor=$(minor_of "${mig%:*}") instance=1
  while [ "$instance" -le "${mig#*:}" ]; do
    cap=$((3 + minor * 16 + instance * 2))
    printf 'DeviceFileMinor: %s\nDeviceFileMode: 292\nDeviceFileModify: 1\n' "$cap" |
      put "/proc/driver/nvidia/capabilities/gpu$minor/mig/gi$instance/access"
    [ -z "$nodes" ] || node "/dev/nvidia-caps/nvidia-cap$cap" "$caps" "$cap"
    instance=$((instance + 1))
  done
fi

if [ -n "$nodes" ]; then
  node /dev/nvidiactl 195 255
  [ "$uvm" = none ] || node /dev/nvidia-uvm "$uvm" 0
  [ "$uvm" = none ] || node /dev/nvidia-uvm-tools "$uvm" 1
fi
while read -r path major minor mode; do
  make_node "$path" "$major" "$minor" "$mode"
done <"$extra"
