/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs.c: times two commands in alternation, A B A B …, and prints their medians.
 *
 *   pairs COUNT TITLE BEFORE-A COMMAND-A AFTER-A BEFORE-B COMMAND-B AFTER-B
 *
 * Each command is one word list separated by single spaces and started without a shell; an empty BEFORE or
 * AFTER is left out and neither is timed.  "%" in a command stands for the number of the pair, so that each
 * can have an id of its own.  Standard files are /dev/null, but for standard error where PAIRS_ERROR names a
 * file, which grows by what the commands write there.  What is timed is from fork to the end as wait(2) tells
 * it, on the monotonic clock.  Pairs alternate, so that a slow spell of the machine meets both.
 *
 * It is the subreaper, as conmon and containerd's shim are: a sandbox that nobody reaps keeps `runsc delete`
 * waiting for one to two seconds, on either side.
 */
#include "config.h"

#include <fcntl.h>
#include <glib.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Waits for @pid, and reaps what its containers left to us meanwhile; -1 where there is no such child. */
static int
wait_for (pid_t pid)
{
  int status;
  pid_t ended;

  do
    ended = waitpid (-1, &status, 0);
  while (ended > 0 && ended != pid);
  return ended == pid ? status : -1;
}

static void
prepare_files (posix_spawn_file_actions_t *files)
{
  const char *errors = getenv ("PAIRS_ERROR");

  posix_spawn_file_actions_init (files);
  for (int fd = 0; fd <= 2; fd++)
    posix_spawn_file_actions_addopen (files, fd, "/dev/null", O_RDWR, 0);
  if (errors != NULL)
    posix_spawn_file_actions_addopen (files, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0644);
}

/* Starts @command and waits; milliseconds. */
static double
run (const char *command, int number)
{
  g_autofree char *text = g_strdup_printf ("%d", number);
  g_auto (GStrv) parts = g_strsplit (command, "%", -1);
  g_autofree char *line = g_strjoinv (text, parts);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  posix_spawn_file_actions_t files;
  gint64 start;
  double taken;
  int status;
  pid_t pid;

  prepare_files (&files);
  start = g_get_monotonic_time ();
  if (posix_spawnp (&pid, argv[0], &files, NULL, argv, environ) != 0 || (status = wait_for (pid)) < 0) {
    fprintf (stderr, "pairs: cannot start %s\n", argv[0]);
    exit (2);
  }
  taken = (double)(g_get_monotonic_time () - start) / 1000.0;
  posix_spawn_file_actions_destroy (&files);
  if (status != 0) {
    fprintf (stderr, "pairs: %s: failed (wait status %d)\n", line, status);
    exit (2);
  }
  return taken;
}

static double
measure (const char *const *three, int number)
{
  double taken;

  if (*three[0] != '\0')
    run (three[0], number);
  taken = run (three[1], number);
  if (*three[2] != '\0')
    run (three[2], number);
  return taken;
}

static int
compare (const void *a, const void *b)
{
  double first = *(const double *)a, second = *(const double *)b;

  return (first > second) - (first < second);
}

static double
median (double *values, guint count)
{
  qsort (values, count, sizeof *values, compare);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int
main (int argc, char **argv)
{
  guint count = argc == 9 ? (guint)strtoul (argv[1], NULL, 10) : 0;
  g_autofree double *a = NULL;
  g_autofree double *b = NULL;
  g_autofree double *difference = NULL;

  if (count == 0) {
    fprintf (stderr, "usage: pairs COUNT TITLE BEFORE-A COMMAND-A AFTER-A BEFORE-B COMMAND-B AFTER-B\n");
    return 2;
  }
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  a = g_new (double, count);
  b = g_new (double, count);
  difference = g_new (double, count);
  for (guint i = 0; i < count; i++) {
    a[i] = measure ((const char *const *)argv + 3, (int)i);
    b[i] = measure ((const char *const *)argv + 6, (int)i);
    difference[i] = b[i] - a[i];
  }
  printf ("%-22s %9.2f %9.2f %+9.2f %9.2f\n", argv[2], median (a, count), median (b, count),
          median (difference, count), median (b, count) / median (a, count));
  return 0;
}
