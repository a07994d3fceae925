/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-host.h: what b9run offers to a plugin while one of its functions runs.
 */
#ifndef B9RUN_HOST_H
#define B9RUN_HOST_H

#include <glib.h>

G_BEGIN_DECLS

/**
 * B9LogLevel:
 *
 * How much a line in b9run's own log matters, with the numbers of syslog(3).
 *
 * Since: 0.1
 */
typedef enum {
  B9_LOG_ERROR = 3,
  B9_LOG_WARNING = 4,
  B9_LOG_INFO = 6,
  B9_LOG_DEBUG = 7,
} B9LogLevel;

typedef struct _B9Host B9Host;

/**
 * B9Host:
 * @struct_size: the host's size of this structure; look with B9_STRUCT_HAS() before using a member newer than
 * the minor that the plugin requires.
 * @abi_minor: the host's #B9_ABI_MINOR.
 * @data: the host's own.
 * @config_string: the value of a key that the provider declared, as the command line, the pool or the
 * configuration files set it, or its fallback; %NULL where there is none.  Borrowed.
 * @config_boolean: the same for a #B9_CONFIG_BOOLEAN; %FALSE where there is none.
 * @config_list: the same for a #B9_CONFIG_LIST; never %NULL.  Borrowed.
 * @log: writes one line to b9run's own log (never to the container's stderr or to the file of `--log`).
 * @path: @path below the root that tests redirect: what a probe opens instead of "/proc/…", "/sys/…" and
 * "/dev/…". Owned by the caller, g_free().
 *
 * The services of the host, made for one provider.  Valid for the length of the call that it is passed to;
 * used from that call's thread only.
 *
 * Since: 0.1
 */
struct _B9Host {
  gsize struct_size;
  guint32 abi_minor;
  void *data;
  const char *(*config_string) (const B9Host *host, const char *key);
  gboolean (*config_boolean) (const B9Host *host, const char *key);
  const char *const *(*config_list) (const B9Host *host, const char *key);
  void (*log) (const B9Host *host, B9LogLevel level, const char *message);
  char *(*path) (const B9Host *host, const char *path);
};

G_END_DECLS

#endif /* B9RUN_HOST_H */
