# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# containerd and ctr with b9run as their runtime and runc behind it.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/clients.sh"
. "$HARNESS_DIR/containerd-checks.sh"

test_run_passes_output_and_status_on() { with_containerd check_output_and_status; }
test_tasks_at_once_keep_their_statuses() { with_containerd check_many_at_once; }
test_exec_passes_input_and_status_on() { with_containerd check_exec; }
test_run_and_exec_have_a_terminal_with_t() { with_containerd check_terminal; }
test_a_stopped_task_is_told_from_a_running_one() { with_containerd check_kill; }
test_a_paused_task_can_be_removed_by_force() { with_containerd check_forced_removal; }
test_a_container_that_the_runtime_lost_can_be_removed() { with_containerd check_lost_container; }
test_pause_and_resume_are_seen() { with_containerd check_pause; }
test_ps_names_the_pids_of_the_host() { with_containerd check_ps; }
test_events_come_in_order() { with_containerd check_events; }
test_a_checkpoint_leaves_the_task_running() { with_containerd check_checkpoint; }
test_tasks_outlive_containerd() { with_containerd check_restart_of_containerd; }
test_a_killed_shim_leaves_nothing() { with_containerd check_death_of_the_shim; }
test_runc_can_be_replaced_under_running_tasks() { with_containerd check_replacement "$RUNC"; }

check_bad_commands() {
  expect_refusal 'no such file or directory' ctr_run --rm -- c1 /missing
  expect_refusal 'executable file not found' ctr_run --rm -- c1 missing
  expect_refusal 'permission denied' ctr_run --rm -- c1 /etc/passwd
  expect_stdout '' ctrd task ls -q
}
test_run_of_a_bad_command_fails_with_the_reason() { with_containerd check_bad_commands; }

check_all_pids() {
  start_task c1 sh -c 'sleep 1000 & sleep 1001'
  wait_until 5 lists_processes 2
  end_task c1
}
lists_processes() { [ "$(ctrd task ps "$(id_for c1)" | tail -n +2 | wc -l)" -eq "$1" ]; }
test_ps_lists_every_process() { with_containerd check_all_pids; }
