/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-runtime.c: a fake of an OCI runtime for tests of b9run.  It proves what b9run sends to a runtime and
 * what it makes of an answer, and nothing about containers: there is none.
 *
 * Called "runsc" it keeps its state where runsc does (ROOT/ID_sandbox:ID.state), else where runc does
 * (ROOT/ID/state.json); the file holds "PID STATUS\n".  Every call adds its command line to the file
 * B9_FAKE_ARGV.
 *
 * As "runsc" it answers what is asked for `features` as release-20240729 does: versions, flags (on standard
 * error), and no such command.
 *
 * B9_FAKE makes it misbehave: "COMMAND:HOW", several of them with a space between.  HOW is one of
 *   hang     waits for ever          garbage  prints what is no JSON        huge     prints without end
 *   fail     logs an error, ends 1   silent   ends 1 without a word         die      is killed half-way
 *   no-pid   writes no PID file      gone     says that the container does not exist
 *   slow     waits until the file "slow" lies beside B9_FAKE_ARGV
 *   late     fails when it has done its work (delete)
 *   panic    fails with the stacks of a Go program behind its words
 *   warn     prints a warning on standard error and does its work
 *
 * B9_FAKE_CONTAINER is what a container does: "exit:N", "signal:N", "sleep", "trap" (ends with 42 on
 * SIGTERM), "gate" (ends with 7 once the file B9_FAKE_GATE is there).  None outlives the file B9_FAKE_ARGV.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define PAUSE_US 5000

struct call {
  const char *root, *log, *pid_file, *bundle, *format;
  const char *command, *id, *argument;
  int detach, force, keep, stats, is_runsc;
};

static pid_t container; /* of an attached run, for the signal handler */

static void
record_words (int argc, char **argv)
{
  const char *path = getenv ("B9_FAKE_ARGV");
  FILE *file = path != NULL ? fopen (path, "a") : NULL;

  if (file == NULL)
    return;
  for (int i = 0; i < argc; i++) {
    int plain = argv[i][0] != '\0' && strpbrk (argv[i], " '\n") == NULL;

    fprintf (file, plain ? "%s%s" : "%s'%s'", i > 0 ? " " : "", argv[i]);
  }
  fputc ('\n', file);
  fclose (file);
}

static const char *
value_of (const char *word, const char *name)
{
  size_t length = strlen (name);

  return strncmp (word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static void
take_option (struct call *call, const char *word)
{
  const char *value;

  if ((value = value_of (word, "--root")) != NULL)
    call->root = value;
  if ((value = value_of (word, "--log")) != NULL)
    call->log = value;
  if ((value = value_of (word, "--pid-file")) != NULL)
    call->pid_file = value;
  if ((value = value_of (word, "--bundle")) != NULL)
    call->bundle = value;
  if ((value = value_of (word, "--format")) != NULL)
    call->format = value;
  call->detach |= strcmp (word, "--detach") == 0;
  call->force |= strcmp (word, "--force") == 0;
  call->keep |= strcmp (word, "--keep") == 0;
  call->stats |= strcmp (word, "--stats") == 0;
}

static void
parse (struct call *call, int argc, char **argv)
{
  const char *slash = strrchr (argv[0], '/');

  call->is_runsc = strncmp (slash != NULL ? slash + 1 : argv[0], "runsc", 5) == 0;
  for (int i = 1; i < argc; i++) {
    if (call->id == NULL && argv[i][0] == '-' && argv[i][1] == '-')
      take_option (call, argv[i]);
    else if (call->command == NULL)
      call->command = argv[i];
    else if (call->id == NULL)
      call->id = argv[i];
    else if (call->argument == NULL)
      call->argument = argv[i];
  }
}

static int
misbehaves (const struct call *call, const char *how)
{
  const char *script = getenv ("B9_FAKE");
  char wanted[128];
  const char *found;

  snprintf (wanted, sizeof wanted, "%s:%s", call->command, how);
  found = script != NULL ? strstr (script, wanted) : NULL;
  return found != NULL && (found == script || found[-1] == ' ') &&
         strchr (" ", found[strlen (wanted)]) != NULL;
}

/* Says why it failed, in the log and on standard error, as runc does. */
static int
fail (const struct call *call, const char *message)
{
  FILE *log = call->log != NULL ? fopen (call->log, "a") : NULL;

  if (log != NULL) {
    fprintf (log, "{\"level\":\"warning\",\"msg\":\"no matter\",\"time\":\"2024-01-02T03:04:05Z\"}\n");
    fprintf (log, "{\"level\":\"error\",\"msg\":\"%s\",\"time\":\"2024-01-02T03:04:05Z\"}\n", message);
    fclose (log);
  }
  fprintf (stderr, "%s\n", message);
  return call->is_runsc ? 128 : 1;
}

static void
state_path (const struct call *call, const char *id, char *path)
{
  if (call->is_runsc)
    snprintf (path, PATH_SIZE, "%s/%s_sandbox:%s.state", call->root, id, id);
  else
    snprintf (path, PATH_SIZE, "%s/%s/state.json", call->root, id);
}

static void
make_directories (const char *path)
{
  char part[PATH_SIZE];

  for (size_t length = 1; length <= strlen (path) && length < sizeof part; length++) {
    if (path[length] != '/' && path[length] != '\0')
      continue;
    memcpy (part, path, length);
    part[length] = '\0';
    mkdir (part, 0700);
  }
}

static void
write_state (const struct call *call, pid_t pid, const char *status)
{
  char path[PATH_SIZE];
  FILE *file;

  snprintf (path, sizeof path, "%s/%s", call->root, call->id);
  make_directories (call->is_runsc ? call->root : path);
  state_path (call, call->id, path);
  file = fopen (path, "w");
  if (file != NULL) {
    fprintf (file, "%d %s\n", (int)pid, status);
    fclose (file);
  }
}

static int
read_state (const struct call *call, const char *id, pid_t *pid, char *status)
{
  char path[PATH_SIZE];
  FILE *file;
  int number = 0, found;

  state_path (call, id, path);
  file = fopen (path, "r");
  if (file == NULL)
    return 0;
  found = fscanf (file, "%d %31s", &number, status) == 2;
  fclose (file);
  *pid = number;
  return found;
}

static void
remove_state (const struct call *call)
{
  char path[PATH_SIZE];

  state_path (call, call->id, path);
  unlink (path);
  if (!call->is_runsc) {
    *strrchr (path, '/') = '\0';
    rmdir (path);
  }
}

static void
write_pid (const struct call *call, pid_t pid)
{
  FILE *file = call->pid_file != NULL && !misbehaves (call, "no-pid") ? fopen (call->pid_file, "w") : NULL;

  if (file == NULL)
    return;
  fprintf (file, "%d", (int)pid);
  fclose (file);
}

static void
end_with_42 (int number)
{
  (void)number;
  _exit (42);
}

/* Waits until the test is over, or the gate is there. */
static void
linger (const char *gate)
{
  const char *witness = getenv ("B9_FAKE_ARGV");

  while (witness != NULL && access (witness, F_OK) == 0) {
    if (gate != NULL && access (gate, F_OK) == 0)
      _exit (7);
    usleep (PAUSE_US);
  }
  _exit (99);
}

static void
live (void)
{
  const char *what = getenv ("B9_FAKE_CONTAINER");

  if (what == NULL)
    _exit (0);
  if (strncmp (what, "exit:", 5) == 0)
    _exit (atoi (what + 5));
  if (strncmp (what, "signal:", 7) == 0)
    raise (atoi (what + 7));
  if (strcmp (what, "trap") == 0)
    signal (SIGTERM, end_with_42);
  linger (strcmp (what, "gate") == 0 ? getenv ("B9_FAKE_GATE") : NULL);
}

/* The container begins once the returned end of a pipe is closed. */
static int
start_container (void)
{
  int go[2];
  char byte;

  if (pipe2 (go, O_CLOEXEC) != 0)
    return -1;
  container = fork ();
  if (container == 0) {
    close (go[1]);
    if (read (go[0], &byte, 1) == 0)
      live ();
    _exit (98);
  }
  close (go[0]);
  return go[1];
}

static void
pass_on (int number)
{
  if (container > 0)
    kill (container, number);
}

static int
wait_attached (const struct call *call)
{
  int status = 0;

  while (waitpid (container, &status, 0) < 0)
    continue;
  if (!call->keep)
    remove_state (call);
  else
    write_state (call, container, "stopped");
  return WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
}

static int
make (const struct call *call)
{
  int is_run = strcmp (call->command, "run") == 0;
  int go;

  if (misbehaves (call, "die")) {
    write_state (call, 0, "creating");
    raise (SIGKILL);
  }
  go = start_container ();
  if (go < 0)
    return fail (call, "the fake cannot fork");
  if (is_run && !call->detach)
    signal (SIGTERM, call->is_runsc ? SIG_IGN : pass_on);
  write_state (call, container, is_run ? "running" : "created");
  write_pid (call, container);
  close (go);
  return is_run && !call->detach ? wait_attached (call) : 0;
}

static void
print_state (const char *id, const char *bundle, pid_t pid, const char *status)
{
  printf (
      "{\"ociVersion\":\"1.0.2\",\"id\":\"%s\",\"pid\":%d,\"status\":\"%s\",\"bundle\":\"%s\","
      "\"annotations\":{\"z\":\"last\",\"a\":\"first\",\"m\":\"middle\"},\"vendor\":18446744073709551615}",
      id, (int)pid, status, bundle);
}

/* The id in the name of a state file, or NULL. */
static const char *
id_in (const struct call *call, char *name)
{
  char *separator = strstr (name, "_sandbox:");

  if (name[0] == '.' || (call->is_runsc && separator == NULL))
    return NULL;
  if (separator != NULL)
    *separator = '\0';
  return name;
}

static int
list (const struct call *call)
{
  DIR *directory = opendir (call->root);
  struct dirent *entry;
  int count = 0;

  while (directory != NULL && (entry = readdir (directory)) != NULL) {
    const char *id = id_in (call, entry->d_name);
    char status[32];
    pid_t pid;

    if (id == NULL || !read_state (call, id, &pid, status))
      continue;
    printf (count++ > 0 ? "," : "[");
    print_state (id, "/fake/bundle", pid, status);
  }
  if (directory != NULL)
    closedir (directory);
  puts (count > 0 ? "]" : "null");
  return 0;
}

static int delete (const struct call *call, pid_t pid, const char *status)
{
  if (call->force && pid > 1)
    kill (pid, SIGKILL);
  else if (strcmp (status, "stopped") != 0 && pid > 1 && kill (pid, 0) == 0)
    return fail (call, "cannot delete container that is not stopped: running");
  remove_state (call);
  return misbehaves (call, "late") ? fail (call, "the fake fails too late") : 0;
}

/* A command for a container that has to be there. */
static int
for_existing (const struct call *call)
{
  const char *command = call->command;
  const char *code = getenv ("B9_FAKE_EXIT");
  char status[32];
  pid_t pid;

  if (misbehaves (call, "gone") || !read_state (call, call->id, &pid, status))
    return fail (call,
                 call->is_runsc ? "loading container: file does not exist" : "container does not exist");
  if (strcmp (command, "delete") == 0)
    return delete (call, pid, status);
  if (strcmp (command, "state") == 0)
    print_state (call->id, "/fake/bundle", pid, status);
  if (strcmp (command, "kill") == 0 && call->is_runsc && strcmp (status, "running") != 0)
    return fail (call, strcmp (status, "paused") == 0 ? "cannot signal container in state paused"
                                                      : "cannot signal container in state created");
  if (strcmp (command, "kill") == 0)
    kill (pid, call->argument != NULL ? atoi (call->argument) : SIGTERM);
  if (strcmp (command, "start") == 0)
    write_state (call, pid, "running");
  if (strcmp (command, "pause") == 0 || strcmp (command, "resume") == 0)
    write_state (call, pid, command[0] == 'p' ? "paused" : "running");
  if (strcmp (command, "exec") == 0)
    write_pid (call, getpid ());
  if (strcmp (command, "ps") == 0 || strcmp (command, "exec") == 0)
    printf ("the fake's %s\n", command);
  for (int i = 0; strcmp (command, "events") == 0 && i < 3; i++)
    printf ("{\"type\":\"stats\",\"id\":\"%s\"}\n", call->id);
  fflush (stdout);
  if (strcmp (command, "events") == 0 && call->is_runsc && !call->stats)
    linger (NULL);
  return code != NULL && strcmp (command, "exec") == 0 ? atoi (code) : 0;
}

static void
wait_for_permission (void)
{
  const char *witness = getenv ("B9_FAKE_ARGV");
  char path[PATH_SIZE];

  snprintf (path, sizeof path, "%s", witness != NULL ? witness : "");
  if (strlen (path) < 4)
    return;
  strcpy (path + strlen (path) - 4, "slow"); /* "argv" */
  while (access (witness, F_OK) == 0 && access (path, F_OK) != 0)
    usleep (PAUSE_US);
}

static int
misbehave (const struct call *call)
{
  if (misbehaves (call, "hang"))
    linger (NULL);
  if (misbehaves (call, "slow"))
    wait_for_permission ();
  if (misbehaves (call, "garbage"))
    puts ("\001\002 this is \377no answer {");
  while (misbehaves (call, "huge"))
    fwrite ("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 1, 64, stdout);
  if (misbehaves (call, "fail"))
    exit (fail (call, "the fake fails on purpose"));
  if (misbehaves (call, "panic"))
    exit (fail (call, call->log != NULL ? "the fake panics:\\ngoroutine 1 [running]:\\nmain.main()"
                                        : "the fake panics:\ngoroutine 1 [running]:\nmain.main()"));
  if (misbehaves (call, "silent"))
    exit (1);
  if (misbehaves (call, "warn"))
    fputs ("the fake warns\n", stderr);
  return misbehaves (call, "garbage");
}

int
main (int argc, char **argv)
{
  struct call call = {.root = "/nowhere", .bundle = ""};

  record_words (argc, argv);
  parse (&call, argc, argv);
  if (call.command == NULL) {
    printf ("%s version fake\n%s", call.is_runsc ? "runsc" : "runc",
            call.is_runsc ? "spec: 1.0.2-dev\n" : "");
    return 0;
  }
  if (misbehave (&call))
    return 0;
  if (strcmp (call.command, "create") == 0 || strcmp (call.command, "run") == 0)
    return make (&call);
  if (strcmp (call.command, "list") == 0)
    return list (&call);
  if (call.is_runsc && strcmp (call.command, "help") == 0)
    return 128;
  if (call.is_runsc && strcmp (call.command, "flags") == 0) {
    fputs ("  -log string\n    \tfile\n  -oci-seccomp\n    \tfilter\n  -systemd-cgroup\n", stderr);
    return 0;
  }
  if (call.id == NULL) {
    printf ("the fake's %s\n", call.command);
    return 0;
  }
  return for_existing (&call);
}
