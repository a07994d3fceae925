/* SPDX-License-Identifier: Apache-2.0
 *
 * criu-doctor.c: CRIU's lines of `b9run doctor`: which one is used, and whether it saves a process.
 *
 * The process is a `sleep` of our own in a session of its own, the image goes into a directory of mode 0700
 * that is removed again, and the save ends the process.  CRIU keeps what it finds out about the kernel in
 * /run/criu.kdat; where that was not there before, it goes too.
 */
#include "config.h"

#include "criu.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DUMP_TIMEOUT_MS 30000
#define MAX_LOG (1024 * 1024)

static void find (const B9Host *host, B9FindingLevel level, const char *id, const char *remedy,
                  const char *format, ...) G_GNUC_PRINTF (5, 6);

static void
find (const B9Host *host, B9FindingLevel level, const char *id, const char *remedy, const char *format, ...)
{
  B9Finding finding = {.struct_size = sizeof finding, .level = level, .id = id, .remedy = remedy};
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  finding.message = message;
  host->finding (host, &finding);
}

/* A sleeping process with nothing open but /dev/null; 0 where none could be started. */
static pid_t
start_process (const char *sleep_program)
{
  char *const argv[] = {(char *)sleep_program, (char *)"600", NULL};
  pid_t parent = getpid (), pid = fork ();
  int null;

  if (pid != 0)
    return MAX (pid, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (1);
  setsid ();
  null = open ("/dev/null", O_RDWR);
  if (null < 0 || chdir ("/") != 0)
    _exit (1);
  for (int fd = 0; fd < 3; fd++)
    dup2 (null, fd);
  close_range (3, ~0U, 0);
  execv (sleep_program, argv);
  _exit (1);
}

/* Until the process has become sleep: before that it has our memory. */
static gboolean
wait_for_start (pid_t pid, const char *sleep_program)
{
  g_autofree char *link = g_strdup_printf ("/proc/%d/cmdline", (int)pid);

  for (guint tries = 0; tries < 500; tries++) {
    g_autofree char *command = NULL;

    if (g_file_get_contents (link, &command, NULL, NULL) && g_strcmp0 (command, sleep_program) == 0)
      return TRUE;
    if (waitpid (pid, NULL, WNOHANG) == pid)
      return FALSE;
    g_usleep (10000);
  }
  return FALSE;
}

static void
remove_files (const char *directory)
{
  g_autoptr (GDir) entries = g_dir_open (directory, 0, NULL);
  const char *name;

  while (entries != NULL && (name = g_dir_read_name (entries)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, NULL);

    g_unlink (path);
  }
  g_rmdir (directory);
}

/* Why the save failed; g_free(). */
static char *
read_reason (const char *directory, const char *output)
{
  g_autofree char *path = g_build_filename (directory, "dump.log", NULL);
  g_autofree char *log = NULL;
  char *cause = NULL;

  if (g_file_get_contents (path, &log, NULL, NULL))
    cause = criu_first_error (log, NULL);
  if (cause == NULL)
    cause = criu_first_error (output, NULL);
  return cause != NULL ? cause : g_strndup (output, MIN (strcspn (output, "\n"), 300));
}

static void
dump_process (const B9Host *host, const char *program, const char *directory, pid_t pid)
{
  g_autofree char *tree = g_strdup_printf ("%d", (int)pid);
  g_autofree char *inventory = g_build_filename (directory, "inventory.img", NULL);
  g_autofree char *output = NULL;
  g_autofree char *reason = NULL;
  gint64 start = g_get_monotonic_time ();
  int status = criu_run (host, program, &output, "dump", "--tree", tree, "--images-dir", directory,
                         "--work-dir", directory, "--log-file", "dump.log", "-v2", NULL);

  if (status == 0 && g_file_test (inventory, G_FILE_TEST_IS_REGULAR)) {
    find (host, B9_FINDING_OK, "criu.dump", NULL, "CRIU saved a process of our own in %.2f s",
          (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
    return;
  }
  reason = read_reason (directory, output);
  find (host, B9_FINDING_PROBLEM, "criu.dump", CRIU_REMEDY, "CRIU cannot save a process of our own: %s",
        reason);
}

static void
try_dump (const B9Host *host, const char *program)
{
  g_autofree char *sleep_program = host->find_program (host, "sleep");
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  pid_t pid = 0;

  directory = g_dir_make_tmp ("b9run-doctor-XXXXXX", &error);
  if (directory == NULL || sleep_program == NULL) {
    find (host, B9_FINDING_WARNING, "criu.dump", NULL, "no process was saved to try CRIU: %s",
          error != NULL ? error->message : "there is no sleep program");
    if (directory != NULL)
      g_rmdir (directory);
    return;
  }
  pid = start_process (sleep_program);
  if (pid > 0 && wait_for_start (pid, sleep_program)) {
    dump_process (host, program, directory, pid);
    kill (pid, SIGKILL);
    while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
      ;
  } else {
    find (host, B9_FINDING_WARNING, "criu.dump", NULL, "no process could be started to try CRIU");
  }
  remove_files (directory);
}

static void
examine_program (const B9Host *host)
{
  g_auto (CriuProgram) program = {0};

  criu_find (host, &program);
  switch (program.state) {
  case CRIU_MISSING:
    find (host, B9_FINDING_WARNING, "criu", CRIU_REMEDY, "CRIU is missing, so runc saves no container: %s",
          program.reason);
    return;
  case CRIU_BROKEN:
    find (host, B9_FINDING_PROBLEM, "criu", CRIU_REMEDY, "%s does not pass its own check: %s", program.path,
          program.reason);
    return;
  case CRIU_UNTOLD:
    find (host, B9_FINDING_WARNING, "criu", "run b9run doctor as root",
          "%s %s is there; only root can let it check itself", program.path, program.version);
    return;
  case CRIU_WORKS:
    find (host, B9_FINDING_OK, "criu", NULL, "%s %s passes its own check", program.path, program.version);
    if (geteuid () == 0)
      try_dump (host, program.path);
  }
}

void
criu_examine (const B9Host *host)
{
  static const char *const caches[] = {"/run/criu.kdat", "/run/criu.kdat.tmp"};
  gboolean there[G_N_ELEMENTS (caches)];

  for (guint i = 0; i < G_N_ELEMENTS (caches); i++)
    there[i] = access (caches[i], F_OK) == 0;
  examine_program (host);
  for (guint i = 0; i < G_N_ELEMENTS (caches); i++) {
    if (!there[i])
      unlink (caches[i]);
  }
}
