/* SPDX-License-Identifier: Apache-2.0
 *
 * test-client-files.c: the files for clients (data/clients): well-formed, and of one mind about names and
 * programs.
 *
 * TOML has no reader here; the integration suite client-files has containerd and Python read it.
 */
#include "config.h"

#include <string.h>

#include "core/formats/formats.h"
#include "core/json/json-text.h"

#include "tests/suite-testing.h"

static const char *const names[] = {"b9run", "b9run-runsc"};

static char *
read_file (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, "data/clients", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  ck_assert_msg (text != NULL, "%s", error != NULL ? error->message : path);
  ck_assert_msg (strstr (text, "@bindir@") == NULL, "%s has no place in it", name);
  return text;
}

static const char *
scalar_of (const B9YamlNode *node, const char *key)
{
  for (guint i = 0; i < node->children->len; i++) {
    const B9YamlNode *child = g_ptr_array_index (node->children, i);

    if (strcmp (child->key, key) == 0)
      return child->scalar;
  }
  return NULL;
}

START_TEST (runtime_classes_are_good_yaml)
{
  g_autofree char *text = read_file (B9_TOP_SRCDIR, "runtimeclass.yaml");
  g_auto (GStrv) documents = g_strsplit (text, "\n---\n", -1);

  ck_assert_uint_eq (g_strv_length (documents), G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (B9YamlNode) node = b9_format_yaml (documents[i], strlen (documents[i]), "runtimeclass.yaml",
                                                  &error);

    ck_assert_msg (node != NULL, "%s", error != NULL ? error->message : "empty");
    ck_assert_str_eq (scalar_of (node, "apiVersion"), "node.k8s.io/v1");
    ck_assert_str_eq (scalar_of (node, "kind"), "RuntimeClass");
    ck_assert_str_eq (scalar_of (node, "handler"), names[i]);
  }
}
END_TEST

START_TEST (dockers_file_is_good_json)
{
  g_autofree char *text = read_file (B9_TOP_BUILDDIR, "docker-daemon.json");
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  g_autoptr (B9JsonText) json = b9_json_text_new (bytes, "docker-daemon.json", &error);

  ck_assert_msg (json != NULL, "%s", error != NULL ? error->message : "");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = NULL;
    g_autofree char *expected = g_strdup_printf (B9_BINDIR "/%s", names[i]);

    ck_assert (b9_json_find_string (json, B9_JSON_ROOT, &path, NULL, "runtimes", names[i], "path", NULL));
    ck_assert_str_eq (path, expected);
  }
}
END_TEST

START_TEST (every_handler_is_a_runtime_of_containerd)
{
  static const char *const files[] = {"containerd-1.toml", "containerd-2.toml"};

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *text = read_file (B9_TOP_BUILDDIR, files[i]);

    for (guint j = 0; j < G_N_ELEMENTS (names); j++) {
      g_autofree char *section = g_strdup_printf (".containerd.runtimes.%s]\n", names[j]);
      g_autofree char *binary = g_strdup_printf ("    BinaryName = \"" B9_BINDIR "/%s\"\n", names[j]);

      ck_assert_msg (strstr (text, section) != NULL, "%s lacks %s", files[i], section);
      ck_assert_msg (strstr (text, binary) != NULL, "%s lacks %s", files[i], binary);
    }
  }
}
END_TEST

START_TEST (podman_knows_the_same_names)
{
  g_autofree char *text = read_file (B9_TOP_BUILDDIR, "podman.conf");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *line = g_strdup_printf ("\n%s = [\"" B9_BINDIR "/%s\"]\n", names[i], names[i]);
    g_autofree char *json = g_strdup_printf ("\"%s\", ", names[i]);

    ck_assert_msg (strstr (text, line) != NULL, "podman.conf lacks %s", line);
    ck_assert_msg (strstr (text, json) != NULL, "podman.conf lacks %s in runtime_supports_json", names[i]);
  }
}
END_TEST

int
main (void)
{
  TCase *files = tcase_create ("files");
  TCase *const cases[] = {files, NULL};

  tcase_add_test (files, runtime_classes_are_good_yaml);
  tcase_add_test (files, dockers_file_is_good_json);
  tcase_add_test (files, every_handler_is_a_runtime_of_containerd);
  tcase_add_test (files, podman_knows_the_same_names);
  return run_cases ("client-files", cases);
}
