/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-cuda.c: see fake-cuda.h.
 */
#include "fake-cuda.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TOGETHER_TIMEOUT_MS 60000

enum { RUNNING, LOCKED, CHECKPOINTED, FAILED };

const char *
fake_cuda_directory (void)
{
  const char *directory = getenv ("FAKE_CUDA_DIR");

  return directory != NULL ? directory : "/nonexistent";
}

static uint64_t
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void
sleep_ms (long ms)
{
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};

  nanosleep (&time, NULL);
}

static int
open_page (pid_t pid, FakeCudaPage *page)
{
  char path[64];
  int fd;

  snprintf (path, sizeof path, "/proc/%d/mem", (int)pid);
  fd = open (path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return -1;
  if (pread (fd, page, sizeof *page, (off_t)FAKE_CUDA_ADDRESS) == (ssize_t)sizeof *page &&
      page->mark == FAKE_CUDA_MARK)
    return fd;
  close (fd);
  return -1;
}

/* The words for this action and process, or for this action; "" for none. */
static void
read_words (const char *action, pid_t pid, char *words, size_t size)
{
  char path[PATH_MAX];
  ssize_t length = -1;
  int fd;

  words[0] = '\0';
  snprintf (path, sizeof path, "%s/%s.%d", fake_cuda_directory (), action, (int)pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    snprintf (path, sizeof path, "%s/%s", fake_cuda_directory (), action);
    fd = open (path, O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0)
    return;
  length = read (fd, words, size - 1);
  words[length > 0 ? length : 0] = '\0';
  close (fd);
}

static int
word_value (const char *words, const char *name, long *value)
{
  const char *at = strstr (words, name);

  if (at == NULL)
    return 0;
  *value = strtol (at + strlen (name), NULL, 10);
  return 1;
}

static void
note (const char *action, pid_t pid, uint64_t start, int result)
{
  char path[PATH_MAX], line[256];
  int fd, length;

  snprintf (path, sizeof path, "%s/log", fake_cuda_directory ());
  fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  length = snprintf (line, sizeof line, "%d %s %" PRIu64 " %" PRIu64 " %d\n", (int)pid, action, start, now (),
                     result);
  if (fd >= 0 && write (fd, line, (size_t)length) != length)
    abort ();
  if (fd >= 0)
    close (fd);
}

/* Whoever comes leaves a byte and waits until there are N. */
static int
gather (const char *action, long n)
{
  char path[PATH_MAX];
  struct stat info = {0};
  int fd;

  snprintf (path, sizeof path, "%s/%s.together", fake_cuda_directory (), action);
  fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || write (fd, ".", 1) != 1)
    return 0;
  for (long waited = 0; waited < TOGETHER_TIMEOUT_MS && fstat (fd, &info) == 0 && info.st_size < n;
       waited += 5)
    sleep_ms (5);
  close (fd);
  return info.st_size >= n;
}

/* The state that an action leads to; -1 where it is not allowed in this one. */
static int
next_state (const char *action, uint32_t state)
{
  if (strcmp (action, "lock") == 0)
    return state == RUNNING ? LOCKED : -1;
  if (strcmp (action, "checkpoint") == 0)
    return state == LOCKED ? CHECKPOINTED : -1;
  if (strcmp (action, "restore") == 0)
    return state == CHECKPOINTED ? LOCKED : -1;
  if (strcmp (action, "unlock") == 0)
    return state == LOCKED ? RUNNING : -1;
  return (int)state;
}

/* A fault has met somebody. */
static void
meet (void)
{
  char path[PATH_MAX];
  int fd;

  snprintf (path, sizeof path, "%s/met", fake_cuda_directory ());
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0)
    close (fd);
}

static int
perform (const char *action, pid_t pid, const char *words, int *state)
{
  FakeCudaPage page;
  long value;
  int fd, next, written = 1;

  if (words[0] != '\0')
    meet ();
  if (strstr (words, "kill-before") != NULL)
    kill (getpid (), SIGKILL);
  if (strstr (words, "kill-caller") != NULL)
    kill (getppid (), SIGKILL);
  if (word_value (words, "take", &value))
    sleep_ms (value);
  if (strstr (words, "hang") != NULL) {
    for (;;)
      sleep_ms (1000);
  }
  if (word_value (words, "together", &value) && !gather (action, value))
    return 999;
  if (word_value (words, "fail", &value))
    return (int)value;
  fd = open_page (pid, &page);
  if (fd < 0)
    return 1; /* CUDA_ERROR_INVALID_VALUE */
  if (state != NULL)
    *state = (int)page.state;
  next = next_state (action, page.state);
  if (next >= 0 && (uint32_t)next != page.state && strstr (words, "ignored") == NULL) {
    uint32_t new_state = (uint32_t)next;

    written = pwrite (fd, &new_state, sizeof new_state,
                      (off_t)(FAKE_CUDA_ADDRESS + offsetof (FakeCudaPage, state))) ==
              (ssize_t)sizeof new_state;
  }
  close (fd);
  if (strstr (words, "kill-after") != NULL)
    kill (getpid (), SIGKILL);
  if (next < 0)
    return 401; /* CUDA_ERROR_ILLEGAL_STATE */
  return written ? 0 : 304;
}

int
fake_cuda_act (const char *action, pid_t pid, int *state)
{
  uint64_t start = now ();
  char words[256];
  int result;

  read_words (action, pid, words, sizeof words);
  result = perform (action, pid, words, state);
  note (action, pid, start, result);
  return result;
}
