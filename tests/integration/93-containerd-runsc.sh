# shellcheck shell=bash source-path=SCRIPTDIR
# SPDX-License-Identifier: Apache-2.0
#
# containerd and ctr with b9run as their runtime and runsc behind it, chosen by the name
# b9run-runsc; how runsc runs stands in the configuration.

. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
. "$HARNESS_DIR/clients.sh"
. "$HARNESS_DIR/containerd-checks.sh"

# with_runsc CHECK [ARGUMENTS...]
with_runsc() {
  cat >b9run.yaml <<'END'
backends:
  runsc:
    ignore-cgroups: true
    network: none
END
  ln -s "$B9RUN" b9run-runsc
  B9RUN=$WORK/b9run-runsc
  export B9RUN_CONFIG=$WORK/b9run.yaml
  with_containerd "$@"
}

test_run_passes_output_and_status_on() { with_runsc check_output_and_status; }
test_tasks_at_once_keep_their_statuses() { with_runsc check_many_at_once; }
test_exec_passes_input_and_status_on() { with_runsc check_exec; }
test_run_and_exec_have_a_terminal_with_t() { with_runsc check_terminal; }
test_a_stopped_task_is_told_from_a_running_one() { with_runsc check_kill; }
test_a_paused_task_can_be_removed_by_force() { with_runsc check_forced_removal; }
test_a_container_that_the_runtime_lost_can_be_removed() { with_runsc check_lost_container; }
test_pause_and_resume_are_seen() { with_runsc check_pause; }
test_ps_names_the_pids_of_the_host() { with_runsc check_ps; }
test_events_come_in_order() { with_runsc check_events; }
test_a_checkpoint_leaves_the_task_running() { with_runsc check_checkpoint; }
test_tasks_outlive_containerd() { with_runsc check_restart_of_containerd; }
test_a_killed_shim_leaves_nothing() { with_runsc check_death_of_the_shim; }

# Plain runsc needs its options on the command line, where containerd puts none.
test_runsc_can_be_replaced_under_running_tasks() {
  printf '#!/bin/sh\nexec %s --network=none --ignore-cgroups "$@"\n' "$RUNSC" >plain-runsc
  chmod +x plain-runsc
  with_runsc check_replacement "$WORK/plain-runsc"
}

# runsc would find out at start, and leave a task that is created for ever.
check_bad_commands() {
  expect_refusal 'exec: "/missing": stat /missing: no such file or directory' ctr_run --rm -- c1 /missing
  expect_stdout '' ctrd task ls -q
  # shellcheck disable=SC2016  # runc's words
  expect_refusal 'exec: "missing": executable file not found in $PATH' ctr_run --rm -- c2 missing
  expect_refusal 'exec: "/etc/passwd": permission denied' ctr_run --rm -- c3 /etc/passwd
  expect_stdout '' ctrd task ls -q
  expect_stdout '' ctrd container ls -q
}
test_run_of_a_bad_command_fails_with_the_reason() { with_runsc check_bad_commands; }

check_backend() {
  start_task c1 sleep 1000
  [ "$("$B9RUN" list --format json | jq -r '.[].backend')" = runsc ]
  end_task c1
}
test_the_name_of_the_program_chooses_the_backend() { with_runsc check_backend; }
