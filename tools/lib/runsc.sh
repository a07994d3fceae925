# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Provides a runsc that has nvproxy as PRIVATE/bin/runsc.  Debian 12's own is too
# old, so the package of a later suite is unpacked below PRIVATE: apt runs with
# sources, state and cache of its own there, and the system's stay as they are.
# The mirror is the one that the user's apt is configured with, and signatures are
# checked with Debian's keyring.  Sourced after common.sh and packages.sh.

RUNSC_MIN_DATE=20231106 # the first release with `nvproxy list-supported-drivers`
RUNSC_SUITES='bookworm-backports trixie'
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# runsc_is_recent BINARY: reads `runsc version 0.0~20240729.0` or `release-20240729.0`.
runsc_is_recent() {
  local date
  date=$("$1" --version 2>/dev/null | sed -nE '1s/.*[^0-9](20[0-9]{6})(\.[0-9]+)?.*/\1/p')
  [ -n "$date" ] && [ "$date" -ge "$RUNSC_MIN_DATE" ]
}

# The archives that may be Debian's, read from the sources by apt itself.
debian_mirrors() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016  # the dollar signs are apt's
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v name="$codename" '
      $3 == "main" && ($2 == name || $2 ~ /^((old)?stable|testing)$/) && !seen[$1]++ {print $1}'
}

# private_apt ARGUMENTS...: apt-get that writes below PRIVATE/apt only.
private_apt() {
  local apt=$PRIVATE/apt
  apt-get -qq -c "$apt/apt.conf" \
    -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::State="$apt/state" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
    -o Acquire::Languages=none -o Acquire::Retries=2 -o APT::Sandbox::User= "$@"
}

prepare_private_apt() {
  local mirror=$1 suite=$2 apt=$PRIVATE/apt
  rm -rf "$apt"
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/deb"
  : >"$apt/status"
  # The system's hooks are for the system's state.
  printf '#clear %s;\n' APT::Update::Pre-Invoke APT::Update::Post-Invoke \
    APT::Update::Post-Invoke-Success DPkg::Post-Invoke >"$apt/apt.conf"
  printf 'deb [signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$mirror" "$suite" >"$apt/sources.list"
}

# fetch_runsc_from MIRROR SUITE: leaves the binary in PRIVATE/apt/root/usr/bin.
fetch_runsc_from() {
  echo "runsc: trying $2"
  prepare_private_apt "$1" "$2"
  private_apt update || return 1
  (cd "$PRIVATE/apt/deb" && private_apt download runsc) || return 1
  dpkg-deb -x "$PRIVATE"/apt/deb/runsc_*.deb "$PRIVATE/apt/root" || return 1
  runsc_is_recent "$PRIVATE/apt/root/usr/bin/runsc"
}

install_private_runsc() {
  mkdir -p "$PRIVATE/bin" "$PRIVATE/runsc"
  mv -f "$PRIVATE/apt/root/usr/bin/runsc" "$PRIVATE/runsc/runsc"
  ln -sfn ../runsc/runsc "$PRIVATE/bin/runsc"
  rm -rf "$PRIVATE/apt"
  "$PRIVATE/bin/runsc" --version
}

download_runsc() {
  local mirror suite
  [ -r "$DEBIAN_KEYRING" ] || { echo "runsc: no $DEBIAN_KEYRING to check signatures with"; return 1; }
  for suite in $RUNSC_SUITES; do
    for mirror in $(debian_mirrors); do
      if fetch_runsc_from "$mirror" "$suite"; then
        install_private_runsc
        return 0
      fi
    done
  done
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
