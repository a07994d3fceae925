# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Provides a CRIU that works on this kernel as PRIVATE/bin/criu: the system's own if
# it passes its check, else that of a later Debian suite.  That one needs a newer C
# library than Debian 12 has, so it is unpacked with its libraries below
# PRIVATE/criu, and PRIVATE/bin/criu starts it with that library's loader.  runc
# finds criu in PATH only, so the folder of it has to be there.  Sourced after
# common.sh, packages.sh and debian.sh.

CRIU_SUITES='trixie'

# criu_works PROGRAM: `criu check` wants root; without it no container is dumped
# either, and that the program starts is all that can be seen.
criu_works() {
  [ -x "$1" ] || return 1
  if is_root; then "$1" check; else "$1" --version; fi
}

# fetch_criu MIRROR SUITE: leaves criu and its libraries in PRIVATE/apt/root.
fetch_criu() { fetch_package_whole "$1" "$2" criu; }

# shell_word TEXT: TEXT as one word of any POSIX shell.
shell_word() { printf "'%s'" "${1//"'"/"'\\''"}"; }

# write_criu_wrapper FILE ROOT: FILE starts the criu of ROOT with ROOT's libraries.
write_criu_wrapper() {
  local file=$1 root=$2 loader directories
  loader=$(find "$root/usr" -name 'ld-linux*.so.*' -print -quit)
  directories=$(find "$root/usr/lib" -maxdepth 2 -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
  {
    echo '#!/bin/sh'
    printf 'exec %s --library-path %s %s "$@"\n' \
      "$(shell_word "$loader")" "$(shell_word "$directories")" "$(shell_word "$root/usr/sbin/criu")"
  } >"$file"
  chmod 755 "$file"
}

install_private_criu() {
  local old=$PRIVATE/criu
  rm -rf "$old"
  mkdir -p "$PRIVATE/bin"
  mv "$PRIVATE/apt/root" "$old"
  rm -rf "$PRIVATE/apt"
  # A link to the system's is not to be written through.
  rm -f "$PRIVATE/bin/criu"
  write_criu_wrapper "$PRIVATE/bin/criu" "$old"
  criu_works "$PRIVATE/bin/criu"
}

download_criu() {
  if from_debian criu "$CRIU_SUITES" fetch_criu && install_private_criu; then return 0; fi
  echo "criu: none that passes 'criu check' on this kernel, $(uname -r)."
  echo 'Install one as https://criu.org/Installation says, and run this again.'
  return 1
}

# provide_criu: uses one that works and is there already, or downloads one.
provide_criu() {
  local system
  if criu_works "$PRIVATE/bin/criu"; then return 0; fi
  system=$(PATH=${PATH//"$PRIVATE/bin:"/} command -v criu || true)
  if [ -n "$system" ] && criu_works "$system"; then
    mkdir -p "$PRIVATE/bin"
    ln -sfn "$system" "$PRIVATE/bin/criu"
    return 0
  fi
  uses_apt || { echo 'criu: none that works, and no apt to get one with'; return 1; }
  download_criu
}
