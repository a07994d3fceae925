# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# What cannot work says why, and leaves nothing.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# refused TEXT BUNDLE ID [GLOBAL-OPTION...]: create, run and run --detach all fail with
# TEXT in the one line that they print, and leave nothing.
refused() {
  local text=$1 bundle=$2 id=$3 way
  shift 3
  for way in create run 'run --detach'; do
    # shellcheck disable=SC2086
    expect_refusal "$text" b9 "$@" $way --pid-file "$WORK/pid" --bundle "$bundle" "$id"
    [ "$STATUS" -eq 1 ] || fail "status $STATUS"
    [ "$(wc -l <<<"$ERR")" -eq 1 ] || fail "more than one line: $ERR"
    [ -z "$OUT" ] || fail "stdout: $OUT"
    [ ! -e pid ] || fail 'a PID file'
  done
  [ -z "$(find /run/b9run/containers -mindepth 1 2>/dev/null)" ] || fail "$(find /run/b9run)"
  [ -z "$(find /run/runc /run/gvisor -mindepth 1 -not -name '*.lock' 2>/dev/null)" ] || fail "$(ls -R /run/runc /run/gvisor)"
}

# refused_everywhere TEXT BUNDLE [GLOBAL-OPTION...]: with each backend.
refused_everywhere() {
  local text=$1 bundle=$2
  shift 2
  for BACKEND in $BACKENDS; do refused "$text" "$bundle" "$(id_for c)" "$@"; done
}

test_a_bundle_without_config_says_so() {
  mkdir b
  refused_everywhere 'has no config.json' b
}

test_a_bundle_that_is_none_says_so() {
  refused_everywhere 'cannot find the bundle' nowhere
  touch file
  refused_everywhere 'no directory' file
  ln -s nowhere dangling
  refused_everywhere 'link that leads nowhere' dangling
  mkdir d d/config.json
  refused_everywhere 'not a regular file' d
}

# config WITH: the bundle b has standard input for its config.json.
config() {
  mkdir -p b/rootfs
  cat >b/config.json
}

test_broken_json_says_where() {
  config </dev/null
  refused_everywhere 'config.json' b
  bundle whole true
  head -c 300 whole/config.json | config
  refused_everywhere 'config.json' b
  sed 's/b9run/\xff\xfe/' whole/config.json | config
  refused_everywhere UTF-8 b
  sed '2i // a comment' whole/config.json | config
  refused_everywhere 'config.json' b
  { cat whole/config.json && echo x; } | config
  refused_everywhere 'config.json' b
}

test_json_of_the_wrong_types_says_which() {
  echo '[]' | config
  refused_everywhere 'an array where' b
  bundle whole true
  jq '.root = "rootfs"' whole/config.json | config
  refused_everywhere root b
  jq '.process.terminal = "yes"' whole/config.json | config
  refused_everywhere terminal b
  jq '.linux.cgroupsPath = 7' whole/config.json | config
  refused_everywhere cgroupsPath b
  jq '.process.args = "true"' whole/config.json | config
  refused_everywhere 'process.args is a string, not an array' b
  jq '.process.user.uid = -1' whole/config.json | config
  refused_everywhere 'process.user.uid is -1, not a whole number' b
  # This is for the runtime to say: only the specification has it, and no table of ours.
  jq '.linux.resources.blockIO.weight = "heavy"' whole/config.json | config
  cp -a whole/rootfs b
  for BACKEND in $BACKENDS; do
    expect_refusal '' b9 run --bundle b "$(id_for c)"
    expect_nothing_left "$(id_for c)" b
  done
}

test_a_spec_without_a_process_or_a_command_says_so_in_one_line() {
  bundle whole true
  for filter in 'del(.process)' '.process = null'; do
    jq "$filter" whole/config.json | config
    refused_everywhere 'process property must not be empty' b
  done
  cp -a whole/rootfs b
  for filter in 'del(.process.args)' '.process.args = []'; do
    jq "$filter" whole/config.json | config
    refused_everywhere 'args must not be empty' b
  done
  jq 'del(.root)' whole/config.json | config
  refused_everywhere 'root must be specified' b
}

test_json_that_is_too_large_or_too_deep_is_refused() {
  { printf '{"a":"'; head -c 50000000 /dev/zero | tr '\0' x; printf '"}'; } | config
  refused_everywhere 'larger than' b
  { head -c 60000 /dev/zero | tr '\0' '['; head -c 60000 /dev/zero | tr '\0' ']'; } | config
  refused_everywhere 'deep' b
}

test_a_config_that_is_a_link_is_refused_or_followed_the_same_everywhere() {
  bundle b true
  mv b/config.json real.json
  ln -s ../real.json b/config.json
  capture env "$B9RUN" --backend=runc run --bundle b "$(id_for c)"
  first=$STATUS
  BACKEND=runsc
  expect_status "$first" b9 run --bundle b "$(id_for c)"
}

test_a_link_to_a_bundle_is_followed() {
  local id
  bundle b true
  ln -s b link
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    expect_status 0 b9 create --bundle link "$id"
    expect_stdout "$WORK/b" jq -r .bundle <("$B9RUN" state "$id")
    remove_container "$id"
  done
}

test_bad_ids_are_refused() {
  local long
  bundle b true
  long=$(printf 'x%.0s' {1..256})
  for BACKEND in $BACKENDS; do
    refused 'id is empty' b ''
    refused 'has 256 characters' b "$long"
    for id in . .. a/b ../x 'a b' $'a\nb' é 'a:b' '*'; do
      refused 'is no container id' b "$id"
      expect_refusal 'is no container id' "$B9RUN" state "$id"
      expect_refusal 'is no container id' "$B9RUN" delete --force "$id"
    done
  done
}

test_an_id_that_is_too_long_for_the_backend_names_the_limit() {
  local id
  bundle b true
  id=$(id_for x)
  id=$id$(printf 'x%.0s' {1..255})
  BACKEND=runsc
  refused '91' b "${id:0:92}"
  expect_status 0 b9 run --bundle b "${id:0:91}"
  BACKEND=runc
  expect_status 0 b9 run --bundle b "${id:0:255}"
}

test_an_unknown_backend_names_those_there_are() {
  bundle b true
  BACKEND=rusnc
  refused 'runsc' b "$(id_for c)"
  [[ $ERR == *rusnc*runc* ]] || fail "$ERR"
}

test_a_missing_program_is_named() {
  bundle b true
  for BACKEND in $BACKENDS; do
    use_program true
    rm "program.$BACKEND"
    refused "$WORK/program.$BACKEND" b "$(id_for c)"
    touch "program.$BACKEND"
    refused 'no program that can be executed' b "$(id_for c)"
    chmod 755 "program.$BACKEND"
    echo nonsense >"program.$BACKEND"
    refused 'cannot execute' b "$(id_for c)"
  done
}

test_without_runc_the_backends_that_are_there_are_named() {
  bundle b true
  # PATH alone does not hide it: the usual directories are searched too.
  mount --bind /dev/null "$RUNC"
  expect_refusal '--backend=runsc' "$B9RUN" run --bundle b "$(id_for c)"
  umount "$RUNC"
}

# Fakes: they stand for a runtime that does what no good one does.
test_a_runtime_that_only_says_that_it_did_it_is_not_believed() {
  bundle b true
  for BACKEND in $BACKENDS; do
    use_program 'exit 0'
    refused "program.$BACKEND" b "$(id_for c)"
  done
}

test_a_runtime_that_dies_says_by_which_signal() {
  bundle b true
  for BACKEND in $BACKENDS; do
    use_program 'kill -KILL $$'
    refused 'signal 9' b "$(id_for c)"
    use_program 'kill -SEGV $$'
    refused 'signal 11' b "$(id_for c)"
    use_program 'exit 3'
    refused 'status 3' b "$(id_for c)"
  done
}

# The container is there already when the runtime dies.
test_a_runtime_that_dies_after_its_work_leaves_nothing() {
  bundle b sleep 1000
  for BACKEND in $BACKENDS; do
    use_program "case \"\$*\" in
      *delete*) ;;
      *' create '* | *' run '*--detach*) $(program_of "$BACKEND") \"\$@\"; kill -KILL \$\$ ;;
      esac
      exec $(program_of "$BACKEND") \"\$@\""
    for way in create 'run --detach'; do
      # shellcheck disable=SC2086
      expect_refusal 'signal 9' b9 $way --pid-file "$WORK/pid" --bundle b "$(id_for c)"
      [ ! -e pid ] || fail 'a PID file'
      expect_nothing_left "$(id_for c)" b
    done
  done
}

test_answers_that_are_garbage_are_not_believed() {
  local id garbage
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    use_program "[ ! -e $WORK/garbage ] || exec cat $WORK/garbage; exec $(program_of "$BACKEND") \"\$@\""
    start_detached "$BACKEND" "$id"
    for garbage in '' 'no JSON' '{' '{"id": 7}' '{"id": "x"}' '[[]]' '{"id":"x","status":"running","pid":99999999999}' $'\xff'; do
      printf '%s' "$garbage" >garbage
      expect_status 1 "$B9RUN" list
      [[ $ERR == *"$BACKEND"* ]] || fail "$ERR"
      # runc's answer goes to the caller as it is.
      [ "$BACKEND" = runc ] || expect_refusal 'of runsc state' "$B9RUN" state "$id"
      [ "$BACKEND" = runc ] || expect_refusal 'of runsc state' "$B9RUN" ps --format json "$id"
    done
    rm garbage
    remove_container "$id"
  done
}

test_a_question_to_a_runtime_that_hangs_ends_after_a_minute() {
  local id asked=()
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    use_program "[ ! -e $WORK/hang ] || exec sleep 1000; exec $(program_of "$BACKEND") \"\$@\""
    start_detached "$BACKEND" "$id"
  done
  touch hang
  for command in "--backend=runsc list" "--backend=runc list" "state $(id_for runsc)" "ps --format json $(id_for runsc)"; do
    # shellcheck disable=SC2086
    "$B9RUN" $command >"$WORK/hang.${command// /-}" 2>&1 &
    asked+=($!)
  done
  for pid in "${asked[@]}"; do
    status_of "$pid"
    [ "$STATUS" -eq 1 ] || fail "status $STATUS"
  done
  for file in hang.*; do
    file_has "$file" 'did not answer' || fail "$file: $(cat "$file")"
  done
  rm hang
  remove_container "$(id_for runc)" "$(id_for runsc)"
}

test_a_place_that_cannot_be_written_is_named() {
  bundle b true
  mkdir ro
  mount -t tmpfs -o ro none ro
  for BACKEND in $BACKENDS; do
    refused "$WORK/ro/state" b "$(id_for c)" --state-directory "$WORK/ro/state"
    refused "$WORK/ro/root" b "$(id_for c)" --root "$WORK/ro/root"
    expect_refusal "$WORK/ro/pid" b9 run --pid-file "$WORK/ro/pid" --bundle b "$(id_for c)"
    expect_nothing_left "$(id_for c)" b
  done
  umount ro
  touch file
  refused_everywhere 'file' b --root "$WORK/file"
}

test_a_full_disk_is_named_and_leaves_nothing() {
  bundle b true
  mkdir full
  mount -t tmpfs -o size=64k none full
  mkdir full/state
  head -c 65536 /dev/zero >full/filler 2>/dev/null || true
  for BACKEND in $BACKENDS; do
    refused 'No space left' b "$(id_for c)" --state-directory "$WORK/full/state"
    for way in run 'run --detach' create; do
      # shellcheck disable=SC2086
      expect_refusal 'No space left' b9 $way --pid-file "$WORK/full/pid" --bundle b "$(id_for c)"
      expect_nothing_left "$(id_for c)" b
    done
  done
  [ "$(find full -type f | sort | xargs)" = 'full/filler full/state/lock' ] || fail "$(find full)"
  umount full
}

test_others_than_root_are_told() {
  local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -u XDG_RUNTIME_DIR)
  bundle b true
  chmod 755 .
  for BACKEND in $BACKENDS; do
    globals
    expect_refusal 'run as root' "${nobody[@]}" "$B9RUN" "${GLOBALS[@]}" run --bundle b "$(id_for c)"
    expect_status 1 "${nobody[@]}" "$B9RUN" "${GLOBALS[@]}" state "$(id_for c)"
  done
  chmod 600 b/config.json
  expect_refusal 'config.json cannot be read by user 65534; run as root' "${nobody[@]}" "$B9RUN" run --bundle b "$(id_for c)"
  chmod 644 b/config.json
  b9 run --bundle b "$(id_for c)"
  expect_refusal 'cannot be read by user 65534 (run as root' "${nobody[@]}" "$B9RUN" state "$(id_for c)"
}

test_a_state_directory_that_others_can_write_is_refused() {
  mkdir -m 777 open
  bundle b true
  for BACKEND in $BACKENDS; do
    refused 'can be written by others' b "$(id_for c)" --state-directory "$WORK/open"
  done
}
