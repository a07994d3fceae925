/* SPDX-License-Identifier: Apache-2.0
 *
 * print-capabilities.c: prints docs/capabilities.md as data/capabilities makes it, for check-capabilities.sh;
 * with an argument, the ids alone.
 *
 * Needs B9RUN_DATA_DIR, the folder data of the sources.
 */
#include "config.h"

#include <stdio.h>

#include "core/capability/catalogue.h"
#include "core/capability/matrix.h"

static const char head[] =
    "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
    "# What can work, and what it means\n"
    "\n"
    "Made of `data/capabilities` by `tests/print-capabilities`; edit the files there.\n"
    "\n"
    "`b9run capabilities` shows the states on this host, and `b9run capabilities --why ID` all that one "
    "rests "
    "on. A container, or a command, that\n"
    "needs what is unsupported is refused before anything is started; what is conditional or unknown goes "
    "ahead with a notice in b9run's own log.\n";

static gboolean
print_entry (const char *id)
{
  for (guint32 state = B9_CAPABILITY_SUPPORTED; state <= B9_CAPABILITY_UNSUPPORTED; state++) {
    g_autoptr (B9CatalogueEntry) entry = b9_catalogue_read (id, state);

    if (entry == NULL || entry->question == NULL || entry->use == NULL || entry->meaning == NULL) {
      fprintf (stderr, "data/capabilities/%s.json lacks its question, its use or a state\n", id);
      return FALSE;
    }
    if (state == B9_CAPABILITY_SUPPORTED)
      printf ("\n## %s\n\n%s %s\n\n", id, entry->question, entry->use);
    printf ("- **%s**: %s\n", b9_capability_state_name (state), entry->meaning);
  }
  return TRUE;
}

int
main (int argc, char **argv G_GNUC_UNUSED)
{
  g_auto (GStrv) ids = b9_catalogue_ids ();
  gboolean complete = TRUE;

  if (argc == 1)
    fputs (head, stdout);
  for (guint i = 0; ids[i] != NULL; i++) {
    if (argc > 1)
      puts (ids[i]);
    else
      complete = print_entry (ids[i]) && complete;
  }
  return complete ? 0 : 1;
}
