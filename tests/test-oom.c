/* SPDX-License-Identifier: Apache-2.0
 *
 * test-oom.c: OOM kills are counted; on plain files, since control groups take privileges
 * (tests/integration/47-oom.sh has the real ones).
 */
#include "config.h"

#include <sys/eventfd.h>

#include "core/run/oom.h"
#include "core/sys/cgroup.h"
#include "tests/directory-testing.h"

#define V1(count) "oom_kill_disable 0\nunder_oom 0\noom_kill " count "\n"

/* In place, as the kernel changes it: put_file() makes another file. */
static void
change_counter (const char *content)
{
  g_autofree char *path = at_top ("memory.oom_control");

  ck_assert_int_eq (truncate (path, 0), 0);
  ck_assert (*content == '\0' ||
             g_file_set_contents_full (path, content, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static gint64
kills_at_top (void)
{
  const char *const directories[] = {"/nonexistent", top, NULL};

  return b9_oom_kills (directories);
}

static const struct {
  const char *file;
  const char *content;
  gint64 kills;
} counters[] = {
    {"memory.oom_control", V1 ("0"), 0},
    {"memory.oom_control", V1 ("12"), 12},
    {"memory.oom_control", V1 ("99999999999999999999"), G_MAXINT64},
    {"memory.oom_control", "oom_kill_disable 1\nunder_oom 0\n", -1},
    {"memory.oom_control", "", -1},
    {"memory.events", "low 0\nhigh 0\nmax 9\noom 5\noom_kill 4\noom_group_kill 0\n", 4},
    {"memory.events", "low 0\nhigh 0\nmax 9\noom 5\noom_group_kill 7\n", -1},
    {"memory.current", "oom_kill 3\n", -1},
};

START_TEST (reads_the_counter_of_either_cgroup_version)
{
  put_file (counters[_i].file, counters[_i].content);
  ck_assert_int_eq (kills_at_top (), counters[_i].kills);
}
END_TEST

START_TEST (knows_nothing_where_there_is_no_cgroup)
{
  const char *const nowhere[] = {"/nonexistent", NULL};
  g_auto (B9OomWatch) watch = B9_OOM_WATCH_INIT;

  ck_assert_int_eq (b9_oom_kills (NULL), -1);
  ck_assert_int_eq (b9_oom_kills (nowhere), -1);
  ck_assert (!b9_oom_watch_directories (&watch, nowhere));
  ck_assert (!b9_oom_watch_process (&watch, -1));
  ck_assert_int_eq (b9_oom_watch_poll (&watch).fd, -1);
  b9_oom_watch_read (&watch);
  ck_assert_int_eq (watch.kills, -1);
}
END_TEST

START_TEST (registers_for_events_of_v1_and_hears_them)
{
  const char *const directories[] = {top, NULL};
  g_auto (B9OomWatch) watch = B9_OOM_WATCH_INIT;
  g_autofree char *expected = NULL;
  g_autofree char *registered = NULL;
  struct pollfd event;

  put_file ("memory.oom_control", V1 ("1"));
  put_file ("cgroup.event_control", "");
  ck_assert (b9_oom_watch_directories (&watch, directories));
  ck_assert_int_eq (watch.kills, 1);
  expected = g_strdup_printf ("%d %d", watch.event, watch.counter);
  registered = get_file ("cgroup.event_control");
  ck_assert_str_eq (registered, expected);

  event = b9_oom_watch_poll (&watch);
  ck_assert_int_eq (poll (&event, 1, 0), 0);
  ck_assert_int_eq (eventfd_write (watch.event, 1), 0);
  change_counter (V1 ("2"));
  ck_assert_int_eq (poll (&event, 1, 0), 1);
  b9_oom_watch_read (&watch);
  ck_assert_int_eq (watch.kills, 2);
  ck_assert_int_eq (poll (&event, 1, 0), 0);
}
END_TEST

START_TEST (keeps_the_last_count_when_the_cgroup_goes)
{
  const char *const directories[] = {top, NULL};
  g_auto (B9OomWatch) watch = B9_OOM_WATCH_INIT;

  put_file ("memory.oom_control", V1 ("2"));
  put_file ("cgroup.event_control", "");
  ck_assert (b9_oom_watch_directories (&watch, directories));
  change_counter ("");
  b9_oom_watch_read (&watch);
  ck_assert_int_eq (watch.kills, 2);
  ck_assert_int_eq (b9_oom_watch_poll (&watch).fd, -1);
}
END_TEST

START_TEST (knows_the_cgroups_of_a_process)
{
  g_auto (GStrv) own = b9_cgroup_of_process (getpid ());
  g_auto (GStrv) nobodys = b9_cgroup_of_process (-1);

  ck_assert_ptr_nonnull (own[0]);
  for (guint i = 0; own[i] != NULL; i++)
    ck_assert (g_str_has_prefix (own[i], "/sys/fs/cgroup"));
  ck_assert_ptr_null (nobodys[0]);
}
END_TEST

int
main (void)
{
  TCase *oom = directory_case ("oom");

  tcase_add_loop_test (oom, reads_the_counter_of_either_cgroup_version, 0, G_N_ELEMENTS (counters));
  tcase_add_test (oom, knows_nothing_where_there_is_no_cgroup);
  tcase_add_test (oom, registers_for_events_of_v1_and_hears_them);
  tcase_add_test (oom, keeps_the_last_count_when_the_cgroup_goes);
  tcase_add_test (oom, knows_the_cgroups_of_a_process);
  return run_cases ("oom", (TCase *[]){oom, NULL});
}
