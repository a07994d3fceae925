/* SPDX-License-Identifier: Apache-2.0
 *
 * module-open.c: brings a checked file into the process.
 *
 * It is opened twice.  libltdl asks the loader to bind functions at their first call, so a module with an
 * undefined symbol would load and take b9run with it in the middle of its work; dlopen(3) with RTLD_NOW finds
 * that out first, and is undone when the descriptor turns out to be wrong.  What is accepted is opened
 * through libltdl, which counts it, and made resident: providers are static data that the host keeps pointers
 * to.
 */
#include "config.h"

#include <dlfcn.h>
#include <link.h>
#include <ltdl.h>
#include <string.h>

#include "core/plugin/module-private.h"

#define SYMBOL "b9_plugin"

/* As libltdl does it: the file name without its extension, each character that C does not know in a name made
 * "_". */
static char *
symbol_name (const char *resolved)
{
  g_autofree char *base = g_path_get_basename (resolved);
  char *extension = strrchr (base, '.');

  if (extension != NULL)
    *extension = '\0';
  for (char *p = base; *p != '\0'; p++) {
    if (!g_ascii_isalnum (*p))
      *p = '_';
  }
  return g_strconcat (base, "_LTX_" SYMBOL, NULL);
}

/* The first word behind @marker in the loader's message, or NULL. */
static char *
word_after (const char *message, const char *marker)
{
  const char *start = strstr (message, marker);

  if (start == NULL)
    return NULL;
  start += strlen (marker);
  return g_strndup (start, strcspn (start, " ,:()\n"));
}

/* The loader says "PATH: what is wrong"; the wordings are glibc's, and another's is passed on as it is. */
static void
set_loader_error (const char *resolved, GError **error)
{
  const char *message = dlerror ();
  g_autofree char *symbol = NULL;
  const char *library_end = NULL;

  message = message != NULL ? message : "the loader gives no reason";
  if (g_str_has_prefix (message, resolved) && g_str_has_prefix (message + strlen (resolved), ": "))
    message += strlen (resolved) + 2;
  symbol = word_after (message, "undefined symbol: ");
  library_end = strstr (message, ": cannot open shared object file: No such file");
  if (symbol != NULL)
    b9_module_refuse (error,
                      "it needs the symbol \"%s\", which no library that it links defines; link that "
                      "library, and build with "
                      "-Wl,-z,defs to find such a gap early",
                      symbol);
  else if (library_end != NULL)
    b9_module_refuse (error, "it needs the library \"%.*s\", which is not installed; install it",
                      (int)(library_end - message), message);
  else
    b9_module_refuse (error, "the loader cannot open it (%s); build or install it again", message);
}

const B9PluginDescriptor *
b9_module_probe (const char *resolved, gsize *size, void **probe, GError **error)
{
  g_autofree char *name = symbol_name (resolved);
  const B9PluginDescriptor *descriptor = NULL;
  const ElfW (Sym) *entry = NULL;
  Dl_info info;

  *probe = dlopen (resolved, RTLD_NOW | RTLD_LOCAL);
  if (*probe == NULL) {
    set_loader_error (resolved, error);
    return NULL;
  }
  descriptor = dlsym (*probe, name);
  if (descriptor == NULL) {
    b9_module_refuse (error,
                      "it exports no \"%s\"; if it is a plugin of b9run, declare its descriptor by "
                      "B9_PLUGIN_DEFINE with that "
                      "name, which comes from the name of the file",
                      name);
    return NULL;
  }
  *size = dladdr1 (descriptor, &info, (void **)&entry, RTLD_DL_SYMENT) != 0 && entry != NULL ? entry->st_size
                                                                                             : 0;
  return descriptor;
}

/* Never undone by lt_dlexit(), which would close resident modules' book-keeping under them. */
static gboolean
start_libltdl (void)
{
  static gsize started = 0;

  if (g_once_init_enter (&started))
    g_once_init_leave (&started, lt_dlinit () == 0 ? 1 : 2);
  return started == 1;
}

static lt_dlhandle
open_resident (const char *resolved)
{
  lt_dladvise advise;
  lt_dlhandle handle = NULL;

  if (lt_dladvise_init (&advise) != 0)
    return NULL;
  if (lt_dladvise_resident (&advise) == 0 && lt_dladvise_local (&advise) == 0)
    handle = lt_dlopenadvise (resolved, advise);
  lt_dladvise_destroy (&advise);
  return handle;
}

/* lt_dlerror() hands out a static text, so it is used at once. */
gboolean
b9_module_keep (const char *resolved, const B9PluginDescriptor *descriptor, GError **error)
{
  lt_dlhandle handle = start_libltdl () ? open_resident (resolved) : NULL;
  const char *message = NULL;

  if (handle != NULL && lt_dlsym (handle, SYMBOL) == descriptor)
    return TRUE;
  message = lt_dlerror ();
  b9_module_refuse (error, "libltdl cannot keep it (%s); try again",
                    handle != NULL    ? "the file changed meanwhile"
                    : message != NULL ? message
                                      : "it gives no reason");
  return FALSE;
}
