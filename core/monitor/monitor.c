/* SPDX-License-Identifier: Apache-2.0
 *
 * monitor.c: b9run-monitor, what `b9run run --detach` leaves behind to see how the container ends.
 *
 *   b9run-monitor RECORD-DIRECTORY READY-FD PROGRAM ARGUMENT…
 *
 * It makes itself the subreaper, starts the runtime (which detaches), tells b9run through READY-FD how that
 * went, lets go of everything that it was given, and waits for the container's process, whose PID the runtime
 * wrote to RECORD-DIRECTORY/pid.  The status comes from the kernel and goes to RECORD-DIRECTORY/exit
 * (core/container/exit-status.h reads it).  A program of its own and without GLib, since one stays for every
 * detached container: it takes about 100 kB.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Room for the path of one file of a cgroup. */
#define PATH_SIZE 4096

struct monitor {
  int directory; /* the record, open, so that a record of the same name made later is never written to */
  int ready;     /* b9run waits at the other end */
  pid_t runtime;
  pid_t container;
  int oom; /* memory.events or memory.oom_control of the container, or -1 */
};

/* The start time of this process, as core/sys/process.c reads it. */
static unsigned long long
own_start_time (void)
{
  char text[1024];
  unsigned long long start = 0;
  int fd = open ("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  ssize_t size = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;
  char *field;

  if (fd >= 0)
    close (fd);
  text[size > 0 ? size : 0] = '\0';
  field = strrchr (text, ')');
  for (int skip = 2; skip < 22 && field != NULL; skip++) {
    field = strchr (field, ' ');
    field = field != NULL ? field + 1 : NULL;
  }
  if (field != NULL)
    start = strtoull (field, NULL, 10);
  return start;
}

/* Writes a file of the record under another name and renames it, so that nobody reads half of it. */
static int
write_record_file (const struct monitor *monitor, const char *name, const char *text)
{
  char temporary[64];
  int fd;
  ssize_t written;

  snprintf (temporary, sizeof temporary, ".%s.monitor", name);
  unlinkat (monitor->directory, temporary, 0);
  fd = openat (monitor->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return -1;
  written = write (fd, text, strlen (text));
  close (fd);
  if (written != (ssize_t)strlen (text))
    return -1;
  return renameat (monitor->directory, temporary, monitor->directory, name);
}

/* Says in the record who we are, and once the runtime is done, that we only watch ("made"). */
static int
claim_record (const struct monitor *monitor, const char *stage)
{
  char text[64];

  snprintf (text, sizeof text, "%d@%llu%s\n", (int)getpid (), own_start_time (), stage);
  return write_record_file (monitor, "monitor", text);
}

/* Whether the descriptors that LISTEN_FDS counts were meant for us (sd_listen_fds(3)); the runtime is to have
 * them. */
static int
have_listen_fds (pid_t self)
{
  const char *value = getenv ("LISTEN_PID");

  return value != NULL && strtol (value, NULL, 10) == self;
}

/* *@failure gets the errno of an execve that failed. */
static pid_t
start_runtime (char **argv, volatile int *failure)
{
  static char listen_pid[32] = "LISTEN_PID=";
  pid_t self = getpid ();
  int rewrite = have_listen_fds (self) && putenv (listen_pid) == 0;
  pid_t pid = vfork ();

  if (pid == 0) {
    /* vfork shares our memory, and so the runtime's PID goes where the environment points. */
    if (rewrite)
      snprintf (listen_pid, sizeof listen_pid, "LISTEN_PID=%d", (int)getpid ());
    if (prctl (PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid () == self)
      execv (argv[0], argv);
    *failure = errno;
    _exit (127);
  }
  return pid;
}

static int
wait_for (pid_t pid)
{
  int status = 0;

  while (waitpid (pid, &status, 0) < 0) {
    if (errno != EINTR)
      return -1;
  }
  return status;
}

static pid_t
read_container_pid (const struct monitor *monitor)
{
  char text[32];
  int fd = openat (monitor->directory, "pid", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t size = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;

  if (fd >= 0)
    close (fd);
  text[size > 0 ? size : 0] = '\0';
  return (pid_t)strtol (text, NULL, 10);
}

/* Opens the counter of OOM kills in one cgroup; it stays readable until the cgroup is removed. */
static int
open_oom_counter (const char *hierarchy, const char *path, const char *name)
{
  char file[PATH_SIZE];
  int size = snprintf (file, sizeof file, "/sys/fs/cgroup%s%s/%s", hierarchy, path, name);

  return size > 0 && (size_t)size < sizeof file ? open (file, O_RDONLY | O_CLOEXEC) : -1;
}

/* cgroup v1 has the counter in the memory hierarchy, v2 in the one that there is. */
static int
find_oom_counter (pid_t container)
{
  char name[64], line[PATH_SIZE];
  int found = -1;
  FILE *file;

  snprintf (name, sizeof name, "/proc/%d/cgroup", (int)container);
  file = fopen (name, "re");
  while (file != NULL && found < 0 && fgets (line, sizeof line, file) != NULL) {
    line[strcspn (line, "\n")] = '\0';
    char *controllers = strchr (line, ':');
    char *path = controllers != NULL ? strchr (controllers + 1, ':') : NULL;

    if (path == NULL)
      continue;
    *path++ = '\0';
    if (strcmp (controllers + 1, "memory") == 0)
      found = open_oom_counter ("/memory", path, "memory.oom_control");
    else if (controllers[1] == '\0')
      found = open_oom_counter ("", path, "memory.events");
  }
  if (file != NULL)
    fclose (file);
  return found;
}

/* The value behind "oom_kill "; -1 where the kernel does not count. */
static long
read_oom_kills (int fd)
{
  char text[1024];
  ssize_t size = fd >= 0 ? pread (fd, text, sizeof text - 1, 0) : -1;
  const char *value;

  if (size <= 0)
    return -1;
  text[size] = '\0';
  value = strstr (text, "oom_kill ");
  return value != NULL ? strtol (value + strlen ("oom_kill "), NULL, 10) : -1;
}

/* Above the numbers that are closed; ulimit -n may be low. */
#define OUT_OF_THE_WAY 10

static int
move_up (int fd)
{
  return fcntl (fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
}

/* Nothing of the caller's may be held: its pipes would never end, its mounts could not be unmounted. */
static void
let_go (struct monitor *monitor)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  for (int fd = 0; null >= 0 && fd <= 2; fd++)
    dup2 (null, fd);
  /* The three that stay move to 3, 4 and 5, and everything above goes. */
  int kept[] = {monitor->directory, monitor->ready, monitor->oom};
  for (int i = 0; i < 3; i++)
    kept[i] = kept[i] >= 0 ? move_up (kept[i]) : -1;
  syscall (SYS_close_range, 3, OUT_OF_THE_WAY - 1, 0);
  for (int i = 0; i < 3; i++)
    kept[i] = kept[i] >= 0 ? dup3 (kept[i], 3 + i, O_CLOEXEC) : -1;
  syscall (SYS_close_range, 6, ~0u, 0);
  monitor->directory = kept[0];
  monitor->ready = kept[1];
  monitor->oom = kept[2];
  if (chdir ("/") != 0)
    return;
}

static void
tell (const struct monitor *monitor, int status)
{
  if (write (monitor->ready, &status, sizeof status) < 0)
    return; /* b9run is gone; the container runs on all the same */
}

static void
write_exit (const struct monitor *monitor, int status)
{
  struct timespec now;
  struct tm parts;
  char when[32], text[256];

  clock_gettime (CLOCK_REALTIME, &now);
  gmtime_r (&now.tv_sec, &parts);
  strftime (when, sizeof when, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf (text, sizeof text, "[exit]\nversion=1\nwait-status=%d\nfinished=%s.%09ldZ\noom-kills=%ld\n",
            status, when, now.tv_nsec, read_oom_kills (monitor->oom));
  write_record_file (monitor, "exit", text);
}

/* Reaps whatever ends, until the container's process does. */
static void
wait_for_container (const struct monitor *monitor)
{
  int status;
  pid_t pid;

  while ((pid = waitpid (-1, &status, 0)) != monitor->container) {
    if (pid < 0 && errno != EINTR)
      return;
  }
  write_exit (monitor, status);
}

/* A monitor that is told to end would take the container's status with it. */
static void
ignore_signals (void)
{
  static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM};

  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
    signal (ignored[i], SIG_IGN);
}

int
main (int argc, char **argv)
{
  struct monitor monitor = {.directory = -1, .ready = -1, .oom = -1};
  volatile int failure = 0;
  int status;

  if (argc < 4) {
    fprintf (stderr, "b9run-monitor is started by b9run run --detach, not by hand\n");
    return 1;
  }
  monitor.directory = open (argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  monitor.ready = (int)strtol (argv[2], NULL, 10);
  if (monitor.directory < 0 || fcntl (monitor.ready, F_SETFD, FD_CLOEXEC) != 0 ||
      claim_record (&monitor, "") != 0)
    return 1;
  /* From here on the record says who is at work, so b9run may die without taking us along. */
  prctl (PR_SET_PDEATHSIG, 0);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  prctl (PR_SET_NAME, "b9run-monitor");
  monitor.runtime = start_runtime (argv + 3, &failure);
  if (monitor.runtime < 0)
    return 1;
  ignore_signals ();
  status = wait_for (monitor.runtime);
  if (failure != 0)
    status = -failure;
  monitor.container = status == 0 ? read_container_pid (&monitor) : 0;
  if (monitor.container > 0)
    monitor.oom = find_oom_counter (monitor.container);
  claim_record (&monitor, " made");
  let_go (&monitor);
  tell (&monitor, status);
  close (monitor.ready);
  if (monitor.container > 0)
    wait_for_container (&monitor);
  return 0;
}
