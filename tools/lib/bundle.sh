# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# OCI bundles with a busybox root file system that runc and runsc both accept.
# Sourced after common.sh and packages.sh; the integration tests use it too.

ROOTFS_TEMPLATE=$PRIVATE/rootfs

# is_static FILE: holds for an ELF program without an interpreter (PT_INTERP).
is_static() { [ -x "$1" ] && ! LC_ALL=C ldd "$1" >/dev/null 2>&1; }

# provide_busybox: a static busybox as PRIVATE/bin/busybox.  The package is unpacked,
# not installed: busybox-static would push an installed busybox out.
provide_busybox() {
  local system
  if is_static "$PRIVATE/bin/busybox"; then return 0; fi
  mkdir -p "$PRIVATE/bin"
  system=$(command -v busybox || true)
  if [ -n "$system" ] && is_static "$system"; then
    ln -sfn "$system" "$PRIVATE/bin/busybox"
    return 0
  fi
  uses_apt || { echo 'busybox: no static one on PATH'; return 1; }
  download_busybox
}

download_busybox() {
  local unpacked=$PRIVATE/busybox
  rm -rf "$unpacked"
  mkdir -p "$unpacked/deb"
  (cd "$unpacked/deb" && apt-get -qq -o APT::Sandbox::User= download busybox-static) || return 1
  dpkg-deb -x "$unpacked"/deb/busybox-static_*.deb "$unpacked" || return 1
  rm -rf "$unpacked/deb"
  # /bin in Debian 12, /usr/bin in 13
  ln -sfn "$(find "$unpacked" -name busybox -type f -perm -100 -print -quit)" "$PRIVATE/bin/busybox"
}

# make_rootfs: the root file system that every bundle starts from, made once.
make_rootfs() {
  local new=$ROOTFS_TEMPLATE.$$ applet
  if [ -e "$ROOTFS_TEMPLATE/bin/sh" ]; then return 0; fi
  rm -rf "$new"
  mkdir -p "$new"/{bin,dev,etc,proc,root,sys,tmp,usr,var}
  cp -L "$PRIVATE/bin/busybox" "$new/bin/busybox"
  for applet in $("$new/bin/busybox" --list); do
    [ -e "$new/bin/$applet" ] || ln -s busybox "$new/bin/$applet"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$new/etc/passwd"
  echo 'root:x:0:' >"$new/etc/group"
  chmod 1777 "$new/tmp"
  mv "$new" "$ROOTFS_TEMPLATE"
}

provide_rootfs() {
  provide_busybox
  make_rootfs
}

# json_strings WORD...: the inside of a JSON array of strings.
json_strings() {
  local word separator=
  for word; do
    word=${word//\\/\\\\}
    word=${word//\"/\\\"}
    word=${word//$'\n'/\\n}
    word=${word//$'\t'/\\t}
    printf '%s"%s"' "$separator" "$word"
    separator=', '
  done
}

# make_bundle DIR CGROUP ARGUMENTS...: an OCI bundle that runs ARGUMENTS in its own
# pid, ipc, uts, mount and network namespaces, in the cgroup of that path.
make_bundle() {
  local dir=$1 cgroup=$2
  shift 2
  mkdir -p "$dir"
  cp -a "$ROOTFS_TEMPLATE" "$dir/rootfs"
  write_config "$cgroup" "$@" >"$dir/config.json"
}

write_config() {
  local cgroup=$1 capabilities='"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"'
  shift
  cat <<END
{
  "ociVersion": "1.0.2",
  "process": {
    "terminal": false,
    "user": { "uid": 0, "gid": 0 },
    "args": [$(json_strings "$@")],
    "env": ["PATH=/bin", "HOME=/root", "TERM=xterm"],
    "cwd": "/",
    "capabilities": {
      "bounding": [$capabilities],
      "effective": [$capabilities],
      "permitted": [$capabilities]
    },
    "noNewPrivileges": true
  },
  "root": { "path": "rootfs", "readonly": false },
  "hostname": "b9run",
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
      "options": ["nosuid", "strictatime", "mode=755", "size=65536k"] },
    { "destination": "/dev/pts", "type": "devpts", "source": "devpts",
      "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] },
    { "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
      "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] }
  ],
  "linux": {
    "cgroupsPath": $(json_strings "$cgroup"),
    "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
    "namespaces": [
      { "type": "pid" }, { "type": "ipc" }, { "type": "uts" },
      { "type": "mount" }, { "type": "network" }
    ]
  }
}
END
}
