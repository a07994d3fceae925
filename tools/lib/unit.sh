# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs `make check` and counts its tests.  Sourced after common.sh and build.sh.

# What the last run of unit tests came to.
unit_passed=0 unit_failed=0

# count_unit_tests DIR: reads the results that automake's test driver left below DIR.
# A Check program counts with its own totals, `100%: Checks: 12, Failures: 0,
# Errors: 0`; any other, and one that died, as one test.
count_unit_tests() {
  local trs log
  unit_passed=0 unit_failed=0
  while IFS= read -r trs; do
    log=${trs%.trs}.log
    count_program "$log" "$(sed -n 's/^:global-test-result: //p' "$trs")"
  done < <(find "$1" -name '*.trs' | sort)
}

# count_program LOG RESULT: RESULT is automake's word for the whole program.
count_program() {
  local checks bad
  read -r checks bad < <(awk '
    match($0, /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/) {
      gsub(/[^0-9]+/, " "); checks += $2; bad += $3 + $4 }
    END { print checks + 0, bad + 0 }' "$1")
  case $2 in
    PASS) [ "$checks" -gt 0 ] || checks=1 ;;
    SKIP) return ;;
    *) if [ "$bad" -eq 0 ]; then bad=1 checks=$((checks + 1)); fi ;;
  esac
  unit_passed=$((unit_passed + checks - bad))
  unit_failed=$((unit_failed + bad))
}

# check_and_count TEXT DIR COMMAND...: COMMAND runs `make check` in DIR.
check_and_count() {
  local text=$1 dir=$2 since=$EPOCHREALTIME status=0 output=$PRIVATE/log/check.log
  shift 2
  printf '%-48s' "$text"
  find "$dir" -name '*.trs' -delete
  "$@" >"$output" 2>&1 </dev/null || status=$?
  cat "$output" >>"$LOG"
  count_unit_tests "$dir"
  # `make check` also fails for a test program that does not compile.
  if [ "$status" -ne 0 ] && [ "$unit_failed" -eq 0 ]; then unit_failed=1; fi
  printf ' %6s s  %d ok, %d not ok\n' "$(elapsed "$since")" "$unit_passed" "$unit_failed"
  [ "$unit_failed" -eq 0 ] || show_unit_failures "$dir" "$output"
}

show_unit_failures() {
  local failures
  failures=$(find "$1" -name '*.log' -exec grep -hE '^[^ ]+:[0-9]+:[FE]:' {} + 2>/dev/null || true)
  if [ -n "$failures" ]; then
    printf '  | %s\n' "${failures//$'\n'/$'\n'  | }"
  else
    tail -n 25 "$2" | sed 's/^/  | /'
  fi
  say "  | the whole log is $LOG"
}

unit_tests_here() {
  check_and_count "Unit tests as $(id -un)" "$BUILD_DIR" \
    make -C "$BUILD_DIR" -j"$(nproc)" -k check
}

# Root passes every check of permissions, so the tests run again as nobody, in a
# copy of the sources that belongs to it.
unit_tests_unprivileged() {
  local copy
  copy=$(mktemp -d /tmp/b9run-check.XXXXXX)
  tar -C "$TOP" --exclude=./.private --exclude=./.git --exclude='./build' -cf - . | tar -C "$copy" -xf -
  mkdir "$copy/.obj"
  chown -R 65534:65534 "$copy"
  # shellcheck disable=SC2016  # for the inner shell
  check_and_count 'Unit tests as nobody' "$copy/.obj" \
    setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
    env -C "$copy/.obj" HOME="$copy" TMPDIR="$copy" bash -c \
    '../configure -q --enable-silent-rules && make -j"$(nproc)" -k check'
  rm -rf "$copy"
}
