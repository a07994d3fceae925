# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for jq and the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# Archives that take along what a container has written into its root file system, an overlay of the kernel's:
# with real runtimes, from one bundle into another that was made anew from the same lower directory.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"
. "$(dirname "${BASH_SOURCE[0]}")/counting.sh"

# Changes the root file system in every way, then counts into a file of it: a number that is missing or there
# twice after a restore was written between the save and the packing.
CHANGES='set -e
  echo new >/new; chmod 4750 /new; chown 12:34 /new; ln /new /hard; ln -s /etc/passwd /symbolic
  rm /gone; rm -r /replaced; mkdir /replaced; echo b >/replaced/b
  echo changed >/etc/changed; mv /moved /elsewhere
  mkfifo -m 600 /fifo; mkdir -m 1777 /made; touch -d "2001-02-03 04:05:06" /made/old
  dd if=/dev/zero of=/sparse bs=1 count=1 seek=20000000 2>/dev/null
  touch "/made/$(printf "caf\303\251 \377")"
  rm /a-file; mkdir /a-file; rm -r /a-directory; echo f >/a-directory
  i=0; while :; do i=$((i+1)); echo $i >>/count; usleep 20000; done'

# lower: the container image that all bundles of a test come from.
lower() {
  bundle base sh -c "$CHANGES"
  edit_config base '.root.readonly = false |
    .process.capabilities[] += ["CAP_CHOWN", "CAP_FOWNER", "CAP_FSETID", "CAP_DAC_OVERRIDE", "CAP_MKNOD"]'
  mkdir "$WORK/fs"
  mount -t tmpfs fs "$WORK/fs"
  mv base/rootfs "$WORK/fs/lower"
  (
    cd "$WORK/fs/lower"
    mkdir replaced moved a-directory
    touch gone replaced/a moved/m a-file a-directory/x
    echo old >etc/changed
  )
}

# overlay BUNDLE [OPTIONS]: a bundle on an overlay of its own.
overlay() {
  local fs=$WORK/fs/$1
  mkdir -p "$fs/upper" "$fs/work" "$1/rootfs"
  cp base/config.json "$1/"
  mount -t overlay -o "lowerdir=$WORK/fs/lower,upperdir=$fs/upper,workdir=$fs/work${2:-}" overlay "$1/rootfs"
}

unmount_all() {
  local bundle
  for bundle; do umount "$bundle/rootfs"; done
  umount "$WORK/fs"
}

# b9_here ARGUMENTS...: b9run for a container that writes into its bundle; runsc has an overlay of its own
# otherwise.
b9_here() {
  globals
  [ "$BACKEND" != runsc ] || GLOBALS+=(--overlay2=none)
  "$B9RUN" "${GLOBALS[@]}" "$@"
}

begin() {
  b9_here run --detach --bundle "$1" "$2" </dev/null >/dev/null 2>&1
  wait_until 20 test -s "$1/rootfs/count"
}

# import_into BUNDLE ID ARCHIVE [OPTION...]
import_into() {
  local bundle=$1 id=$2 archive=$3
  shift 3
  b9_here restore --detach --bundle "$bundle" --image-path "$bundle.in" --work-path "$bundle.restore" --import "$archive" \
    "$@" "$id" </dev/null >/dev/null 2>"$WORK/restore.err" || fail "restore: $(cat "$WORK/restore.err")"
}

# picture DIR: all that is to be seen of a tree but what counts on.
picture() {
  (
    cd "$1"
    find . -mindepth 1 ! -name count ! -name '.gvisor*' ! -path './proc*' ! -path './dev*' ! -path './sys*' \
      -printf '%p %y %m %U:%G %l ' \( -type f -printf '%n %s %T@\n' -o -type d -printf '\n' -o -printf '%T@\n' \) |
      LC_ALL=C sort
    find . -type f ! -name count ! -name '.gvisor*' ! -path './proc*' ! -path './dev*' ! -path './sys*' \
      -exec sha256sum {} + | LC_ALL=C sort
  )
}

elsewhere() {
  overlay "$BACKEND-here"
  begin "$BACKEND-here" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path img --export "$BACKEND.tar.zst" "$ID"
  [ "$(stat -c %a "$BACKEND.tar.zst")" = 600 ]
  expect_stdout_has 'rootfs      upper, ' "$B9RUN" checkpoint-info img
  [ "$(jq -r .rootfs.kind img/manifest.json)" = upper ]
  rm -r img
  "$B9RUN" delete --force "$ID"
  picture "$BACKEND-here/rootfs" >here
  overlay "$BACKEND-there"
  import_into "$BACKEND-there" "$ID.new" "$BACKEND.tar.zst" --verify-digests
  picture "$BACKEND-there/rootfs" >there
  diff here there || fail "$BACKEND: the root file system differs"
  counts_on "$BACKEND-there/rootfs/count"
  [ "$(stat -c %b "$BACKEND-there/rootfs/sparse")" -lt 1000 ]
  [ "$BACKEND-there/rootfs/new" -ef "$BACKEND-there/rootfs/hard" ]
  "$B9RUN" delete --force "$ID.new"
}
test_files_come_along_into_a_bundle_made_anew() {
  lower
  each elsewhere
  unmount_all runc-here runc-there runsc-here runsc-there
}

# What is copied up or moved as a whole by the kernel has marks of its own in the upper directory.
test_files_come_along_whatever_marks_the_overlay_makes() {
  BACKEND=runc ID=$(id_for runc)
  lower
  head -c 100000 /dev/urandom >"$WORK/fs/lower/large"
  mkdir -p "$WORK/fs/lower/moved/deep"
  touch "$WORK/fs/lower/moved/deep/file"
  edit_config base '.process.args[2] |= "chmod 600 /large; " + .'
  overlay here ,redirect_dir=on,metacopy=on
  begin here "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path img --export c.tar.zst "$ID"
  # Neither what the one holds nor what is in the other is in the upper directory.
  [ "$(stat -c %b "$WORK/fs/here/upper/large")" -eq 0 ] && [ ! -e "$WORK/fs/here/upper/elsewhere/deep" ]
  picture here/rootfs >here.picture
  overlay there
  import_into there "$ID.new" c.tar.zst
  picture there/rootfs >there.picture
  diff here.picture there.picture || fail "the root file system differs"
  "$B9RUN" delete --force "$ID.new"
  unmount_all here there
}

# The container goes on and writes more; what is in the archive is of the moment of the save.
test_files_are_of_the_moment_of_the_save_also_where_the_container_goes_on() {
  local last
  BACKEND=runc ID=$(id_for runc)
  lower
  overlay here
  begin here "$ID"
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path img --export c.tar.zst "$ID"
  last=$(lines_in here/rootfs/count)
  wait_until 20 has_more_than "$last" here/rootfs/count
  "$B9RUN" delete --force "$ID"
  overlay there
  import_into there "$ID" c.tar.zst
  counts_on there/rootfs/count
  "$B9RUN" delete --force "$ID"
  unmount_all here there
}

# runsc keeps what is written in an overlay of its own, which its image holds.
test_an_image_that_holds_the_files_needs_no_others() {
  BACKEND=runsc ID=$(id_for runsc)
  b9_here() { b9 "$@"; }
  lower
  edit_config base '.mounts += [{destination: "/out", type: "bind", source: $out, options: ["rbind", "rw"]}] |
    .process.args[2] |= sub(">>/count"; ">>/count; cp /count /out/count")' --arg out "$WORK/out"
  mkdir "$WORK/out" "$WORK/fs/lower/out"
  overlay here
  b9 run --detach --bundle here "$ID" </dev/null >/dev/null 2>&1
  wait_until 20 test -s out/count
  expect_status 0 "$B9RUN" checkpoint --image-path img --export c.tar.zst "$ID"
  [ -z "$ERR" ] || fail "a notice: $ERR"
  [ "$(jq -r .rootfs img/manifest.json)" = null ]
  [ ! -e here/rootfs/new ]
  "$B9RUN" delete --force "$ID"
  overlay there
  import_into there "$ID" c.tar.zst
  counts_on out/count
  "$B9RUN" delete --force "$ID"
  unmount_all here there
}

plain() {
  lower
  mkdir here there
  cp base/config.json here
  cp base/config.json there
  cp -a "$WORK/fs/lower" here/rootfs
  cp -a "$WORK/fs/lower" there/rootfs
  touch there/rootfs/only-there
}

test_of_a_plain_directory_all_or_nothing_comes_along() {
  BACKEND=runc ID=$(id_for runc)
  plain
  begin here "$ID"
  expect_stderr_has 'the archive has no files of the root file system' "$B9RUN" checkpoint --leave-running \
    --image-path img --export none.tar.zst "$ID"
  [ "$STATUS" -eq 0 ] && [ "$(jq -r .rootfs img/manifest.json)" = null ]
  expect_refusal 'is no overlay; full takes all of it along' "$B9RUN" checkpoint --image-path img \
    --export c.tar.zst --export-rootfs upper "$ID"
  expect_refusal 'give --export FILE.tar.zst too' "$B9RUN" checkpoint --image-path img --export-rootfs full "$ID"
  has_running
  expect_status 0 "$B9RUN" checkpoint --image-path img --export c.tar.zst --export-rootfs full "$ID"
  [ -z "$ERR" ] && [ "$(jq -r .rootfs.kind img/manifest.json)" = full ]
  picture here/rootfs >here.picture
  import_into there "$ID.new" c.tar.zst
  picture there/rootfs >there.picture
  diff here.picture there.picture || fail "the root file system differs"
  counts_on there/rootfs/count
  "$B9RUN" delete --force "$ID.new"
  umount "$WORK/fs"
}
has_running() { [ "$(state_of "$ID")" = running ]; }

# exported: an archive of a container on the overlay `here`, which is gone.
exported() {
  BACKEND=runc ID=$(id_for runc)
  lower
  [ -z "${1:-}" ] || edit_config base ".process.args[2] |= \"$1; \" + ."
  overlay here
  begin here "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path img --export c.tar.zst "$ID"
}

is_untouched() { [ -z "$(find "$WORK/fs/there/upper" -mindepth 1)" ]; }

expect_refused_import() {
  local text=$1
  shift
  rm -rf there.in
  expect_refusal "$text" "$B9RUN" restore --detach --bundle there --image-path there.in --work-path there.restore \
    --import c.tar.zst "$@" "$ID.new"
  [ ! -e there.in ] || [ "${MAY_UNPACK:-}" = yes ] || fail 'the image was unpacked'
  ! "$B9RUN" state "$ID.new" >/dev/null 2>&1 || fail 'there is a container'
}

test_a_device_that_the_bundle_does_not_have_is_refused() {
  exported 'mknod /a-device c 10 200'
  overlay there
  expect_refused_import '"rootfs/a-device" is the device c 10:200, which a container of this bundle does not have'
  is_untouched
  edit_config there '.linux.devices = [{path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 438}]'
  import_into there "$ID.new" c.tar.zst
  [ -c there/rootfs/a-device ]
  "$B9RUN" delete --force "$ID.new"
  unmount_all here there
}

test_a_changed_archive_is_refused_before_anything_is_written() {
  exported
  overlay there
  mkdir x
  tar --zstd --warning=no-unknown-keyword -C x -xpf c.tar.zst
  echo other >x/rootfs/etc/changed
  # In the order of the archive, since a layer has one.
  tar --zstd --warning=no-unknown-keyword -tf c.tar.zst | sed 's|/$||' | grep -v caf >names
  tar --zstd --format=pax --no-recursion -C x -cf c.tar.zst -T names
  expect_refused_import 'its files of the root file system are not those of its manifest'
  is_untouched
  unmount_all here there
}

test_files_are_not_written_under_a_running_container() {
  exported
  overlay there
  begin there "$ID.other"
  MAY_UNPACK=yes expect_refused_import "container $ID.other runs in the root file system"
  has_state "$ID.other" running
  "$B9RUN" delete --force "$ID.other"
  unmount_all here there
}

test_the_root_file_system_may_be_left_as_it_is() {
  exported
  import_into here "$ID.new" c.tar.zst --ignore-rootfs
  counts_on here/rootfs/count
  "$B9RUN" delete --force "$ID.new"
  unmount_all here
}

# The runtime's own failure comes after the files, which the message does not keep to itself.
test_a_restore_that_fails_afterwards_tells_what_was_written() {
  exported
  overlay there
  BACKEND=runc
  use_program "case \" \$* \" in *' restore '*) echo 'no luck today' >&2; exit 1;; esac; exec $RUNC \"\$@\""
  expect_refusal ' were written into ' "$B9RUN" --config "$CONFIG" restore --detach --bundle there \
    --image-path there.in --work-path there.restore --import c.tar.zst "$ID.new"
  [[ $ERR == *'no luck today'*' entries of '*'there/rootfs before, and stay there'* ]] || fail "$ERR"
  unmount_all here there
}

# The bundle's file system has room for the bytes, and none for so many files.
test_a_full_disk_tells_what_was_written() {
  exported
  mkdir -p "$WORK/fs/there" there/rootfs
  cp base/config.json there/
  mount -t tmpfs -o nr_inodes=24 small "$WORK/fs/there"
  overlay there
  MAY_UNPACK=yes expect_refused_import 'No space left on device'
  [[ $ERR == *'is changed, and not whole: '*' entries of '*' were written when this went wrong; import it again'* ]] ||
    fail "$ERR"
  mount -o remount,nr_inodes=10000 "$WORK/fs/there"
  rm -r there.in
  import_into there "$ID.new" c.tar.zst
  counts_on there/rootfs/count
  "$B9RUN" delete --force "$ID.new"
  umount there/rootfs "$WORK/fs/there"
  unmount_all here
}

test_an_archive_that_cannot_be_written_costs_the_container_nothing() {
  BACKEND=runc ID=$(id_for runc)
  lower
  overlay here
  head -c 20000000 /dev/urandom >here/rootfs/large
  begin here "$ID"
  mkdir small
  mount -t tmpfs -o size=1m small small
  expect_refusal 'No space left on device' "$B9RUN" checkpoint --image-path img --export small/c.tar.zst "$ID"
  [ -z "$(ls -A small)" ] && [ ! -e img/manifest.json ]
  has_running
  counts_on here/rootfs/count
  "$B9RUN" delete --force "$ID"
  umount small
  unmount_all here
}
