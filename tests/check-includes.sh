#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Plugins include <b9run/…> and nothing of the core: otherwise they could be built in this tree only.
#
# srcdir is the top of the sources.
set -eu

top=${srcdir:-$(dirname "$0")/..}

# What is below these folders sees the public headers alone; the headers themselves too.
found=$(grep -rnE '#[[:space:]]*include[[:space:]]*["<]([^">]*/)?core/' "$top/plugins" "$top/examples" "$top/include" \
  --include='*.[ch]' || true)
if [ -n "$found" ]; then
  echo "$found"
  echo 'a plugin may include <b9run/…> only: move what it needs into a public header, or do without'
  exit 1
fi
