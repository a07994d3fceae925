/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-cuda-process.c: a process with fake CUDA state; see fake-cuda.h.
 *
 * usage: fake-cuda-process [LIBRARY [COUNTER]]
 *   LIBRARY   a file whose name contains libcuda.so, mapped as a CUDA process has it; "" for none
 *   COUNTER   a file that counts on while the state is "running", and only then
 *
 * It prints "ready" when its state is there.  Built static, so that it runs in a container without libraries.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "fake-cuda.h"

static FakeCudaPage *
make_page (void)
{
  void *page = mmap ((void *)FAKE_CUDA_ADDRESS, 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

  if (page != (void *)FAKE_CUDA_ADDRESS)
    return NULL;
  ((FakeCudaPage *)page)->mark = FAKE_CUDA_MARK;
  return page;
}

static void
map_library (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0 || mmap (NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
    fprintf (stderr, "fake-cuda-process: cannot map %s\n", path);
  if (fd >= 0)
    close (fd);
}

static void
write_counter (const char *path, unsigned long count)
{
  char text[32];
  int length = snprintf (text, sizeof text, "%lu\n", count);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  if (fd >= 0 && pwrite (fd, text, (size_t)length, 0) != length)
    fprintf (stderr, "fake-cuda-process: cannot write %s\n", path);
  if (fd >= 0)
    close (fd);
}

int
main (int argc, char **argv)
{
  const struct timespec pause = {0, 20000000};
  FakeCudaPage *page = make_page ();
  unsigned long count = 0;

  if (page == NULL)
    return 1;
  /* A driver looks at whom it will (Yama's ptrace_scope). */
  prctl (PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  if (argc > 1 && argv[1][0] != '\0')
    map_library (argv[1]);
  puts ("ready");
  fflush (stdout);
  for (;;) {
    if (page->state == 0 && argc > 2)
      write_counter (argv[2], ++count);
    nanosleep (&pause, NULL);
  }
}
