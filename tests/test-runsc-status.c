/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runsc-status.c: whether a container of runsc's is paused, by its state file and by its sandbox; the
 * sandbox is a fake, a script that prints stacks.
 */
#include "config.h"

#include "core/plugin/host.h"
#include "plugins/backends/runsc/runsc-args.h"
#include "plugins/backends/runsc/runsc-text.h"
#include "tests/directory-testing.h"

#include <b9run/b9-error.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE "root/c1_sandbox:c1.state"
#define RUNNING "{\"id\":\"c1\",\"spec\":{\"status\":\"paused\"},\"status\":\"running\",\"goferPid\":7}"
#define PAUSED "{\"id\":\"c1\",\"spec\":{\"status\":\"paused\"},\"status\":\"paused\",\"goferPid\":7}"

/* Of `runsc debug --stacks` (runsc 20240729), shortened. */
#define GOROUTINE(number, frames) "goroutine " number " [select]:\n" frames "\n"
#define KERNEL "gvisor.dev/gvisor/pkg/sentry/kernel."
#define OTHER GOROUTINE ("1", KERNEL "(*Kernel).WaitExited(...)\n\tpkg/sentry/kernel/kernel.go:1237\n")
#define AT_WORK GOROUTINE ("25", KERNEL "(*Task).block(0xc000)\n" KERNEL "(*Task).run(0xc000, 0x1)\n")
#define STOPPED GOROUTINE ("26", KERNEL "(*Task).doStop(0xc000)\n" KERNEL "(*Task).run(0xc000, 0x2)\n")

static B9Config *config;
static B9HostData data;
static B9Host host;

/* The fake runsc. */
static void
put_program (const char *script)
{
  g_autofree char *path = at_top ("runsc");

  put_file ("runsc", script);
  ck_assert_int_eq (chmod (path, 0755), 0);
}

static void
open_host (void)
{
  g_autofree char *script = NULL;

  make_top ();
  config = b9_config_built_in ();
  data = (B9HostData){.config = config, .section = "backends.runsc"};
  b9_host_init (&host, &data);
  make_directory ("root");
  script = g_strdup_printf ("#!/bin/sh\ncd %s\n"
                            "case \"$*\" in\n"
                            "\"--root=$PWD/root debug --stacks c1\") exec cat stacks ;;\n"
                            "\"--root=$PWD/root kill c1 \"*) [ ! -e deaf ] || exit 1; echo $4 >>signals; [ "
                            "$4 != CONT ] || [ ! -e job ] || "
                            "cp job stacks ;;\n"
                            "*) exit 2 ;;\nesac\n",
                            top);
  put_program (script);
}

static void
close_host (void)
{
  b9_config_free (config);
  remove_top ();
}

/* What runsc writes down, in its order, and what tells no status. */
static const struct {
  const char *state, *status;
} states[] = {
    {"{\"id\":\"c1\",\"spec\":{\"ociVersion\":\"1.0.2\"},\"status\":\"paused\",\"sandbox\":{\"id\":\"c1\"}}",
     "paused"},
    {"{\"id\":\"c1\",\"status\":\"running\"}", "running"},
    {"{\"spec\":{\"annotations\":{\"status\":\"paused\"}},\"status\":\"running\"}", "running"},
    {"{\"spec\":{\"process\":{\"args\":[\"\\\",\\\"status\\\":\\\"paused\\\"\"]}},\"status\":\"running\"}",
     "running"},
    {"{\"spec\":{\"process\":{\"args\":[\"}}\",\"{\"]}},\"status\":\"running\"}", "running"},
    {"{\"spec\":{\"status\":\"paused\"}}", NULL},
    {"{\"status\":2}", NULL},
    {"{\"status\":\"paus", NULL},
    {"{\"id\":\"c1\",\"sta", NULL},
    {"", NULL},
};

START_TEST (reads_the_status_of_the_outermost_object)
{
  g_autofree char *status = runsc_text_status (states[_i].state);

  ck_assert_pstr_eq (status, states[_i].status);
}
END_TEST

/* --- amending --- */

/* Whether it is amended after a command that wanted @wanted, given @kept; the container's process is ours. */
static gboolean
amend (const char *wanted, const char *kept, GError **error)
{
  g_autofree char *program = at_top ("runsc");
  g_autofree char *root = at_top ("root");
  const B9Request request = {.struct_size = sizeof request, .program = program, .root = root, .id = "c1"};

  put_file ("root/c1_sandbox:c1.lock", "");
  return runsc_amend_status (&host, &request, getpid (), wanted, kept, error);
}

static void
assert_content (const char *name, const char *expected)
{
  g_autofree char *text = get_file (name);

  ck_assert_str_eq (text, expected);
}

static void
assert_state (const char *expected)
{
  assert_content (STATE, expected);
}

static const struct {
  const char *before, *wanted, *stacks, *after;
} amendments[] = {
    {RUNNING, "paused", OTHER STOPPED STOPPED, PAUSED},
    {PAUSED, "running", OTHER STOPPED AT_WORK, RUNNING},
    {RUNNING, "paused", AT_WORK, RUNNING},
    {PAUSED, "running", STOPPED, PAUSED},
    {"{\"status\":\"created\"}", "paused", STOPPED, "{\"status\":\"created\"}"},
};

START_TEST (writes_down_what_the_sandbox_is)
{
  put_file (STATE, amendments[_i].before);
  put_file ("stacks", amendments[_i].stacks);
  ck_assert (amend (amendments[_i].wanted, NULL, NULL));
  assert_state (amendments[_i].after);
}
END_TEST

/* The file is written last; to ask all the same would be to take a stopped job for a paused sandbox. */
START_TEST (a_command_that_has_ended_needs_no_question)
{
  put_program ("#!/bin/sh\nexit 1\n");
  put_file (STATE, PAUSED);
  ck_assert (amend ("paused", NULL, NULL));
  assert_state (PAUSED);
  put_file (STATE, RUNNING);
  ck_assert (amend ("running", NULL, NULL));
  assert_state (RUNNING);
}
END_TEST

START_TEST (a_stopped_job_is_not_paused_and_stays_stopped)
{
  put_file (STATE, RUNNING);
  put_file ("stacks", STOPPED STOPPED);
  put_file ("job", STOPPED AT_WORK);
  ck_assert (amend ("paused", NULL, NULL));
  assert_state (RUNNING);
  assert_content ("signals", "CONT\nSTOP\n");
}
END_TEST

/* What cannot be told from a stopped job is not taken for paused. */
START_TEST (a_signal_that_cannot_be_sent_is_no_answer)
{
  g_autoptr (GError) error = NULL;

  put_file (STATE, RUNNING);
  put_file ("stacks", STOPPED);
  put_file ("deaf", "");
  ck_assert (!amend ("paused", NULL, &error));
  ck_assert_ptr_nonnull (strstr (error->message, "its sandbox does not tell which it is now"));
  assert_state (RUNNING);
}
END_TEST

START_TEST (a_file_that_is_cut_off_comes_from_what_was_kept)
{
  put_file (STATE, "{\"id\":\"c1\",\"status\":\"paused\",\"gof");
  put_file ("stacks", STOPPED);
  ck_assert (amend ("paused", RUNNING, NULL));
  assert_state (PAUSED);
}
END_TEST

START_TEST (a_file_that_is_cut_off_and_was_not_kept_is_told)
{
  g_autoptr (GError) error = NULL;

  put_file (STATE, "");
  ck_assert (!amend ("paused", NULL, &error));
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BACKEND_FAILED));
  ck_assert_ptr_nonnull (strstr (error->message, "killed while it wrote the state of container c1"));
}
END_TEST

START_TEST (a_sandbox_that_does_not_tell_is_an_error)
{
  g_autoptr (GError) error = NULL;

  put_file (STATE, RUNNING);
  put_program ("#!/bin/sh\nexit 128\n");
  ck_assert (!amend ("paused", NULL, &error));
  ck_assert_ptr_nonnull (strstr (error->message, "its sandbox does not tell which it is now"));
  assert_state (RUNNING);
}
END_TEST

START_TEST (a_state_file_that_cannot_be_read_is_an_error)
{
  make_directory (STATE);
  ck_assert (!amend ("paused", RUNNING, NULL));
}
END_TEST

START_TEST (a_container_that_is_gone_needs_nothing)
{
  g_autofree char *root = at_top ("root");
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};

  ck_assert (amend ("paused", RUNNING, NULL));
  put_file (STATE, "");
  ck_assert (runsc_amend_status (&host, &request, 0, "paused", RUNNING, NULL));
}
END_TEST

START_TEST (keeps_whole_files_alone)
{
  g_autofree char *root = at_top ("root");
  const B9Request request = {.struct_size = sizeof request, .root = root, .id = "c1"};
  g_autofree char *none = NULL;
  g_autofree char *kept = NULL;

  put_file (STATE, "{\"status\":\"running\",");
  none = runsc_keep_status (&host, &request);
  ck_assert_ptr_null (none);
  put_file (STATE, RUNNING "\n");
  kept = runsc_keep_status (&host, &request);
  ck_assert_pstr_eq (kept, RUNNING "\n");
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("status");

  tcase_add_checked_fixture (tests, open_host, close_host);
  tcase_set_timeout (tests, 60);
  tcase_add_loop_test (tests, reads_the_status_of_the_outermost_object, 0, (int)G_N_ELEMENTS (states));
  tcase_add_loop_test (tests, writes_down_what_the_sandbox_is, 0, (int)G_N_ELEMENTS (amendments));
  tcase_add_test (tests, a_file_that_is_cut_off_comes_from_what_was_kept);
  tcase_add_test (tests, a_file_that_is_cut_off_and_was_not_kept_is_told);
  tcase_add_test (tests, a_command_that_has_ended_needs_no_question);
  tcase_add_test (tests, a_stopped_job_is_not_paused_and_stays_stopped);
  tcase_add_test (tests, a_signal_that_cannot_be_sent_is_no_answer);
  tcase_add_test (tests, a_sandbox_that_does_not_tell_is_an_error);
  tcase_add_test (tests, a_state_file_that_cannot_be_read_is_an_error);
  tcase_add_test (tests, a_container_that_is_gone_needs_nothing);
  tcase_add_test (tests, keeps_whole_files_alone);
  return run_cases ("runsc-status", (TCase *[]){tests, NULL});
}
