/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-plugin.h: what makes a shared object a b9run plugin.
 *
 * A plugin exports one symbol, made by B9_PLUGIN_DEFINE, that leads to everything else: a descriptor, and
 * through it the providers (backends, GPU detectors, checkpoint providers), each with a name and a sized
 * vtable of its kind. It links GLib and nothing of b9run's; what it needs from the host comes in a B9Host
 * (b9-host.h).
 */
#ifndef B9RUN_PLUGIN_H
#define B9RUN_PLUGIN_H

#include <glib.h>

G_BEGIN_DECLS

/**
 * B9_PLUGIN_MAGIC:
 *
 * The first four bytes of every descriptor, "B9P1".
 *
 * Since: 0.1
 */
#define B9_PLUGIN_MAGIC 0x31503942u

/**
 * B9_ABI_MAJOR:
 *
 * A host loads plugins of its own major only.
 *
 * Since: 0.1
 */
#define B9_ABI_MAJOR 1

/**
 * B9_ABI_MINOR:
 *
 * Grows with every addition to a public structure.  A plugin that uses an addition asks for at least this
 * minor in its descriptor; one that does without asks for less and is loaded by older hosts too.
 *
 * Since: 0.1
 */
#define B9_ABI_MINOR 0

/**
 * B9_STRUCT_HAS:
 * @p: a pointer to a public structure that begins with `struct_size`
 * @field: one of its members
 *
 * Whether the structure at @p, which another build may have made, reaches as far as @field and sets it.
 *
 * Since: 0.1
 */
#define B9_STRUCT_HAS(p, field) \
  ((p)->struct_size >= (gsize)((const char *)(&(p)->field + 1) - (const char *)(p)) && (p)->field)

/**
 * B9ProviderKind:
 * @B9_PROVIDER_BACKEND: drives one OCI runtime; its vtable is a #B9Backend.
 * @B9_PROVIDER_GPU: finds and prepares GPUs.
 * @B9_PROVIDER_CHECKPOINT: dumps and restores containers, or one part of their state.
 *
 * Since: 0.1
 */
typedef enum {
  B9_PROVIDER_BACKEND = 1,
  B9_PROVIDER_GPU = 2,
  B9_PROVIDER_CHECKPOINT = 3,
} B9ProviderKind;

/**
 * B9Provider:
 * @struct_size: `sizeof (B9Provider)` of the plugin's build.
 * @kind: a #B9ProviderKind; one that the host does not know is passed over with a note.
 * @name: what users write (`--backend=NAME`): `[a-z][a-z0-9-]*`, unique in its kind.
 * @vtable: the structure that @kind names; it begins with its own struct_size.
 *
 * One thing that a plugin provides.  Static; the host keeps the pointer.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  guint32 kind;
  const char *name;
  const void *vtable;
} B9Provider;

/**
 * B9PluginDescriptor:
 * @magic: #B9_PLUGIN_MAGIC.
 * @abi_major: #B9_ABI_MAJOR of the plugin's build.
 * @abi_minor_required: the oldest minor whose host can run the plugin.
 * @struct_size: `sizeof (B9PluginDescriptor)` of the plugin's build.
 * @name: the plugin's name, for people; required.
 * @version: its own version; required.
 * @license: an SPDX expression; required.
 * @summary: one sentence; required.
 * @url: where it comes from, or %NULL.
 * @providers: %NULL-ended pointers; required, at least one.
 *
 * The prefix up to and with @struct_size never changes, in any major version, so that a host can always tell
 * what it has before it.  Static; never freed: an accepted plugin stays loaded until the process ends.
 *
 * Since: 0.1
 */
typedef struct {
  guint32 magic;
  guint16 abi_major;
  guint16 abi_minor_required;
  gsize struct_size;
  const char *name;
  const char *version;
  const char *license;
  const char *summary;
  const char *url;
  const B9Provider *const *providers;
} B9PluginDescriptor;

/**
 * B9_EXPORT:
 *
 * Keeps a symbol visible in a module that is built with `-fvisibility=hidden`.
 *
 * Since: 0.1
 */
#define B9_EXPORT __attribute__ ((visibility ("default")))

/**
 * B9_PLUGIN_DEFINE:
 * @module: the module's file name without `.so`, every character that is no letter or digit made `_`
 *
 * Declares the descriptor under the name that libltdl looks for, `MODULE_LTX_b9_plugin`, and fills in the
 * prefix. The designated initialisers of the rest follow:
 *
 * |[
 * B9_PLUGIN_DEFINE (b9_backend_example) = {
 *   B9_PLUGIN_PREFIX (0),
 *   .name = "example", .version = "1.0", .license = "MIT", .summary = "Runs examples.",
 *   .providers = providers,
 * };
 * ]|
 *
 * Since: 0.1
 */
#define B9_PLUGIN_DEFINE(module)                                    \
  extern B9_EXPORT const B9PluginDescriptor module##_LTX_b9_plugin; \
  const B9PluginDescriptor module##_LTX_b9_plugin

/**
 * B9_PLUGIN_PREFIX:
 * @minor: the oldest ABI minor that the plugin can do with
 *
 * The initialisers of the descriptor's prefix.
 *
 * Since: 0.1
 */
#define B9_PLUGIN_PREFIX(minor)                                                       \
  .magic = B9_PLUGIN_MAGIC, .abi_major = B9_ABI_MAJOR, .abi_minor_required = (minor), \
  .struct_size = sizeof (B9PluginDescriptor)

/**
 * B9ConfigType:
 * @B9_CONFIG_STRING: any text.
 * @B9_CONFIG_PATH: an absolute path.
 * @B9_CONFIG_BOOLEAN: true or false.
 * @B9_CONFIG_LIST: a list of texts.
 * @B9_CONFIG_CHOICE: one of the words in @choices of the key.
 *
 * Since: 0.1
 */
typedef enum {
  B9_CONFIG_STRING = 1,
  B9_CONFIG_PATH,
  B9_CONFIG_BOOLEAN,
  B9_CONFIG_LIST,
  B9_CONFIG_CHOICE,
} B9ConfigType;

/**
 * B9ConfigKey:
 * @struct_size: `sizeof (B9ConfigKey)` of the plugin's build.
 * @name: the key below the provider's section (`backends.NAME.KEY`), `[a-z][a-z0-9-]*`.
 * @type: a #B9ConfigType.
 * @fallback: the default as it would be written in the file, or %NULL for none.
 * @choices: the words of a #B9_CONFIG_CHOICE, %NULL-ended; else %NULL.
 * @summary: one sentence for `b9run config show` and the man page.
 *
 * A configuration key that a plugin declares.  Lists of them are %NULL-ended arrays of pointers.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *name;
  guint32 type;
  const char *fallback;
  const char *const *choices;
  const char *summary;
} B9ConfigKey;

G_END_DECLS

#endif /* B9RUN_PLUGIN_H */
