# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Gets packages of a later Debian suite without installing them: apt runs with
# sources, state and cache of its own below PRIVATE/apt, and the system's stay as
# they are.  The mirror is the one that the user's apt is configured with, and
# signatures are checked with Debian's keyring.  Sourced after common.sh and
# packages.sh.

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

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

# fetch_package MIRROR SUITE PACKAGE: unpacks PACKAGE alone into PRIVATE/apt/root.
fetch_package() {
  prepare_private_apt "$1" "$2"
  private_apt update || return 1
  (cd "$PRIVATE/apt/deb" && private_apt download "$3") || return 1
  dpkg-deb -x "$PRIVATE/apt/deb/$3"_*.deb "$PRIVATE/apt/root"
}

# fetch_package_whole MIRROR SUITE PACKAGE: unpacks PACKAGE and everything that it
# depends on, the C library too, into PRIVATE/apt/root.  No script of a package runs.
fetch_package_whole() {
  local deb
  prepare_private_apt "$1" "$2"
  private_apt update || return 1
  private_apt install --download-only --no-install-recommends -y "$3" || return 1
  for deb in "$PRIVATE"/apt/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$PRIVATE/apt/root" || return 1
  done
}

# from_debian NAME SUITES COMMAND...: COMMAND MIRROR SUITE, for each suite and mirror
# until one succeeds.
from_debian() {
  local name=$1 suites=$2 suite mirror
  shift 2
  [ -r "$DEBIAN_KEYRING" ] || { echo "$name: no $DEBIAN_KEYRING to check signatures with"; return 1; }
  for suite in $suites; do
    for mirror in $(debian_mirrors); do
      echo "$name: trying $suite"
      if "$@" "$mirror" "$suite"; then return 0; fi
    done
  done
  return 1
}
