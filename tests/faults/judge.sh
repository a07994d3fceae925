# shellcheck shell=bash disable=SC2034,SC2154  # shared with run
# SPDX-License-Identifier: Apache-2.0
#
# Where a container of the fault table stands, in words.  Sourced by run, which has b9(), $ID, $OUT, $STATUS and so on.
#
# What must not be is written in capitals: FROZEN, BROKEN, STRAY.

# sample: what the container has written last, a line a process of it.
sample() { tail -qn1 "$OUT"/* 2>/dev/null; }

# is_counting: every process of the container writes on.
is_counting() {
  local before now tries=60
  before=$(sample)
  while [ $((tries -= 1)) -gt 0 ]; do
    sleep 0.05
    now=$(sample)
    # No line may be the same.
    [ -z "$(comm -12 <(sort <<<"$before") <(sort <<<"$now"))" ] || continue
    return 0
  done
  return 1
}

# is_plain_count: no number is missing or there twice, so nothing ran between a save and its stop.
is_plain_count() {
  local lines
  [ "$column" != runc+criu+fake-cuda ] || return 0
  lines=$(wc -l <"$OUT/count")
  seq "$lines" | cmp -s - <(head -n "$lines" "$OUT/count")
}

# Whoever recovers the container right now holds this.
wait_for_recovery() {
  local lock
  for lock in /run/b9run/containers/"$ID"/*/journal.lock; do
    [ ! -e "$lock" ] || flock --timeout 120 "$lock" true || true
  done
}

has_no_journal() { ! compgen -G "/run/b9run/containers/$ID/*/journal" >/dev/null; }
has_no_process() { [ -z "$(cgroups_of_test | sed 's|$|/cgroup.procs|' | xargs -r cat 2>/dev/null || true)" ]; }

# is_where_it_belongs STEP: seen without b9run; the operation is over, and the container counts or has ended.
is_where_it_belongs() {
  has_no_journal || return 1
  case $operation:$1 in
    restore:* | *:stop | *:delete) has_no_process ;;
    *) is_counting ;;
  esac
}

# by_itself STEP KIND: where b9run was killed, half a minute for its guardian, or two on a busy machine, and what came of that.
by_itself() {
  local end=$((SECONDS + 30 * ${WAIT_FACTOR:-4}))
  case $1:$2 in
    recover:*) return ;; # what is started by hand has no guardian
    *:b9run | *:b9run-work | *:b9run-amid | *:b9run-help) ;;
    *) return ;;
  esac
  until is_where_it_belongs "$1"; do
    [ "$SECONDS" -lt "$end" ] || { echo 'FROZEN: until somebody asks; '; return; }
    sleep 0.5
  done
  echo 'by itself: '
}

# The first command of b9run after the fault.
ask_status() { b9 state "$ID" 2>"$WORK/state.err" | jq -r .status || true; }

stand() {
  local status
  wait_for_recovery
  status=$(ask_status)
  case $status in
    running) if is_counting; then echo running; else echo "FROZEN: running, not counting ($(processes_stand))"; fi ;;
    paused) echo 'FROZEN: paused' ;;
    stopped) echo stopped ;;
    '') echo gone ;;
    *) echo "BROKEN: $status" ;;
  esac
}

# The state letters of its processes.
processes_stand() {
  local dir
  for dir in $(cgroups_of_test); do
    [ ! -e "$dir/cgroup.procs" ] || xargs -I{} sh -c 'cut -d" " -f3 /proc/{}/stat 2>/dev/null || true' <"$dir/cgroup.procs"
  done | sort | uniq -c | xargs
}

# image_stand DIR: none, new or earlier, if whole; else what is wrong with it.
image_stand() {
  local dir=$1
  if [ -n "$(find "$dir" -name '.b9run*' 2>/dev/null)" ]; then
    echo 'BROKEN: files of an earlier image are left'
  elif [ ! -e "$dir/manifest.json" ]; then
    if [ -e "$dir/$(image_file)" ]; then echo 'BROKEN: half an image'; else echo none; fi
  elif ! b9 checkpoint-info --check-host --verify-digests "$dir" >"$WORK/info" 2>&1; then
    echo "BROKEN: the image is not whole: $(tail -n1 "$WORK/info")"
  elif cmp -s "$dir/manifest.json" "$EARLIER/manifest.json"; then
    echo earlier
  else
    echo new
  fi
}

image_file() {
  case $BACKEND in
    runsc) echo checkpoint.img ;;
    *) echo inventory.img ;;
  esac
}

# restores DIR: whether the container comes back from that image, under its own ID.
restores() {
  b9 restore --detach --bundle "$NAME" --image-path "$1" --work-path "$WORK/work2" "$ID" </dev/null >/dev/null 2>"$WORK/restore.err" &&
    is_counting
}

# judge_checkpoint DIR LEAVE STEP: an image must be there, the earlier one or a whole new one.  A failure may have lost nothing, and
# a success has to be one.
judge_checkpoint() {
  local dir=$1 leave=$2 where image
  where=$(stand)
  image=$(image_stand "$dir")
  case $where:$image in
    *BROKEN* | *FROZEN*) ;;
    running:earlier) [ "$STATUS" -ne 0 ] || [ "$3" = recover ] || where="BROKEN: $where after a success" ;;
    running:new) [ "$leave" = yes ] || where="BROKEN: $where, was to end" ;;
    stopped:new | gone:new)
      [ "$leave" = no ] || where="BROKEN: $where, was to run on"
      if ! restores "$dir"; then
        where="BROKEN: $where, and the image does not restore: $(tail -n1 "$WORK/restore.err")"
      elif ! is_plain_count; then
        where="BROKEN: $where, and it had run on after the save"
      else
        image='new, restores'
      fi
      ;;
    *) where="BROKEN: $where" ;;
  esac
  echo "$where; image: $image"
}

# is_rootfs_whole: nobody has removed anything of the caller's.
is_rootfs_whole() {
  [ -z "$(comm -23 <(cd "$ROOTFS_TEMPLATE" && find . | sort) <(cd "$NAME/rootfs" && find . | sort))" ]
}

# judge_restore DIR STEP: a container that runs, or nothing and an image that still restores.
judge_restore() {
  local dir=$1 where
  where=$(stand)
  case $where in
    running) [ "$STATUS" -eq 0 ] || where="BROKEN: $where after a failure" ;;
    gone)
      if [ "$STATUS" -eq 0 ] && [ "$2" != recover ]; then
        where='BROKEN: gone after a success'
      elif ! restores "$dir"; then
        where="BROKEN: $where, and the image does not restore: $(tail -n1 "$WORK/restore.err")"
      else
        where='gone; restores'
      fi
      ;;
    stopped) where='BROKEN: stopped' ;;
  esac
  is_rootfs_whole || where="BROKEN: $where, and files of its bundle are gone"
  echo "$where"
}

# find_strays: the array left gets what still runs although the container is deleted.  No subshells around the look at /proc:
# they would be found there.
find_strays() {
  local dir name
  left=()
  for dir in /proc/[0-9]*; do
    [ "${dir#/proc/}" != "$$" ] || continue
    grep -q '^State:.[^ZX]' "$dir/status" 2>/dev/null || continue
    name=
    read -r name 2>/dev/null <"$dir/comm" || true
    left+=("STRAY: $name (${dir#/proc/})")
  done
}

# What ends by itself, as a monitor does, has three seconds.
look_for_strays() {
  local tries=30 dir
  find_strays
  while [ ${#left[@]} -gt 0 ] && [ $((tries -= 1)) -gt 0 ]; do
    sleep 0.1
    find_strays
  done
  for dir in "${left[@]}"; do
    dir=${dir##*(}
    kill -KILL "${dir%)}" 2>/dev/null || true
  done
}
