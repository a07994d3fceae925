# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2119  # of start_hanging, which may go without a prefix
# SPDX-License-Identifier: Apache-2.0
#
# Checkpoint and restore with real runtimes: runc with CRIU, and runsc.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"
. "$(dirname "${BASH_SOURCE[0]}")/counting.sh"

is_gone() { ! "$B9RUN" state "$1" >/dev/null 2>&1; }
ended_or_gone() { is_gone "$1" || has_state "$1" stopped; }

in_place() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path "$BACKEND.img" "$ID"
  ended_or_gone "$ID" || fail "$BACKEND: still there after the checkpoint"
  restore "$BACKEND" "$BACKEND.img" "$ID"
  has_state "$ID" running
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_a_counter_goes_on_in_place() { each in_place; }

elsewhere() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path "$BACKEND.img" "$ID"
  cp -a "$BACKEND" "$BACKEND-copy"
  "$B9RUN" delete --force "$ID"
  restore "$BACKEND-copy" "$BACKEND.img" "$ID.new"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID.new"
}
test_a_counter_goes_on_under_a_new_id_from_another_bundle() { each elsewhere; }

leaves_running() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$BACKEND.img" "$ID"
  has_state "$ID" running
  goes_on "$BACKEND"
  # Again into the same directory, which holds an image now.
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$BACKEND.img" "$ID"
  expect_status 0 "$B9RUN" checkpoint-info --check-host --verify-digests "$BACKEND.img"
  [ -z "$(find "$BACKEND.img" -name '.b9run*')" ]
  "$B9RUN" delete --force "$ID"
}
test_a_checkpoint_may_leave_the_container_running() { each leaves_running; }

stays_paused() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  "$B9RUN" pause "$ID"
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$BACKEND.img" "$ID"
  has_state "$ID" paused
  "$B9RUN" resume "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_a_paused_container_stays_paused() { each stays_paused; }

# Between the look at the container and the pause, as a pause by somebody else would come.
stays_paused_by_another() {
  local real
  real=$(program_of "$BACKEND")
  use_program "case \" \$* \" in *' pause '*) '$real' \"\$@\" ;; esac; exec '$real' \"\$@\""
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path "$BACKEND.img" "$ID"
  has_state "$ID" paused || fail "$BACKEND: $(state_of "$ID")"
  "$B9RUN" resume "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_who_is_paused_meanwhile_stays_paused() { each stays_paused_by_another; }

# As the end of the machine leaves it, where /run is a tmpfs: no journal, and half an image.
unfinished() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path "$BACKEND.img" "$ID"
  "$B9RUN" delete --force "$ID"
  rm "$BACKEND.img/manifest.json"
  mkdir "$BACKEND.img/.b9run-earlier-1"
  expect_refusal 'was cut off before its end' b9 restore --detach --bundle "$BACKEND" --image-path "$BACKEND.img" "$ID"
  [ "$STATUS" -eq 75 ] || fail "status $STATUS"
}
test_an_unfinished_image_is_refused() { each unfinished; }

attached() {
  bundle "$BACKEND" sh -c 'sleep 3; exit 7'
  b9 run --detach --bundle "$BACKEND" "$ID" </dev/null >/dev/null 2>&1
  expect_status 0 "$B9RUN" checkpoint --image-path "$BACKEND.img" "$ID"
  if [ "$BACKEND" = runsc ]; then
    expect_refusal 'container not running' "$B9RUN" kill "$ID" CONT
    expect_refusal 'container not running' "$B9RUN" kill "$ID" TERM
  fi
  "$B9RUN" delete --force "$ID"
  STATUS=0
  b9 restore --bundle "$BACKEND" --image-path "$BACKEND.img" "$ID" </dev/null >/dev/null 2>&1 || STATUS=$?
  [ "$STATUS" -eq 7 ] || fail "$BACKEND: status $STATUS"
  is_gone "$ID"
}
test_an_attached_restore_ends_with_the_status_of_the_container() { each attached; }

from_archive() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path "$BACKEND.img" --work-path "$BACKEND.work" \
    --export "$BACKEND.tar.zst" "$ID"
  [ "$(stat -c %a "$BACKEND.tar.zst")" = 600 ]
  rm -rf "$BACKEND.img"
  "$B9RUN" delete --force "$ID"
  restore "$BACKEND" "$BACKEND.elsewhere" "$ID" --import "$BACKEND.tar.zst" --verify-digests --work-path "$BACKEND.work2"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_a_counter_goes_on_from_an_archive() { each from_archive; }

# Refused by what the image says, refused since the id is taken, and failed in the runtime.
import_failing() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --leave-running --image-path img --work-path work --export "$BACKEND.tar.zst" "$ID"
  rm -rf img
  expect_refusal 'backend-differs: ' "$B9RUN" --backend="$1" restore --detach --bundle "$BACKEND" --import "$BACKEND.tar.zst" \
    --image-path img "$ID.other"
  [ ! -e img ] || fail "$BACKEND: left behind: $(ls img)"
  expect_refusal 'already exists' b9 restore --detach --bundle "$BACKEND" --import "$BACKEND.tar.zst" --image-path img "$ID"
  [ ! -e img ] || fail "$BACKEND: left behind: $(ls img)"
  use_program "case \" \$* \" in *' restore '*) exit 1;; esac; exec $(program_of "$BACKEND") \"\$@\""
  expect_status 1 b9 restore --detach --bundle "$BACKEND" --import "$BACKEND.tar.zst" --image-path img --work-path work "$ID.other"
  [ ! -e img ] || fail "$BACKEND: left behind: $(ls img)"
  CONFIG=
  "$B9RUN" delete --force "$ID"
}
test_an_import_that_fails_leaves_no_image() {
  BACKEND=runc ID=$(id_for runc)
  import_failing runsc
  BACKEND=runsc ID=$(id_for runsc)
  import_failing runc
}

# Beside the image's own files the directory holds one of somebody's, which does not come along.
with_more() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  mkdir -p img
  echo notes >img/notes
  expect_status 0 "$B9RUN" checkpoint --image-path img --export "$BACKEND.tar.zst" "$ID"
  "$B9RUN" delete --force "$ID"
  [ -e img/notes ]
  restore "$BACKEND" in "$ID" --import "$BACKEND.tar.zst"
  [ ! -e in/notes ]
  "$B9RUN" delete --force "$ID"
  tar --zstd -C img -cf more.tar.zst manifest.json spec.json notes
  expect_refusal "cannot import $WORK/more.tar.zst: it has \"notes\", which its manifest does not list; nothing was unpacked" \
    b9 restore --detach --bundle "$BACKEND" --import more.tar.zst --image-path other "$ID"
  [ ! -e other ]
  is_gone "$ID"
  rm -r img in
}
test_a_file_that_the_manifest_does_not_list_refuses_an_archive() { each with_more; }

# CRIU looks for its files by their names.
test_a_file_that_the_manifest_does_not_list_refuses_an_image() {
  BACKEND=runc ID=$(id_for runc)
  counter runc
  start_counter runc "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path img "$ID"
  "$B9RUN" delete --force "$ID"
  ln -s core-1.img img/core-999.img
  expect_refusal "image-damaged: $WORK/img/core-999.img is called like a file of the image, and the manifest does not list it" \
    b9 restore --detach --bundle runc --image-path img "$ID"
  [ "$STATUS" -eq 75 ] || fail "status $STATUS"
  rm img/core-999.img
  echo notes >img/notes
  restore runc img "$ID"
  # What the restore has written there is in nobody's way either.
  "$B9RUN" delete --force "$ID"
  restore runc img "$ID"
  "$B9RUN" delete --force "$ID"
}

# pages BACKEND: the file with the memory.
pages() {
  case $1 in
    runc) echo pages-1.img ;;
    *) echo pages.img ;;
  esac
}

damaged() {
  local image=$BACKEND.img
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path "$image" "$ID"
  "$B9RUN" delete --force "$ID"
  cp -a "$image" good
  truncate -s -4096 "$image/$(pages "$BACKEND")"
  expect_refusal 'image-damaged: ' b9 restore --detach --bundle "$BACKEND" --image-path "$image" "$ID"
  [ "$STATUS" -eq 75 ] || fail "status $STATUS"
  rm -r "$image"
  cp -a good "$image"
  mv "$image/manifest.json" elsewhere.json
  ln -s ../elsewhere.json "$image/manifest.json"
  expect_refusal "image-damaged: $WORK/$image/manifest.json: a symbolic link, which is not followed" \
    b9 restore --detach --bundle "$BACKEND" --image-path "$image" "$ID"
  [ "$STATUS" -eq 75 ] || fail "status $STATUS"
  rm -r "$image"
  mv good "$image"
  printf x | dd of="$image/$(pages "$BACKEND")" bs=1 seek=100 conv=notrunc status=none
  expect_refusal 'another SHA-256' b9 restore --detach --verify-digests --bundle "$BACKEND" --image-path "$image" "$ID"
  [ "$STATUS" -eq 75 ] || fail "status $STATUS"
  printf '{"format":' >"$image/manifest.json"
  expect_refusal 'image-damaged: ' b9 restore --detach --bundle "$BACKEND" --image-path "$image" "$ID"
  [ "$STATUS" -eq 75 ] || fail "status $STATUS"
  is_gone "$ID"
}
test_a_damaged_image_is_refused_with_a_status_of_its_own() { each damaged; }

read_only() {
  local image=$WORK/$BACKEND.img
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  expect_status 0 "$B9RUN" checkpoint --image-path "$image" "$ID"
  "$B9RUN" delete --force "$ID"
  mount --bind "$image" "$image"
  mount -o remount,bind,ro "$image"
  if [ "$BACKEND" = runc ]; then
    expect_refusal "CRIU writes its log into $image, and cannot (Read-only file system); name another directory for that with --work-path" \
      b9 restore --detach --bundle "$BACKEND" --image-path "$image" "$ID"
    is_gone "$ID"
    restore "$BACKEND" "$image" "$ID" --work-path work
    [ -s work/restore.log ]
  else
    restore "$BACKEND" "$image" "$ID"
  fi
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
  umount "$image"
}
test_an_image_that_cannot_be_written_is_restored() { each read_only; }

test_an_image_of_the_other_backend_is_refused() {
  BACKEND=runsc ID=$(id_for runsc)
  counter runsc
  start_counter runsc "$ID"
  expect_status 0 "$B9RUN" --log log --log-format json checkpoint --image-path img "$ID"
  expect_refusal 'backend-differs: ' "$B9RUN" --backend=runc --log log --log-format json restore --detach \
    --bundle runsc --image-path img "$ID.other"
  [ "$STATUS" -eq 75 ] && [ "$(jq -r .code log)" = start-cold ]
  expect_refusal 'flags-differ: ' "$B9RUN" --backend=runsc --network=host restore --detach --bundle runsc \
    --image-path img "$ID.other"
  "$B9RUN" delete "$ID"
}

test_a_sandbox_with_a_program_of_exec_is_refused_and_goes_on() {
  BACKEND=runsc ID=$(id_for runsc)
  counter runsc
  start_counter runsc "$ID"
  "$B9RUN" exec --detach "$ID" sleep 1000 </dev/null >/dev/null 2>&1
  expect_refusal 'a program that exec started runs in' "$B9RUN" checkpoint --image-path img "$ID"
  has_state "$ID" running
  goes_on runsc
  [ ! -e img/checkpoint.img ]
  "$B9RUN" delete --force "$ID"
}

# runsc alone saves such a one, and panics at the restore, with all its stacks in its message.
test_a_panic_of_the_runtime_is_told_in_a_line() {
  BACKEND=runsc ID=$(id_for runsc)
  counter runsc
  start_counter runsc "$ID"
  "$B9RUN" exec --detach "$ID" sleep 1000 </dev/null >/dev/null 2>&1
  "$RUNSC" --root /run/gvisor --network=none checkpoint --leave-running --image-path img "$ID"
  "$B9RUN" delete --force "$ID"
  CONFIG=$WORK/log.yaml
  printf 'log:\n  file: %s\n' "$WORK/own.log" >"$CONFIG"
  expect_status 1 b9 --log log --log-format json restore --detach --bundle runsc --image-path img "$ID"
  [[ ${ERR##*$'\n'} == 'b9run: '*'no host FD available'* ]] || fail "the last words: ${ERR##*$'\n'}"
  jq -r .msg log >message
  [ "$(wc -l <message)" -eq 1 ] || fail "the message has $(wc -l <message) lines"
  grep -q 'no host FD available' message
  if grep -q goroutine message; then fail "it tells the stacks: $(cat message)"; fi
  grep -q 'no host FD available.*goroutine' own.log
  CONFIG=
}

test_standard_files_that_criu_cannot_save_are_named_first() {
  local id
  id=$(id_for c)
  bundle b sleep 1000
  "$B9RUN" --backend=runc run --detach --bundle b "$id" </dev/null >"$WORK/out" 2>&1
  expect_refusal 'standard output is a file of the host' "$B9RUN" checkpoint --image-path img "$id"
  has_state "$id" running
  [ ! -e img/inventory.img ]
  "$B9RUN" delete --force "$id"
}

created() {
  bundle "$BACKEND" sleep 1000
  b9 create --bundle "$BACKEND" "$ID" </dev/null >/dev/null 2>&1
  expect_refusal 'in created state' "$B9RUN" checkpoint --image-path "$BACKEND.img" "$ID"
  "$B9RUN" delete --force "$ID"
}
test_a_created_container_is_refused() { each created; }

plain_image() {
  local lines
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  mkdir "$BACKEND.img"
  case $BACKEND in
    runc) "$RUNC" checkpoint --leave-running --image-path "$BACKEND.img" "$ID" ;;
    *) "$RUNSC" --root /run/gvisor --network=none checkpoint --leave-running --image-path "$BACKEND.img" "$ID" ;;
  esac
  "$B9RUN" delete --force "$ID"
  lines=$(lines_in "$WORK/$BACKEND.out/a")
  restore "$BACKEND" "$BACKEND.img" "$ID"
  wait_until 20 has_more_than "$lines" "$WORK/$BACKEND.out/a"
  "$B9RUN" delete --force "$ID"
}
test_an_image_of_the_plain_runtime_is_restored() { each plain_image; }

# b9run is killed while the container is paused.
killed() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  start_hanging
  kill -KILL $!
  status_of $!
  sed -i "s|^program=.*|program=$(program_of "$BACKEND")|" /run/b9run/containers/"$ID"/*/record
  expect_stdout running state_of "$ID"
  goes_on "$BACKEND"
  [ ! -e "$IMAGE/manifest.json" ]
  "$B9RUN" delete --force "$ID"
}
test_a_container_of_a_killed_checkpoint_is_brought_back() { each killed; }

# The time-out is the restore's, and the container's own life is as long as it likes.
outlives_timeout() {
  bundle "$BACKEND" sh -c 'sleep 6; exit 7'
  b9 run --detach --bundle "$BACKEND" "$ID" </dev/null >/dev/null 2>&1
  expect_status 0 "$B9RUN" checkpoint --image-path "$BACKEND.img" "$ID"
  "$B9RUN" delete --force "$ID"
  expect_status 7 b9 restore --timeout 3 --bundle "$BACKEND" --image-path "$BACKEND.img" "$ID"
}
test_an_attached_container_outlives_the_timeout_of_its_restore() { each outlives_timeout; }

cancelled() {
  counter "$BACKEND"
  start_counter "$BACKEND" "$ID"
  start_hanging
  kill -TERM $!
  status_of $!
  [ "$STATUS" -eq 1 ] && grep -q 'SIGTERM came' checkpoint.err
  has_state "$ID" running
  goes_on "$BACKEND"
  expect_refusal 'the time of --timeout is over' "$B9RUN" checkpoint --timeout 1 --image-path "$IMAGE" "$ID"
  goes_on "$BACKEND"
  "$B9RUN" delete --force "$ID"
}
test_sigterm_and_a_timeout_undo_a_checkpoint() { each cancelled; }

many() {
  local i number=5 jobs=()
  for i in $(seq $number); do
    counter "$BACKEND$i"
    start_counter "$BACKEND$i" "$ID.$i"
  done
  for i in $(seq $number); do
    "$B9RUN" checkpoint --leave-running --image-path "$BACKEND$i.img" "$ID.$i" >"$BACKEND$i.err" 2>&1 &
    jobs+=($!)
  done
  for i in $(seq $number); do
    wait "${jobs[$((i - 1))]}" || fail "checkpoint $i: $(cat "$BACKEND$i.err")"
  done
  for i in $(seq $number); do
    goes_on "$BACKEND$i"
    "$B9RUN" delete --force "$ID.$i"
  done
}
test_checkpoints_at_once_do_not_disturb_each_other() { each many; }
