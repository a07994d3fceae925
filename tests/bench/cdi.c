/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi.c: how long CDI takes, by its parts, on a file of 576 devices: 64 GPUs by index and by UUID, with seven
 * MIG devices each, in the layout that nvidia-ctk writes.
 *
 *   cdi [ROUNDS]          measures, and prints medians in ms
 *   cdi --generate        prints the file
 *
 * "events" is libyaml alone, taking all events of the file; "cold" is the whole load without a cache, on the
 * same bytes, alternating with it in the same run; "warm" is the load with nothing changed, and "inject" one
 * device found and put into a spec of a real container's size.
 */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <yaml.h>

#include "core/spec/spec.h"
#include "core/sys/cache-file.h"
#include "plugins/gpu/cdi/cdi-inject.h"

#define GPUS 64
#define MIGS 7

/* --- the file --- */

static void
add_node (GString *yaml, const char *path, guint major, guint minor)
{
  g_string_append_printf (yaml, "            - path: %s\n              major: %u\n", path, major);
  if (minor != 0)
    g_string_append_printf (yaml, "              minor: %u\n", minor);
  g_string_append (yaml, "              fileMode: 438\n              permissions: rwm\n");
}

static void
add_device (GString *yaml, const char *name, guint gpu, int mig)
{
  g_autofree char *path = g_strdup_printf ("/dev/nvidia%u", gpu);

  g_string_append_printf (yaml, "    - name: \"%s\"\n      containerEdits:\n        deviceNodes:\n", name);
  add_node (yaml, path, 195, gpu);
  for (guint cap = 0; mig >= 0 && cap < 2; cap++) {
    guint minor = gpu * 32 + (guint)mig * 2 + cap + 3;
    g_autofree char *cap_path = g_strdup_printf ("/dev/nvidia-caps/nvidia-cap%u", minor);

    add_node (yaml, cap_path, 234, minor);
  }
  /* Its nodes below /dev/dri; a MIG device draws nothing and has one. */
  for (guint dri = mig >= 0 ? 1 : 0; dri < 2; dri++) {
    g_autofree char *dri_path = g_strdup_printf (dri == 0 ? "/dev/dri/card%u" : "/dev/dri/renderD%u",
                                                 dri == 0 ? gpu : gpu + 128);

    add_node (yaml, dri_path, 226, dri == 0 ? gpu : gpu + 128);
  }
}

static void
add_gpu (GString *yaml, guint gpu)
{
  g_autofree char *index = g_strdup_printf ("%u", gpu);
  g_autofree char *uuid = g_strdup_printf ("GPU-%08x-d5f1-4d9b-b64d-777ef541e2b4", gpu * 2654435761u);

  add_device (yaml, index, gpu, -1);
  add_device (yaml, uuid, gpu, -1);
  for (int mig = 0; mig < MIGS; mig++) {
    g_autofree char *name = g_strdup_printf ("%u:%d", gpu, mig);

    add_device (yaml, name, gpu, mig);
  }
}

/* The devices, and what nvidia-ctk puts beside them for all: nodes, hooks and the driver's libraries. */
static char *
generate (void)
{
  GString *yaml = g_string_new ("---\ncdiVersion: 0.7.0\nkind: nvidia.com/gpu\ndevices:\n");

  for (guint gpu = 0; gpu < GPUS; gpu++)
    add_gpu (yaml, gpu);
  g_string_append (yaml, "containerEdits:\n    env:\n        - NVIDIA_VISIBLE_DEVICES=void\n"
                         "    deviceNodes:\n");
  add_node (yaml, "/dev/nvidiactl", 195, 255);
  add_node (yaml, "/dev/nvidia-uvm", 511, 0);
  g_string_append (yaml, "    hooks:\n        - hookName: createContainer\n"
                         "          path: /usr/bin/nvidia-cdi-hook\n          args:\n"
                         "            - nvidia-cdi-hook\n            - update-ldcache\n"
                         "            - --folder\n            - /lib/x86_64-linux-gnu\n    mounts:\n");
  for (guint library = 0; library < 20; library++)
    g_string_append_printf (yaml,
                            "        - hostPath: /lib/x86_64-linux-gnu/libnvidia-%u.so.570.172.08\n"
                            "          containerPath: /lib/x86_64-linux-gnu/libnvidia-%u.so.570.172.08\n"
                            "          options:\n            - ro\n            - nosuid\n"
                            "            - nodev\n            - rbind\n            - rprivate\n",
                            library, library);
  return g_string_free (yaml, FALSE);
}

/* --- the host --- */

typedef struct {
  char *directory; /* of the CDI file */
  char *state;
  gboolean caches;
} World;

static char *
place (const B9Host *host G_GNUC_UNUSED, const char *path)
{
  return g_strdup (path);
}

static GBytes *
cache_read (const B9Host *host, const char *name)
{
  const World *world = host->data;

  return world->caches ? b9_cache_file_read (world->state, name) : NULL;
}

static gboolean
cache_write (const B9Host *host, const char *name, GBytes *content)
{
  const World *world = host->data;
  gsize size;
  const char *bytes = g_bytes_get_data (content, &size);

  return world->caches && b9_cache_file_write (world->state, name, bytes, size, NULL);
}

/* A host with every node that is asked for: what lstat(2) costs is the kernel's. */
static int
look (gpointer data G_GNUC_UNUSED, const char *path, struct stat *status)
{
  int failure = lstat (path, status) == 0 ? 0 : errno;

  if (failure == 0)
    return 0;
  memset (status, 0, sizeof *status);
  status->st_mode = S_IFCHR | 0666;
  status->st_rdev = makedev (195, 0);
  return 0;
}

/* --- what is measured --- */

static void
take_events (const char *yaml)
{
  yaml_parser_t parser;
  yaml_event_t event;
  gboolean more = TRUE;

  if (!yaml_parser_initialize (&parser))
    exit (EXIT_FAILURE);
  yaml_parser_set_input_string (&parser, (const unsigned char *)yaml, strlen (yaml));
  while (more) {
    if (!yaml_parser_parse (&parser, &event))
      exit (EXIT_FAILURE);
    more = event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete (&event);
  }
  yaml_parser_delete (&parser);
}

static CdiRegistry *
load (const B9Host *host, gboolean from_cache)
{
  const World *world = host->data;
  const char *const directories[] = {world->directory, NULL};
  CdiRegistry *registry = cdi_registry_load (host, directories);

  if (g_hash_table_size (registry->devices) != GPUS * (2 + MIGS) || registry->from_cache != from_cache) {
    fprintf (stderr, "cdi: %u devices, %s the cache\n", g_hash_table_size (registry->devices),
             registry->from_cache ? "from" : "not from");
    for (guint i = 0; i < registry->problems->len; i++)
      fprintf (stderr, "cdi: %s\n", ((const CdiProblem *)registry->problems->pdata[i])->message);
    exit (EXIT_FAILURE);
  }
  return registry;
}

static void
inject (const CdiRegistry *registry, const B9JsonText *config)
{
  static const char *const directories[] = {NULL};
  const CdiHostNodes nodes = {look, NULL};
  const CdiInjector injector = {registry, directories, &nodes, "runc"};
  g_autoptr (CdiRequests) requests = cdi_requests_new ();
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (config);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  cdi_requests_add (requests, "nvidia.com/gpu=63", NULL);
  if (!cdi_inject (&injector, requests, b9_spec_copy_interface (copy), warnings, &error)) {
    fprintf (stderr, "cdi: %s\n", error->message);
    exit (EXIT_FAILURE);
  }
}

/* A container as podman makes it: 30 variables, 12 mounts, 8 namespaces. */
static B9JsonText *
make_config (void)
{
  g_autoptr (GString) json = g_string_new ("{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],"
                                           "\"cwd\":\"/\",\"env\":[\"PATH=/bin\"");
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < 30; i++)
    g_string_append_printf (json, ",\"VARIABLE_%u=some value of it\"", i);
  g_string_append (json, "]},\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":\"/proc\","
                         "\"type\":\"proc\",\"source\":\"proc\"}");
  for (guint i = 0; i < 12; i++)
    g_string_append_printf (
        json, ",{\"destination\":\"/mnt/%u\",\"source\":\"/srv/%u\",\"options\":[\"rbind\"]}", i, i);
  g_string_append (json, "],\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}}}");
  bytes = g_bytes_new (json->str, json->len);
  return b9_json_text_new (bytes, "config.json", NULL);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  double first = *(const double *)a, second = *(const double *)b;

  return first < second ? -1 : first > second;
}

static double
median (GArray *times)
{
  g_array_sort (times, compare);
  return g_array_index (times, double, times->len / 2);
}

static void
note (GArray *times, gint64 start)
{
  double passed = (double)(g_get_monotonic_time () - start) / 1000;

  g_array_append_val (times, passed);
}

static void
measure (const B9Host *host, World *world, const char *yaml, guint rounds)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) cold = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) warm = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) injection = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (B9JsonText) config = make_config ();

  for (guint i = 0; i < rounds; i++) {
    gint64 start = g_get_monotonic_time ();

    take_events (yaml);
    note (events, start);
    world->caches = FALSE;
    start = g_get_monotonic_time ();
    cdi_registry_free (load (host, FALSE));
    note (cold, start);
    world->caches = TRUE;
    start = g_get_monotonic_time ();
    g_autoptr (CdiRegistry) registry = load (host, TRUE);
    note (warm, start);
    start = g_get_monotonic_time ();
    inject (registry, config);
    note (injection, start);
  }
  printf ("cdi, %u devices, %zu bytes, medians of %u in ms: libyaml's events %.2f, cold load %.2f (%.2f x), "
          "warm load %.3f, one device injected %.3f, both %.3f\n",
          GPUS * (2 + MIGS), strlen (yaml), rounds, median (events), median (cold),
          median (cold) / median (events), median (warm), median (injection),
          median (warm) + median (injection));
}

int
main (int argc, char **argv)
{
  g_autofree char *yaml = generate ();
  g_autofree char *top = NULL, *file = NULL;
  World world = {0};
  const B9Host host = {.struct_size = sizeof host,
                       .data = &world,
                       .path = place,
                       .cache_read = cache_read,
                       .cache_write = cache_write};

  if (argc > 1 && strcmp (argv[1], "--generate") == 0) {
    fputs (yaml, stdout);
    return EXIT_SUCCESS;
  }
  top = g_dir_make_tmp ("b9-cdi-bench-XXXXXX", NULL);
  world.directory = g_build_filename (top, "cdi", NULL);
  world.state = g_build_filename (top, "state", NULL);
  file = g_build_filename (world.directory, "nvidia.yaml", NULL);
  if (g_mkdir (world.directory, 0755) != 0 || g_mkdir (world.state, 0700) != 0 ||
      !g_file_set_contents_full (file, yaml, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL))
    return EXIT_FAILURE;
  g_usleep (200 * 1000); /* a file that has just changed is not cached */
  world.caches = TRUE;
  cdi_registry_free (load (&host, FALSE));
  measure (&host, &world, yaml, argc > 1 ? (guint)MAX (atoi (argv[1]), 1) : 101);

  const char *const remove[] = {"/bin/rm", "-rf", top, NULL};
  g_spawn_sync (NULL, (char **)remove, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
  g_free (world.directory);
  g_free (world.state);
  return EXIT_SUCCESS;
}
