/* SPDX-License-Identifier: Apache-2.0
 *
 * test-record.c: a container's record is read as it was written, and damaged ones are told.
 */
#include "config.h"

#include "core/container/exit-status.h"
#include "core/container/record.h"
#include "core/sys/clock.h"
#include "core/sys/process.h"
#include "tests/directory-testing.h"

static B9Record *
record_at_top (void)
{
  B9Record *record = b9_record_new ("c1", "runc", "/run/runc");

  record->directory = g_strdup (top);
  record->program = g_strdup ("/usr/sbin/runc");
  return record;
}

START_TEST (is_made_in_the_name_of_this_process)
{
  g_autoptr (B9Record) record = b9_record_new ("c1", "runsc", "/run/gvisor");

  ck_assert_str_eq (record->id, "c1");
  ck_assert_str_eq (record->backend, "runsc");
  ck_assert_str_eq (record->root, "/run/gvisor");
  ck_assert_str_eq (record->runtime_root, "/run/gvisor");
  ck_assert_int_eq (record->phase, B9_PHASE_CREATING);
  ck_assert_int_eq (record->creator, getpid ());
  ck_assert (b9_process_alive (record->creator, record->creator_start));
  ck_assert (b9_record_is_ours (record));
  ck_assert_int_eq (record->pid, 0);
  b9_record_free (NULL);
}
END_TEST

START_TEST (is_read_as_it_was_written)
{
  static const char *const flags[] = {"--network=none", "a;b", " spaces ", "line\nbreak",
                                      "\303\244",       "",    NULL};
  g_autoptr (B9Record) written = record_at_top ();
  g_autoptr (B9Record) read = NULL;

  written->bundle = g_strdup ("/bundles/ a\tb\\c;[x]=\n");
  written->rootfs = g_strdup ("/r");
  written->cgroups_path = g_strdup ("a.slice:b:c");
  written->cgroups_ours = TRUE;
  g_strfreev (written->flags);
  written->flags = g_strdupv ((char **)flags);
  written->rootless = g_strdup ("auto");
  written->systemd_cgroup = TRUE;
  written->phase = B9_PHASE_CREATED;
  g_free (written->runtime_root);
  written->runtime_root = g_strdup ("/run/runc/b9-1");
  b9_record_set_pid (written, getpid ());
  ck_assert (b9_record_save (written, NULL));

  read = b9_record_load (top, NULL);
  ck_assert_ptr_nonnull (read);
  ck_assert_str_eq (read->directory, top);
  ck_assert_str_eq (read->id, "c1");
  ck_assert_str_eq (read->backend, "runc");
  ck_assert_str_eq (read->root, "/run/runc");
  ck_assert_str_eq (read->runtime_root, "/run/runc/b9-1");
  ck_assert_str_eq (read->program, "/usr/sbin/runc");
  ck_assert_str_eq (read->bundle, written->bundle);
  ck_assert_str_eq (read->rootfs, "/r");
  ck_assert_str_eq (read->cgroups_path, "a.slice:b:c");
  ck_assert (read->cgroups_ours);
  ck_assert (g_strv_equal ((const char *const *)read->flags, flags));
  ck_assert_str_eq (read->rootless, "auto");
  ck_assert (read->systemd_cgroup);
  ck_assert_str_eq (read->created, written->created);
  ck_assert_int_eq (read->phase, B9_PHASE_CREATED);
  ck_assert_int_eq (read->creator, written->creator);
  ck_assert_uint_eq (read->creator_start, written->creator_start);
  ck_assert_int_eq (read->pid, getpid ());
  ck_assert_uint_eq (read->pid_start, written->pid_start);
  ck_assert_uint_eq (read->pid_namespace, written->pid_namespace);
  ck_assert_str_eq (read->boot_id, written->boot_id);
}
END_TEST

START_TEST (what_is_unknown_stays_unknown)
{
  g_autoptr (B9Record) written = record_at_top ();
  g_autoptr (B9Record) read = NULL;

  ck_assert (b9_record_save (written, NULL));
  read = b9_record_load (top, NULL);
  ck_assert_ptr_null (read->bundle);
  ck_assert_ptr_null (read->rootfs);
  ck_assert_ptr_null (read->cgroups_path);
  ck_assert_ptr_null (read->rootless);
  ck_assert_uint_eq (g_strv_length (read->flags), 0);
  ck_assert_int_eq (read->phase, B9_PHASE_CREATING);
  ck_assert_int_eq (read->pid, 0);
}
END_TEST

START_TEST (the_pid_is_noted_beside_it)
{
  g_autoptr (B9Record) written = record_at_top ();
  g_autofree char *link = b9_record_file (written, "process");
  g_autofree char *expected = NULL;
  g_autofree char *noted = NULL;
  g_autoptr (B9Record) read = NULL;

  ck_assert (b9_record_save (written, NULL));
  ck_assert (b9_record_note_pid (written, getpid (), NULL));
  expected = g_strdup_printf ("%d@%" G_GUINT64_FORMAT, (int)getpid (), written->creator_start);
  noted = g_file_read_link (link, NULL);
  ck_assert_str_eq (noted, expected);
  read = b9_record_load (top, NULL);
  ck_assert_int_eq (read->phase, B9_PHASE_CREATED);
  ck_assert_int_eq (read->pid, getpid ());
  ck_assert_uint_eq (read->pid_start, written->creator_start);
}
END_TEST

START_TEST (a_later_note_and_a_later_record_win)
{
  g_autoptr (B9Record) written = record_at_top ();
  g_autoptr (B9Record) noted = NULL;
  g_autoptr (B9Record) saved = NULL;

  ck_assert (b9_record_save (written, NULL));
  ck_assert (b9_record_note_pid (written, 1, NULL));
  ck_assert (b9_record_note_pid (written, getpid (), NULL));
  noted = b9_record_load (top, NULL);
  ck_assert_int_eq (noted->pid, getpid ());
  b9_record_set_pid (noted, 1);
  ck_assert (b9_record_save (noted, NULL));
  saved = b9_record_load (top, NULL);
  ck_assert_int_eq (saved->pid, 1);
  ck_assert_int_eq (saved->phase, B9_PHASE_CREATED);
}
END_TEST

START_TEST (may_be_made_without_a_known_pid)
{
  g_autoptr (B9Record) written = record_at_top ();
  g_autoptr (B9Record) read = NULL;

  ck_assert (b9_record_save (written, NULL));
  ck_assert (b9_record_note_pid (written, 0, NULL));
  read = b9_record_load (top, NULL);
  ck_assert_int_eq (read->phase, B9_PHASE_CREATED);
  ck_assert_int_eq (read->pid, 0);
}
END_TEST

START_TEST (a_note_that_cannot_be_written_is_told)
{
  g_autoptr (B9Record) record = record_at_top ();
  g_autoptr (GError) error = NULL;

  make_directory ("process");
  ck_assert (!b9_record_note_pid (record, getpid (), &error));
  ck_assert (g_str_has_prefix (error->message, "cannot write "));
}
END_TEST

START_TEST (stands_until_it_is_gone_or_another)
{
  g_autoptr (B9Record) first = record_at_top ();
  g_autoptr (B9Record) second = record_at_top ();
  g_autofree char *path = b9_record_file (first, "record");

  ck_assert (!b9_record_stands (first));
  ck_assert (b9_record_save (first, NULL));
  ck_assert (b9_record_stands (first));
  ck_assert (!b9_record_stands (second));
  ck_assert (b9_record_note_pid (first, getpid (), NULL));
  ck_assert (b9_record_stands (first));
  ck_assert (b9_record_save (second, NULL));
  ck_assert (!b9_record_stands (first));
  ck_assert_int_eq (unlink (path), 0);
  ck_assert (!b9_record_stands (second));
}
END_TEST

START_TEST (can_be_read_by_nobody_else)
{
  g_autoptr (B9Record) record = record_at_top ();
  g_autofree char *path = b9_record_file (record, "record");
  struct stat info;

  ck_assert (b9_record_save (record, NULL));
  ck_assert_int_eq (stat (path, &info), 0);
  ck_assert_uint_eq (info.st_mode, S_IFREG | 0600);
}
END_TEST

START_TEST (belongs_to_its_boot_and_namespace)
{
  g_autoptr (B9Record) record = record_at_top ();

  record->pid_namespace++;
  ck_assert (!b9_record_is_ours (record));
  record->pid_namespace--;
  g_free (record->boot_id);
  record->boot_id = g_strdup ("another");
  ck_assert (!b9_record_is_ours (record));
}
END_TEST

#define WHOLE "id=c1\nbackend=runc\nroot=/r\nruntime-root=/r\nprogram=/p\n"
#define DAMAGED(why) "the record TOP/record is damaged (" why "); b9run index rebuild makes the index anew"

static const struct {
  const char *content;
  const char *message;
} damages[] = {
    {"", DAMAGED ("it is empty")},
    {"[container]\n" WHOLE, DAMAGED ("no version")},
    {"[container]\nversion=0\n" WHOLE, DAMAGED ("no version")},
    {"[container]\nversion=x\n" WHOLE, DAMAGED ("no version")},
    {"[other]\nversion=1\n" WHOLE, DAMAGED ("no version")},
    {"[container]\nversion=1\nbackend=b\nroot=/r\nruntime-root=/r\nprogram=/p\n", DAMAGED ("id")},
    {"[container]\nversion=1\nid=c\nroot=/r\nruntime-root=/r\nprogram=/p\n", DAMAGED ("backend")},
    {"[container]\nversion=1\nid=c\nbackend=b\nruntime-root=/r\nprogram=/p\n", DAMAGED ("root")},
    {"[container]\nversion=1\nid=c\nbackend=b\nroot=r\nruntime-root=/r\nprogram=/p\n", DAMAGED ("root")},
    {"[container]\nversion=1\nid=c\nbackend=b\nroot=/r\nruntime-root=.\nprogram=/p\n",
     DAMAGED ("runtime-root")},
    {"[container]\nversion=1\nid=c\nbackend=b\nroot=/r\nruntime-root=/r\nprogram=p\n", DAMAGED ("program")},
    {"[container]\nversion=2\n" WHOLE,
     "the record TOP/record has version 2, made by a newer b9run; this one knows version 1"},
};

START_TEST (says_what_is_wrong_with_it)
{
  g_autoptr (GError) error = NULL;

  put_file ("record", damages[_i].content);
  ck_assert_ptr_null (b9_record_load (top, &error));
  /* One of a newer b9run is sound. */
  assert_failure_at_top (
      error, strstr (damages[_i].message, "newer") != NULL ? B9_ERROR_UNSUPPORTED : B9_ERROR_BAD_INPUT,
      damages[_i].message);
}
END_TEST

START_TEST (says_that_it_is_no_key_file)
{
  g_autofree char *prefix = g_strdup_printf ("the record %s/record is damaged (", top);
  g_autoptr (GError) error = NULL;

  put_file ("record", "\001\002\n");
  ck_assert_ptr_null (b9_record_load (top, &error));
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BAD_INPUT));
  ck_assert (g_str_has_prefix (error->message, prefix));
}
END_TEST

START_TEST (says_that_it_is_no_file)
{
  g_autofree char *path = at_top ("record");

  for (guint kind = 0; kind < 3; kind++) {
    g_autoptr (GError) error = NULL;

    if (kind == 0)
      make_directory ("record");
    else if (kind == 1)
      ck_assert_int_eq (mkfifo (path, 0600), 0);
    else
      ck_assert_int_eq (symlink ("/dev/null", path), 0);
    ck_assert_ptr_null (b9_record_load (top, &error));
    assert_failure_at_top (error, B9_ERROR_BAD_INPUT,
                           kind == 0 ? DAMAGED ("it is a directory") : DAMAGED ("it is no regular file"));
    ck_assert_int_eq (remove (path), 0);
  }
}
END_TEST

START_TEST (says_that_it_is_too_large)
{
  g_autofree char *content = g_strnfill (256 * 1024 + 1, '#');
  g_autoptr (GError) error = NULL;

  put_file ("record", content);
  ck_assert_ptr_null (b9_record_load (top, &error));
  assert_failure_at_top (error, B9_ERROR_BAD_INPUT, DAMAGED ("it is too large"));
}
END_TEST

START_TEST (a_missing_one_is_not_found)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (b9_record_load (top, &error));
  assert_failure_at_top (error, B9_ERROR_NOT_FOUND, "TOP/record does not exist");
}
END_TEST

START_TEST (takes_no_process_that_cannot_be)
{
  static const char *const processes[] = {"0@1", "-1@1", "x", "1", "1@", "@1", "99999999999999@1"};

  for (guint i = 0; i < G_N_ELEMENTS (processes); i++) {
    g_autofree char *content = g_strdup_printf ("[container]\nversion=1\n" WHOLE "pid=%s\n", processes[i]);
    g_autoptr (B9Record) record = NULL;

    put_file ("record", content);
    record = b9_record_load (top, NULL);
    ck_assert_ptr_nonnull (record);
    ck_assert_int_le (record->pid, i < G_N_ELEMENTS (processes) - 1 ? 0 : G_MAXINT);
    ck_assert_int_ge (record->pid, 0);
  }
}
END_TEST

START_TEST (reads_the_pid_that_a_runtime_wrote)
{
  static const struct {
    const char *content;
    int pid;
  } rows[] = {{"42", 42}, {"42\n", 42}, {"", 0},           {"0", 0},
              {"-1", 0},  {"x", 0},     {"4294967297", 0}, {"4 2", 0}};

  ck_assert_int_eq (b9_read_pid_file (top), 0);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    put_file ("pid", rows[i].content);
    ck_assert_int_eq (b9_read_pid_file (top), rows[i].pid);
  }
}
END_TEST

START_TEST (times_are_rfc_3339)
{
  g_autofree char *now = b9_timestamp ();
  g_autoptr (GDateTime) read = g_date_time_new_from_iso8601 (now, NULL);
  gint64 difference = read != NULL ? g_get_real_time () / G_USEC_PER_SEC - g_date_time_to_unix (read)
                                   : G_MAXINT;

  ck_assert_int_ge (difference, 0);
  ck_assert_int_le (difference, 60);
  ck_assert (g_regex_match_simple ("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z$", now, 0, 0));
}
END_TEST

START_TEST (days_are_those_of_the_calendar)
{
  for (gint64 day = 0; day < G_GINT64_CONSTANT (366) * 500; day++) {
    const struct timespec moment = {.tv_sec = day * 86400 + day % 86400, .tv_nsec = 5};
    g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (moment.tv_sec);
    g_autofree char *expected = g_date_time_format (date, "%Y-%m-%dT%H:%M:%S.000000005Z");
    g_autofree char *told = b9_timestamp_of (&moment);

    ck_assert_str_eq (told, expected);
  }
}
END_TEST

START_TEST (an_exit_status_is_read_as_it_was_written)
{
  g_autoptr (B9Record) record = record_at_top ();
  B9ExitStatus status = {0};

  ck_assert (b9_exit_status_save (record, 7 << 8, -1, NULL));
  ck_assert (b9_exit_status_load (record, &status, NULL));
  ck_assert_int_eq (status.wait_status, 7 << 8);
  ck_assert_int_eq (status.oom_kills, -1);
  ck_assert_uint_eq (strlen (status.finished), 30);
}
END_TEST

START_TEST (an_exit_status_of_the_monitor_counts_oom_kills)
{
  g_autoptr (B9Record) record = record_at_top ();
  B9ExitStatus status = {0};

  put_file ("exit",
            "[exit]\nversion=1\nwait-status=9\nfinished=2024-01-02T03:04:05.000000000Z\noom-kills=2\n");
  ck_assert (b9_exit_status_load (record, &status, NULL));
  ck_assert_int_eq (status.wait_status, 9);
  ck_assert_int_eq (status.oom_kills, 2);
  ck_assert_str_eq (status.finished, "2024-01-02T03:04:05.000000000Z");
}
END_TEST

START_TEST (an_exit_status_that_nobody_wrote_is_unobserved)
{
  g_autoptr (B9Record) record = record_at_top ();
  g_autoptr (GError) error = NULL;
  B9ExitStatus status;

  ck_assert (!b9_exit_status_load (record, &status, &error));
  assert_failure (error, B9_ERROR_UNOBSERVED,
                  "nobody saw how container c1 ended, so its exit status is unknown");
}
END_TEST

START_TEST (a_damaged_exit_status_is_told)
{
  static const char *const contents[] = {"", "[exit]\n", "garbage", "[exit]\nversion=1\n"};
  g_autoptr (B9Record) record = record_at_top ();

  for (guint i = 0; i < G_N_ELEMENTS (contents); i++) {
    g_autoptr (GError) error = NULL;
    B9ExitStatus status;

    put_file ("exit", contents[i]);
    ck_assert (!b9_exit_status_load (record, &status, &error));
    assert_failure_at_top (error, B9_ERROR_BAD_INPUT,
                           "TOP/exit is damaged, so the exit status of container c1 is unknown");
  }
}
END_TEST

START_TEST (an_exit_status_that_cannot_be_read_is_told)
{
  g_autoptr (B9Record) record = record_at_top ();
  g_autoptr (GError) error = NULL;
  B9ExitStatus status;

  make_directory ("exit");
  ck_assert (!b9_exit_status_load (record, &status, &error));
  assert_failure_at_top (error, B9_ERROR_IO, "TOP/exit is no regular file");
}
END_TEST

START_TEST (knows_whether_its_monitor_lives)
{
  g_autoptr (B9Record) record = record_at_top ();
  g_autofree char *alive = g_strdup_printf ("%d@%" G_GUINT64_FORMAT "\n", (int)record->creator,
                                            record->creator_start);
  g_autofree char *earlier = g_strdup_printf ("%d@%" G_GUINT64_FORMAT "\n", (int)record->creator,
                                              record->creator_start - 1);

  ck_assert (!b9_monitor_alive (record));
  put_file ("monitor", alive);
  ck_assert (b9_monitor_alive (record));
  put_file ("monitor", earlier);
  ck_assert (!b9_monitor_alive (record));
  put_file ("monitor", "garbage");
  ck_assert (!b9_monitor_alive (record));
}
END_TEST

static TCase *
exit_case (void)
{
  TCase *exits = directory_case ("exit status");

  tcase_add_test (exits, an_exit_status_is_read_as_it_was_written);
  tcase_add_test (exits, an_exit_status_of_the_monitor_counts_oom_kills);
  tcase_add_test (exits, an_exit_status_that_nobody_wrote_is_unobserved);
  tcase_add_test (exits, a_damaged_exit_status_is_told);
  tcase_add_test (exits, an_exit_status_that_cannot_be_read_is_told);
  tcase_add_test (exits, knows_whether_its_monitor_lives);
  return exits;
}

int
main (void)
{
  TCase *record = directory_case ("record");

  tcase_add_test (record, is_made_in_the_name_of_this_process);
  tcase_add_test (record, is_read_as_it_was_written);
  tcase_add_test (record, what_is_unknown_stays_unknown);
  tcase_add_test (record, the_pid_is_noted_beside_it);
  tcase_add_test (record, a_later_note_and_a_later_record_win);
  tcase_add_test (record, may_be_made_without_a_known_pid);
  tcase_add_test (record, a_note_that_cannot_be_written_is_told);
  tcase_add_test (record, stands_until_it_is_gone_or_another);
  tcase_add_test (record, can_be_read_by_nobody_else);
  tcase_add_test (record, belongs_to_its_boot_and_namespace);
  tcase_add_loop_test (record, says_what_is_wrong_with_it, 0, G_N_ELEMENTS (damages));
  tcase_add_test (record, says_that_it_is_no_key_file);
  tcase_add_test (record, says_that_it_is_no_file);
  tcase_add_test (record, says_that_it_is_too_large);
  tcase_add_test (record, a_missing_one_is_not_found);
  tcase_add_test (record, takes_no_process_that_cannot_be);
  tcase_add_test (record, reads_the_pid_that_a_runtime_wrote);
  tcase_add_test (record, times_are_rfc_3339);
  tcase_add_test (record, days_are_those_of_the_calendar);
  return run_cases ("record", (TCase *[]){record, exit_case (), NULL});
}
