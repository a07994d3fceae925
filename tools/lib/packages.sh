# shellcheck shell=bash disable=SC2034  # some lists are for the callers
# SPDX-License-Identifier: Apache-2.0
#
# Which packages are needed, which of them are missing, and their installation with
# the system's own apt.  Sourced after common.sh.

BUILD_PACKAGES='gcc libc6-dev make autoconf automake libtool pkg-config
  libltdl-dev libglib2.0-dev libjson-glib-dev libyaml-dev libarchive-dev check patch'

# COMMAND:PACKAGE, since a command may come from elsewhere: Docker's containerd.io
# brings a runc that Debian's package would push out.
# CRIU calls iptables and ip when it saves a container.
RUN_COMMANDS='runc:runc iptables:iptables ip:iproute2'
TEST_COMMANDS='jq:jq zstd:zstd podman:podman conmon:conmon containerd:containerd ctr:containerd
  crun:crun ps:procps python3:python3 curl:curl setpriv:util-linux script:bsdutils'

FEDORA_PACKAGES='gcc make autoconf automake libtool pkgconf-pkg-config libtool-ltdl-devel
  glib2-devel json-glib-devel libyaml-devel libarchive-devel check-devel patch runc criu iptables iproute busybox'

BUILD_COMMANDS='cc make autoreconf libtoolize pkg-config patch'
BUILD_MODULES='glib-2.0 json-glib-1.0 yaml-0.1 libarchive check'

uses_apt() { have apt-get && have dpkg-query; }

package_is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# missing_packages COMMANDS: what apt has to install for the build and COMMANDS.
missing_packages() {
  local package pair
  for package in $BUILD_PACKAGES; do
    package_is_installed "$package" || echo "$package"
  done
  for pair in $1; do
    have "${pair%:*}" || echo "${pair#*:}"
  done
}

# What keeps the build from working, for systems whose packages we do not know.
missing_build_tools() {
  local name
  for name in $BUILD_COMMANDS; do
    have "$name" || echo "$name"
  done
  for name in $BUILD_MODULES; do
    pkg-config --exists "$name" 2>/dev/null || echo "$name.pc"
  done
}

package_lists_are_fresh() {
  [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -7 -print -quit 2>/dev/null)" ]
}

update_package_lists() { apt-get -qq -o Acquire::Retries=2 update; }

# --no-remove: nothing that the user has installed may go.
apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 \
    -o Dpkg::Options::=--force-confold install --no-install-recommends --no-remove -y "$@"
}

install_packages() {
  package_lists_are_fresh || update_package_lists
  apt_install "$@" && return
  echo 'Once more, with new package lists.'
  update_package_lists
  apt_install "$@"
}

# require_packages COMMANDS: installs what is missing, or says what to do.
require_packages() {
  local missing
  if ! uses_apt; then
    require_tools_without_apt
    return
  fi
  missing=$(missing_packages "$1" | sort -u | xargs)
  if [ -z "$missing" ]; then
    say 'Packages: all there'
    return
  fi
  if ! is_root; then
    say "Missing packages: $missing"
    say "Everything else goes below $PRIVATE."
    die "run 'sudo apt-get install --no-install-recommends $missing' and this again, or this with sudo"
  fi
  # shellcheck disable=SC2086  # a list of words
  step "Installing $(wc -w <<<"$missing") packages" install_packages $missing
}

require_tools_without_apt() {
  local missing
  missing=$(missing_build_tools | xargs)
  say 'This system has no apt; install the needed packages with its own tool.'
  say "  Debian names: $(xargs <<<"$BUILD_PACKAGES") runc criu iptables iproute2 busybox-static"
  say "  Fedora names: $(xargs <<<"$FEDORA_PACKAGES")"
  say '  and runsc from https://gvisor.dev/docs/user_guide/install/ on PATH'
  [ -z "$missing" ] || die "still missing: $missing"
  say 'The build tools are there: going on.'
}
