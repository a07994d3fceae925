/* SPDX-License-Identifier: Apache-2.0
 *
 * test-checkpoint-image.c: the directory of an image, its manifest, the journal, and the programs of an
 * operation.
 */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/checkpoint/cancel.h"
#include "core/checkpoint/journal.h"
#include "core/checkpoint/manifest.h"
#include "core/checkpoint/programs.h"
#include "core/checkpoint/recover.h"
#include "tests/suite-testing.h"

static const char *const patterns[] = {"*.img", NULL};
static char *top;   /* of the test that runs */
static char *image; /* below it */

static void
make_top (void)
{
  top = g_dir_make_tmp ("b9-image-XXXXXX", NULL);
  ck_assert_ptr_nonnull (top);
  image = g_build_filename (top, "image", NULL);
}

static void
remove_top (void)
{
  ck_assert (b9_remove_tree (top, NULL));
  g_clear_pointer (&image, g_free);
  g_clear_pointer (&top, g_free);
}

static void
put (const char *directory, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  ck_assert (g_file_set_contents (path, content, -1, NULL));
}

static void
assert_content (const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (image, name, NULL);
  g_autofree char *found = NULL;

  ck_assert_msg (g_file_get_contents (path, &found, NULL, NULL), "%s is missing", name);
  ck_assert_str_eq (found, content);
}

static void
assert_missing (const char *name)
{
  g_autofree char *path = g_build_filename (image, name, NULL);

  ck_assert_msg (!g_file_test (path, G_FILE_TEST_EXISTS), "%s is still there", name);
}

/* An image of two files with a manifest that lists them. */
static B9Manifest *
make_image (void)
{
  B9Manifest *manifest = b9_manifest_new ();

  ck_assert_int_eq (g_mkdir (image, 0700), 0);
  put (image, "a.img", "alpha");
  put (image, "b.img", "beta");
  manifest->backend = g_strdup ("runc");
  manifest->backend_version = g_strdup ("runc version 1");
  manifest->id = g_strdup ("c1");
  b9_manifest_add (manifest->facts, "criu.version", "4.1.1");
  b9_manifest_add_devices (manifest, "fake", "host", 2);
  b9_manifest_add_timing (manifest, "save", 1234567);
  g_ptr_array_unref (manifest->files);
  manifest->files = b9_image_files (image, patterns, NULL);
  for (guint i = 0; i < manifest->files->len; i++) {
    B9ImageFile *file = g_ptr_array_index (manifest->files, i);
    g_autofree char *path = g_build_filename (image, file->name, NULL);
    guint64 size;

    file->sha256 = b9_digest_file (path, &size, NULL, NULL, NULL);
  }
  ck_assert (b9_manifest_write (manifest, image, NULL));
  return manifest;
}

START_TEST (a_new_image_directory_is_private)
{
  g_autofree char *aside = b9_image_aside (image);
  struct stat info;

  ck_assert (b9_image_prepare (image, patterns, aside, NULL));
  ck_assert_int_eq (stat (image, &info), 0);
  ck_assert_int_eq (info.st_mode & 07777, 0700);
}
END_TEST

START_TEST (a_save_that_is_not_settled_is_known_by_its_directory)
{
  g_autofree char *aside = b9_image_aside (image);
  g_autofree char *found = NULL;
  g_autofree char *settled = NULL;

  ck_assert (b9_image_prepare (image, patterns, aside, NULL));
  found = b9_image_find_aside (image);
  ck_assert_str_eq (found, aside);
  b9_image_settle (aside);
  settled = b9_image_find_aside (image);
  ck_assert_ptr_null (settled);
}
END_TEST

START_TEST (an_earlier_image_comes_back_when_the_new_one_fails)
{
  g_autofree char *aside = NULL;

  ck_assert_int_eq (g_mkdir (image, 0700), 0);
  put (image, "pages.img", "old");
  put (image, "manifest.json", "{}");
  put (image, "mine.txt", "stays");
  aside = b9_image_aside (image);
  ck_assert (b9_image_prepare (image, patterns, aside, NULL));
  assert_missing ("pages.img");
  assert_content ("mine.txt", "stays");
  put (image, "pages.img", "half");
  put (image, "more.img", "half");
  b9_image_undo (image, patterns, aside);
  assert_content ("pages.img", "old");
  assert_content ("manifest.json", "{}");
  assert_content ("mine.txt", "stays");
  assert_missing ("more.img");
  ck_assert (!g_file_test (aside, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (an_earlier_image_goes_when_the_new_one_is_whole)
{
  g_autofree char *aside = NULL;

  ck_assert_int_eq (g_mkdir (image, 0700), 0);
  put (image, "pages.img", "old");
  aside = b9_image_aside (image);
  ck_assert (b9_image_prepare (image, patterns, aside, NULL));
  put (image, "pages.img", "new");
  b9_image_settle (aside);
  assert_content ("pages.img", "new");
  ck_assert (!g_file_test (aside, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (a_file_is_no_image_directory)
{
  g_autoptr (GError) error = NULL;

  put (top, "image", "a file");
  ck_assert (!b9_image_prepare (image, patterns, "/nowhere", &error));
  ck_assert_int_eq (error->code, B9_ERROR_IO);
}
END_TEST

START_TEST (a_manifest_is_read_as_it_was_written)
{
  g_autoptr (B9Manifest) written = make_image ();
  g_autoptr (GError) error = NULL;
  g_autoptr (B9Manifest) read = b9_manifest_read (image, &error);
  const B9ManifestDevices *devices;
  const B9ManifestPair *fact;
  const B9ImageFile *file;

  ck_assert_ptr_null (error);
  ck_assert_str_eq (read->backend, "runc");
  ck_assert_str_eq (read->id, "c1");
  ck_assert_str_eq (read->kernel, written->kernel);
  ck_assert (
      g_strv_equal ((const char *const *)read->cpu_features, (const char *const *)written->cpu_features));
  ck_assert_uint_eq (read->files->len, 2);
  file = g_ptr_array_index (read->files, 0);
  ck_assert_str_eq (file->name, "a.img");
  ck_assert_uint_eq (file->size, 5);
  ck_assert_str_eq (file->sha256, "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8");
  devices = g_ptr_array_index (read->devices, 0);
  ck_assert_str_eq (devices->strategy, "host");
  ck_assert_uint_eq (devices->processes, 2);
  fact = g_ptr_array_index (read->facts, 0);
  ck_assert_str_eq (fact->value, "4.1.1");
  ck_assert (b9_manifest_check_files (read, image, TRUE, NULL, NULL, &error));
  ck_assert (b9_manifest_check_host (read, &error));
}
END_TEST

static void
assert_damaged (gboolean digests, const char *what)
{
  g_autoptr (B9Manifest) manifest = b9_manifest_read (image, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *message = g_strdup_printf (
      "image-damaged: %s/b.img %s; take another copy of the image, or start the container cold", image, what);

  ck_assert (!b9_manifest_check_files (manifest, image, digests, NULL, NULL, &error));
  assert_failure (error, B9_ERROR_START_COLD, message);
}

START_TEST (a_short_file_is_found_by_its_size)
{
  b9_manifest_free (make_image ());
  put (image, "b.img", "bet");
  assert_damaged (FALSE, "has 3 bytes, and 4 were saved");
}
END_TEST

START_TEST (a_missing_file_is_found)
{
  g_autofree char *path = g_build_filename (image, "b.img", NULL);

  b9_manifest_free (make_image ());
  g_unlink (path);
  assert_damaged (FALSE, "is missing");
}
END_TEST

START_TEST (a_link_is_no_file_of_an_image)
{
  g_autofree char *path = g_build_filename (image, "b.img", NULL);

  b9_manifest_free (make_image ());
  g_unlink (path);
  ck_assert_int_eq (symlink ("a.img", path), 0);
  assert_damaged (FALSE, "is no plain file");
}
END_TEST

START_TEST (changed_content_is_found_on_request)
{
  g_autoptr (B9Manifest) manifest = make_image ();
  g_autoptr (GError) error = NULL;

  put (image, "b.img", "bEta");
  ck_assert (b9_manifest_check_files (manifest, image, FALSE, NULL, NULL, &error));
  assert_damaged (TRUE, "has another SHA-256 than when it was saved");
}
END_TEST

START_TEST (a_file_that_nobody_listed_is_found)
{
  static const char *const all[] = {"*", NULL};
  g_autoptr (B9Manifest) manifest = make_image ();
  g_autoptr (GHashTable) listed = b9_image_listed (manifest->files);
  g_autoptr (GError) error = NULL;
  g_autofree char *link = g_build_filename (image, "c.img", NULL);
  g_autofree char *other = NULL;
  g_autofree char *message = g_strdup_printf (
      "image-damaged: %s/c.img is called like a file of the image, and the manifest does not list it; take "
      "another copy of the image, or start the container cold",
      image);

  put (image, "dump.log", "a log");
  put (image, "stats-dump", "what it took");
  ck_assert_ptr_null (b9_image_find_unlisted (image, all, listed));
  put (image, "mine.txt", "somebody's");
  ck_assert (b9_manifest_check_others (manifest, image, patterns, NULL));
  other = b9_image_find_unlisted (image, all, listed);
  ck_assert_str_eq (other, "mine.txt");
  ck_assert_int_eq (symlink ("a.img", link), 0);
  ck_assert (!b9_manifest_check_others (manifest, image, patterns, &error));
  assert_failure (error, B9_ERROR_START_COLD, message);
}
END_TEST

static void
assert_bad_manifest (const char *content, B9Error code, const char *ending)
{
  g_autoptr (GError) error = NULL;

  put (image, "manifest.json", content);
  ck_assert_ptr_null (b9_manifest_read (image, &error));
  ck_assert_int_eq (error->code, (int)code);
  ck_assert_msg (g_str_has_suffix (error->message, ending), "%s", error->message);
}

START_TEST (a_manifest_of_somebody_else_is_refused)
{
  ck_assert_int_eq (g_mkdir (image, 0700), 0);
  assert_bad_manifest ("{\"version\":1,\"backend\":\"runc\",\"architecture\":\"x86_64\",\"files\":[{\"name\":"
                       "\"../../etc/passwd\",\"size\":1}]}",
                       B9_ERROR_BAD_INPUT, "\"../../etc/passwd\" is no name of a file (line 1)");
  assert_bad_manifest ("{\"version\":1}", B9_ERROR_BAD_INPUT,
                       "lacks its backend, its architecture or its files");
  assert_bad_manifest (
      "{\"version\":2}", B9_ERROR_START_COLD,
      "has version 2, and this b9run understands 1; update b9run, or start the container cold");
  assert_bad_manifest ("{\"version\":1,\"files\":7}", B9_ERROR_BAD_INPUT, "files is no array (line 1)");
  assert_bad_manifest ("{\"version\":1,\"files\":[{\"name\":\"a\",\"size\":-1}]}", B9_ERROR_BAD_INPUT,
                       "files[0] is incomplete (line 1)");
}
END_TEST

START_TEST (a_manifest_that_is_a_link_is_refused)
{
  g_autofree char *path = g_build_filename (image, "manifest.json", NULL);
  g_autofree char *message = g_strconcat (path, ": a symbolic link, which is not followed", NULL);

  b9_manifest_free (make_image ());
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;

    g_unlink (path);
    ck_assert_int_eq (symlink (i == 0 ? "a.img" : "nothing", path), 0);
    ck_assert_ptr_null (b9_manifest_read (image, &error));
    assert_failure (error, B9_ERROR_BAD_INPUT, message);
  }
}
END_TEST

START_TEST (a_processor_without_a_feature_is_told)
{
  g_autoptr (B9Manifest) manifest = b9_manifest_new ();
  g_autoptr (GError) error = NULL;

  g_strfreev (manifest->cpu_features);
  manifest->cpu_features = g_strsplit ("avx9999", " ", -1);
  ck_assert (!b9_manifest_check_host (manifest, &error));
  assert_failure (error, B9_ERROR_START_COLD,
                  "cpu-features-missing: this processor lacks avx9999, which the image's programs may use; "
                  "restore it on a host that has them, or start the container cold");
}
END_TEST

START_TEST (a_journal_is_taken_over_after_its_owner)
{
  g_autoptr (B9Journal) journal = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  g_autoptr (B9Journal) found = NULL;
  gboolean busy = FALSE;

  ck_assert (!b9_journal_exists (top));
  journal->was_paused = TRUE;
  journal->image = g_strdup ("/images/a b\n\377");
  journal->patterns = g_strdupv ((char **)patterns);
  ck_assert (b9_journal_step (journal, B9_STEP_SAVE, NULL));
  ck_assert (b9_journal_exists (top));
  ck_assert_ptr_null (b9_journal_take_over (top, &busy, NULL));
  ck_assert (busy);
  b9_fd_close (&journal->lock);
  found = b9_journal_take_over (top, &busy, NULL);
  ck_assert_ptr_nonnull (found);
  ck_assert (!busy);
  ck_assert_int_eq (found->step, B9_STEP_SAVE);
  ck_assert_str_eq (found->token, journal->token);
  ck_assert_str_eq (found->image, "/images/a b\n\377");
  ck_assert_str_eq (found->patterns[0], "*.img");
  ck_assert (found->was_paused);
  b9_journal_end (found);
  ck_assert (!b9_journal_exists (top));
}
END_TEST

START_TEST (two_operations_on_one_container_are_refused)
{
  g_autoptr (B9Journal) journal = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_nonnull (journal);
  ck_assert_ptr_null (b9_journal_begin (top, B9_WORK_CHECKPOINT, &error));
  assert_failure (error, B9_ERROR_BUSY,
                  "another operation on this container is at work; wait until it has ended");
}
END_TEST

START_TEST (a_journal_that_makes_no_sense_is_refused)
{
  g_autoptr (GError) error = NULL;
  gboolean busy;

  put (top, "journal", "[journal]\nversion=1\nstep=dance\ntoken=x\n");
  ck_assert_ptr_null (b9_journal_take_over (top, &busy, &error));
  ck_assert_ptr_nonnull (error);
  ck_assert_int_eq (error->code, B9_ERROR_UNSUPPORTED);
}
END_TEST

/* Later than whoever looks for it first. */
static gpointer
let_go (gpointer path)
{
  int fd;

  g_usleep (300000);
  fd = open (path, O_WRONLY | O_CLOEXEC);
  ck_assert (fd >= 0 && write (fd, "\n", 1) == 1);
  close (fd);
  return NULL;
}

/* As with a full disk: nothing can be written where the journal is. */
START_TEST (an_earlier_image_waits_for_a_journal_that_can_be_written)
{
  g_autoptr (B9Journal) journal = b9_journal_begin (top, B9_WORK_CHECKPOINT, NULL);
  g_autofree char *aside = g_build_filename (image, ".b9run-earlier-1", NULL);
  g_autofree char *directory = g_strdup (journal->directory);
  g_autoptr (GError) error = NULL;

  ck_assert_int_eq (g_mkdir (image, 0700), 0);
  put (image, "a.img", "earlier");
  ck_assert (b9_image_prepare (image, patterns, aside, NULL));
  put (image, "a.img", "half a new one");
  journal->image = g_strdup (image);
  journal->aside = g_strdup (aside);
  journal->patterns = g_strdupv ((char **)patterns);
  g_free (journal->directory);
  journal->directory = g_strconcat (directory, "/full", NULL);
  ck_assert (!b9_recover_image (journal, &error));
  ck_assert_ptr_nonnull (strstr (error->message, "cannot be put back: the journal"));
  g_free (journal->directory);
  journal->directory = g_steal_pointer (&directory);
  journal->patterns = g_strdupv ((char **)patterns);
  ck_assert (b9_recover_image (journal, NULL));
  assert_content ("a.img", "earlier");
  ck_assert (!g_file_test (aside, G_FILE_TEST_EXISTS));
}
END_TEST

/* One that is killed half-way leaves a process that its driver has lost count of; and one that nobody waits
 * for locks it when all is thought to be over.  It is nobody's child here, as after the end of its b9run. */
START_TEST (a_helper_that_lost_its_b9run_is_waited_for)
{
  g_autofree char *helper = g_build_filename (top, "b9run-cuda", NULL);
  g_autofree char *line = g_strdup_printf ("%s & exec true", helper);
  const char *const mine[] = {"/bin/sh", "-c", line, NULL};
  const char *const environment[] = {"PATH=/usr/bin:/bin", B9_OPERATION_VARIABLE "=token-1", NULL};
  g_autofree char *script = g_strdup_printf ("#!/bin/sh\n: >%s/begun\nread line <%s/pipe\n: >%s/done\n", top,
                                             top, top);
  g_autofree char *pipe = g_build_filename (top, "pipe", NULL);
  g_autofree char *begun = g_build_filename (top, "begun", NULL);
  g_autofree char *done = g_build_filename (top, "done", NULL);
  GThread *thread;

  put (top, "b9run-cuda", script);
  ck_assert_int_eq (chmod (helper, 0700), 0);
  ck_assert_int_eq (mkfifo (pipe, 0600), 0);
  ck_assert (g_spawn_sync (NULL, (char **)mine, (char **)environment,
                           G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                           NULL, NULL));
  while (!g_file_test (begun, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  thread = g_thread_new ("release", let_go, pipe);
  ck_assert (b9_programs_end ("token-1", NULL, B9_ENDING_SAVE));
  ck_assert (g_file_test (done, G_FILE_TEST_EXISTS));
  g_thread_join (thread);
}
END_TEST

static GPid
start (const char *const *argv, const char *const *environment)
{
  GPid pid;

  ck_assert (g_spawn_async (NULL, (char **)argv, (char **)environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                            &pid, NULL));
  return pid;
}

static int
wait_for (GPid pid)
{
  int status;

  ck_assert_int_eq (waitpid (pid, &status, 0), pid);
  return status;
}

/* How a program ends that is at work when b9_programs_end comes. */
static int
end_program (const char *const *argv, const char *const *environment, const char *at, B9Ending ending)
{
  GPid pid = start (argv, environment);

  ck_assert (b9_programs_end ("token-1", at, ending));
  return wait_for (pid);
}

static gboolean
was_killed (int status)
{
  return WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
}

START_TEST (the_programs_of_an_operation_are_ended_and_no_others)
{
  const char *const mine[] = {"/bin/sleep", "1000", NULL};
  const char *const environment[] = {B9_OPERATION_VARIABLE "=token-1", NULL};
  const char *const other_environment[] = {B9_OPERATION_VARIABLE "=token-12", NULL};
  GPid bystander = start (mine, other_environment);
  int status;

  ck_assert (was_killed (end_program (mine, environment, NULL, B9_ENDING_SAVE)));
  ck_assert_int_eq (waitpid (bystander, &status, WNOHANG), 0);
  kill (bystander, SIGKILL);
  waitpid (bystander, &status, 0);
}
END_TEST

static const char *const environment_of_change[] = {B9_OPERATION_VARIABLE "=token-1", B9_CHANGE_VARIABLE "=1",
                                                    NULL};

/* Killed half-way, a pause or resume leaves a container that nobody knows the state of. */
START_TEST (a_pause_or_resume_at_work_is_let_finish)
{
  const char *const mine[] = {"/bin/sleep", "0.3", NULL};
  int status = end_program (mine, environment_of_change, NULL, B9_ENDING_SAVE);

  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 0);
}
END_TEST

START_TEST (a_pause_or_resume_that_hangs_is_ended_all_the_same)
{
  const char *const mine[] = {"/bin/sleep", "1000", NULL};

  ck_assert (was_killed (end_program (mine, environment_of_change, NULL, B9_ENDING_SAVE)));
}
END_TEST

/* How b9_programs_end leaves a program that looks like CRIU under its title, with @top open and no mark. */
static int
end_criu (const char *script, B9Ending ending)
{
  const char *const mine[] = {"/bin/sh", "-c", script, top, "criu: dump --rpc -t 7", NULL};
  const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};

  return end_program (mine, environment, top, ending);
}

/* Killed at the wrong moment, it takes the container with it. */
START_TEST (a_criu_that_saves_is_let_give_up)
{
  int status = end_criu ("exec 9<\"$0\"; sleep 0.5; exit 7", B9_ENDING_SAVE);

  ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 7);
}
END_TEST

START_TEST (a_criu_that_restores_is_ended)
{
  ck_assert (was_killed (end_criu ("exec 9<\"$0\"; while :; do sleep 0.1; done", B9_ENDING_RESTORE)));
}
END_TEST

START_TEST (a_signal_is_a_reason_to_end)
{
  sigset_t before;

  b9_cancel_arm (0, &before);
  ck_assert_ptr_null (b9_cancel_reason ());
  raise (SIGTERM);
  ck_assert_str_eq (b9_cancel_reason (), "SIGTERM came");
  b9_cancel_disarm (&before);
  ck_assert_ptr_null (b9_cancel_reason ());
}
END_TEST

int
main (void)
{
  TCase *images = tcase_create ("images");
  TCase *journals = tcase_create ("journals");
  TCase *waits = tcase_create ("waits");

  tcase_add_checked_fixture (images, make_top, remove_top);
  tcase_add_test (images, a_new_image_directory_is_private);
  tcase_add_test (images, a_save_that_is_not_settled_is_known_by_its_directory);
  tcase_add_test (images, an_earlier_image_comes_back_when_the_new_one_fails);
  tcase_add_test (images, an_earlier_image_goes_when_the_new_one_is_whole);
  tcase_add_test (images, a_file_is_no_image_directory);
  tcase_add_test (images, a_manifest_is_read_as_it_was_written);
  tcase_add_test (images, a_short_file_is_found_by_its_size);
  tcase_add_test (images, a_missing_file_is_found);
  tcase_add_test (images, a_link_is_no_file_of_an_image);
  tcase_add_test (images, changed_content_is_found_on_request);
  tcase_add_test (images, a_file_that_nobody_listed_is_found);
  tcase_add_test (images, a_manifest_of_somebody_else_is_refused);
  tcase_add_test (images, a_manifest_that_is_a_link_is_refused);
  tcase_add_test (images, a_processor_without_a_feature_is_told);
  tcase_add_checked_fixture (journals, make_top, remove_top);
  tcase_add_test (journals, a_journal_is_taken_over_after_its_owner);
  tcase_add_test (journals, two_operations_on_one_container_are_refused);
  tcase_add_test (journals, a_journal_that_makes_no_sense_is_refused);
  tcase_add_test (journals, an_earlier_image_waits_for_a_journal_that_can_be_written);
  tcase_add_test (journals, a_helper_that_lost_its_b9run_is_waited_for);
  tcase_add_test (journals, the_programs_of_an_operation_are_ended_and_no_others);
  tcase_add_test (journals, a_pause_or_resume_at_work_is_let_finish);
  tcase_add_test (journals, a_criu_that_saves_is_let_give_up);
  tcase_add_test (journals, a_criu_that_restores_is_ended);
  tcase_set_timeout (waits, 60);
  tcase_add_test (waits, a_pause_or_resume_that_hangs_is_ended_all_the_same);
  tcase_add_test (journals, a_signal_is_a_reason_to_end);
  return run_cases ("checkpoint-image", (TCase *[]){images, journals, waits, NULL});
}
