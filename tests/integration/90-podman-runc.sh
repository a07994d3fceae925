# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# podman with b9run as its runtime and runc behind it.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/clients.sh"
. "$HARNESS_DIR/podman-checks.sh"

B9RUN_FLAGS='backend=runc'

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
test_runc_can_be_replaced_under_running_containers() {
  B9RUN_FLAGS=
  with_podman check_replacement "$RUNC" "$WORK/switch/b9run"
}

test_run_of_a_missing_command_is_127_and_of_a_plain_file_126() { with_podman check_run_of_bad_commands; }
test_a_command_in_a_volume_is_found() { with_podman check_command_in_a_volume; }

check_top() {
  start_container c1 sleep 1000
  expect_stdout_has 'sleep 1000' pm top c1 args
  pm rm -f -t 0 c1
}
test_top_lists_the_processes() { with_podman check_top; }

check_update() {
  start_container c1 sleep 1000
  expect_status 0 pm update --memory 64m c1
  [ "$(cat "/sys/fs/cgroup/memory/$TEST_TAG-podman/"libpod-*/memory.limit_in_bytes 2>/dev/null ||
    cat "/sys/fs/cgroup/$TEST_TAG-podman/"libpod-*/memory.max)" -eq $((64 << 20)) ]
  pm rm -f -t 0 c1
}
test_update_changes_the_memory_limit() { with_podman check_update; }

check_preserved_fd() {
  # shellcheck disable=SC2046
  expect_stdout from-fd-3 pm run --rm --preserve-fds 1 $(podman_run_options c1) "$IMAGE" \
    sh -c 'cat <&3' 3< <(echo from-fd-3)
}
test_preserved_fds_reach_the_container() { with_podman check_preserved_fd; }

# A look into the default root finds what the index no longer has.
check_lost_index() {
  start_container c1 sleep 1000
  rm -rf /run/b9run
  expect_status 7 pm exec c1 sh -c 'exit 7'
  expect_status 0 pm rm -f -t 0 c1
}
test_a_container_whose_record_was_lost_can_be_used_and_removed() { with_podman check_lost_index; }
