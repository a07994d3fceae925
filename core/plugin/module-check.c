/* SPDX-License-Identifier: Apache-2.0
 *
 * module-check.c: whether a descriptor is one that this host can live with.
 *
 * Looks at memory only, so tests hand it descriptors of their own.  It reads a member only once the sizes say
 * that it is there, and bounds every list and text, for a descriptor may be older, newer or wrong.
 */
#include "config.h"

#include <string.h>

#include <b9run/b9-error.h>

#include "core/plugin/module-private.h"
#include "core/plugin/registry.h"

/* The members of a structure up to and with @member. */
#define SIZE_THROUGH(type, member) (G_STRUCT_OFFSET (type, member) + sizeof (((type *)NULL)->member))

typedef struct {
  const char *name;
  gsize offset;
  gsize limit;
  gboolean required;
} TextMember;

static const TextMember text_members[] = {
    {"name", G_STRUCT_OFFSET (B9PluginDescriptor, name), B9_MAX_NAME, TRUE},
    {"version", G_STRUCT_OFFSET (B9PluginDescriptor, version), B9_MAX_NAME, TRUE},
    {"license", G_STRUCT_OFFSET (B9PluginDescriptor, license), B9_MAX_TEXT, TRUE},
    {"summary", G_STRUCT_OFFSET (B9PluginDescriptor, summary), B9_MAX_TEXT, TRUE},
    {"url", G_STRUCT_OFFSET (B9PluginDescriptor, url), B9_MAX_TEXT, FALSE},
};

typedef struct {
  guint32 kind;
  const char *name;
  gboolean (*check) (const B9Provider *provider,
                     GError **error); /* of the vtable; NULL: nothing is known of it yet */
} ProviderKind;

static const ProviderKind provider_kinds[] = {
    {B9_PROVIDER_BACKEND, "backend", b9_module_check_backend},
    {B9_PROVIDER_GPU, "gpu", b9_module_check_gpu},
    {B9_PROVIDER_CHECKPOINT, "checkpoint", b9_module_check_checkpoint},
};

gboolean
b9_module_refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (B9_ERROR, B9_ERROR_PLUGIN, format, arguments));
  va_end (arguments);
  return FALSE;
}

char *
b9_module_text_flaw (const char *text, gsize limit)
{
  gsize length = text != NULL ? strnlen (text, limit + 1) : 0;

  if (length == 0)
    return g_strdup ("is missing");
  if (length > limit)
    return g_strdup_printf ("is longer than %" G_GSIZE_FORMAT " bytes", limit);
  if (!g_utf8_validate (text, (gssize)length, NULL))
    return g_strdup ("is not UTF-8");
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return g_strdup ("holds a control character");
  }
  return NULL;
}

gboolean
b9_module_name_is_good (const char *name)
{
  gsize length = strnlen (name, B9_MAX_NAME + 1);

  return length <= B9_MAX_NAME && g_ascii_islower (name[0]) &&
         strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static const ProviderKind *
find_kind (guint32 kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (provider_kinds); i++) {
    if (provider_kinds[i].kind == kind)
      return &provider_kinds[i];
  }
  return NULL;
}

const char *
b9_provider_kind_name (guint32 kind)
{
  const ProviderKind *known = find_kind (kind);

  return known != NULL ? known->name : NULL;
}

/* What every major version has in common. */
static gboolean
check_prefix (const B9PluginDescriptor *descriptor, gsize size, GError **error)
{
  gsize needed = SIZE_THROUGH (B9PluginDescriptor, providers);

  if (size > 0 && size < SIZE_THROUGH (B9PluginDescriptor, struct_size))
    return b9_module_refuse (
        error, "its descriptor has only %" G_GSIZE_FORMAT " bytes; declare it by B9_PLUGIN_DEFINE", size);
  if (descriptor->magic != B9_PLUGIN_MAGIC)
    return b9_module_refuse (error,
                             "its descriptor begins with 0x%08x and not with 0x%08x; begin it with "
                             "B9_PLUGIN_PREFIX of <b9run/b9-plugin.h>",
                             descriptor->magic, B9_PLUGIN_MAGIC);
  if (descriptor->abi_major != B9_ABI_MAJOR)
    return b9_module_refuse (
        error, "it is built for plugin ABI %u, and this b9run has %d; install its build for this b9run",
        descriptor->abi_major, B9_ABI_MAJOR);
  if (descriptor->abi_minor_required > B9_ABI_MINOR)
    return b9_module_refuse (error,
                             "it needs plugin ABI %u.%u, and this b9run has %d.%d; update b9run, or install "
                             "an older version of it",
                             descriptor->abi_major, descriptor->abi_minor_required, B9_ABI_MAJOR,
                             B9_ABI_MINOR);
  if (descriptor->struct_size < needed)
    return b9_module_refuse (error,
                             "its descriptor says that it has %" G_GSIZE_FORMAT
                             " bytes, too few for the %" G_GSIZE_FORMAT
                             " of the required members; begin it with B9_PLUGIN_PREFIX",
                             descriptor->struct_size, needed);
  if (size > 0 && descriptor->struct_size > size)
    return b9_module_refuse (error,
                             "its descriptor says that it has %" G_GSIZE_FORMAT
                             " bytes, more than there are; begin it with B9_PLUGIN_PREFIX",
                             descriptor->struct_size);
  return TRUE;
}

static gboolean
check_texts (const B9PluginDescriptor *descriptor, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (text_members); i++) {
    const char *text = G_STRUCT_MEMBER (const char *, descriptor, text_members[i].offset);
    g_autofree char *flaw = NULL;

    if (text == NULL && !text_members[i].required)
      continue;
    flaw = b9_module_text_flaw (text, text_members[i].limit);
    if (flaw != NULL)
      return b9_module_refuse (error,
                               "the \"%s\" in its descriptor %s; correct it and build the plugin again",
                               text_members[i].name, flaw);
  }
  return TRUE;
}

static gboolean
is_there_already (GPtrArray *providers, const B9Provider *provider)
{
  for (guint i = 0; i < providers->len; i++) {
    const B9Provider *other = providers->pdata[i];
    if (other->kind == provider->kind && g_str_equal (other->name, provider->name))
      return TRUE;
  }
  return FALSE;
}

static gboolean
check_provider (const B9Provider *provider, const ProviderKind *kind, guint number, GError **error)
{
  g_autofree char *flaw = b9_module_text_flaw (provider->name, B9_MAX_NAME);

  if (flaw != NULL)
    return b9_module_refuse (error,
                             "the name of its provider %u (%s) %s; correct it and build the plugin again",
                             number, kind->name, flaw);
  if (!b9_module_name_is_good (provider->name))
    return b9_module_refuse (
        error,
        "its provider %u (%s) is called \"%s\"; names are of a-z, 0-9 and \"-\", and begin with a letter",
        number, kind->name, provider->name);
  if (provider->vtable == NULL)
    return b9_module_refuse (error, "its %s \"%s\" has no vtable; set .vtable in its B9Provider", kind->name,
                             provider->name);
  return kind->check == NULL || kind->check (provider, error);
}

static void
append_note (GString *notes, const B9Provider *provider)
{
  g_autofree char *flaw = b9_module_text_flaw (provider->name, B9_MAX_NAME);

  g_string_append_printf (notes, "%s\"%s\" of kind %u", notes->len > 0 ? ", " : "",
                          flaw == NULL ? provider->name : "?", provider->kind);
}

static gboolean
sort_out_provider (const B9Provider *provider, guint number, GPtrArray *providers, GString *notes,
                   GError **error)
{
  const ProviderKind *kind = NULL;

  if (provider->struct_size < SIZE_THROUGH (B9Provider, vtable))
    return b9_module_refuse (
        error,
        "its provider %u says that it has %" G_GSIZE_FORMAT
        " bytes, too few for the required members; set .struct_size = sizeof (B9Provider)",
        number, provider->struct_size);
  kind = find_kind (provider->kind);
  if (kind == NULL) {
    append_note (notes, provider);
    return TRUE;
  }
  if (!check_provider (provider, kind, number, error))
    return FALSE;
  if (is_there_already (providers, provider))
    return b9_module_refuse (error, "it provides the %s \"%s\" twice; give one of them another name",
                             kind->name, provider->name);
  g_ptr_array_add (providers, (gpointer)provider);
  return TRUE;
}

static gboolean
sort_out_providers (const B9PluginDescriptor *descriptor, GPtrArray *providers, GString *notes,
                    GError **error)
{
  if (descriptor->providers == NULL || descriptor->providers[0] == NULL)
    return b9_module_refuse (error,
                             "it provides nothing; list its providers in .providers of its descriptor");
  for (guint i = 0; descriptor->providers[i] != NULL; i++) {
    if (i == B9_MAX_PROVIDERS)
      return b9_module_refuse (error,
                               "it lists more than %d providers; end the list by NULL, or split the plugin",
                               B9_MAX_PROVIDERS);
    if (!sort_out_provider (descriptor->providers[i], i + 1, providers, notes, error))
      return FALSE;
  }
  if (providers->len == 0)
    return b9_module_refuse (error, "it provides only what this b9run does not know (%s); update b9run",
                             notes->str);
  return TRUE;
}

gboolean
b9_module_check (const B9PluginDescriptor *descriptor, gsize size, GPtrArray *providers, char **note,
                 GError **error)
{
  g_autoptr (GString) notes = g_string_new (NULL);

  if (!check_prefix (descriptor, size, error) || !check_texts (descriptor, error) ||
      !sort_out_providers (descriptor, providers, notes, error)) {
    g_ptr_array_set_size (providers, 0);
    return FALSE;
  }
  *note = notes->len > 0
              ? g_strdup_printf ("passed over what this b9run does not know: %s; update b9run to use it",
                                 notes->str)
              : NULL;
  return TRUE;
}
