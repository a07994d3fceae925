# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Provides a runsc that has nvproxy as PRIVATE/bin/runsc.  Debian 12's own is too
# old, so the package of a later suite is unpacked below PRIVATE.  Sourced after
# common.sh, packages.sh and debian.sh.

RUNSC_MIN_DATE=20231106 # the first release with `nvproxy list-supported-drivers`
RUNSC_SUITES='bookworm-backports trixie'

# runsc_is_recent BINARY: reads `runsc version 0.0~20240729.0` or `release-20240729.0`.
runsc_is_recent() {
  local date
  date=$("$1" --version 2>/dev/null | sed -nE '1s/.*[^0-9](20[0-9]{6})(\.[0-9]+)?.*/\1/p')
  [ -n "$date" ] && [ "$date" -ge "$RUNSC_MIN_DATE" ]
}

# fetch_runsc MIRROR SUITE: leaves the binary in PRIVATE/apt/root/usr/bin.
fetch_runsc() {
  fetch_package "$1" "$2" runsc && runsc_is_recent "$PRIVATE/apt/root/usr/bin/runsc"
}

install_private_runsc() {
  mkdir -p "$PRIVATE/bin" "$PRIVATE/runsc"
  mv -f "$PRIVATE/apt/root/usr/bin/runsc" "$PRIVATE/runsc/runsc"
  ln -sfn ../runsc/runsc "$PRIVATE/bin/runsc"
  rm -rf "$PRIVATE/apt"
  "$PRIVATE/bin/runsc" --version
}

download_runsc() {
  if from_debian runsc "$RUNSC_SUITES" fetch_runsc; then
    install_private_runsc
    return
  fi
  echo "runsc: none from $RUNSC_MIN_DATE or later in $RUNSC_SUITES of the Debian archives that apt is configured with."
  echo "Install one as https://gvisor.dev/docs/user_guide/install/ says, and run this again."
  return 1
}

# provide_runsc: uses a recent one that is there already, or downloads one.
provide_runsc() {
  local system
  if runsc_is_recent "$PRIVATE/bin/runsc"; then return 0; fi
  system=$(command -v runsc || true)
  if [ -n "$system" ] && runsc_is_recent "$system"; then
    mkdir -p "$PRIVATE/bin"
    ln -sfn "$system" "$PRIVATE/bin/runsc"
    return 0
  fi
  uses_apt || { echo 'runsc: not found, and no apt to get it with'; return 1; }
  download_runsc
}
