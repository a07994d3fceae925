/* SPDX-License-Identifier: Apache-2.0
 *
 * runsc-checkpoint.c: what makes runsc's save and restore faster, where this release has it.
 *
 * runsc compresses an image unless it is told not to, which takes one processor most of the save.  Without
 * compression the memory is a file of its own, so that it can be read while the container already runs.
 */
#include "config.h"

#define G_LOG_DOMAIN "b9run-runsc"

#include "runsc-args.h"
#include "runsc-release.h"

#include <string.h>

const char *const runsc_image_patterns[] = {RUNSC_IMAGE_FILE, "pages.img", "pages_meta.img", NULL};

static const char *
option_value (const B9Request *request, const char *name)
{
  for (guint i = 0; request->options != NULL && request->options[i] != NULL; i++) {
    if (strcmp (request->options[i]->name, name) == 0)
      return request->options[i]->value;
  }
  return NULL;
}

static gboolean
image_has_pages (const B9Request *request)
{
  const char *directory = option_value (request, "image-path");
  g_autofree char *pages = directory != NULL ? g_build_filename (directory, "pages.img", NULL) : NULL;

  return pages != NULL && g_file_test (pages, G_FILE_TEST_EXISTS);
}

static gboolean
has_flag (const B9Host *host, const B9Request *request, const char *command, const char *flag)
{
  g_auto (RunscRelease) release = {0};

  runsc_release_init (&release, host, request->program);
  return runsc_release_has_flag (&release, command, flag) == RUNSC_YES;
}

/* "root:self", "all:memory", "root:dir=/x": the overlay's files are in the image, on whatever they lie.  With
 * "none" the container writes to the bundle's root file system. */
gboolean
runsc_holds_rootfs (const B9Host *host, const B9Request *request)
{
  const char *overlay = runsc_flag_value (request->flags, "overlay2");

  g_auto (RunscRelease) release = {0};

  if (overlay != NULL)
    return strcmp (overlay, "none") != 0;
  runsc_release_init (&release, host, request->program);
  return runsc_release_has_overlay (&release);
}

void
runsc_speed_up (const B9Host *host, const B9Request *request, GPtrArray *arguments)
{
  if (request->operation == B9_OPERATION_CHECKPOINT && has_flag (host, request, "checkpoint", "compression"))
    g_ptr_array_add (arguments, g_strdup ("--compression=none"));
  if (request->operation == B9_OPERATION_RESTORE && image_has_pages (request) &&
      has_flag (host, request, "restore", "background"))
    g_ptr_array_add (arguments, g_strdup ("--background"));
}
