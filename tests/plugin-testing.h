/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin-testing.h: plugin directories for tests, filled with the modules of tests/bad-plugins.
 *
 * Looks for them in B9_TEST_FIXTURES, or in tests/bad-plugins below the working directory.
 */
#ifndef B9_PLUGIN_TESTING_H
#define B9_PLUGIN_TESTING_H

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/plugin/registry.h"
#include "tests/suite-testing.h"

static char *top;                  /* of the test that runs */
static char *plugins;              /* below it, the plugin directory */
static char *witness;              /* below it, where loaded fixtures leave their names */
static const char *directories[3]; /* plugins, and what a test adds */

static void
make_directories (void)
{
  umask (022);
  top = g_dir_make_tmp ("b9-plugins-XXXXXX", NULL);
  ck_assert_ptr_nonnull (top);
  plugins = g_build_filename (top, "plugins", NULL);
  witness = g_build_filename (top, "witness", NULL);
  ck_assert_int_eq (g_mkdir (plugins, 0755), 0);
  g_setenv ("B9_TEST_WITNESS", witness, TRUE);
  directories[0] = plugins;
  directories[1] = directories[2] = NULL;
}

static void
remove_directories (void)
{
  const char *const argv[] = {"rm", "-rf", top, NULL};

  ck_assert (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_clear_pointer (&top, g_free);
  g_clear_pointer (&plugins, g_free);
  g_clear_pointer (&witness, g_free);
}

static inline char *
below (const char *directory, const char *name)
{
  return g_build_filename (directory, name, NULL);
}

static inline char *
read_fixture (const char *name, gsize *size)
{
  const char *fixtures = g_getenv ("B9_TEST_FIXTURES");
  g_autofree char *file = g_strconcat (name, ".so", NULL);
  g_autofree char *path = below (fixtures != NULL ? fixtures : "tests/bad-plugins", file);
  char *content = NULL;

  ck_assert_msg (g_file_get_contents (path, &content, size, NULL), "%s is missing", path);
  return content;
}

/* A file NAME.so of that content in @directory; its path. */
static inline char *
put_module (const char *directory, const char *name, const char *content, gsize size)
{
  g_autofree char *file = g_strconcat (name, ".so", NULL);
  char *path = below (directory, file);

  ck_assert (g_file_set_contents (path, content, (gssize)size, NULL));
  ck_assert_int_eq (g_chmod (path, 0644), 0);
  return path;
}

/* A copy of a fixture in @directory; its path. */
static inline char *
install_in (const char *directory, const char *name)
{
  gsize size = 0;
  g_autofree char *content = read_fixture (name, &size);

  return put_module (directory, name, content, size);
}

static inline void
install (const char *name)
{
  g_free (install_in (plugins, name));
}

static inline const B9Module *
find_module (const GPtrArray *modules, const char *name)
{
  g_autofree char *suffix = g_strdup_printf ("/%s.so", name);

  for (guint i = 0; i < modules->len; i++) {
    const B9Module *module = modules->pdata[i];
    if (g_str_has_suffix (module->path, suffix))
      return module;
  }
  ck_abort_msg ("%s is not listed", name);
  return NULL;
}

/* The refusal is all of @sentence. */
static inline void
assert_refused (const B9Module *module, const char *sentence)
{
  ck_assert_ptr_null (module->descriptor);
  ck_assert_uint_eq (module->providers->len, 0);
  ck_assert_ptr_nonnull (module->refusal);
  ck_assert_str_eq (module->refusal, sentence);
}

static inline void
assert_accepted (const B9Module *module)
{
  ck_assert_msg (module->refusal == NULL, "refused: %s", module->refusal);
  ck_assert_ptr_nonnull (module->descriptor);
  ck_assert_uint_gt (module->providers->len, 0);
}

#endif /* B9_PLUGIN_TESTING_H */
