# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# supervise.sh SUITE TEST: the first process of a test's PID namespace.  It makes
# the test's surroundings, runs it, and looks for what it left behind.  Started by
# ./run; reaps what the test orphans, as bash does for any child.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# What runs a test; the trap names the command of a test that fails without a word.
# shellcheck disable=SC2016  # for the inner shell
TEST_PROGRAM='
  set -Eeuo pipefail
  . "$1"
  trap '\''echo "${BASH_SOURCE[0]##*/}:$LINENO: status $? from: $BASH_COMMAND"'\'' ERR
  "$2"'

# Everything that keeps state below /run does so in a /run of this test's own.
make_surroundings() {
  mount -t tmpfs -o mode=755 b9test /run
  mkdir -p /run/lock
  cd "$WORK"
}

mounts() { awk '{print $5}' /proc/self/mountinfo | sort; }

# find_leftovers: fills the array left.  No subshells around the look at /proc: they
# would be found there.
find_leftovers() {
  local dir line
  left=()
  for dir in /proc/[0-9]*; do
    [ "$dir" != "/proc/$$" ] || continue
    # Zombies are about to be reaped.
    grep -q '^State:.[^ZX]' "$dir/status" 2>/dev/null || continue
    left+=("process ${dir#/proc/}: $(tr '\0' ' ' 2>/dev/null <"$dir/cmdline" || true)")
  done
  while IFS= read -r line; do
    left+=("$line")
  done < <(cgroups_of_test | sed 's/^/cgroup /'
    comm -13 <(echo "$mounts_before") <(mounts) | sed 's/^/mount /')
}

# What ends by itself, as a monitor does after its container, has three seconds.
wait_for_leftovers_to_go() {
  local tries=30
  find_leftovers
  while [ ${#left[@]} -gt 0 ] && [ $((tries -= 1)) -gt 0 ]; do
    sleep 0.1
    find_leftovers
  done
}

# The kernel ends mounts with their namespace; the cgroups can go once they are empty.
clean_up() {
  kill -KILL -1 2>/dev/null || true
  remove_cgroups_of_test
}

main() {
  local status=0
  make_surroundings
  mounts_before=$(mounts)
  bash -c "$TEST_PROGRAM" test "$1" "$2" || status=$?
  left=()
  # A test that failed half-way could not clean up.
  [ "$status" -ne 0 ] || wait_for_leftovers_to_go
  clean_up
  if [ ${#left[@]} -gt 0 ]; then
    printf 'left behind: %s\n' "${left[@]}"
    status=1
  fi
  exit "$status"
}

main "$@"
