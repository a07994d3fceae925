/* SPDX-License-Identifier: Apache-2.0
 *
 * test-device-path.c: the detector "device-path", over specs of the core's own and a fake host below `top`.
 *
 * A node of the fake host is a link to /dev/null: a character device that needs no privileges, 1:3.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <b9run/b9-gpu.h>

#include "core/spec/spec.h"
#include "tests/examine-testing.h"
#include "tests/suite-testing.h"

extern const B9PluginDescriptor b9_gpu_device_path_LTX_b9_plugin;

static const B9GpuDetector *
detector (void)
{
  return b9_gpu_device_path_LTX_b9_plugin.providers[0]->vtable;
}

static gboolean
complete (const B9Host *host G_GNUC_UNUSED, const char *key)
{
  ck_assert_str_eq (key, "complete");
  return TRUE;
}

static gboolean
leave_incomplete (const B9Host *host G_GNUC_UNUSED, const char *key G_GNUC_UNUSED)
{
  return FALSE;
}

static void
collect (B9GpuRequests *requests, const B9GpuRequest *request)
{
  static const char *const classes[] = {"", "gpu", "control", "companion"};

  g_string_append_printf (requests->data, "%s %s %s %s%s%s\n", classes[request->gpu_class], request->vendor,
                          request->device, request->source, request->missing != NULL ? ": " : "",
                          request->missing != NULL ? request->missing : "");
}

/* What edit and then detect find, one line a request; the edited document goes to *edited unless that is
 * NULL. */
static char *
find_for (const char *backend, const char *json, gboolean (*is_complete) (const B9Host *, const char *),
          char **edited, GError **error)
{
  g_autoptr (Witness) witness = witness_new ();
  g_autoptr (GString) found = g_string_new (NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (json, strlen (json));
  g_autoptr (B9JsonText) text = b9_json_text_new (bytes, "config.json", error);
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (text);
  B9Spec *spec = b9_spec_copy_interface (copy);
  B9GpuRequests requests = {.struct_size = sizeof requests, .data = found, .add = collect};

  witness->host.config_boolean = is_complete;
  if (!detector ()->edit (&witness->host, backend, spec, &requests, error) ||
      !detector ()->detect (&witness->host, spec, &requests, error))
    return NULL;
  if (edited != NULL)
    *edited = b9_spec_copy_is_edited (copy) ? spec->json (spec, "") : NULL;
  return g_string_free (g_steal_pointer (&found), FALSE);
}

static char *
find (const char *json, gboolean (*is_complete) (const B9Host *, const char *), char **edited, GError **error)
{
  return find_for ("runc", json, is_complete, edited, error);
}

static void
assert_found (const char *json, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = find (json, leave_incomplete, NULL, &error);

  ck_assert_msg (found != NULL, "%s: %s", json, error != NULL ? error->message : "");
  ck_assert_str_eq (found, expected);
}

/* One device of that path and nothing else. */
static void
assert_path (const char *path, const char *expected)
{
  g_autofree char *json = g_strdup_printf ("{\"linux\": {\"devices\": [{\"path\": \"%s\"}]}}", path);

  assert_found (json, expected);
}

#define LACKS_CONTROL "/dev/nvidiactl is not in linux.devices and not on this host"
#define LACKS_MEMORY "/dev/nvidia-uvm is not in linux.devices and not on this host"

static void
add_node (const char *path)
{
  g_autofree char *place = at_top (path);
  g_autofree char *directory = g_path_get_dirname (place);

  ck_assert_int_eq (g_mkdir_with_parents (directory, 0700), 0);
  ck_assert_int_eq (symlink ("/dev/null", place), 0);
}

/* A file, and the directories above it. */
static void
put_below (const char *path, const char *content)
{
  g_autofree char *place = at_top (path);
  g_autofree char *directory = g_path_get_dirname (place);

  ck_assert_int_eq (g_mkdir_with_parents (directory, 0700), 0);
  put_file (path, content);
}

START_TEST (knows_each_node_of_the_inventory)
{
  static const struct {
    const char *path, *found;
  } cases[] = {
      {"/dev/nvidia0",
       "gpu nvidia /dev/nvidia0 linux.devices[0].path: " LACKS_CONTROL ", and " LACKS_MEMORY "\n"},
      {"/dev/nvidia127",
       "gpu nvidia /dev/nvidia127 linux.devices[0].path: " LACKS_CONTROL ", and " LACKS_MEMORY "\n"},
      {"/dev/nvidiactl", "control nvidia /dev/nvidiactl linux.devices[0].path\n"},
      {"/dev/nvidia-uvm", "companion nvidia /dev/nvidia-uvm linux.devices[0].path\n"},
      {"/dev/nvidia-uvm-tools", "companion nvidia /dev/nvidia-uvm-tools linux.devices[0].path\n"},
      {"/dev/nvidia-modeset", "companion nvidia /dev/nvidia-modeset linux.devices[0].path\n"},
      {"/dev/nvidia-caps/nvidia-cap1",
       "companion nvidia /dev/nvidia-caps/nvidia-cap1 linux.devices[0].path\n"},
      {"/dev/nvidia-caps-imex-channels/channel0",
       "companion nvidia /dev/nvidia-caps-imex-channels/channel0 linux.devices[0].path\n"},
      {"/dev/nvidia-fs15", "companion nvidia /dev/nvidia-fs15 linux.devices[0].path\n"},
      {"/dev/nvidia-nvlink", "companion nvidia /dev/nvidia-nvlink linux.devices[0].path\n"},
      {"/dev/nvidia-nvswitch0", "companion nvidia /dev/nvidia-nvswitch0 linux.devices[0].path\n"},
      {"/dev/nvidia-nvswitchctl", "companion nvidia /dev/nvidia-nvswitchctl linux.devices[0].path\n"},
      {"/dev/gdrdrv", "companion nvidia /dev/gdrdrv linux.devices[0].path\n"},
      {"/dev/dxg", "gpu wsl /dev/dxg linux.devices[0].path\n"},
      {"/dev/kfd", "control amd /dev/kfd linux.devices[0].path\n"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_path (cases[i].path, cases[i].found);
}
END_TEST

START_TEST (is_not_taken_in_by_what_looks_alike)
{
  static const char *const paths[] = {
      "/dev/nvram",
      "/dev/nvmap",
      "/dev/nvhost-gpu",
      "/dev/nvhost-ctrl",
      "/dev/nvidia",
      "/dev/nvidia0x",
      "/dev/nvidia-0",
      "/dev/nvidia_0",
      "/dev/nvidia0/x",
      "/dev/nvidiactl2",
      "/dev/nvidiact",
      "/dev/nvidia-uvm2",
      "/dev/nvidia-caps",
      "/dev/nvidia-caps/nvidia-cap",
      "/dev/nvidia-caps/x",
      "/dev/nvidia-caps-imex-channels/channel",
      "/dev/NVIDIA0",
      "/dev/xnvidia0",
      "/nvidia0",
      "/etc/dev/nvidia0",
      "/dev/dxg0",
      "/dev/kfd0",
      "/dev/dri/renderD",
      "/dev/dri/by-path/pci-0000:01:00.0-render",
      "/dev/infiniband/uverbs0",
      "/dev/null",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    assert_path (paths[i], "");
}
END_TEST

START_TEST (sees_a_path_as_the_runtimes_resolve_it)
{
  static const char *const paths[] = {"/dev//nvidiactl", "/dev/./nvidiactl", "dev/nvidiactl",
                                      "/proc/../dev/nvidiactl", "/../dev/nvidiactl"};

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    assert_path (paths[i], "control nvidia /dev/nvidiactl linux.devices[0].path\n");
}
END_TEST

START_TEST (misses_nothing_when_all_nodes_are_there)
{
  assert_found ("{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia-uvm\"}, {\"path\": \"/dev/nvidia3\"}, "
                "{\"path\": \"/dev/fuse\"}, {\"path\": \"/dev/nvidiactl\"}]}}",
                "companion nvidia /dev/nvidia-uvm linux.devices[0].path\n"
                "gpu nvidia /dev/nvidia3 linux.devices[1].path\n"
                "control nvidia /dev/nvidiactl linux.devices[3].path\n");
}
END_TEST

START_TEST (counts_a_node_that_is_mounted)
{
  assert_found ("{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia0\"}]}, \"mounts\": ["
                "{\"destination\": \"/dev/nvidiactl\"}, {\"destination\": \"/dev/nvidia-uvm\"}]}",
                "gpu nvidia /dev/nvidia0 linux.devices[0].path\n");
}
END_TEST

START_TEST (says_what_is_missing_and_where)
{
  add_node ("dev/nvidia-uvm");
  assert_path ("/dev/nvidia0", "gpu nvidia /dev/nvidia0 linux.devices[0].path: " LACKS_CONTROL
                               ", and /dev/nvidia-uvm is not in linux.devices\n");
}
END_TEST

START_TEST (tells_the_maker_of_a_render_node_by_its_numbers)
{
  put_below ("sys/dev/char/226:128/device/vendor", "0x1002\n");
  put_below ("sys/dev/char/226:129/device/vendor", "0x8086\n");
  put_below ("sys/dev/char/226:130/device/vendor", "0x10de\n");
  put_below ("sys/dev/char/226:131/device/vendor", "0x1af4\n");
  put_below ("sys/dev/char/226:132/device/vendor", "0x10022\n");
  put_below ("sys/dev/char/226:0/device/vendor", "0x1002\n");
  assert_found ("{\"linux\": {\"devices\": ["
                "{\"path\": \"/dev/dri/renderD128\", \"major\": 226, \"minor\": 129}, "
                "{\"path\": \"/dev/dri/renderD129\", \"major\": 226, \"minor\": 128}, "
                "{\"path\": \"/dev/dri/renderD130\", \"major\": 226, \"minor\": 130}, "
                "{\"path\": \"/dev/dri/renderD131\", \"major\": 226, \"minor\": 131}, "
                "{\"path\": \"/dev/dri/renderD132\", \"major\": 226, \"minor\": 132}, "
                "{\"path\": \"/dev/dri/renderD133\", \"major\": 226, \"minor\": 133}, "
                "{\"path\": \"/dev/dri/card0\", \"major\": 226, \"minor\": 0}]}}",
                "gpu intel /dev/dri/renderD128 linux.devices[0].path\n"
                "gpu amd /dev/dri/renderD129 linux.devices[1].path\n"
                "companion nvidia /dev/dri/renderD130 linux.devices[2].path\n"
                "companion amd /dev/dri/card0 linux.devices[6].path\n");
}
END_TEST

START_TEST (tells_the_maker_of_a_render_node_by_its_name)
{
  put_below ("sys/class/drm/renderD128/device/vendor", "0x8086\n");
  assert_path ("/dev/dri/renderD128", "gpu intel /dev/dri/renderD128 linux.devices[0].path\n");
  assert_path ("/dev/dri/renderD129", "");
}
END_TEST

START_TEST (completes_a_gpu_that_came_alone)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *edited = NULL;
  g_autofree char *found = NULL;

  add_node ("dev/nvidiactl");
  add_node ("dev/nvidia-uvm");
  found = find ("{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia1\"}, {\"path\": \"/dev/nvidia-uvm\"}]}}",
                complete, &edited, &error);
  ck_assert_ptr_nonnull (found);
  ck_assert_str_eq (found, "gpu nvidia /dev/nvidia1 linux.devices[0].path\n"
                           "companion nvidia /dev/nvidia-uvm linux.devices[1].path\n"
                           "control nvidia /dev/nvidiactl linux.devices[2].path\n");
  ck_assert_str_eq (
      edited, "{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia1\"}, {\"path\": \"/dev/nvidia-uvm\"}, "
              "{\"path\": \"/dev/nvidiactl\", \"type\": \"c\", \"major\": 1, \"minor\": 3, "
              "\"fileMode\": 438, \"uid\": 0, \"gid\": 0}],\"resources\": {\"devices\": "
              "[{\"allow\": true, \"type\": \"c\", \"major\": 1, \"minor\": 3, \"access\": \"rwm\"}]}}}");
}
END_TEST

#define STALE                                                                                  \
  "{\"path\": \"/dev/nvidia0\", \"major\": 9, \"minor\": 9}, {\"path\": \"/dev/nvidiactl\"}, " \
  "{\"path\": \"/dev/nvidia-uvm\", \"major\": 507, \"minor\": 0}"

START_TEST (refuses_a_control_node_of_another_boot)
{
  g_autoptr (GError) error = NULL;

  add_node ("dev/nvidiactl");
  add_node ("dev/nvidia-uvm");
  ck_assert_ptr_null (find ("{\"linux\": {\"devices\": [" STALE "]}}", leave_incomplete, NULL, &error));
  ck_assert_str_eq (error->message,
                    "the container would not get all of its GPU: linux.devices[2], /dev/nvidia-uvm, is 507:0 "
                    "there and 1:3 on this host; correct it, or if it comes from a CDI file, generate that "
                    "anew (b9run cdi check)");
  ck_assert_int_eq (error->code, B9_ERROR_UNSUPPORTED);
}
END_TEST

START_TEST (minds_no_numbers_where_they_do_not_count)
{
  static const struct {
    const char *backend, *json;
  } cases[] = {
      {"runsc", "{\"linux\": {\"devices\": [" STALE "]}}"},
      {"runc", "{\"linux\": {\"devices\": [" STALE "], \"namespaces\": [{\"type\": \"user\"}]}}"},
      {"runc", "{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia-uvm\", \"major\": 507}]}}"},
  };

  add_node ("dev/nvidiactl");
  add_node ("dev/nvidia-uvm");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *found = find_for (cases[i].backend, cases[i].json, complete, NULL, NULL);

    ck_assert_msg (found != NULL, "%s", cases[i].json);
  }
}
END_TEST

START_TEST (adds_nothing_where_no_gpu_is_asked_for)
{
  static const char *const specs[] = {
      "{}",
      "{\"linux\": null}",
      "{\"linux\": {\"devices\": []}}",
      "{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia-uvm\"}]}}",
      "{\"linux\": {\"devices\": [{\"path\": \"/dev/dxg\"}, {}, {\"path\": null}, {\"path\": \"\"}]}}",
  };

  add_node ("dev/nvidiactl");
  add_node ("dev/nvidia-uvm");
  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++) {
    g_autofree char *edited = NULL;
    g_autofree char *found = find (specs[i], complete, &edited, NULL);

    ck_assert_ptr_nonnull (found);
    ck_assert_ptr_null (edited);
  }
}
END_TEST

START_TEST (adds_nothing_that_the_host_has_not)
{
  g_autofree char *edited = NULL;
  g_autofree char *found = NULL;

  put_below ("dev/nvidiactl", "a file is no node");
  found = find ("{\"linux\": {\"devices\": [{\"path\": \"/dev/nvidia0\"}]}}", complete, &edited, NULL);
  ck_assert_ptr_null (edited);
  ck_assert_str_eq (found, "gpu nvidia /dev/nvidia0 linux.devices[0].path: " LACKS_CONTROL
                           ", and " LACKS_MEMORY "\n");
}
END_TEST

START_TEST (refuses_a_device_without_sense)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = find ("{\"linux\": {\"devices\": [{\"path\": \"/dev/null\"},\n{\"path\": 7}]}}",
                                 complete, NULL, &error);

  ck_assert_ptr_null (found);
  assert_failure (error, B9_ERROR_BAD_INPUT,
                  "config.json: linux.devices[1].path is a number, not a string (line 2)");
}
END_TEST

int
main (void)
{
  TCase *inventory = directory_case ("inventory");
  TCase *completing = directory_case ("completing");
  TCase *const cases[] = {inventory, completing, NULL};

  tcase_add_test (inventory, knows_each_node_of_the_inventory);
  tcase_add_test (inventory, is_not_taken_in_by_what_looks_alike);
  tcase_add_test (inventory, sees_a_path_as_the_runtimes_resolve_it);
  tcase_add_test (inventory, misses_nothing_when_all_nodes_are_there);
  tcase_add_test (inventory, counts_a_node_that_is_mounted);
  tcase_add_test (inventory, says_what_is_missing_and_where);
  tcase_add_test (inventory, tells_the_maker_of_a_render_node_by_its_numbers);
  tcase_add_test (inventory, tells_the_maker_of_a_render_node_by_its_name);
  tcase_add_test (completing, completes_a_gpu_that_came_alone);
  tcase_add_test (completing, refuses_a_control_node_of_another_boot);
  tcase_add_test (completing, minds_no_numbers_where_they_do_not_count);
  tcase_add_test (completing, adds_nothing_where_no_gpu_is_asked_for);
  tcase_add_test (completing, adds_nothing_that_the_host_has_not);
  tcase_add_test (completing, refuses_a_device_without_sense);
  return run_cases ("device-path", cases);
}
