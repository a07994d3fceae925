# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# `doctor` and `features` on this machine and with its runtimes.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/backends.sh"

# Whatever a check might leave: files of state, cgroups, mounts, namespaces in /run.
# The time of /run itself tells of CRIU's cache, which comes and goes.
snapshot() {
  find /run -mindepth 1 -printf '%p %y %m %u %T@\n' | sort
  cgroups_of_test
  find /sys/fs/cgroup -type d | sort
  awk '{print $5}' /proc/self/mountinfo
}

# sections_have FILTER: of the last doctor --json.
sections_have() { jq -e "$1" <<<"$OUT" >/dev/null || show_captured "expected $1" doctor; }

# What it says depends on the machine; that status and numbers agree does not.
check_document() {
  [ -z "$ERR" ] || show_captured 'expected nothing on standard error' doctor
  sections_have '[.sections[].findings[].level] | all(. == "ok" or . == "warning" or . == "problem")'
  sections_have '.problems == ([.sections[].findings[] | select(.level == "problem")] | length)'
  sections_have '.warnings == ([.sections[].findings[] | select(.level == "warning")] | length)'
  sections_have '[.sections[].findings[] | select(.level == "problem") | .remedy | length > 0] | all'
  sections_have "$STATUS == (if .problems > 0 then 2 elif .warnings > 0 then 1 else 0 end)"
  sections_have '[.sections[] | .kind] | contains(["configuration", "plugins", "state", "host", "backend"])'
}

test_doctor_as_root_tells_of_this_machine_and_changes_nothing() {
  local before
  BACKEND=runc
  bundle b sleep 1000
  start_detached b "$(id_for c1)"
  before=$(snapshot)
  capture "$B9RUN" doctor --json
  [ "$(snapshot)" = "$before" ] || fail "changed: $(diff <(echo "$before") <(snapshot))"
  check_document
  sections_have '[.sections[] | select(.kind == "state") | .findings[].message] | contains(["1 container on record"])'
  sections_have '[.sections[] | select(.kind == "backend") | .name] == ["runc", "runsc"]'
  sections_have "[.sections[] | select(.kind == \"host\") | .findings[].message] | any(contains(\"$(uname -r)\"))"
  remove_container "$(id_for c1)"
}

test_doctor_before_the_first_container_makes_no_state_directory() {
  local before
  before=$(snapshot)
  capture "$B9RUN" doctor --gpu
  [ "$(snapshot)" = "$before" ] || fail "changed: $(diff <(echo "$before") <(snapshot))"
  [[ $OUT == *'/run/b9run is not there; the first container makes it'* ]] ||
    show_captured 'expected no state directory' doctor
  [ ! -e /run/b9run ]
}

# The installation may lie where nobody may look, so nobody gets a copy.
test_doctor_as_nobody_says_what_it_could_not_see_and_changes_nothing() {
  local before prefix
  need setpriv
  prefix=${B9RUN%/bin/b9run}
  mkdir nobodys
  chmod 755 . nobodys
  cp -a "$prefix/lib/b9run" nobodys
  cp -L "$B9RUN" nobodys/b9run-program
  before=$(snapshot)
  capture env -i PATH="$PATH" B9RUN_PLUGIN_PATH="$WORK/nobodys/b9run/plugins" B9RUN_LIBEXEC_DIR="$WORK/nobodys/b9run" \
    setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/nobodys/b9run-program" doctor --json
  [ "$(snapshot)" = "$before" ] || fail "changed: $(diff <(echo "$before") <(snapshot))"
  check_document
  sections_have '[.sections[].findings[].message] | any(contains("asked by uid 65534"))'
}

# on_terminal COMMAND...: with a terminal of its own; prints what that shows.
on_terminal() { script -qec "$(printf '%q ' "$@")" /dev/null </dev/null; }

test_doctor_has_colours_on_a_terminal_and_where_nobody_minds() {
  local escape=$'\033['
  need script
  [[ $(TERM=xterm NO_COLOR='' on_terminal "$B9RUN" doctor) == *"${escape}32mok"* ]] || fail 'no colours'
  [[ $(TERM=xterm NO_COLOR=1 on_terminal "$B9RUN" doctor) != *"$escape"* ]] || fail 'colours with NO_COLOR'
  [[ $(TERM=dumb NO_COLOR='' on_terminal "$B9RUN" doctor) != *"$escape"* ]] || fail 'colours on a dumb terminal'
}

# A hanging program is a line, and the rest goes on.
test_doctor_goes_on_after_a_program_that_hangs_and_one_that_others_can_change() {
  BACKEND=runc
  use_program 'exec sleep 1000'
  chmod 757 "$WORK/program.runc"
  capture "$B9RUN" --config "$CONFIG" doctor --json
  [ "$STATUS" -eq 2 ] || show_captured 'expected a problem' doctor
  sections_have '[.sections[] | select(.name == "runc") | .findings[] | select(.level == "problem") | .message] |
    any(contains("can be changed by others than its owner (mode 0757)"))'
  sections_have '[.sections[] | select(.name == "runc") | .findings[] | select(.level == "problem")] | length > 1'
  sections_have '[.sections[] | select(.name == "runsc") | .findings[]] | length > 0'
}

# --- features ---

# features_of BACKEND [OPTION...]: OUT gets the document; it is alone.
features_of() {
  local backend=$1
  shift
  expect_status 0 "$B9RUN" --backend="$backend" "$@" features
  [ -z "$ERR" ] || show_captured 'expected nothing on standard error' features
}

test_features_of_runc_are_its_own() {
  features_of runc
  [ "$OUT" = "$("$RUNC" features)" ] || show_captured "expected runc's own" features
}

# hooks_of_all_kinds DIR: every hook that the specification has notes its name.
hooks_of_all_kinds() {
  # shellcheck disable=SC2016  # for the hook
  printf '#!/bin/sh\ncat >/dev/null\necho "$1" >>%s/hooks\n' "$WORK" >hook
  chmod 755 hook
  : >hooks
  # shellcheck disable=SC2016  # for jq
  edit_config "$1" '.hooks = ($kinds | map({key: ., value: [{path: $hook, args: ["hook", .]}]}) | from_entries)' \
    --arg hook "$WORK/hook" \
    --argjson kinds '["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]'
}

# What is listed is what this runsc does: each hook runs and no other, each option of a
# mount and each capability is taken.  runsc itself is asked: b9run refuses such hooks.
test_features_of_runsc_are_what_it_does() {
  local features
  features_of runsc
  features=$OUT
  [ "$(jq -r .ociVersionMax <<<"$features")" = "$("$RUNSC" --version | sed -n 's/^spec: //p')" ]
  bundle b true
  mkdir source
  hooks_of_all_kinds b
  # shellcheck disable=SC2016  # for jq
  edit_config b '.mounts += [$features.mountOptions | to_entries[] |
      {destination: "/mnt/\(.key)", type: "bind", source: $source, options: ["rbind", .value]}] |
    .process.capabilities.bounding = $features.linux.capabilities' \
    --argjson features "$features" --arg source "$WORK/source"
  expect_status 0 "$RUNSC" --root "$WORK/root" --network=none run --bundle b "$(id_for c1)"
  [ "$(sort hooks)" = "$(jq -r '.hooks[]' <<<"$features" | sort)" ] || fail "hooks that ran: $(xargs <hooks)"
}

test_features_of_runsc_have_seccomp_where_it_is_on() {
  features_of runsc
  jq -e '.linux.seccomp == {enabled: false}' <<<"$OUT" >/dev/null
  features_of runsc --oci-seccomp=true
  jq -e '.linux.seccomp.enabled and (.linux.seccomp.actions | contains(["SCMP_ACT_ERRNO"]))' <<<"$OUT" >/dev/null
}
