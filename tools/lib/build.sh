# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds in PRIVATE/build and installs in PRIVATE/inst.  Sourced after common.sh.

BUILD_DIR=$PRIVATE/build
PREFIX=$PRIVATE/inst
B9RUN=$PREFIX/bin/b9run
export B9RUN

configure_is_fresh() {
  [ -x "$TOP/configure" ] &&
    [ -z "$(find "$TOP/configure.ac" "$TOP/Makefile.am" "$TOP/m4" -name 'l*.m4' -o -type f -newer "$TOP/configure" -print -quit)" ]
}

generate_configure() {
  if configure_is_fresh; then return 0; fi
  (cd "$TOP" && autoreconf -fi)
}

configure_build() {
  local status=$BUILD_DIR/config.status
  if [ -e "$TOP/config.status" ]; then
    echo "The source folder itself is configured; 'make distclean' there first."
    return 1
  fi
  if [ -x "$status" ] && [ "$status" -nt "$TOP/configure" ]; then return 0; fi
  mkdir -p "$BUILD_DIR"
  cd "$BUILD_DIR" || return 1
  ../../configure -q --prefix="$PREFIX" --enable-silent-rules
}

compile_and_install() {
  make -C "$BUILD_DIR" -j"$(nproc)"
  rm -rf "$PREFIX" # no file that the sources no longer have
  make -C "$BUILD_DIR" install
}

build_b9run() {
  step 'Generating configure' generate_configure
  step 'Configuring' configure_build
  step 'Compiling and installing below .private/inst' compile_and_install
}
