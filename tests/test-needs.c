/* SPDX-License-Identifier: Apache-2.0
 *
 * test-needs.c: what a spec and a command line need of the matrix, and that a plain one needs nothing.
 */
#include "config.h"

#include "core/capability/needs.h"
#include "core/sys/failure.h"
#include "tests/suite-testing.h"

/* "CAPABILITY by WHAT" of each, or the error. */
static char *
needs_of (const char *spec, const B9RequestOption *const *options, gboolean systemd_cgroup)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (spec, strlen (spec));
  g_autoptr (B9JsonText) json = b9_json_text_new (bytes, "config.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) needs = NULL;
  GString *text = g_string_new (NULL);

  ck_assert_ptr_nonnull (json);
  needs = b9_needs (json, options, systemd_cgroup, &error);
  if (needs == NULL)
    g_string_append (text, error->message);
  for (guint i = 0; needs != NULL && i < needs->len; i++) {
    const B9Need *need = g_ptr_array_index (needs, i);

    g_string_append_printf (text, "%s%s by %s", i > 0 ? ", " : "", need->capability, need->what);
  }
  return g_string_free (text, FALSE);
}

static const struct {
  const char *spec, *needs;
} specs[] = {
    {"{}", ""},
    /* What `runc spec` writes needs nothing, nor what everybody has. */
    {"{\"ociVersion\":\"1.0.2\",\"process\":{\"terminal\":false,\"apparmorProfile\":\"\",\"selinuxLabel\":"
     "null},\"root\":{\"path\":\"r\"},\"mounts\":[{\"destination\":\"/proc\",\"uidMappings\":[]}],\"linux\":{"
     "\"resources\":{\"memory\":{\"limit\":1}},\"namespaces\":[{\"type\":\"network\"},{\"type\":\"pid\","
     "\"path\":\"/p\"},{\"type\":\"network\",\"path\":\"\"}],\"seccomp\":null},\"hooks\":{\"prestart\":[{}],"
     "\"createContainer\":[]}}",
     ""},
    {"{\"process\":{\"terminal\":true}}", "console by process.terminal"},
    {"{\"Process\":{\"TERMINAL\":true}}", "console by process.terminal"}, /* as Go reads it */
    {"{\"process\":{\"apparmorProfile\":\"p\"}}", "apparmor by process.apparmorProfile"},
    {"{\"process\":{\"apparmorProfile\":\"unconfined\"}}", ""},
    {"{\"process\":{\"selinuxLabel\":\"a:b\"},\"linux\":{\"mountLabel\":\"c\"}}",
     "selinux by process.selinuxLabel"},
    {"{\"linux\":{\"mountLabel\":\"c\"}}", "selinux by linux.mountLabel"},
    {"{\"linux\":{\"seccomp\":{}}}", "seccomp by linux.seccomp"},
    {"{\"hooks\":{\"createContainer\":[{\"path\":\"/h\"}]}}",
     "hooks.createContainer by hooks.createContainer[0]"},
    {"{\"hooks\":{\"createContainer\":[{\"path\":\"/usr/bin/nvidia-cdi-hook\"}]}}",
     "cdi.hooks by hooks.createContainer[0]"},
    {"{\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/n\"}]}}",
     "netns.join by linux.namespaces[1]"},
    {"{\"mounts\":[{},{\"gidMappings\":[{}]},{\"uidMappings\":[{}]}]}", "idmap by mounts[1].gidMappings"},
    {"{\"process\":{\"terminal\":1}}", "config.json: process.terminal is a number, not a boolean (line 1)"},
    {"{\"process\":{\"selinuxLabel\":[]}}",
     "config.json: process.selinuxLabel is an array, not a string (line 1)"},
    {"{\"process\":[]}", "config.json: process is an array, not an object (line 1)"},
    {"{\"linux\":{\"namespaces\":[1,\"x\",null,{\"type\":\"network\",\"path\":2}]}}",
     "config.json: linux.namespaces[3].path is a number, not a string (line 1)"},
    {"{\"linux\":{\"namespaces\":7},\"mounts\":\"x\",\"hooks\":{\"createContainer\":{}}}",
     ""}, /* the runtime's to refuse */
};

START_TEST (finds_what_a_spec_needs)
{
  g_autofree char *needs = needs_of (specs[_i].spec, NULL, FALSE);

  ck_assert_str_eq (needs, specs[_i].needs);
}
END_TEST

START_TEST (finds_what_the_command_line_needs)
{
  const B9RequestOption fds = {sizeof fds, "preserve-fds", "2"};
  const B9RequestOption none = {sizeof none, "preserve-fds", "0"};
  const B9RequestOption pivot = {sizeof pivot, "no-pivot", "true"};
  const B9RequestOption *const options[] = {&pivot, &fds, NULL};
  const B9RequestOption *const nothing[] = {&pivot, &none, NULL};
  g_autofree char *both = needs_of ("{\"process\":{\"terminal\":true}}", options, TRUE);
  g_autofree char *neither = needs_of ("{}", nothing, FALSE);
  g_autoptr (GPtrArray) of_exec = b9_needs_of_options (options);

  ck_assert_str_eq (both, "preserve-fds by --preserve-fds, systemd-cgroup by --systemd-cgroup, console by "
                          "process.terminal");
  ck_assert_str_eq (neither, "");
  ck_assert_uint_eq (of_exec->len, 1);
}
END_TEST

int
main (void)
{
  TCase *tests = tcase_create ("needs");

  tcase_add_loop_test (tests, finds_what_a_spec_needs, 0, G_N_ELEMENTS (specs));
  tcase_add_test (tests, finds_what_the_command_line_needs);
  return run_cases ("needs", (TCase *[]){tests, NULL});
}
