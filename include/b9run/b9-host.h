/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-host.h: what b9run offers to a plugin while one of its functions runs.
 */
#ifndef B9RUN_HOST_H
#define B9RUN_HOST_H

#include <glib.h>

#include <b9run/b9-capability.h>

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

/**
 * B9Run:
 * @struct_size: `sizeof (B9Run)` of the plugin's build.
 * @argv: the program's absolute path and its arguments, %NULL-ended; required.
 * @environment: "NAME=VALUE" entries over b9run's own environment, %NULL-ended, or %NULL.
 * @timeout_ms: how long it may take; 0 for the host's bound of ten seconds.
 * @max_output: how many bytes of each stream are kept; 0 for the host's bound of one MiB.  The rest is read
 * and dropped.
 * @keep: the answer hangs on the program's file alone (a version, a help text), so one that was kept for the
 * same file, arguments and boot will do.  A failure is never kept, nor what a script answers.
 *
 * A program to run to its end, with /dev/null as its standard input and no descriptor of ours.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  const char *const *argv;
  const char *const *environment;
  guint timeout_ms;
  gsize max_output;
  gboolean keep;
} B9Run;

/**
 * B9RunResult:
 * @struct_size: `sizeof (B9RunResult)` of the plugin's build; set it before the call.
 * @exit_status: as a shell has it: the program's own, or 128 and the signal.
 * @output: what it wrote on standard output, NUL-ended; g_free().
 * @error_output: the same for standard error.
 *
 * Since: 0.1
 */
typedef struct {
  gsize struct_size;
  int exit_status;
  char *output;
  char *error_output;
} B9RunResult;

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
 * @run: runs a program, its whole group killed when it takes too long (#B9_ERROR_TIMEOUT); %TRUE whatever its
 * exit status.  In a probe the program counts as evidence: the files of its path, and of a script the
 * programs that it names.
 * @find_program: the absolute path of @name, looked for in PATH and the usual directories (clients call
 * without a PATH); g_free(), or %NULL.  In a probe its absence counts as evidence too.
 * @read_file: at most @max bytes of the file @path below the redirected root, NUL-ended; g_free(), or %NULL
 * with
 * @error.  Never blocks on a FIFO.  In a probe the file, or its absence, counts as evidence.
 * @depends_on: in a probe, counts @path (below the redirected root) as evidence that was read by other means:
 * the cells are asked for anew when its device, inode, size or mtime changes, or it comes or goes.
 * @report: reports one cell; in a probe only.
 * @finding: reports one line of `b9run doctor`; in an examination only.
 * @cancelled: whether the user wants the work to end (SIGINT, SIGTERM, --timeout); long work asks now and
 * then.
 * @cache_read: what was kept under @name by this provider, for this boot, or %NULL; g_bytes_unref().  May be
 * of another build: check it.
 * @cache_write: keeps @content under @name (letters, digits and dashes) in the state directory, mode 0600, as
 * a whole or not at all.  %FALSE where there is no place for it, which is no failure.
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
  gboolean (*run) (const B9Host *host, const B9Run *run, B9RunResult *result, GError **error);
  char *(*find_program) (const B9Host *host, const char *name);
  char *(*read_file) (const B9Host *host, const char *path, gsize max, gsize *length, GError **error);
  void (*depends_on) (const B9Host *host, const char *path);
  void (*report) (const B9Host *host, const B9Cell *cell);
  void (*finding) (const B9Host *host, const B9Finding *finding);
  gboolean (*cancelled) (const B9Host *host);
  GBytes *(*cache_read) (const B9Host *host, const char *name);
  gboolean (*cache_write) (const B9Host *host, const char *name, GBytes *content);
};

G_END_DECLS

#endif /* B9RUN_HOST_H */
