/* SPDX-License-Identifier: Apache-2.0
 *
 * test-module-file.c: which files are opened as modules at all: whose they are, where they lie, and whether
 * they are whole.
 */
#include "config.h"

#include <elf.h>
#include <link.h>

#include "tests/plugin-testing.h"

/* Loads the one module NAME and compares; @sentence NULL: it is accepted. */
static void
expect (const char *name, const char *sentence)
{
  g_autoptr (B9Registry) registry = b9_registry_new (directories);
  const B9Module *module = find_module (b9_registry_load_all (registry), name);

  if (sentence == NULL)
    assert_accepted (module);
  else
    assert_refused (module, sentence);
}

/* The same with "%s" for @place, as many times as it is there. */
static void
expect_at (const char *name, const char *sentence, const char *place)
{
  g_auto (GStrv) parts = g_strsplit (sentence, "%s", -1);
  g_autofree char *whole = g_strjoinv (place, parts);

  expect (name, whole);
}

static char *
make_folder (const char *name, mode_t mode)
{
  char *path = below (top, name);

  ck_assert_int_eq (g_mkdir (path, 0755), 0);
  ck_assert_int_eq (g_chmod (path, mode), 0);
  return path;
}

/* A link NAME.so in the plugin directory. */
static void
link_module (const char *name, const char *target)
{
  g_autofree char *file = g_strconcat (name, ".so", NULL);
  g_autofree char *path = below (plugins, file);

  ck_assert_int_eq (symlink (target, path), 0);
}

START_TEST (accepts_a_file_that_only_its_owner_can_write)
{
  install ("b9-backend-good");
  expect ("b9-backend-good", NULL);
}
END_TEST

START_TEST (refuses_a_file_that_its_group_can_write)
{
  g_autofree char *path = install_in (plugins, "b9-backend-good");

  ck_assert_int_eq (g_chmod (path, 0664), 0);
  expect_at ("b9-backend-good",
             "it can be written by others than its owner (mode 0664), and plugins run as root; check what is "
             "in it, then "
             "run: chmod go-w '%s'",
             path);
}
END_TEST

START_TEST (refuses_a_file_that_everybody_can_write)
{
  g_autofree char *path = install_in (plugins, "b9-backend-good");

  ck_assert_int_eq (g_chmod (path, 0646), 0);
  expect_at ("b9-backend-good",
             "it can be written by others than its owner (mode 0646), and plugins run as root; check what is "
             "in it, then "
             "run: chmod go-w '%s'",
             path);
}
END_TEST

START_TEST (refuses_a_folder_that_others_can_write)
{
  install ("b9-backend-good");
  ck_assert_int_eq (g_chmod (plugins, 0775), 0);
  expect_at ("b9-backend-good",
             "the folder %s can be written by others than its owner (mode 0775), and plugins run as root; "
             "check what is "
             "in it, then run: chmod go-w '%s'",
             plugins);
}
END_TEST

START_TEST (refuses_a_sticky_folder_that_others_can_write)
{
  install ("b9-backend-good");
  ck_assert_int_eq (g_chmod (plugins, 01777), 0);
  expect_at ("b9-backend-good",
             "the folder %s can be written by others than its owner (mode 1777), and plugins run as root; "
             "check what is "
             "in it, then run: chmod go-w '%s'",
             plugins);
}
END_TEST

START_TEST (refuses_a_folder_further_up_that_others_can_write)
{
  install ("b9-backend-good");
  ck_assert_int_eq (g_chmod (top, 0777), 0);
  expect_at ("b9-backend-good",
             "the folder %s, above it, can be written by others than its owner (mode 0777), and plugins run "
             "as root; check "
             "what is in it, then run: chmod go-w '%s'",
             top);
}
END_TEST

START_TEST (accepts_a_sticky_folder_further_up)
{
  install ("b9-backend-good");
  ck_assert_int_eq (g_chmod (top, 01777), 0);
  expect ("b9-backend-good", NULL);
}
END_TEST

START_TEST (refuses_a_file_of_another_user)
{
  g_autofree char *path = install_in (plugins, "b9-backend-good");

  ck_assert_int_eq (chown (path, 4711, 0), 0);
  expect_at ("b9-backend-good",
             "it belongs to user 4711, and plugins run as root; check where it comes from, then run: chown "
             "root '%s'",
             path);
}
END_TEST

START_TEST (refuses_a_folder_of_another_user)
{
  install ("b9-backend-good");
  ck_assert_int_eq (chown (plugins, 4711, 0), 0);
  expect_at ("b9-backend-good",
             "the folder %s belongs to user 4711, and plugins run as root; check where it comes from, then "
             "run: chown root "
             "'%s'",
             plugins);
}
END_TEST

START_TEST (follows_a_link_to_a_safe_file)
{
  g_autofree char *elsewhere = make_folder ("elsewhere", 0755);
  g_autofree char *target = install_in (elsewhere, "b9-backend-good");

  link_module ("b9-backend-good", target);
  expect ("b9-backend-good", NULL);
}
END_TEST

START_TEST (refuses_a_link_to_an_unsafe_file)
{
  g_autofree char *elsewhere = make_folder ("elsewhere", 0755);
  g_autofree char *target = install_in (elsewhere, "b9-backend-good");

  ck_assert_int_eq (g_chmod (target, 0666), 0);
  link_module ("b9-backend-good", target);
  expect_at ("b9-backend-good",
             "%s, to which it leads, can be written by others than its owner (mode 0666), and plugins run as "
             "root; check "
             "what is in it, then run: chmod go-w '%s'",
             target);
}
END_TEST

START_TEST (refuses_a_link_into_an_unsafe_folder)
{
  g_autofree char *elsewhere = make_folder ("elsewhere", 0777);
  g_autofree char *target = install_in (elsewhere, "b9-backend-good");

  link_module ("b9-backend-good", target);
  expect_at ("b9-backend-good",
             "the folder %s can be written by others than its owner (mode 0777), and plugins run as root; "
             "check what is "
             "in it, then run: chmod go-w '%s'",
             elsewhere);
}
END_TEST

START_TEST (refuses_a_link_to_nowhere)
{
  link_module ("b9-backend-good", "/nonexistent/b9-backend-good.so");
  expect ("b9-backend-good",
          "it is a link to /nonexistent/b9-backend-good.so, where nothing is; install what it should "
          "lead to, or remove the link");
}
END_TEST

START_TEST (refuses_a_link_to_itself)
{
  link_module ("b9-backend-good", "b9-backend-good.so");
  expect ("b9-backend-good", "it cannot be found: it is a symbolic link, or there are too many of them");
}
END_TEST

START_TEST (refuses_a_folder_that_is_called_like_a_module)
{
  g_autofree char *path = below (plugins, "x.so");

  ck_assert_int_eq (g_mkdir (path, 0755), 0);
  expect ("x", "it is a folder and no file; remove it");
}
END_TEST

START_TEST (refuses_a_fifo_without_waiting)
{
  g_autofree char *path = below (plugins, "x.so");

  ck_assert_int_eq (mkfifo (path, 0644), 0);
  expect ("x", "it is a FIFO and no file; remove it");
}
END_TEST

START_TEST (refuses_an_empty_file)
{
  g_free (put_module (plugins, "x", "", 0));
  expect ("x", "it is no ELF file; remove it, or build it again if it should be a plugin");
}
END_TEST

START_TEST (refuses_a_script)
{
  g_free (put_module (plugins, "x", "#!/bin/sh\n", 10));
  expect ("x", "it is no ELF file; remove it, or build it again if it should be a plugin");
}
END_TEST

START_TEST (refuses_a_file_that_is_cut_off_at_any_length)
{
  gsize size = 0;
  g_autofree char *content = read_fixture ("b9-backend-good", &size);
  const ElfW (Ehdr) *header = (const void *)content;
  const ElfW (Phdr) *segments = (const void *)(content + header->e_phoff);
  gsize loaded = 0;

  for (guint i = 0; i < header->e_phnum; i++)
    loaded = MAX (loaded, segments[i].p_offset + segments[i].p_filesz);
  for (gsize length = SELFMAG; length < loaded; length += length < 1024 ? 31 : 1021) {
    g_autoptr (B9Registry) registry = b9_registry_new (directories);
    const B9Module *module = NULL;

    g_free (put_module (plugins, "b9-backend-good", content, length));
    module = find_module (b9_registry_load_all (registry), "b9-backend-good");
    ck_assert_ptr_nonnull (module->refusal);
    ck_assert_msg (g_str_has_prefix (module->refusal, "it is cut off "), "%s", module->refusal);
    ck_assert (g_str_has_suffix (module->refusal, " bytes; install it again"));
  }
}
END_TEST

/* A sound module but for one half-word of its ELF header. */
static void
expect_header (gsize offset, guint16 value, const char *sentence)
{
  gsize size = 0;
  g_autofree char *content = read_fixture ("b9-backend-good", &size);

  memcpy (content + offset, &value, sizeof value);
  g_free (put_module (plugins, "b9-backend-good", content, size));
  expect ("b9-backend-good", sentence);
}

START_TEST (refuses_a_module_for_another_machine)
{
  gsize size = 0;
  g_autofree char *content = read_fixture ("b9-backend-good", &size);
  g_autofree char *sentence = g_strdup_printf (
      "it is built for another machine (ELF machine 4711, this is %u); install the build for this one",
      ((const ElfW (Ehdr) *)(const void *)content)->e_machine);

  expect_header (G_STRUCT_OFFSET (ElfW (Ehdr), e_machine), 4711, sentence);
}
END_TEST

START_TEST (refuses_an_object_file)
{
  expect_header (G_STRUCT_OFFSET (ElfW (Ehdr), e_type), ET_REL,
                 "it is no shared object; link it with -shared, or with libtool's -module");
}
END_TEST

START_TEST (refuses_senseless_headers)
{
  expect_header (G_STRUCT_OFFSET (ElfW (Ehdr), e_phnum), 60000,
                 "its ELF header makes no sense; build or install it again");
  expect_header (G_STRUCT_OFFSET (ElfW (Ehdr), e_phnum), 0,
                 "its ELF header makes no sense; build or install it again");
}
END_TEST

/* Root can, but not in a user namespace that maps nobody else. */
static gboolean
can_give_files_away (void)
{
  g_autofree char *probe = g_dir_make_tmp ("b9-owner-XXXXXX", NULL);
  gboolean can = probe != NULL && chown (probe, 4711, 0) == 0;

  if (probe != NULL)
    g_rmdir (probe);
  return can;
}

static TCase *
permissions_case (void)
{
  TCase *permissions = tcase_create ("permissions");

  tcase_add_checked_fixture (permissions, make_directories, remove_directories);
  tcase_add_test (permissions, accepts_a_file_that_only_its_owner_can_write);
  tcase_add_test (permissions, refuses_a_file_that_its_group_can_write);
  tcase_add_test (permissions, refuses_a_file_that_everybody_can_write);
  tcase_add_test (permissions, refuses_a_folder_that_others_can_write);
  tcase_add_test (permissions, refuses_a_sticky_folder_that_others_can_write);
  tcase_add_test (permissions, refuses_a_folder_further_up_that_others_can_write);
  tcase_add_test (permissions, accepts_a_sticky_folder_further_up);
  if (can_give_files_away ()) {
    tcase_add_test (permissions, refuses_a_file_of_another_user);
    tcase_add_test (permissions, refuses_a_folder_of_another_user);
  }
  return permissions;
}

static TCase *
links_case (void)
{
  TCase *links = tcase_create ("links");

  tcase_add_checked_fixture (links, make_directories, remove_directories);
  tcase_add_test (links, follows_a_link_to_a_safe_file);
  tcase_add_test (links, refuses_a_link_to_an_unsafe_file);
  tcase_add_test (links, refuses_a_link_into_an_unsafe_folder);
  tcase_add_test (links, refuses_a_link_to_nowhere);
  tcase_add_test (links, refuses_a_link_to_itself);
  return links;
}

static TCase *
contents_case (void)
{
  TCase *contents = tcase_create ("contents");

  tcase_add_checked_fixture (contents, make_directories, remove_directories);
  tcase_add_test (contents, refuses_a_folder_that_is_called_like_a_module);
  tcase_add_test (contents, refuses_a_fifo_without_waiting);
  tcase_add_test (contents, refuses_an_empty_file);
  tcase_add_test (contents, refuses_a_script);
  tcase_add_test (contents, refuses_a_file_that_is_cut_off_at_any_length);
  tcase_add_test (contents, refuses_a_module_for_another_machine);
  tcase_add_test (contents, refuses_an_object_file);
  tcase_add_test (contents, refuses_senseless_headers);
  return contents;
}

int
main (void)
{
  TCase *const cases[] = {permissions_case (), links_case (), contents_case (), NULL};

  return run_cases ("module-file", cases);
}
