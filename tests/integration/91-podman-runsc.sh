# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# podman with b9run as its runtime and runsc behind it.  runsc learns at start what runc
# learns at create, that the command is missing, and podman does not read what start
# says: so b9run looks itself.  top reads the host's /proc, which shows nothing of a
# sandbox.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/clients.sh"
. "$HARNESS_DIR/podman-checks.sh"

SANDBOX_FLAGS='ignore-cgroups network=none'
B9RUN_FLAGS="backend=runsc $SANDBOX_FLAGS"

test_run_passes_output_input_and_status_on() { with_podman check_output_and_status; }
test_run_and_exec_have_a_terminal_with_t() { with_podman check_terminal; }
test_exec_passes_options_and_status_on() { with_podman check_exec; }
test_exec_of_a_missing_command_is_127_and_of_a_plain_file_126() { with_podman check_exec_of_bad_commands; }
test_logs_and_ps_show_the_container() { with_podman check_logs_and_ps; }
test_pause_holds_the_container_and_rm_f_removes_a_paused_one() { with_podman check_pause; }
test_kill_and_stop_end_the_container_with_its_status() { with_podman check_kill_and_stop; }
test_a_container_starts_again_after_its_end() { with_podman check_start_again; }
test_a_container_that_never_started_can_be_removed() { with_podman check_created_only; }
test_a_container_that_ends_by_itself_leaves_nothing() { with_podman check_end_without_anybody; }
test_a_root_that_the_clean_up_does_not_name_is_emptied() { with_podman check_root_that_the_clean_up_does_not_name; }
test_a_container_without_its_conmon_can_be_removed() { with_podman check_death_of_conmon; }
test_info_shows_the_version() { with_podman check_version; }
test_runsc_can_be_replaced_under_running_containers() {
  # Found without a PATH, and no record names it.
  mount -t tmpfs b9test /usr/local/bin
  ln -s "$RUNSC" /usr/local/bin/runsc
  B9RUN_FLAGS="$SANDBOX_FLAGS root=/run/gvisor"
  with_podman check_replacement "$RUNSC" "$WORK/switch/b9run-runsc"
  umount /usr/local/bin
}

test_a_runtime_flag_chooses_the_backend() { with_podman check_backend runsc; }

test_the_name_of_the_program_chooses_the_backend() {
  ln -s "$B9RUN" b9run-runsc
  B9RUN=$WORK/b9run-runsc B9RUN_FLAGS=$SANDBOX_FLAGS
  with_podman check_backend runsc
}

test_the_configuration_chooses_the_backend() {
  cat >b9run.yaml <<'END'
backend: runsc
backends:
  runsc:
    ignore-cgroups: true
    network: none
END
  B9RUN_FLAGS="config=$WORK/b9run.yaml"
  with_podman check_backend runsc
}

test_run_of_a_missing_command_is_127_and_of_a_plain_file_126() { with_podman check_run_of_bad_commands; }
test_a_command_in_a_volume_is_found() { with_podman check_command_in_a_volume; }

# podman deletes by force after a failed create, with no PATH to find runsc in.
check_refused_create() {
  # shellcheck disable=SC2046
  expect_refusal 'runsc cannot honour --preserve-fds' \
    pm run --rm --preserve-fds 1 $(podman_run_options c1) "$IMAGE" true 3</dev/null
  [[ $ERR != *'after creation failed'* ]] || show_captured 'podman could not remove it' 'podman run'
}
test_a_refused_create_leaves_nothing_to_complain_of() { with_podman check_refused_create; }

check_update() {
  start_container c1 sleep 1000
  expect_refusal 'runsc' pm update --memory 64m c1
  expect_status 7 pm exec c1 sh -c 'exit 7'
  pm rm -f -t 0 c1
}
test_update_is_refused_and_the_container_goes_on() { with_podman check_update; }
