#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each capability that b9run knows, and each that a plugin of this tree reports, has its file in data/capabilities, each file
# has its id inside, and docs/capabilities.md is what they make.
#
# srcdir: the top of the sources.  PRINT_CAPABILITIES: the program that prints the page and the ids.
set -eu

top=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
print=${PRINT_CAPABILITIES:-./tests/print-capabilities}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
  echo "$*"
  failed=1
}

B9RUN_DATA_DIR=$top/data "$print" >"$work/made" || complain 'a file of data/capabilities is not complete'
diff -u "$top/docs/capabilities.md" "$work/made" \
  || complain 'docs/capabilities.md is stale: put the output of B9RUN_DATA_DIR=data tests/print-capabilities in its place'

"$print" ids >"$work/known"
for file in "$top"/data/capabilities/*.json; do
  id=$(basename "$file" .json)
  echo "$id"
  grep -qxF "  \"id\": \"$id\"," "$file" || complain "$file has another id inside" >&2
  grep -qF "data/capabilities/$id.json" "$top/data/local.mk" || complain "data/local.mk does not install $id.json" >&2
done | sort >"$work/files"
LC_ALL=C sort "$work/known" >"$work/sorted"
LC_ALL=C sort "$work/files" | diff - "$work/sorted" \
  || complain 'core/capability/catalogue.c (right) and data/capabilities (left) have other ids'

# What the plugins write as an id, or as "KIND:ID" in what they need: a text that is nothing but small words joined by dots.
grep -rhoE '"((host|gpu|checkpoint):)?(gpu|cdi|checkpoint|cgroup|netns|kernel|rootfs|hooks|events|oom)\.[A-Za-z0-9.-]+"' \
  "$top"/plugins --include='*-probe.c' --include='*-plugin.c' --include='*-nvproxy.c' | tr -d '"' | sed 's/^[a-z]*://' | LC_ALL=C sort -u >"$work/reported"
[ -s "$work/reported" ] || complain 'no ids found in the plugins'
LC_ALL=C comm -23 "$work/reported" "$work/sorted" >"$work/unknown"
[ ! -s "$work/unknown" ] || complain "plugins report what data/capabilities has no file for: $(tr '\n' ' ' <"$work/unknown")"
exit $failed
