/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue.c: see catalogue.h.
 *
 * The list of ids is here as well, since a run must be able to tell whose business a capability is without
 * opening files; tests/check-capabilities.sh compares it with data/capabilities.
 */
#include "config.h"

#include "core/capability/catalogue.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/capability/matrix.h"
#include "core/json/json-text.h"
#include "core/sys/files.h"

#define MAX_FILE 65536

/* Whose answer it takes: the backend's, whatever it needs besides, or that of the host or another plugin. */
typedef struct {
  const char *id;
  gboolean is_the_backends;
} Known;

static const Known known[] = {
    {"apparmor", TRUE},
    {"cdi.hooks", TRUE},
    {"cdi.inject", TRUE},
    {"cgroup.hybrid", FALSE},
    {"cgroup.memory", FALSE},
    {"cgroup.v1", FALSE},
    {"cgroup.v2", FALSE},
    {"checkpoint", TRUE},
    {"checkpoint.cuda", TRUE},
    {"checkpoint.cuda.host", FALSE},
    {"checkpoint.cuda.plugin", FALSE},
    {"checkpoint.cuda.remap", TRUE},
    {"checkpoint.lazy-pages", TRUE},
    {"checkpoint.leave-running", TRUE},
    {"checkpoint.pre-dump", TRUE},
    {"checkpoint.tcp", TRUE},
    {"console", TRUE},
    {"events.stats", TRUE},
    {"exec", TRUE},
    {"gpu.driver", FALSE},
    {"gpu.mig", TRUE},
    {"gpu.nvproxy", TRUE},
    {"gpu.passthrough", TRUE},
    {"hooks.createContainer", TRUE},
    {"idmap", TRUE},
    {"kernel.checkpoint-restore", FALSE},
    {"netns.join", TRUE},
    {"netns.none", TRUE},
    {"oom.events", TRUE},
    {"pause", TRUE},
    {"preserve-fds", TRUE},
    {"ps", TRUE},
    {"restore", TRUE},
    {"rootfs.overlay", TRUE},
    {"rootless", TRUE},
    {"seccomp", TRUE},
    {"selinux", TRUE},
    {"systemd-cgroup", TRUE},
    {"update", TRUE},
};

char *
b9_catalogue_directory (void)
{
  const char *instead = secure_getenv ("B9RUN_DATA_DIR");

  return g_build_filename (instead != NULL ? instead : B9_PKGDATADIR, "capabilities", NULL);
}

void
b9_catalogue_entry_free (B9CatalogueEntry *entry)
{
  if (entry == NULL)
    return;
  g_free (entry->id);
  g_free (entry->question);
  g_free (entry->meaning);
  g_free (entry->use);
  g_free (entry);
}

char **
b9_catalogue_ids (void)
{
  char **ids = g_new0 (char *, G_N_ELEMENTS (known) + 1);

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    ids[i] = g_strdup (known[i].id);
  return ids;
}

gboolean
b9_catalogue_is_the_backends (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (strcmp (known[i].id, id) == 0)
      return known[i].is_the_backends;
  }
  return FALSE;
}

static gboolean
read_texts (const B9JsonText *json, guint32 state, B9CatalogueEntry *entry)
{
  return b9_json_find_string (json, B9_JSON_ROOT, &entry->question, NULL, "question", NULL) &&
         b9_json_find_string (json, B9_JSON_ROOT, &entry->use, NULL, "use", NULL) &&
         b9_json_find_string (json, B9_JSON_ROOT, &entry->meaning, NULL, "states",
                              b9_capability_state_name (state), NULL);
}

B9CatalogueEntry *
b9_catalogue_read (const char *id, guint32 state)
{
  g_autofree char *directory = b9_catalogue_directory ();
  g_autofree char *file = strchr (id, '/') == NULL ? g_strconcat (id, ".json", NULL) : g_strdup ("");
  g_autofree char *path = g_build_filename (directory, file, NULL);
  gsize size = 0;
  char *text = b9_read_file (AT_FDCWD, path, MAX_FILE, &size, NULL);
  g_autoptr (GBytes) bytes = text != NULL ? g_bytes_new_take (text, size) : NULL;
  g_autoptr (B9JsonText) json = bytes != NULL ? b9_json_text_new (bytes, path, NULL) : NULL;
  g_autoptr (B9CatalogueEntry) entry = g_new0 (B9CatalogueEntry, 1);

  entry->id = g_strdup (id);
  return json != NULL && read_texts (json, state, entry) ? g_steal_pointer (&entry) : NULL;
}
