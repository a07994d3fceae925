/* SPDX-License-Identifier: Apache-2.0
 *
 * test-index.c: which record an id means, and what an id may be.
 */
#include "config.h"

#include <sys/file.h>
#include <fcntl.h>

#include "core/container/index.h"
#include "tests/directory-testing.h"

static B9Index *
index_at_top (void)
{
  g_autofree char *directory = at_top ("state");

  return b9_index_new (directory);
}

static void
add (B9Index *index, const char *id, const char *backend, const char *root)
{
  g_autoptr (B9Record) record = b9_record_new (id, backend, root);

  record->program = g_strdup ("/p");
  ck_assert (b9_index_lock (index, NULL));
  ck_assert (b9_index_add (index, record, NULL));
  b9_index_unlock (index);
}

static void
expect_found (const B9Index *index, const B9Query *query, const char *backend, const char *root)
{
  g_autoptr (GError) error = NULL;
  B9Record *record = NULL;

  ck_assert_msg (b9_index_find (index, query, &record, &error), "%s",
                 error != NULL ? error->message : "no error");
  ck_assert_ptr_nonnull (record);
  ck_assert_str_eq (record->id, query->id);
  ck_assert_str_eq (record->backend, backend);
  ck_assert_str_eq (record->root, root);
  b9_record_free (record);
}

static void
expect_none (const B9Index *index, const B9Query *query)
{
  B9Record *record = (B9Record *)&record;

  ck_assert (b9_index_find (index, query, &record, NULL));
  ck_assert_ptr_null (record);
}

START_TEST (finds_nothing_where_nothing_is)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GPtrArray) all = b9_index_all (index, NULL);

  expect_none (index, &(B9Query){.id = "c1"});
  ck_assert_uint_eq (all->len, 0);
  ck_assert (!is_there ("state"));
  b9_index_free (NULL);
}
END_TEST

START_TEST (finds_a_container_by_its_exact_id)
{
  g_autoptr (B9Index) index = index_at_top ();

  add (index, "q10", "runc", "/r");
  expect_none (index, &(B9Query){.id = "q1"});
  expect_found (index, &(B9Query){.id = "q10"}, "runc", "/r");
  expect_found (index, &(B9Query){.id = "q10", .backend = "runc"}, "runc", "/r");
}
END_TEST

START_TEST (an_explicit_root_is_exact)
{
  g_autoptr (B9Index) index = index_at_top ();

  add (index, "c1", "runc", "/r");
  add (index, "c1", "runsc", "/s");
  expect_found (index, &(B9Query){.id = "c1", .root = "/r"}, "runc", "/r");
  expect_found (index, &(B9Query){.id = "c1", .root = "/s", .default_root = "/r"}, "runsc", "/s");
  expect_none (index, &(B9Query){.id = "c1", .root = "/t"});
}
END_TEST

START_TEST (the_default_root_is_preferred_then_a_unique_match)
{
  g_autoptr (B9Index) index = index_at_top ();

  add (index, "c1", "runc", "/r");
  add (index, "c1", "runsc", "/s");
  expect_found (index, &(B9Query){.id = "c1", .default_root = "/s"}, "runsc", "/s");
  expect_found (index, &(B9Query){.id = "c1", .backend = "runc"}, "runc", "/r");
}
END_TEST

START_TEST (several_matches_are_ambiguous)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GError) error = NULL;
  B9Record *record = NULL;

  add (index, "c1", "runc", "/r");
  add (index, "c1", "runc", "/s");
  ck_assert (!b9_index_find (index, &(B9Query){.id = "c1", .default_root = "/t"}, &record, &error));
  ck_assert_ptr_null (record);
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_AMBIGUOUS));
  ck_assert (
      g_str_has_prefix (error->message, "2 containers have the id c1; say which: --backend=runc --root /"));
  ck_assert_ptr_nonnull (strstr (error->message, "--backend=runc --root /r"));
  ck_assert_ptr_nonnull (strstr (error->message, "--backend=runc --root /s"));
}
END_TEST

START_TEST (another_backend_than_the_recorded_one_is_a_conflict)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GError) error = NULL;
  B9Record *record = NULL;

  add (index, "c1", "runc", "/r");
  ck_assert (!b9_index_find (index, &(B9Query){.id = "c1", .backend = "runsc"}, &record, &error));
  assert_failure (error, B9_ERROR_CONFLICT,
                  "container c1 was created with backend runc (root /r), which --backend=runsc contradicts");
}
END_TEST

START_TEST (forgets_one_of_two_roots)
{
  g_autoptr (B9Index) index = index_at_top ();
  B9Record *record = NULL;

  add (index, "c1", "runc", "/r");
  add (index, "c1", "runc", "/s");
  ck_assert (b9_index_find (index, &(B9Query){.id = "c1", .root = "/r"}, &record, NULL));
  ck_assert (b9_index_remove (index, record, NULL));
  ck_assert (b9_index_remove (index, record, NULL));
  b9_record_free (record);
  expect_found (index, &(B9Query){.id = "c1"}, "runc", "/s");
  ck_assert (b9_index_find (index, &(B9Query){.id = "c1"}, &record, NULL));
  ck_assert (b9_index_remove (index, record, NULL));
  b9_record_free (record);
  ck_assert (!is_there ("state/containers/c1"));
}
END_TEST

START_TEST (lists_all_by_id_then_root)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  add (index, "b", "runc", "/2");
  add (index, "c", "runc", "/0");
  add (index, "b", "runsc", "/1");
  add (index, "a", "runc", "/3");
  all = b9_index_all (index, NULL);
  for (guint i = 0; i < all->len; i++) {
    const B9Record *record = g_ptr_array_index (all, i);

    g_string_append_printf (text, "%s%s ", record->id, record->root);
  }
  ck_assert_str_eq (text->str, "a/3 b/1 b/2 c/0 ");
}
END_TEST

START_TEST (a_damaged_record_is_told_and_hides_no_other)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("the record %s/state/containers/bad/key/record is damaged (it "
                                               "is empty); b9run index rebuild makes the index anew",
                                               top);
  B9Record *record = NULL;

  add (index, "good", "runc", "/r");
  make_directory ("state/containers/bad/key");
  make_directory ("state/containers/empty/key"); /* a b9run has just made it */
  put_file ("state/containers/bad/key/record", "");
  all = b9_index_all (index, problems);
  ck_assert_uint_eq (all->len, 1);
  ck_assert_uint_eq (problems->len, 1);
  ck_assert_str_eq (g_ptr_array_index (problems, 0), expected);
  ck_assert (!b9_index_find (index, &(B9Query){.id = "bad"}, &record, &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, expected);
  expect_none (index, &(B9Query){.id = "empty"});
}
END_TEST

START_TEST (the_same_place_is_the_same_record)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GPtrArray) all = NULL;

  add (index, "c1", "runc", "/r");
  add (index, "c1", "runc", "/r");
  all = b9_index_all (index, NULL);
  ck_assert_uint_eq (all->len, 1);
}
END_TEST

START_TEST (the_lock_keeps_others_out)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autofree char *path = at_top ("state/lock");
  int fd;

  ck_assert (b9_index_lock (index, NULL));
  fd = open (path, O_RDWR | O_CLOEXEC);
  ck_assert_int_ge (fd, 0);
  ck_assert_int_ne (flock (fd, LOCK_EX | LOCK_NB), 0);
  b9_index_unlock (index);
  ck_assert_int_eq (flock (fd, LOCK_EX | LOCK_NB), 0);
  close (fd);
}
END_TEST

START_TEST (says_what_to_do_without_a_state_directory)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (GError) error = NULL;

  put_file ("state", "");
  ck_assert (!b9_index_lock (index, &error));
  assert_failure_at_top (
      error, B9_ERROR_IO,
      "the state directory cannot be used (run as root, or set --state-directory): TOP/state is in the way: "
      "b9run needs a directory there");
}
END_TEST

START_TEST (follows_no_link_in_the_place_of_its_lock)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autofree char *link = at_top ("state/lock");
  g_autoptr (GError) error = NULL;

  make_directory ("state");
  ck_assert_int_eq (symlink ("../elsewhere", link), 0);
  ck_assert (!b9_index_lock (index, &error));
  assert_failure_at_top (
      error, B9_ERROR_IO,
      "cannot open the lock TOP/state/lock: it is a symbolic link, or there are too many of them");
  ck_assert (!is_there ("elsewhere"));
}
END_TEST

START_TEST (a_record_that_cannot_be_written_leaves_nothing)
{
  g_autoptr (B9Index) index = index_at_top ();
  g_autoptr (B9Record) record = b9_record_new ("c1", "runc", "/r");
  g_autoptr (GError) error = NULL;

  make_directory ("state");
  put_file ("state/containers", "");
  ck_assert (!b9_index_add (index, record, &error));
  assert_failure_at_top (error, B9_ERROR_IO,
                         "TOP/state/containers is in the way: b9run needs a directory there");
}
END_TEST

START_TEST (takes_every_id_that_runc_takes)
{
  g_autofree char *longest = g_strnfill (255, 'a');

  ck_assert (b9_check_id ("a", NULL));
  ck_assert (b9_check_id ("A-z_0+9.x", NULL));
  ck_assert (b9_check_id ("...", NULL));
  ck_assert (b9_check_id ("-", NULL));
  ck_assert (b9_check_id (longest, NULL));
}
END_TEST

START_TEST (refuses_ids_that_are_paths_or_worse)
{
  static const struct {
    const char *id, *shown;
  } rows[] = {{".", "."},
              {"..", ".."},
              {"a/b", "a/b"},
              {"/", "/"},
              {"a b", "a b"},
              {"a\nb", "a\\nb"},
              {"\303\244", "\\303\\244"},
              {"a\"b", "a\\\"b"}};

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *message = g_strdup_printf (
        "\"%s\" is no container id: letters, digits and _ + - . can be used, and neither \".\" nor \"..\"",
        rows[i].shown);
    g_autoptr (GError) error = NULL;

    ck_assert (!b9_check_id (rows[i].id, &error));
    assert_failure (error, B9_ERROR_BAD_INPUT, message);
  }
}
END_TEST

START_TEST (refuses_ids_that_are_empty_or_too_long)
{
  g_autofree char *longer = g_strnfill (256, 'a');
  g_autoptr (GError) empty = NULL;
  g_autoptr (GError) length = NULL;

  ck_assert (!b9_check_id ("", &empty));
  assert_failure (empty, B9_ERROR_BAD_INPUT, "the container id is empty");
  ck_assert (!b9_check_id (longer, &length));
  assert_failure (length, B9_ERROR_BAD_INPUT, "the container id has 256 characters; at most 255 can be used");
}
END_TEST

static TCase *
ids_case (void)
{
  TCase *ids = tcase_create ("ids");

  tcase_add_test (ids, takes_every_id_that_runc_takes);
  tcase_add_test (ids, refuses_ids_that_are_paths_or_worse);
  tcase_add_test (ids, refuses_ids_that_are_empty_or_too_long);
  return ids;
}

int
main (void)
{
  TCase *index = directory_case ("index");

  tcase_add_test (index, finds_nothing_where_nothing_is);
  tcase_add_test (index, finds_a_container_by_its_exact_id);
  tcase_add_test (index, an_explicit_root_is_exact);
  tcase_add_test (index, the_default_root_is_preferred_then_a_unique_match);
  tcase_add_test (index, several_matches_are_ambiguous);
  tcase_add_test (index, another_backend_than_the_recorded_one_is_a_conflict);
  tcase_add_test (index, forgets_one_of_two_roots);
  tcase_add_test (index, lists_all_by_id_then_root);
  tcase_add_test (index, a_damaged_record_is_told_and_hides_no_other);
  tcase_add_test (index, the_same_place_is_the_same_record);
  tcase_add_test (index, the_lock_keeps_others_out);
  tcase_add_test (index, says_what_to_do_without_a_state_directory);
  tcase_add_test (index, follows_no_link_in_the_place_of_its_lock);
  tcase_add_test (index, a_record_that_cannot_be_written_leaves_nothing);
  return run_cases ("index", (TCase *[]){index, ids_case (), NULL});
}
