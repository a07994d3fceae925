#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The plugin template builds outside this tree, with nothing but what an installation offers, and is accepted.
#
# DESTDIR: where `make install` has put b9run.  srcdir: the top of the sources.  B9RUN: a b9run to show the module to; the one
# below DESTDIR unless given.
set -eu

: "${DESTDIR:?the place of an installation}"
top=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

for tool in autoreconf libtoolize pkg-config; do
  command -v "$tool" >/dev/null 2>&1 || { echo "$tool is missing, and the template cannot be built without it"; exit 77; }
done

# As the .pc file would be, had DESTDIR been the root of the file system.
pc=$(find "$DESTDIR" -name b9run-plugin-1.pc | head -n 1)
[ -n "$pc" ] || { echo "no b9run-plugin-1.pc below $DESTDIR"; exit 1; }
mkdir "$work/pkgconfig"
sed -E "s|^([a-z_]+)=/|\\1=$DESTDIR/|" "$pc" >"$work/pkgconfig/b9run-plugin-1.pc"
PKG_CONFIG_PATH=$work/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH

cp -R "$top/examples/plugin-template" "$work/template"
chmod -R u+w "$work/template"
cd "$work/template"
# Make files of the tree around us must not reach in.
unset MAKEFLAGS MFLAGS MAKELEVEL srcdir builddir top_srcdir top_builddir || true
destdir=$DESTDIR
unset DESTDIR

autoreconf -fi >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
{ ./configure --quiet --with-plugindir="$work/plugins" && make && make check && make install; } >"$work/log" 2>&1 \
  || { cat "$work/log" test-suite.log 2>/dev/null; exit 1; }
if grep -i 'warning' "$work/log"; then echo 'the template builds with warnings'; exit 1; fi

if [ "$(ls "$work/plugins")" != b9-backend-crun.so ]; then
  ls -l "$work/plugins"
  echo 'the template installs more or less than its module'
  exit 1
fi
symbols=$(nm -D --defined-only "$work/plugins/b9-backend-crun.so" | awk '{ print $3 }')
if [ "$symbols" != b9_backend_crun_LTX_b9_plugin ]; then
  echo "the template exports $symbols"
  exit 1
fi

b9run=${B9RUN:-$(find "$destdir" -path '*bin/b9run' -type f | head -n 1)}
[ -n "$b9run" ] || { echo "no b9run below $destdir"; exit 1; }
listing=$(B9RUN_PLUGIN_PATH=$work/plugins "$b9run" plugins) || { echo "$b9run plugins failed"; exit 1; }
if ! echo "$listing" | grep -q "^accepted *$work/plugins/b9-backend-crun.so"; then
  echo "$listing"
  echo 'the template is not accepted'
  exit 1
fi
