# shellcheck shell=bash source-path=SCRIPTDIR disable=SC2016  # for the container's shell
# SPDX-License-Identifier: Apache-2.0
#
# Descriptors, sockets and terminals that a caller hands to a container.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$(dirname "${BASH_SOURCE[0]}")/backends.sh"

# make_helper: compiles ./sockets.
make_helper() {
  "${CC:-cc}" -static -O1 -o sockets "$HARNESS_DIR/helpers/sockets.c" || fail 'helpers/sockets.c does not compile'
}

test_preserved_descriptors_reach_the_container() {
  echo 'from three' >three
  echo 'from four' >four
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c 'cat <&3; cat <&4'
    expect_stdout $'from three\nfrom four' b9 run --preserve-fds 2 --bundle "$BACKEND" "$(id_for "$BACKEND")" \
      3<three 4<four
  done
}

test_preserved_descriptors_reach_a_detached_container() {
  local id
  echo 'from three' >three
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'cat <&3'
    b9 run -d --preserve-fds 1 --bundle "$BACKEND" "$id" 3<three </dev/null >>"$id.out" 2>>err
    expect_status 0 "$B9RUN" wait "$id"
    [ "$(cat "$id.out")" = 'from three' ] || fail "$BACKEND: $(cat "$id.out" err)"
    remove_container "$id"
  done
}

test_preserved_descriptors_reach_an_executed_command() {
  local id
  echo 'from three' >three
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    expect_stdout 'from three' "$B9RUN" exec --preserve-fds 1 "$id" sh -c 'cat <&3' 3<three
    remove_container "$id"
  done
}

test_create_passes_them_on_or_refuses() {
  local id
  echo 'from three' >three
  BACKEND=runc
  id=$(id_for c)
  bundle b sh -c 'cat <&3'
  b9 create --preserve-fds 1 --bundle b "$id" 3<three </dev/null >>out 2>>err
  "$B9RUN" start "$id"
  wait_until 10 has_state "$id" stopped
  [ "$(cat out)" = 'from three' ] || fail "$(cat out err)"
  remove_container "$id"
  BACKEND=runsc
  expect_refusal '--preserve-fds' b9 create --preserve-fds 1 --bundle b "$id" 3<three
  expect_nothing_left "$id" b
}

test_other_descriptors_stay_outside() {
  echo 'from three' >three
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" sh -c '[ ! -e /proc/self/fd/3 ] && [ ! -e /proc/self/fd/7 ] || cat <&3'
    expect_stdout '' b9 run --bundle "$BACKEND" "$(id_for "$BACKEND")" 3<three 7<three
  done
}

# with_listen_fds COMMAND...: as a service manager calls it, sd_listen_fds(3).
with_listen_fds() { bash -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' bash "$@" 3<three; }

test_a_service_managers_sockets_reach_the_container() {
  local id
  echo 'from three' >three
  BACKEND=runc
  id=$(id_for c)
  bundle b sh -c 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3'
  expect_stdout $'1 1\nfrom three' with_listen_fds "$B9RUN" --backend=runc run --bundle b "$id"
  with_listen_fds "$B9RUN" --backend=runc run --detach --bundle b "$id" </dev/null >>out 2>>err
  expect_status 0 "$B9RUN" wait "$id"
  [ "$(cat out)" = $'1 1\nfrom three' ] || fail "detached: $(cat out err)"
  remove_container "$id"
  with_listen_fds "$B9RUN" --backend=runc create --bundle b "$id" </dev/null >>created 2>>err
  "$B9RUN" start "$id"
  wait_until 10 has_state "$id" stopped
  [ "$(cat created)" = $'1 1\nfrom three' ] || fail "created: $(cat created err)"
  remove_container "$id"
}

# Where `create` cannot pass them on, it says so.
test_a_service_managers_sockets_reach_a_sandbox() {
  local id
  echo 'from three' >three
  BACKEND=runsc
  id=$(id_for c)
  bundle b sh -c 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3'
  expect_stdout $'1 1\nfrom three' with_listen_fds "$B9RUN" --backend=runsc --network=none run --bundle b "$id"
  with_listen_fds "$B9RUN" --backend=runsc --network=none run --detach --bundle b "$id" </dev/null >>out 2>>err
  expect_status 0 "$B9RUN" wait "$id"
  [ "$(cat out)" = $'1 1\nfrom three' ] || fail "detached: $(cat out err)"
  remove_container "$id"
  expect_refusal "runsc's create passes none on" with_listen_fds "$B9RUN" --backend=runsc --network=none create --bundle b "$id"
  expect_nothing_left "$id" b
}

test_readiness_reaches_the_service_manager() {
  local id listener way
  make_helper
  BACKEND=runc
  id=$(id_for c)
  bundle b sh -c '/sockets send READY=1 && sleep 0.2'
  cp sockets b/rootfs/sockets
  for way in run 'run --detach'; do
    rm -f notify.sock
    ./sockets notify "$WORK/notify.sock" >notified &
    listener=$!
    wait_until 10 test -S notify.sock
    # shellcheck disable=SC2086
    NOTIFY_SOCKET=$WORK/notify.sock expect_status 0 b9 $way --bundle b "$id"
    status_of "$listener"
    file_has notified READY=1 || fail "$way: $(cat notified)"
    expect_status 0 "$B9RUN" delete --force "$id"
  done
}

test_a_notify_socket_does_not_disturb_runsc() {
  BACKEND=runsc
  printf 'log:\n  file: %s\n' "$WORK/own.log" >b9run.yaml
  CONFIG=$WORK/b9run.yaml
  bundle b sh -c 'exit 4'
  NOTIFY_SOCKET=$WORK/nobody expect_status 4 b9 run --bundle b "$(id_for c)"
  [ -z "$ERR" ] || fail "$ERR"
  file_has own.log 'passes NOTIFY_SOCKET into no container' || fail "$(cat own.log)"
}

# What the guide says.
test_readiness_leaves_a_sandbox_by_a_mounted_socket() {
  local listener
  make_helper
  BACKEND=runsc
  bundle b sh -c '/sockets send READY=1 && sleep 0.2'
  cp sockets b/rootfs/sockets
  edit_config b '.process.env += ["NOTIFY_SOCKET=/run/notify"]
    | .mounts += [{destination: "/run/notify", type: "bind", source: $socket, options: ["bind"]}]' \
    --arg socket "$WORK/notify.sock"
  ./sockets notify "$WORK/notify.sock" >notified &
  listener=$!
  wait_until 10 test -S notify.sock
  NOTIFY_SOCKET=$WORK/notify.sock expect_status 0 b9 --host-uds=open run --bundle b "$(id_for c)"
  status_of "$listener"
  file_has notified READY=1 || fail "$(cat notified)"
}

console_is_sent() {
  local socket=$1 receiver
  shift
  rm -f console.sock
  ./sockets console "$WORK/console.sock" >console.out &
  receiver=$!
  wait_until 10 test -S console.sock
  expect_status 0 b9 "$@" --console-socket "$socket" --bundle "$BACKEND" "$id"
  [ "$1" != create ] || expect_status 0 "$B9RUN" start "$id"
  wait_until 10 file_has console.out 'on a terminal'
  remove_container "$id"
  status_of "$receiver"
}

test_a_console_socket_gets_the_terminal() {
  local id
  make_helper
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sh -c 'test -t 0 && test -t 1 && test -t 2 && echo on a terminal; sleep 1000'
    edit_config "$BACKEND" '.process.terminal = true'
    console_is_sent "$WORK/console.sock" create
    console_is_sent ../console.sock create
    # A relative path is below the bundle, for runc.
    console_is_sent ../console.sock run --detach
    expect_nothing_left "$id" "$BACKEND"
  done
}

test_a_detached_terminal_needs_a_console_socket() {
  local id
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" true
    expect_refusal 'cannot use console socket' b9 create --console-socket x --bundle "$BACKEND" "$id"
    edit_config "$BACKEND" '.process.terminal = true'
    expect_refusal 'without setting console socket' b9 create --bundle "$BACKEND" "$id"
    expect_refusal 'without setting console socket' b9 run --detach --bundle "$BACKEND" "$id"
    expect_refusal 'cannot use console socket' b9 run --console-socket x --bundle "$BACKEND" "$id"
    expect_refusal '' b9 create --console-socket "$WORK/nobody.sock" --bundle "$BACKEND" "$id"
    expect_nothing_left "$id" "$BACKEND"
  done
}

# on_terminal COMMAND...: on a terminal of its own where nobody types; the output goes
# to tty.out.
on_terminal() {
  [ -p keys ] || mkfifo keys
  STATUS=0
  script -qefc "${*@Q}" /dev/null 0<>keys >tty.out 2>&1 || STATUS=$?
}

test_run_has_its_callers_terminal() {
  need script
  for BACKEND in $BACKENDS; do
    # The size comes a moment after the container's start.
    bundle "$BACKEND" sh -c 'test -t 0 && test -t 1 || exit 1
      until [ "$(stty size 2>/dev/null)" = "33 44" ]; do sleep 0.05; done; exit 6'
    edit_config "$BACKEND" '.process.terminal = true'
    globals
    on_terminal sh -c 'stty rows 33 cols 44; "$@"' sh "$B9RUN" "${GLOBALS[@]}" run --bundle "$BACKEND" "$(id_for "$BACKEND")"
    [ "$STATUS" -eq 6 ] || fail "$BACKEND: status $STATUS: $(cat tty.out)"
  done
}

test_exec_with_a_terminal_has_one() {
  local id
  need script
  for BACKEND in $BACKENDS; do
    id=$(id_for "$BACKEND")
    bundle "$BACKEND" sleep 1000
    start_detached "$BACKEND" "$id"
    on_terminal "$B9RUN" exec -t "$id" sh -c 'test -t 0 && test -t 1 && exit 8'
    [ "$STATUS" -eq 8 ] || fail "$BACKEND: status $STATUS: $(cat tty.out)"
    remove_container "$id"
  done
}

# Raw mode must not outlive the container.
test_the_terminal_is_as_it_was() {
  for BACKEND in $BACKENDS; do
    bundle "$BACKEND" true
    edit_config "$BACKEND" '.process.terminal = true'
    globals
    on_terminal sh -c 'stty -g; "$@"; stty -g' sh "$B9RUN" "${GLOBALS[@]}" run --bundle "$BACKEND" "$(id_for "$BACKEND")"
    expect_stdout 1 sh -c 'tr -d "\r" <tty.out | sort -u | wc -l'
  done
}
