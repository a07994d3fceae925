#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every public header compiles alone, in C and in C++, without a warning and without the tree's config.h.
#
# CC, CXX and GLIB_CFLAGS come from the environment; srcdir is the top of the sources.
# shellcheck disable=SC2086  # lists of flags
set -eu

top=${srcdir:-$(dirname "$0")/..}
glib=${GLIB_CFLAGS:-$(pkg-config --cflags glib-2.0)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile LANGUAGE HEADER COMPILER...: a source that holds nothing but the header, twice.
compile() {
  language=$1 header=$2
  shift 2
  printf '#include <b9run/%s>\n#include <b9run/%s>\n' "$header" "$header" >"$work/alone"
  if "$@" -x "${language%-*}" -I"$top/include" $glib -Wall -Wextra -Werror -fsyntax-only "$work/alone"; then return; fi
  echo "$header does not compile alone as $language: include what it uses"
  failed=1
}

failed=0
for path in "$top"/include/b9run/*.h; do
  header=${path##*/}
  compile c-11 "$header" ${CC:-cc} -std=c11 -pedantic
  compile c-17 "$header" ${CC:-cc} -std=gnu17
  if command -v ${CXX:-c++} >/dev/null 2>&1; then
    compile c++-11 "$header" ${CXX:-c++} -std=c++11 -pedantic
    compile c++-20 "$header" ${CXX:-c++} -std=c++20 -pedantic
  fi
  if grep -nE '#[[:space:]]*include[[:space:]]*"' "$path"; then
    echo "$header: include public headers as <b9run/…>"
    failed=1
  fi
done
[ "$failed" -eq 0 ] || exit 1
if ! command -v ${CXX:-c++} >/dev/null 2>&1; then
  echo 'no C++ compiler: the headers were compiled as C only'
  exit 77
fi
